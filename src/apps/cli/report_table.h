#pragma once
// Tables of report answers, for people and as CSV.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/cli/output.h"
#include "apps/cli/table.h"

namespace granary::cli {

struct ReportColumn {
  enum class Kind { text, money, chip_time, count };
  const char* key;   // member of a line
  const char* head;  // for people
  Kind kind = Kind::text;
};

struct ReportTable {
  const char* key;    // member of the answer: "owed"
  const char* title;  // for people
  std::vector<ReportColumn> columns;
};

// The first money column says in which currency a line is.
Table table_for_people(const ReportTable&, const Json& answer);
// Heads are keys. Money is a plain amount, its asset a column of its own; chip-time is whole
// share-milliseconds and chip-hours.
std::string csv_of(const ReportTable&, const Json& answer);

}  // namespace granary::cli
