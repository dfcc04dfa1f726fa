#pragma once
// Comma-separated values (RFC 4180) that a spreadsheet may open: a cell that somebody else wrote
// and that would be taken for a formula begins with an apostrophe.

#include <string>
#include <string_view>
#include <vector>

namespace granary::cli {

// A text as a cell. Formulas begin with = + - @, also in full width, or with a tab or carriage
// return.
std::string csv_text(std::string_view);
// What we wrote ourselves: a number, which may be negative.
std::string csv_number(std::string_view);
// Cells that are made already, as a line.
std::string csv_line(const std::vector<std::string>& cells);

}  // namespace granary::cli
