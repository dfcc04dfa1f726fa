#include "slurm/rows.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace granary::slurm {

const char* const queue_format =
    "\x1e%A\x1f%F\x1f%K\x1f%T\x1f%r\x1f%j\x1f%V\x1f%S\x1f%e\x1f%D\x1f%N\x1f%b\x1f%a\x1f%u\x1f%P"
    "\x1f%l";
const char* const history_columns =
    "Cluster,JobIDRaw,JobID,JobName,State,Submit,Eligible,Start,End,ElapsedRaw,TimelimitRaw,"
    "ExitCode,AllocTRES,ReqTRES,NodeList,Reason,DBIndex,Account,User,Partition,QOS,Reservation";

namespace {

constexpr std::size_t longest_field = 64 << 10;  // node lists of large jobs
constexpr std::size_t most_pairs = 500;

struct Unreadable {
  std::string why;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  return text;
}

void skip(Skipped& skipped, const std::string& why) {
  if (skipped.rows++ == 0) skipped.first = why;
}

// Calls `each` with every line, and whether a newline ended it.
template <class Each>
void each_line(std::string_view text, const Each& each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    each(text.substr(0, end), end != std::string_view::npos);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

// The fields of one row under their checks: the first that cannot be read is remembered.
template <std::size_t count>
class Fields {
 public:
  // Cuts `row`; how many fields it had is left in found().
  Fields(std::string_view row, char separator) {
    while (true) {
      const std::size_t end = row.find(separator);
      if (found_ < count) texts_[found_] = row.substr(0, std::min(end, longest_field));
      ++found_;
      if (end == std::string_view::npos) return;
      row.remove_prefix(end + 1);
    }
  }

  std::size_t found() const { return found_; }
  std::string_view operator[](std::size_t at) const { return at < count ? texts_[at] : ""; }

 private:
  std::array<std::string_view, count> texts_{};
  std::size_t found_ = 0;
};

// Gathers the first complaint of several readers.
class Check {
 public:
  template <class T>
  T of(Result<T> read) {
    if (read) return std::move(*read);
    if (why_.empty()) why_ = read.error().what;
    return T{};
  }
  std::uint64_t number(std::string_view text, const char* what, std::uint64_t most) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && stop == end && number <= most) return number;
    if (why_.empty()) {
      why_ = std::string("Slurm's ") + what + " \"" + clean(text, 40) + "\" is no number.";
    }
    return 0;
  }
  const std::string& why() const { return why_; }

 private:
  std::string why_;
};

constexpr std::uint64_t largest_id = 0xffff'ffff;

std::optional<QueueRow> queue_row(std::string_view text, Skipped& skipped) {
  const Fields<16> fields(text, '\x1f');
  if (fields.found() < 16) {
    skip(skipped, "A row of squeue has " + std::to_string(fields.found()) + " of 16 fields.");
    return std::nullopt;
  }
  Check check;
  QueueRow row;
  row.id = check.number(fields[0], "job id", largest_id);
  row.array = check.number(fields[1], "array id", largest_id);
  if (fields[2] != "N/A") row.task = clean(fields[2], 64);
  row.state = read_job_state(fields[3]).state;
  row.state_text = clean(fields[3], 64);
  row.reason = clean(fields[4]);
  row.name = clean(fields[5]);
  row.submitted = check.of(read_time(fields[6]));
  row.started = check.of(read_time(fields[7]));
  row.ends = check.of(read_time(fields[8]));
  // A range, "1-4", while it waits.
  const std::string_view nodes = fields[9].substr(0, fields[9].find('-'));
  row.nodes = static_cast<std::int64_t>(check.number(nodes, "number of nodes", 10'000'000));
  row.node_list = clean(fields[10], longest_field);
  row.gres = check.of(read_gres(fields[11]));
  row.account = clean(fields[12]);
  row.user = clean(fields[13]);
  row.partition = clean(fields[14]);
  row.limit = check.of(read_limit(trimmed(fields[15])));
  if (!check.why().empty()) {
    skip(skipped, check.why());
    return std::nullopt;
  }
  if (row.state == JobState::unknown) ++skipped.unknown_words;
  return row;
}

constexpr std::size_t history_fields = 22;
constexpr std::size_t most_columns = 128;

enum Column : std::size_t {
  cluster,
  raw_id,
  shown_id,
  name,
  state,
  submit,
  eligible,
  start,
  end,
  elapsed,
  limit,
  exit_code,
  allocated,
  requested,
  node_list,
  reason,
  index,
  account,
  user,
  partition,
  qos,
  reservation
};
using Places = std::array<std::size_t, history_fields>;  // of each column in a row

Places places_of(std::string_view header, char separator) {
  Places places;
  places.fill(most_columns);
  const Fields<most_columns> shown(trimmed(header), separator);
  std::string_view names = history_columns;
  for (std::size_t column = 0; column < history_fields; ++column) {
    const std::string_view wanted = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), wanted.size() + 1));
    for (std::size_t at = 0; at < std::min(shown.found(), most_columns); ++at) {
      if (shown[at] == wanted) places[column] = at;
    }
  }
  return places;
}

std::optional<HistoryRow> history_row(std::string_view line, char separator, const Places& places,
                                      Skipped& skipped) {
  const Fields<most_columns> fields(line, separator);
  const std::size_t wanted =
      1 + *std::max_element(places.begin(), places.end(), [](std::size_t a, std::size_t b) {
        return (a == most_columns ? 0 : a) < (b == most_columns ? 0 : b);
      });
  if (fields.found() < wanted) {
    skip(skipped, "A row of sacct has " + std::to_string(fields.found()) + " of " +
                      std::to_string(wanted) + " fields.");
    return std::nullopt;
  }
  const auto field = [&](Column column) { return fields[places[column]]; };
  Check check;
  HistoryRow row;
  row.raw_id = check.number(field(raw_id), "job id", largest_id);
  row.submitted = check.of(read_time(field(submit)));
  row.eligible = check.of(read_time(field(eligible)));
  row.started = check.of(read_time(field(start)));
  row.ended = check.of(read_time(field(end)));
  const auto seconds = [&](std::string_view text) {
    return text.empty() ? 0 : check.number(text, "elapsed time", 4'000'000'000ULL);
  };
  row.elapsed = std::chrono::seconds(seconds(field(elapsed)));
  row.limit = check.of(read_limit_minutes(field(limit)));
  if (!field(exit_code).empty()) row.exit = check.of(read_exit(field(exit_code)));
  row.allocated = check.of(read_resources(field(allocated)));
  row.requested = check.of(read_resources(field(requested)));
  if (!field(index).empty()) row.index = check.number(field(index), "DBIndex", ~0ULL);
  if (!check.why().empty()) {
    skip(skipped, check.why());
    return std::nullopt;
  }
  row.cluster = clean(field(cluster));
  row.shown_id = clean(field(shown_id));
  row.name = clean(field(name));
  const JobStateText said = read_job_state(field(state));
  row.state = said.state;
  row.cancelled_by = said.cancelled_by;
  row.state_text = clean(field(state), 64);
  if (row.state == JobState::unknown) ++skipped.unknown_words;
  if (field(node_list) != "None assigned") row.node_list = clean(field(node_list), longest_field);
  row.reason = clean(field(reason));
  row.account = clean(field(account));
  row.user = clean(field(user));
  row.partition = clean(field(partition));
  row.qos = clean(field(qos));
  row.reservation = clean(field(reservation));
  return row;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  const Fields<256> fields(text, ',');
  if (text.empty() || text == "(null)") return words;
  for (std::size_t i = 0; i < std::min<std::size_t>(fields.found(), 256); ++i) {
    words.push_back(clean(fields[i]));
  }
  return words;
}

// "20 sec".
Span seconds_of(const std::string& text, Span otherwise) {
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error != std::errc{} || seconds < 0 || seconds > 100'000'000) return otherwise;
  return std::chrono::seconds(seconds);
}

}  // namespace

Queue read_queue(std::string_view text) {
  Queue queue;
  std::size_t at = text.find('\x1e');
  if (at != 0 && !trimmed(text).empty() && text != "\n") {
    skip(queue.skipped, "squeue wrote before its first row: \"" + clean(text, 60) + "\".");
  }
  while (at != std::string_view::npos) {
    const std::size_t next = text.find('\x1e', at + 1);
    std::string_view row = text.substr(at + 1, next - at - 1);
    at = next;
    if (row.empty() || row.back() != '\n') {
      skip(queue.skipped, "A row of squeue ends in its middle: \"" + clean(row, 60) + "\".");
      continue;
    }
    row.remove_suffix(1);
    if (auto read = queue_row(row, queue.skipped)) queue.rows.push_back(std::move(*read));
  }
  return queue;
}

Result<Skipped> read_history(std::string_view text, const HistoryFormat& format,
                             const std::function<void(HistoryRow&&)>& each) {
  Skipped skipped;
  Places places;
  for (std::size_t i = 0; i < history_fields; ++i) places[i] = i;
  if (format.header) {
    const std::size_t first = text.find('\n');
    places = places_of(text.substr(0, first), format.separator);
    for (const Column needed : {raw_id, state, submit, start}) {
      if (places[needed] != most_columns) continue;
      return fail(Error::Kind::invalid, 7040,
                  "The first line of a history from sacct does not name the columns JobIDRaw, "
                  "State, Submit and Start: \"" +
                      clean(text.substr(0, first), 100) + "\".");
    }
    text.remove_prefix(first == std::string_view::npos ? text.size() : first + 1);
  }
  each_line(text, [&](std::string_view line, bool whole) {
    if (line.empty()) return;
    if (!whole) {
      skip(skipped, "A row of sacct ends in its middle: \"" + clean(line, 60) + "\".");
    } else if (auto row = history_row(line, format.separator, places, skipped)) {
      each(std::move(*row));
    }
  });
  return skipped;
}

History read_history(std::string_view text) {
  History history;
  const auto skipped =
      read_history(text, {}, [&](HistoryRow&& row) { history.rows.push_back(std::move(row)); });
  if (skipped) history.skipped = *skipped;
  return history;
}

std::map<std::string, std::string> read_pairs(std::string_view line) {
  std::map<std::string, std::string> pairs;
  const auto of_key = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' ||
           c == '/' || c == '_' || c == '.';
  };
  std::string_view key;
  std::size_t value = 0;
  const auto end_value = [&](std::size_t at) {
    if (key.empty() || pairs.size() >= most_pairs) return;
    pairs.emplace(clean(key, 64), clean(trimmed(line.substr(value, at - value)), longest_field));
  };
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = at;
    while (end < line.size() && of_key(line[end])) ++end;
    if (end > at && end < line.size() && line[end] == '=') {
      end_value(at);
      key = line.substr(at, end - at);
      value = end + 1;
    }
    at = std::min(line.size(), line.find(' ', end));
    while (at < line.size() && line[at] == ' ') ++at;
  }
  end_value(line.size());
  return pairs;
}

Nodes read_nodes(std::string_view text) {
  Nodes nodes;
  each_line(text, [&](std::string_view line, bool whole) {
    if (trimmed(line).empty()) return;
    if (!whole || !line.starts_with("NodeName=")) {
      return skip(nodes.skipped, "This is no node of scontrol: \"" + clean(line, 60) + "\".");
    }
    auto pairs = read_pairs(line);
    Check check;
    NodeRow row;
    row.name = pairs["NodeName"];
    row.state_text = pairs["State"];
    row.state = read_node_state(row.state_text);
    row.gres = check.of(read_gres(pairs["Gres"]));
    row.configured = check.of(read_resources(pairs["CfgTRES"]));
    row.allocated = check.of(read_resources(pairs["AllocTRES"]));
    row.features = words_of(pairs["ActiveFeatures"]);
    row.partitions = words_of(pairs["Partitions"]);
    row.reason = pairs["Reason"];
    row.version = pairs["Version"];
    row.booted = check.of(read_time(pairs["BootTime"]));
    row.slurmd_started = check.of(read_time(pairs["SlurmdStartTime"]));
    if (row.name.empty() || row.name.size() > 255 || row.state_text.empty()) {
      return skip(nodes.skipped, "A node of scontrol has no name or no state.");
    }
    if (!check.why().empty()) return skip(nodes.skipped, check.why());
    if (!row.state.known) ++nodes.skipped.unknown_words;
    nodes.rows.push_back(std::move(row));
  });
  return nodes;
}

bool SiteConfig::has_accounting() const {
  return accounting_storage == "accounting_storage/slurmdbd";
}

Result<SiteConfig> read_config(std::string_view text) {
  std::map<std::string, std::string> values;
  each_line(text, [&](std::string_view line, bool) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || values.size() >= 2'000) return;
    values.emplace(clean(trimmed(line.substr(0, equals)), 64),
                   clean(trimmed(line.substr(equals + 1)), 4'096));
  });
  SiteConfig config;
  config.cluster = values["ClusterName"];
  config.version = values["SLURM_VERSION"];
  if (config.cluster.empty() || config.version.empty()) {
    return fail(
        Error::Kind::failed, 7040,
        "scontrol show config names no cluster and no version: \"" + clean(text, 60) + "\".");
  }
  Check check;
  config.booted = check.of(read_time(values["BOOT_TIME"]));
  config.next_job_id = check.number(values["NEXT_JOB_ID"], "next job id", ~0ULL);
  config.max_array_size =
      static_cast<std::int64_t>(check.number(values["MaxArraySize"], "array size", 1ULL << 40));
  config.min_job_age = seconds_of(values["MinJobAge"], config.min_job_age);
  config.slurmd_timeout = seconds_of(values["SlurmdTimeout"], config.slurmd_timeout);
  config.kill_wait = seconds_of(values["KillWait"], config.kill_wait);
  config.auth_info = values["AuthInfo"];
  config.preempt_mode = values["PreemptMode"];
  config.accounting_storage = values["AccountingStorageType"];
  config.accounting_store_flags = values["AccountingStoreFlags"];
  config.requeues = values["JobRequeue"] != "0";
  return config;
}

}  // namespace granary::slurm
