#include "apps/cli/table.h"

#include <algorithm>
#include <cstdint>

#include "catalog/printable.h"

namespace granary::cli {
namespace {

struct Range {
  char32_t first, last;
};

// East Asian wide and fullwidth (Unicode Annex 11), in whole blocks, and emoji.
constexpr Range wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
// Combining marks, joiners and variation selectors.
constexpr Range none[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A},
                          {0x064B, 0x065F}, {0x0E34, 0x0E3A}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
                          {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0x3099, 0x309A}, {0xFE00, 0xFE0F},
                          {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}};

template <std::size_t n>
bool within(const Range (&ranges)[n], char32_t c) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [c](const Range& r) { return c >= r.first && c <= r.last; });
}

int width_of(char32_t c) { return within(none, c) ? 0 : within(wide, c) ? 2 : 1; }

// The character at the front, and its bytes; a broken byte is itself.
std::pair<char32_t, std::size_t> first_character(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text[0]);
  const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
  if (length == 1 || text.size() < length) return {byte, 1};
  char32_t c = byte & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    c = (c << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {c, length};
}

constexpr int gutter = 2;
constexpr int narrowest = 8;  // what a column that is cut keeps

}  // namespace

int display_width(std::string_view utf8) {
  int cells = 0;
  while (!utf8.empty()) {
    const auto [c, bytes] = first_character(utf8);
    cells += width_of(c);
    utf8.remove_prefix(bytes);
  }
  return cells;
}

std::string cut_to(std::string_view utf8, int cells) {
  if (display_width(utf8) <= cells) return std::string(utf8);
  std::size_t kept = 0;
  for (int used = 0; kept < utf8.size();) {
    const auto [c, bytes] = first_character(utf8.substr(kept));
    used += width_of(c);
    if (used > cells - 1) break;
    kept += bytes;
  }
  return std::string(utf8.substr(0, kept)) + "…";
}

std::string plain(std::string_view text) { return printable(text, 100'000); }

std::string coloured(const std::string& text, Colour colour) {
  static constexpr const char* codes[] = {"", "\033[31m", "\033[32m", "\033[33m"};
  if (colour == Colour::none) return text;
  return codes[static_cast<int>(colour)] + text + "\033[0m";
}

void Table::add(std::vector<Cell> cells, char mark) {
  cells.resize(columns_.size(), Cell(""));
  for (Cell& cell : cells) cell.text = plain(cell.text);
  rows_.push_back({mark, std::move(cells)});
}

std::vector<int> Table::widths(int terminal) const {
  std::vector<int> widths;
  int total = gutter;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    int width = display_width(columns_[i].head);
    for (const Row& row : rows_) width = std::max(width, display_width(row.cells[i].text));
    widths.push_back(width);
    total += width + (i > 0 ? gutter : 0);
  }
  for (std::size_t i = 0; i < columns_.size() && terminal > 0 && total > terminal; ++i) {
    if (!columns_[i].may_be_cut) continue;
    const int given = std::min(total - terminal, std::max(0, widths[i] - narrowest));
    widths[i] -= given;
    total -= given;
  }
  return widths;
}

std::string Table::line(const Row& row, const std::vector<int>& widths, bool colour) const {
  std::string text(1, row.mark);
  text += ' ';
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string cell = cut_to(row.cells[i].text, widths[i]);
    const std::string shown = colour ? coloured(cell, row.cells[i].colour) : cell;
    const std::string padding(static_cast<std::size_t>(widths[i] - display_width(cell)), ' ');
    if (i > 0) text.append(gutter, ' ');
    text += columns_[i].align == Align::right ? padding + shown : shown + padding;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string Table::text(const Look& look) const {
  const std::vector<int> all = widths(look.width);
  Row head{' ', {}};
  bool has_head = false;
  for (const Column& column : columns_) {
    head.cells.emplace_back(column.head);
    has_head |= !column.head.empty();
  }
  std::string text = has_head ? line(head, all, false) : "";
  for (const Row& row : rows_) text += line(row, all, look.colour);
  return text;
}

}  // namespace granary::cli
