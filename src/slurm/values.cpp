#include "slurm/values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "units/node_list.h"

namespace granary::slurm {

namespace {

constexpr std::int64_t latest_second = 253'402'300'799;  // the last one of the year 9999
constexpr std::int64_t longest_minutes = 100LL * 365 * 24 * 60;
constexpr std::size_t most_parts = 1'000;  // of a list of resources

tl::unexpected<Error> unreadable(std::string_view what, std::string_view text) {
  std::string sentence = "Slurm's ";
  sentence += what;
  sentence += " \"";
  sentence += clean(text, 60);
  sentence += "\" cannot be read.";
  return fail(Error::Kind::failed, 7040, std::move(sentence));
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop != end || text.empty() || number < 0) return std::nullopt;
  return number;
}

template <std::size_t count>
bool is_one_of(std::string_view text, const std::array<std::string_view, count>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool is_no_limit(std::string_view text) {
  return is_one_of<8>(text, {"", "UNLIMITED", "NOT_SET", "Partition_Limit", "INVALID", "N/A",
                             "Unknown", "infinite"});
}

// "200M", "500G", "1.5T", "100": megabytes unless it says.
std::optional<std::int64_t> bytes(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  if (error != std::errc{} || !(number >= 0) || unit.size() > 1) return std::nullopt;
  constexpr std::string_view units = "KMGTPE";
  const std::size_t power = unit.empty() ? 1 : units.find(unit[0]);
  if (power == std::string_view::npos) return std::nullopt;
  for (std::size_t i = 0; i <= power; ++i) number *= 1024;
  if (number >= 4e18) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

std::int64_t sum(std::int64_t a, std::int64_t b) {
  return std::min<std::int64_t>(a + b, 1'000'000'000);
}

// Cuts at `separator`, except inside brackets of that kind.
std::vector<std::string_view> cut(std::string_view text, char separator, char open, char close) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == separator && depth == 0)) {
      parts.push_back(text.substr(from, i - from));
      from = i + 1;
    } else if (text[i] == open) {
      ++depth;
    } else if (text[i] == close && depth > 0) {
      --depth;
    }
  }
  return parts;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':' || c == '+';
  });
}

}  // namespace

Result<std::optional<Instant>> read_time(std::string_view text) {
  if (is_one_of<8>(text, {"", "Unknown", "None", "NONE", "N/A", "0", "n/a", "(null)"})) {
    return std::nullopt;
  }
  const auto seconds = whole(text);
  if (!seconds || *seconds > latest_second) return unreadable("time", text);
  return Instant(std::chrono::seconds(*seconds));
}

Result<std::optional<Span>> read_limit(std::string_view text) {
  if (is_no_limit(text)) return std::nullopt;
  std::int64_t days = 0;
  std::string_view rest = text;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto number = whole(text.substr(0, dash));
    if (!number || *number > 1'000'000) return unreadable("time limit", text);
    days = *number;
    rest = text.substr(dash + 1);
  }
  std::int64_t seconds = 0;
  const auto parts = cut(rest, ':', '\0', '\0');
  if (parts.size() < 2 || parts.size() > 3) return unreadable("time limit", text);
  for (const std::string_view part : parts) {
    const auto number = whole(part);
    if (!number || *number > 1'000'000) return unreadable("time limit", text);
    seconds = seconds * 60 + *number;
  }
  const Span span = std::chrono::seconds(days * 86'400 + seconds);
  return std::min(span, max_span);
}

Result<std::optional<Span>> read_limit_minutes(std::string_view text) {
  if (is_no_limit(text)) return std::nullopt;
  const auto minutes = whole(text);
  if (!minutes) return unreadable("time limit", text);
  return Span(std::chrono::minutes(std::min(*minutes, longest_minutes)));
}

Result<ExitStatus> read_exit(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto code = whole(text.substr(0, colon)), signal = whole(text.substr(colon + 1));
    if (!code || !signal || *code > 255 || *signal > 255) return unreadable("exit code", text);
    return ExitStatus{static_cast<int>(*code), static_cast<int>(*signal)};
  }
  const auto status = whole(text);
  if (!status || *status > 0xffff) return unreadable("exit code", text);
  return ExitStatus{static_cast<int>(*status >> 8), static_cast<int>(*status & 0x7f)};
}

std::int64_t Resources::chips(const std::string& name) const {
  std::int64_t typed = 0;
  for (const auto& [type, count] : chips_by_type(name)) typed = sum(typed, count);
  const auto untyped = gres.find(name);
  return std::max(typed, untyped == gres.end() ? 0 : untyped->second);
}

std::map<std::string, std::int64_t> Resources::chips_by_type(const std::string& name) const {
  std::map<std::string, std::int64_t> types;
  const std::string prefix = name + ":";
  for (const auto& [key, count] : gres) {
    if (key.starts_with(prefix)) types[key.substr(prefix.size())] = count;
  }
  return types;
}

Result<Resources> read_resources(std::string_view text) {
  Resources all;
  if (is_one_of<4>(text, {"", "(null)", "N/A", "None"})) return all;
  const auto parts = cut(text, ',', '\0', '\0');
  if (parts.size() > most_parts) return unreadable("list of resources", text);
  for (const std::string_view part : parts) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) return unreadable("list of resources", text);
    const std::string_view key = part.substr(0, equals), value = part.substr(equals + 1);
    if (key == "mem") {
      const auto memory = bytes(value);
      if (!memory) return unreadable("memory", part);
      all.memory_bytes = *memory;
      continue;
    }
    const bool gres = key.starts_with("gres/");
    if (!gres && key != "cpu" && key != "node") continue;  // billing, energy, licences
    const auto number = whole(value);
    if (!number || *number > 1'000'000'000 || !is_name(gres ? key.substr(5) : key)) {
      return unreadable("list of resources", part);
    }
    if (key == "cpu") all.cpus = *number;
    if (key == "node") all.nodes = *number;
    if (gres) all.gres[std::string(key.substr(5))] = *number;
  }
  return all;
}

Result<std::map<std::string, std::int64_t>> read_gres(std::string_view text) {
  std::map<std::string, std::int64_t> all;
  if (is_one_of<4>(text, {"", "(null)", "N/A", "none"})) return all;
  const auto parts = cut(text, ',', '(', ')');
  if (parts.size() > most_parts) return unreadable("gres", text);
  for (std::string_view part : parts) {
    part = part.substr(0, part.find('('));
    if (part.starts_with("gres:") || part.starts_with("gres/")) part.remove_prefix(5);
    // Newer ones write "gpu:a800=2".
    std::string key(part), count;
    const std::size_t at = key.find_last_of(":=");
    if (at != std::string::npos) {
      count = key.substr(at + 1);
      if (key[at] == '=' || whole(count)) key.resize(at);
    }
    const auto number = key.size() == part.size() ? std::optional<std::int64_t>(1) : whole(count);
    if (!number || *number > 1'000'000 || !is_name(key)) return unreadable("gres", part);
    all[key] = sum(all[key], *number);
  }
  return all;
}

Result<std::vector<std::string>> expand_nodes(std::string_view text, std::size_t most) {
  if (is_one_of<4>(text, {"", "(null)", "None assigned", "N/A"})) return std::vector<std::string>();
  return granary::expand_nodes(text, most);
}

std::string clean(std::string_view text, std::size_t longest) {
  std::string out(text.substr(0, longest));
  for (char& c : out) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return out;
}

}  // namespace granary::slurm
