#include "slurm/client.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace granary::slurm {

namespace {

bool of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || others.find(c) != others.npos;
  });
}
constexpr std::string_view of_names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-",
                           of_paths = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-/",
                           of_gres = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-:,";

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 63 && of(text, "-") && text[0] != '-';
}
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 255 && of(text, of_names) && text[0] != '-';
}
bool is_path(std::string_view text) {
  return !text.empty() && text.size() <= 4'000 && text[0] == '/' && of(text, of_paths);
}
bool is_gres(std::string_view text) {
  return text.size() <= 255 && of(text, of_gres) && text[0] != '-';
}

tl::unexpected<Error> not_passed_on(const std::string& what, const std::string& value) {
  return fail(Error::Kind::invalid, 7041,
              "The " + what + " \"" + clean(value, 60) + "\" may not be passed to Slurm.");
}

Result<void> check(const Submission& job) {
  if (!is_token(job.name)) return not_passed_on("name of a job", job.name);
  struct Named {
    const char* what;
    const std::string* value;
  };
  for (const Named& each : {Named{"account", &job.account}, Named{"partition", &job.partition},
                            Named{"reservation", &job.reservation}}) {
    if (!each.value->empty() && !is_name(*each.value)) return not_passed_on(each.what, *each.value);
  }
  for (const std::string& node : job.nodes) {
    if (!is_name(node)) return not_passed_on("node", node);
  }
  if (job.nodes.empty() || job.nodes.size() > 10'000) {
    return not_passed_on("number of nodes", std::to_string(job.nodes.size()));
  }
  if (!job.gres.empty() && !is_gres(job.gres)) return not_passed_on("gres", job.gres);
  if (!is_path(job.folder)) return not_passed_on("folder", job.folder);
  for (const std::string* file : {&job.output, &job.error}) {
    if (!file->empty() && !is_path(*file)) return not_passed_on("file", *file);
  }
  for (const std::int64_t number : {job.cpus_per_node, job.minutes, job.memory_mb + 1}) {
    if (number < 1 || number > 1'000'000'000) {
      return not_passed_on("number", std::to_string(number));
    }
  }
  if (!job.script.starts_with("#!/bin/bash\n:\n")) {
    // Any command before them ends sbatch's search for #SBATCH lines.
    return not_passed_on("batch script", job.script);
  }
  return {};
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty()) all += ',';
    all += text;
  }
  return all;
}

std::string file_or_null(const std::string& path) { return path.empty() ? "/dev/null" : path; }

// "2026-11-28T18:19:16": what sacct reads as UTC with TZ=UTC.
std::string iso(Instant at) {
  std::string text = granary::to_text(std::chrono::floor<std::chrono::seconds>(at));
  if (!text.empty() && text.back() == 'Z') text.pop_back();
  return text;
}

// What the controller itself has answered, in slurm-22-05-8-1 src/common/slurm_errno.c: the
// request is over. Whatever else sbatch says may have come after the request was taken.
constexpr std::array<std::string_view, 20> refusals{
    "Invalid partition name",
    "Invalid account or account/partition combination",
    "Invalid node name",
    "Requested node configuration is not available",
    "Requested partition configuration not available now",
    "Job violates accounting/QOS policy",
    "Invalid qos specification",
    "Invalid feature specification",
    "Invalid generic resource (gres) specification",
    "Invalid Trackable RESource (TRES) specification",
    "User's group not permitted to use this partition",
    "Memory specification can not be satisfied",
    "Requested time limit is invalid",
    "More processors requested than permitted",
    "Node count specification invalid",
    "Requested reservation is invalid",
    "Access/permission denied",
    "Job size specification needs to be provided",
    "Job rejected by policy",
    "Job submit plugin",
};

constexpr std::array<std::string_view, 6> silences{"Unable to contact slurm controller",
                                                   "Socket timed out",
                                                   "Connection refused",
                                                   "Connection timed out",
                                                   "Zero Bytes were transmitted",
                                                   "Communication connection failure"};

bool says_any(std::string_view text, const auto& sentences) {
  return std::any_of(sentences.begin(), sentences.end(),
                     [&](std::string_view sentence) { return text.find(sentence) != text.npos; });
}

}  // namespace

Result<std::vector<std::string>> arguments_of(const Submission& job) {
  if (const auto good = check(job); !good) return fail(good.error());
  std::vector<std::string> all{
      "--parsable",
      "--job-name=" + job.name,
      "--comment=" + job.name,
      "--nodes=" + std::to_string(job.nodes.size()),
      "--nodelist=" + joined(job.nodes),
      "--ntasks-per-node=1",
      "--cpus-per-task=" + std::to_string(job.cpus_per_node),
      "--time=" + std::to_string(job.minutes),
      "--no-requeue",
      // Our environment is empty but for Slurm's own variables; a list or NONE would run the
      // profile of the service's user on the node.
      "--export=ALL",
      "--chdir=" + job.folder,
      "--input=/dev/null",
      "--output=" + file_or_null(job.output),
      "--error=" + file_or_null(job.error),
      "--open-mode=append",
      "--signal=B:TERM@" + std::to_string(std::clamp<std::int64_t>(job.term_before_end_s, 1, 600)),
      "--kill-on-invalid-dep=yes",
  };
  if (!job.account.empty()) all.push_back("--account=" + job.account);
  if (!job.partition.empty()) all.push_back("--partition=" + job.partition);
  if (!job.gres.empty()) all.push_back("--gres=" + job.gres);
  if (job.memory_mb > 0) all.push_back("--mem=" + std::to_string(job.memory_mb));
  if (!job.reservation.empty()) all.push_back("--reservation=" + job.reservation);
  return all;
}

SubmitAnswer read_submit(const Outcome& outcome) {
  SubmitAnswer answer;
  answer.why = to_text(outcome);
  if (outcome.how == Outcome::How::not_started) {
    answer.how = SubmitAnswer::How::misused;
    return answer;
  }
  if (outcome.how != Outcome::How::exited) return answer;
  if (outcome.code == 0) {
    std::string_view text = outcome.output;
    if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, answer.id);
    // "17" or "17;cluster", and nothing else.
    const std::string_view rest(stop, static_cast<std::size_t>(end - stop));
    const bool clean_rest = rest.empty() || (rest[0] == ';' && is_name(rest.substr(1)));
    if (error == std::errc{} && answer.id > 0 && answer.id <= 0xffff'ffff && clean_rest) {
      answer.how = SubmitAnswer::How::acknowledged;
    } else {
      answer.id = 0;
    }
  } else if (outcome.code == 255) {
    answer.how = SubmitAnswer::How::misused;
  } else if (outcome.code == 1 && outcome.output.empty() && says_any(outcome.errors, refusals) &&
             !says_any(outcome.errors, silences)) {
    answer.how = SubmitAnswer::How::rejected;
  }
  return answer;
}

Outcome CommandLine::timed_call(const std::string& program, std::vector<std::string> arguments,
                                std::string input, Span limit) const {
  return run({.program = settings_.programs + "/" + program,
              .arguments = std::move(arguments),
              .environment = {{"LC_ALL", "C"},
                              {"TZ", "UTC"},
                              {"SLURM_TIME_FORMAT", "%s"},
                              {"SLURM_CONF", settings_.conf},
                              {"PATH", "/usr/bin:/bin"}},
              .input = std::move(input),
              .limit = limit,
              .most_output = settings_.most_output});
}

Outcome CommandLine::call(const std::string& program, std::vector<std::string> arguments,
                          std::string input) const {
  return timed_call(program, std::move(arguments), std::move(input), settings_.limit);
}

Result<std::string> CommandLine::answer(const std::string& program,
                                        std::vector<std::string> arguments) const {
  Outcome outcome = call(program, std::move(arguments));
  if (outcome.good()) return std::move(outcome.output);
  const std::string what = program + " of Slurm: " + to_text(outcome) + ".";
  if (outcome.how == Outcome::How::exited && !says_any(outcome.errors, silences)) {
    return fail(Error::Kind::failed, 7041, what);
  }
  const bool silent =
      outcome.how == Outcome::How::exited || outcome.how == Outcome::How::out_of_time;
  return silent ? fail(Error::Kind::unavailable, 7042, what)
                : fail(Error::Kind::failed, 7041, what);
}

Result<void> CommandLine::ping() {
  const Outcome outcome = timed_call("scontrol", {"ping"}, {}, settings_.ping_limit);
  if (outcome.good() && outcome.output.find(" is UP") != std::string::npos) return {};
  return fail(
      Error::Kind::unavailable, 7042,
      "the Slurm controller of " + settings_.conf + " does not answer: " + to_text(outcome) + ".");
}

Result<Queue> CommandLine::queue(const std::string& user) {
  if (!user.empty() && !is_name(user)) return not_passed_on("user", user);
  std::vector<std::string> arguments{"-h", "-a", "-r", "-t", "all", "-o", queue_format};
  if (!user.empty()) arguments.insert(arguments.end(), {"-u", user});
  auto text = answer("squeue", std::move(arguments));
  if (!text) return fail(text.error());
  return read_queue(*text);
}

Result<Queue> CommandLine::queue_named(const std::string& name) {
  if (!is_token(name)) return not_passed_on("name of a job", name);
  auto text =
      answer("squeue", {"-h", "-a", "-r", "-t", "all", "--name=" + name, "-o", queue_format});
  if (!text) return fail(text.error());
  return read_queue(*text);
}

namespace {
std::vector<std::string> history_arguments(Instant from, Instant to) {
  return {"-n", "-P",      "-X", "-D",    "-a", "--delimiter=\x1f",
          "-S", iso(from), "-E", iso(to), "-o", history_columns};
}
}  // namespace

Result<History> CommandLine::history(Instant from, Instant to, const std::string& name) {
  auto arguments = history_arguments(from, to);
  if (!name.empty()) {
    if (!is_token(name)) return not_passed_on("name of a job", name);
    arguments.push_back("--name=" + name);
  }
  const auto text = answer("sacct", std::move(arguments));
  if (!text) return fail(text.error());
  return read_history(*text);
}

Result<Skipped> CommandLine::history_each(Instant from, Instant to,
                                          const std::function<void(HistoryRow&&)>& each) {
  const auto text = answer("sacct", history_arguments(from, to));
  if (!text) return fail(text.error());
  return read_history(*text, {}, each);
}

Result<Nodes> CommandLine::nodes() {
  const auto text = answer("scontrol", {"-o", "show", "node"});
  if (!text) return fail(text.error());
  return read_nodes(*text);
}

Result<SiteConfig> CommandLine::config() {
  const auto text = answer("scontrol", {"show", "config"});
  if (!text) return fail(text.error());
  return read_config(*text);
}

SubmitAnswer CommandLine::submit(const Submission& job) {
  auto arguments = arguments_of(job);
  if (!arguments) return {SubmitAnswer::How::misused, 0, arguments.error().what};
  return read_submit(call("sbatch", std::move(*arguments), job.script));
}

Result<void> CommandLine::cancel(std::uint64_t id) {
  const auto said = answer("scancel", {std::to_string(id)});
  if (!said) return fail(said.error());
  return {};
}

Result<void> CommandLine::cancel_named(const std::string& name) {
  if (!is_token(name)) return not_passed_on("name of a job", name);
  const auto said = answer("scancel", {"--name=" + name});
  if (!said) return fail(said.error());
  return {};
}

Result<std::map<std::string, std::string>> CommandLine::job(std::uint64_t id) {
  const auto text = answer("scontrol", {"-o", "show", "job", std::to_string(id)});
  if (!text) return fail(text.error());
  auto pairs = read_pairs(std::string_view(*text).substr(0, text->find('\n')));
  if (pairs["JobId"] != std::to_string(id)) {
    return fail(Error::Kind::failed, 7040,
                "scontrol shows job \"" + pairs["JobId"] + "\" for " + std::to_string(id) + ".");
  }
  return pairs;
}

}  // namespace granary::slurm
