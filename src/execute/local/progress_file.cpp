#include "execute/local/progress_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "execute/local/files.h"

namespace granary {

namespace {

using Json = nlohmann::json;

constexpr std::size_t line_limit = 4 << 10;
constexpr std::size_t part_limit = 1 << 20;
constexpr std::size_t skip_parts = 64;
constexpr std::size_t lines_limit = 64;
constexpr std::size_t checkpoint_limit = 1 << 10;
constexpr std::int64_t count_limit = std::int64_t{1} << 60;

// The object's whole number under that key; false when there is something else.
bool take_count(const Json& json, const char* key, std::int64_t& count, bool& found) {
  const auto at = json.find(key);
  if (at == json.end()) return true;
  if (!at->is_number_integer()) return false;
  if (at->is_number_unsigned() && at->get<std::uint64_t>() > count_limit) return false;
  count = at->get<std::int64_t>();
  found = true;
  return count >= 0 && count <= count_limit;
}

bool take_listening(const Json& json, std::optional<int>& port) {
  const auto at = json.find("listening");
  if (at == json.end()) return true;
  if (!at->is_string()) return false;
  const std::string& text = at->get_ref<const std::string&>();
  constexpr std::string_view host = "127.0.0.1:";
  if (!text.starts_with(host)) return false;
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + host.size(), end, number);
  if (error != std::errc{} || stop != end || number < 1 || number > 65'535) return false;
  port = number;
  return true;
}

bool take_rest(const Json& json, ProgressLine& line) {
  if (const auto at = json.find("loss"); at != json.end() && !at->is_null()) {
    if (!at->is_number()) return false;
    line.loss = at->get<double>();
    line.reports = true;
    if (!std::isfinite(line.loss)) return false;
  }
  if (const auto at = json.find("checkpoint"); at != json.end() && !at->is_null()) {
    if (!at->is_string()) return false;
    line.checkpoint = at->get<std::string>();
    line.reports = true;
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (line.checkpoint.size() > checkpoint_limit ||
        std::any_of(line.checkpoint.begin(), line.checkpoint.end(), control)) {
      return false;
    }
  }
  std::int64_t at_ms = 0;
  bool has_time = false;
  if (!take_count(json, "at_ms", at_ms, has_time)) return false;
  if (has_time) line.at = Instant(Span(at_ms));
  return true;
}

std::string read_part(int file, std::int64_t offset) {
  std::string text(part_limit, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::pread(file, text.data() + size, text.size() - size,
                                offset + static_cast<std::int64_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

// Keeps the file's last word and as many checkpoints as there is room for; false when there is no
// room for all of them.
bool thin(std::vector<ProgressLine>& lines) {
  if (lines.size() <= lines_limit) return true;
  const ProgressLine* const last = &lines.back();
  std::vector<ProgressLine> kept;
  for (const ProgressLine& line : lines) {
    if (!line.checkpoint.empty() || line.listening || &line == last) kept.push_back(line);
  }
  const bool all = kept.size() <= lines_limit;
  if (!all) kept.resize(lines_limit);
  lines = std::move(kept);
  return all;
}

}  // namespace

std::optional<ProgressLine> parse_progress(std::string_view text) {
  if (text.size() > line_limit || !text.starts_with('{')) return std::nullopt;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  ProgressLine line;
  if (!take_count(json, "steps", line.steps, line.reports) ||
      !take_count(json, "tokens", line.tokens, line.reports) ||
      !take_listening(json, line.listening) || !take_rest(json, line)) {
    return std::nullopt;
  }
  if (!line.reports && !line.listening) return std::nullopt;
  return line;
}

// Moves place_ behind line number `known`, as far as a bounded reading gets.
void ProgressReader::skip_to(int file, std::uint64_t known) {
  if (known < for_known_) place_ = {};
  for_known_ = known;
  for (std::size_t part = 0; part < skip_parts && place_.line < known; ++part) {
    const std::string text = read_part(file, place_.offset);
    if (text.empty()) return;
    std::size_t at = 0;
    while (place_.line < known) {
      const std::size_t end = text.find('\n', at);
      if (end == std::string::npos) break;
      ++place_.line;
      at = end + 1;
      place_.inside = false;
    }
    if (at == 0) {
      at = text.size();
      place_.inside = true;
    }
    place_.offset += static_cast<std::int64_t>(at);
  }
}

ProgressReader::Part ProgressReader::read(int folder, std::uint64_t known) {
  Part part;
  const Descriptor file = open_plain(folder, "progress.jsonl");
  if (!file) return part;
  skip_to(file.number(), known);
  if (place_.line < known) {  // more than we skip at once, or the file is shorter than it was
    part.complete = read_part(file.number(), place_.offset).empty();
    return part;
  }
  const std::string text = read_part(file.number(), place_.offset);
  Place here = place_;
  std::size_t begin = 0;
  bool found = false;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::optional<ProgressLine> line;
    if (!here.inside) line = parse_progress(std::string_view(text).substr(begin, end - begin));
    here = {here.line + 1, place_.offset + static_cast<std::int64_t>(end) + 1, false};
    if (line) {
      found = true;
      line->line = here.line;
      part.lines.push_back(std::move(*line));
    } else if (here.line > counted_) {
      ++malformed_;
    }
    counted_ = std::max(counted_, here.line);
  }
  if (begin == 0 && text.size() == part_limit) {  // one line, longer than all we read
    here.offset += static_cast<std::int64_t>(text.size());
    here.inside = true;
  }
  part.complete = text.size() < part_limit;
  // Garbage must not stand in the way: where nothing was found, go on behind it.
  if (!found) place_ = here;
  if (!thin(part.lines)) part.complete = false;
  return part;
}

}  // namespace granary
