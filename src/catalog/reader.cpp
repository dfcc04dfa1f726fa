#include "catalog/reader.h"

#include <fmt/core.h>

#include "catalog/printable.h"
#include "units/text.h"
#include "units/time.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

constexpr std::size_t longest_message = 1000;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

std::string joined(const Keys& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}
}  // namespace

std::string hint(std::string_view word, const Keys& known) {
  const std::string near = nearest(word.substr(0, 60), known);
  return near.empty() ? "" : " Did you mean " + near + "?";
}

void Reading::report(int code, std::uint32_t line, std::string_view what, std::string fix) {
  if (error) return;
  const std::string sentence = fmt::format("{}:{}: {}", document, line, what);
  error = Error{Error::Kind::invalid, code, printable(sentence, longest_message),
                printable(fix, longest_message)};
}

Reader::Reader(Reading& reading, const TomlNode& table, std::string path, std::string_view noun,
               Keys known)
    : reading_(reading), table_(table), path_(std::move(path)), known_(std::move(known)) {
  for (std::size_t i = 0; i < table_.entries.size(); ++i) {
    const std::string& key = table_.entries[i].first;
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    reading_.report(
        1021, table_.key_lines[i],
        fmt::format("unknown key \"{}\" in {}.{}", printable(path_ + key), noun, hint(key, known_)),
        "remove it, or write one of: " + joined(known_));
  }
}

void Reader::report(int code, std::string_view key, std::string_view what, std::string fix) {
  const TomlNode* const node = table_.find(key);
  reading_.report(code, node != nullptr ? node->line : table_.line,
                  fmt::format("{}: {}", full(key), what), std::move(fix));
}

const TomlNode* Reader::required(std::string_view key, std::string_view example) {
  assert(std::find(known_.begin(), known_.end(), key) != known_.end());
  const TomlNode* const node = table_.find(key);
  if (node == nullptr) {
    const bool provenance = key == "standing" || key == "source";
    reading_.report(provenance ? 1023 : 1022, table_.line, fmt::format("{} is missing.", full(key)),
                    fmt::format("write {} = {}", key, example));
  }
  return node;
}

const TomlNode* Reader::required(std::string_view key, Type type, std::string_view example) {
  const TomlNode* const node = required(key, example);
  if (node == nullptr || node->type == type) return node;
  report(1026, key, fmt::format("must be {}, not {}.", to_text(type), to_text(node->type)),
         fmt::format("write {} = {}", key, example));
  return nullptr;
}

std::string Reader::text(std::string_view key, std::string_view example, std::size_t longest) {
  const TomlNode* const node = required(key, Type::text, example);
  if (node == nullptr) return {};
  const std::string& value = node->text;
  if (!value.empty() && value.size() <= longest &&
      std::none_of(value.begin(), value.end(), is_control)) {
    return value;
  }
  report(1026, key, fmt::format("must be one line of 1 to {} bytes.", longest),
         fmt::format("write {} = {}", key, example));
  return {};
}

std::string Reader::id(std::string_view key, std::string_view example) {
  std::string value = text(key, example, 64);
  if (!is_id(value)) {
    report(1026, key, fmt::format("\"{}\" is not an id.", printable(value)),
           fmt::format("use lower-case letters, digits, '.' and '-', e.g. {}", example));
  }
  return value;
}

int Reader::whole(std::string_view key, int least, int most) {
  const TomlNode* const node = required(key, Type::whole, std::to_string(least));
  if (node == nullptr) return least;
  if (node->whole >= least && node->whole <= most) return static_cast<int>(node->whole);
  report(1028, key, fmt::format("{} is outside {} to {}.", node->whole, least, most),
         "check the figure at its source");
  return least;
}

int Reader::whole_or(std::string_view key, int otherwise, int least, int most) {
  return has(key) ? whole(key, least, most) : otherwise;
}

bool Reader::flag(std::string_view key) {
  const TomlNode* const node = required(key, Type::flag, "true");
  return node != nullptr && node->flag;
}

bool Reader::flag_or(std::string_view key, bool otherwise) {
  return has(key) ? flag(key) : otherwise;
}

std::size_t Reader::word(std::string_view key, const Keys& words) {
  const std::string value = text(key, "\"" + words.front() + "\"");
  const auto found = std::find(words.begin(), words.end(), value);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  report(1026, key,
         fmt::format("\"{}\" is not one of {}.{}", printable(value), joined(words),
                     hint(value, words)),
         fmt::format("write {} = \"{}\"", key, words.front()));
  return 0;
}

Standing Reader::standing() {
  return static_cast<Standing>(word("standing", {"declared", "measured", "recalled", "assumed"}));
}

std::string Reader::source() {
  std::string key = text("source", "\"KEY\", a key of sources.toml");
  if (!reading_.catalog.sources.contains(key)) {
    report(1029, "source",
           fmt::format("no source \"{}\" is described.{}", printable(key),
                       hint(key, names(reading_.catalog.sources))),
           "add a table with this key to sources.toml, with what and read");
  }
  return key;
}

std::vector<std::string> Reader::words(std::string_view key, const Keys& known) {
  const std::string example = fmt::format("[\"{}\"]", known.empty() ? "a" : known.front());
  const TomlNode* const list = required(key, Type::list, example);
  std::vector<std::string> all;
  if (list == nullptr) return all;
  for (const TomlNode& item : list->items) {
    const std::string& word = item.text;
    if (item.type != Type::text || std::find(known.begin(), known.end(), word) == known.end()) {
      const std::string near = hint(word, known);
      report(1026, key,
             near.empty() ? fmt::format("\"{}\" is not one of {}.", printable(word), joined(known))
                          : fmt::format("\"{}\" is not known.{}", printable(word), near),
             fmt::format("write {} = {}", key, example));
      return all;
    }
    if (std::find(all.begin(), all.end(), word) != all.end()) {
      report(1025, key, fmt::format("\"{}\" is listed twice.", word), "keep one of the two");
      return all;
    }
    all.push_back(word);
  }
  if (all.empty()) {
    report(1028, key, "an empty list says nothing.", "leave the line out when none is known");
  }
  return all;
}

std::vector<std::string> Reader::ids(std::string_view key, std::string_view example) {
  const TomlNode* const list = required(key, Type::list, fmt::format("[{}]", example));
  std::vector<std::string> all;
  if (list == nullptr) return all;
  for (const TomlNode& item : list->items) {
    if (item.type != Type::text || item.text.empty() || item.text.size() > 64 ||
        !is_id(item.text)) {
      report(1026, key, fmt::format("\"{}\" is not an id.", printable(item.text)),
             fmt::format("use lower-case letters, digits, '.' and '-', e.g. [{}]", example));
      return all;
    }
    if (std::find(all.begin(), all.end(), item.text) != all.end()) {
      report(1025, key, fmt::format("\"{}\" is listed twice.", item.text), "keep one of the two");
      return all;
    }
    all.push_back(item.text);
  }
  if (all.empty()) {
    report(1028, key, "an empty list says nothing.", "leave the line out when there is none");
  }
  return all;
}

double Reader::number(std::string_view key, double least, double most) {
  const TomlNode* const node = required(key, fmt::format("{}", least));
  if (node == nullptr) return least;
  if (node->type != Type::whole && node->type != Type::number) {
    report(1026, key, fmt::format("must be a number, not {}.", to_text(node->type)),
           fmt::format("write {} = {}", key, least));
    return least;
  }
  const double value = node->type == Type::whole ? static_cast<double>(node->whole) : node->number;
  if (value >= least && value <= most) return value;
  report(1028, key, fmt::format("{} is outside {} to {}.", value, least, most),
         "check the figure at its source");
  return least;
}

std::string Reader::date(std::string_view key) {
  const std::string value = text(key, "\"2024-02\"", 10);
  const std::string whole =
      value + std::string("YYYY-01-01").substr(std::min<std::size_t>(value.size(), 10));
  const bool sized = value.size() == 4 || value.size() == 7 || value.size() == 10;
  if (sized && whole.find('T') == std::string::npos && parse_instant(whole)) return value;
  report(1026, key, fmt::format("\"{}\" is not a year, month or day.", printable(value)),
         fmt::format("write {} = \"2024-02\"", key));
  return {};
}

const TomlNode* Reader::figure(std::string_view key, std::string_view example) {
  const std::string form =
      fmt::format("{{ value = {}, standing = \"declared\", source = \"KEY\" }}", example);
  const TomlNode* const node = required(key, form);
  if (node == nullptr || node->type == Type::table) return node;
  report(1023, key, "a figure must say its standing and source.",
         fmt::format("write {} = {}", key, form));
  return nullptr;
}

const TomlNode* Reader::quantity(std::string_view example) {
  const TomlNode* const node = required("value", fmt::format("\"{}\"", example));
  if (node == nullptr || node->type == Type::text) return node;
  report(1024, "value", fmt::format("{} has no unit.", to_text(node->type)),
         fmt::format("write number and unit as text: value = \"{}\"", example));
  return nullptr;
}

void Reader::refuse_amount(const TomlNode& node, const std::string& unparsed,
                           std::string_view limits, std::string_view example) {
  if (unparsed.empty() || node.text.starts_with('-')) {
    report(1028, "value", fmt::format("{} is outside {}.", printable(node.text), limits),
           "check the figure at its source; leave the line out when it is unknown");
  } else {
    report(1024, "value", unparsed, fmt::format("write value = \"{}\"", example));
  }
}

}  // namespace granary
