#pragma once
// Tables for people: no box lines, a gutter of two spaces, numbers at the right, widths in cells of
// a terminal and not in bytes.

#include <string>
#include <string_view>
#include <vector>

namespace granary::cli {

// Cells that the text takes on a terminal: two for a Chinese character, none for a combining mark.
int display_width(std::string_view utf8);
// At most that many cells, the last of them `…` when something was cut off.
std::string cut_to(std::string_view utf8, int cells);
// On one line and valid UTF-8: control characters and broken bytes become '?'.
std::string plain(std::string_view);

enum class Align { left, right };
enum class Colour { none, red, green, yellow };

std::string coloured(const std::string& text, Colour);

class Table {
 public:
  struct Column {
    std::string head;
    Align align = Align::left;
    bool may_be_cut = false;  // of several, the first gives way first
  };
  struct Cell {
    Cell(std::string cell_text, Colour cell_colour = Colour::none)
        : text(std::move(cell_text)), colour(cell_colour) {}
    Cell(const char* cell_text) : text(cell_text) {}
    std::string text;
    Colour colour = Colour::none;
  };
  struct Look {
    int width = 0;  // of the terminal; 0: not one, so nothing is cut
    bool colour = false;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as columns; `mark` stands before the row.
  void add(std::vector<Cell> cells, char mark = ' ');
  bool empty() const { return rows_.empty(); }
  // Head (left out when no column has one) and rows, a line each.
  std::string text(const Look&) const;

 private:
  struct Row {
    char mark;
    std::vector<Cell> cells;
  };
  std::vector<int> widths(int terminal) const;
  std::string line(const Row&, const std::vector<int>& widths, bool colour) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace granary::cli
