#include "apps/cli/csv.h"

#include <algorithm>
#include <array>

namespace granary::cli {
namespace {

constexpr std::array<std::string_view, 10> formula_begins{
    "=", "+", "-", "@", "\t", "\r", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

std::string quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n\t'") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

}  // namespace

std::string csv_text(std::string_view text) {
  // Blanks in front do not hide a formula from every spreadsheet.
  const std::string_view shown = text.substr(std::min(text.find_first_not_of(' '), text.size()));
  const bool formula =
      std::any_of(formula_begins.begin(), formula_begins.end(),
                  [&](std::string_view begin) { return shown.starts_with(begin); });
  return quoted(formula ? "'" + std::string(text) : std::string(text));
}

std::string csv_number(std::string_view text) { return quoted(text); }

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : ",") + cells[i];
  return line + "\r\n";
}

}  // namespace granary::cli
