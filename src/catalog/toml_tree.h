#pragma once
// A TOML document as a plain tree that remembers lines, so that only toml_tree.cpp sees the parser.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "units/result.h"

namespace granary {

struct TomlNode {
  enum class Type { text, whole, number, flag, date, list, table };

  Type type = Type::table;
  std::uint32_t line = 1;       // of the value; of the header for a [table]
  std::string text;             // of Type::text
  std::int64_t whole = 0;       // of Type::whole
  double number = 0;            // of Type::number
  bool flag = false;            // of Type::flag
  std::vector<TomlNode> items;  // of Type::list
  std::vector<std::pair<std::string, TomlNode>> entries;  // of Type::table, by name
  std::vector<std::uint32_t> key_lines;                   // beside entries

  // The value of a key of a table; null when it has none.
  const TomlNode* find(std::string_view key) const;
};

// "text", "a whole number", ...: for messages.
std::string_view to_text(TomlNode::Type);

// The root table. G1020, naming file and line, when the text is not TOML, larger than 256 KiB or
// nested deeper than facts need; no text makes it crash.
Result<TomlNode> parse_tree(const Document&);

}  // namespace granary
