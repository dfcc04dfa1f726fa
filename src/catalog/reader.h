#pragma once
// Strict reading of one TOML table: every key is known, every wrong value is an error that names
// document, line, key and fix. Readers share one Reading and go on after an error with empty
// values; only the first error is kept.

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "catalog/toml_tree.h"

namespace granary {

using Keys = std::vector<std::string>;

struct Reading {
  std::string_view document;
  const Catalog& catalog;  // what earlier documents described
  std::optional<Error> error = std::nullopt;

  // Keeps the first: "DOCUMENT:LINE: what", kind invalid.
  void report(int code, std::uint32_t line, std::string_view what, std::string fix);
};

// Limits beyond which a figure is a slip of the pen, not a chip.
template <class T>
struct Limits {
  T least, most;
  std::string_view text;
};

class Reader {
 public:
  // `path` stands before keys in messages ("link."), `noun` is what the table describes. Unknown
  // keys are reported here (G1021).
  Reader(Reading&, const TomlNode& table, std::string path, std::string_view noun, Keys known);

  bool has(std::string_view key) const { return table_.find(key) != nullptr; }

  // The value of a required key; null, and reported (G1022; standing and source G1023), if missing.
  const TomlNode* required(std::string_view key, std::string_view example);
  // The same of one type (G1026).
  const TomlNode* required(std::string_view key, TomlNode::Type, std::string_view example);

  // One line of text, not empty.
  std::string text(std::string_view key, std::string_view example, std::size_t longest = 120);
  // An id: lower-case letters, digits, '.' and '-', what commands and pools can spell.
  std::string id(std::string_view key = "id", std::string_view example = "\"a800-sxm-80\"");
  // A whole number within limits (G1028).
  int whole(std::string_view key, int least, int most);
  int whole_or(std::string_view key, int otherwise, int least, int most);
  bool flag(std::string_view key);
  bool flag_or(std::string_view key, bool otherwise);
  // One word of a fixed list; its position there.
  std::size_t word(std::string_view key, const Keys& words);
  Standing standing();
  // A key of the sources described so far (G1029).
  std::string source();

  // A figure { value, standing, source } and the `more` keys, which the caller reads. G1023 when
  // it is a bare value, G1024 for a wrong unit, G1028 outside the limits.
  template <class T>
  Fact<T> fact(std::string_view key, Result<T> (*parse)(std::string_view), Limits<T> limits,
               std::string_view example, Keys more = {}) {
    const TomlNode* const table = figure(key, quoted(example));
    if (table == nullptr) return {};
    more.insert(more.end(), {"value", "standing", "source"});
    Reader inner(reading_, *table, full(key) + ".", "a figure", std::move(more));
    Fact<T> result;
    result.value = inner.amount(parse, limits, example);
    result.standing = inner.standing();
    result.source = inner.source();
    return result;
  }

  // A figure { value, standing, source } and the `more` keys, of which the caller reads the value
  // and `more`; the example as it is written in TOML.
  template <class Read>
  auto stated(std::string_view key, std::string_view example, Read read, Keys more = {}) {
    Fact<decltype(read(*this))> result;
    const TomlNode* const table = figure(key, example);
    if (table == nullptr) return result;
    more.insert(more.end(), {"value", "standing", "source"});
    Reader inner(reading_, *table, full(key) + ".", "a figure", std::move(more));
    result.value = read(inner);
    result.standing = inner.standing();
    result.source = inner.source();
    return result;
  }

  // A list of words of a fixed list, at least one and none twice.
  std::vector<std::string> words(std::string_view key, const Keys& known);
  // A list of ids that are known elsewhere, at least one and none twice; the example as in TOML.
  std::vector<std::string> ids(std::string_view key, std::string_view example);
  // A number, whole or not (G1028).
  double number(std::string_view key, double least, double most);
  // A year, a month or a day: "2024", "2024-02", "2024-02-29".
  std::string date(std::string_view key);

  // Reports in the line of a key, naming it.
  void report(int code, std::string_view key, std::string_view what, std::string fix);

 private:
  template <class T>
  T amount(Result<T> (*parse)(std::string_view), Limits<T> limits, std::string_view example) {
    const TomlNode* const node = quantity(example);
    if (node == nullptr) return {};
    const Result<T> value = parse(node->text);
    if (value && *value >= limits.least && *value <= limits.most) return *value;
    refuse_amount(*node, value ? "" : value.error().what, limits.text, example);
    return {};
  }
  const TomlNode* figure(std::string_view key, std::string_view example);
  const TomlNode* quantity(std::string_view example);
  void refuse_amount(const TomlNode&, const std::string& unparsed, std::string_view limits,
                     std::string_view example);
  static std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }
  std::string full(std::string_view key) const { return path_ + std::string(key); }

  Reading& reading_;
  const TomlNode& table_;
  std::string path_;
  Keys known_;
};

// " Did you mean X?", or nothing.
std::string hint(std::string_view word, const Keys& known);

template <class T>
Keys names(const std::map<std::string, T>& all) {
  Keys keys;
  for (const auto& [name, value] : all) keys.push_back(name);
  return keys;
}

}  // namespace granary
