#include "catalog/toml_tree.h"

#define TOML_HEADER_ONLY 0
#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>

#include "catalog/printable.h"

namespace granary {
namespace {
// Every level of nesting costs a dot or a bracket, and the parser stops at 256 brackets: a bound
// on dots bounds the depth, and with it the stack, of what is parsed.
constexpr std::size_t largest_document = 256 * 1024;
constexpr std::ptrdiff_t most_dots = 4096;
constexpr int deepest = 8;

tl::unexpected<Error> refuse(const Document& document, std::uint32_t line, std::string_view why,
                             std::string_view fix) {
  return fail(Error::Kind::invalid, 1020,
              printable(fmt::format("{}:{}: {}", document.name, std::max(line, 1U), why), 1000),
              std::string(fix));
}

// Nothing when the node lies deeper than `depth` levels allow.
std::optional<TomlNode> tree(const toml::node& node, int depth) {
  using Type = TomlNode::Type;
  if (depth == 0) return std::nullopt;
  TomlNode out;
  out.line = std::max<std::uint32_t>(node.source().begin.line, 1);
  if (const auto* const text = node.as_string()) {
    out.type = Type::text;
    out.text = text->get();
  } else if (const auto* const whole = node.as_integer()) {
    out.type = Type::whole;
    out.whole = whole->get();
  } else if (const auto* const number = node.as_floating_point()) {
    out.type = Type::number;
    out.number = number->get();
  } else if (const auto* const flag = node.as_boolean()) {
    out.type = Type::flag;
    out.flag = flag->get();
  } else if (const auto* const list = node.as_array()) {
    out.type = Type::list;
    for (const toml::node& item : *list) {
      auto child = tree(item, depth - 1);
      if (!child) return std::nullopt;
      out.items.push_back(*std::move(child));
    }
  } else if (const auto* const table = node.as_table()) {
    for (const auto& [key, value] : *table) {
      auto child = tree(value, depth - 1);
      if (!child) return std::nullopt;
      out.entries.emplace_back(std::string(key.str()), *std::move(child));
      out.key_lines.push_back(std::max<std::uint32_t>(key.source().begin.line, 1));
    }
  } else {
    out.type = Type::date;
  }
  return out;
}
}  // namespace

const TomlNode* TomlNode::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string_view to_text(TomlNode::Type type) {
  switch (type) {
    case TomlNode::Type::text:
      return "text";
    case TomlNode::Type::whole:
      return "a whole number";
    case TomlNode::Type::number:
      return "a number";
    case TomlNode::Type::flag:
      return "true or false";
    case TomlNode::Type::date:
      return "a date or time";
    case TomlNode::Type::list:
      return "a list";
    case TomlNode::Type::table:
      return "a table";
  }
  return "";
}

Result<TomlNode> parse_tree(const Document& document) {
  const std::string& text = document.text;
  if (text.size() > largest_document) return refuse(document, 1, "more than 256 KiB.", "split it");
  if (std::count(text.begin(), text.end(), '.') > most_dots) {
    return refuse(document, 1, "more than 4096 dots.", "split it");
  }
  try {
    const toml::table root = toml::parse(text);
    auto result = tree(root, deepest);
    if (result) return *std::move(result);
    return refuse(document, 1, "tables nested more than 8 deep.", "facts need three levels");
  } catch (const toml::parse_error& error) {
    return refuse(document, error.source().begin.line,
                  fmt::format("not TOML: {}.", error.description()),
                  "correct the line; text needs quotes");
  }
}

}  // namespace granary
