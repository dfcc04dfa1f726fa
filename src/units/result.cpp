#include "units/result.h"

#include <array>
#include <utility>

namespace granary {
namespace {
struct Row {
  Error::Kind kind;
  const char* name;
  int exit;
};
constexpr std::array<Row, 9> kinds{{{Error::Kind::failed, "failed", 1},
                                    {Error::Kind::invalid, "invalid", 2},
                                    {Error::Kind::not_found, "not_found", 3},
                                    {Error::Kind::refused, "refused", 4},
                                    {Error::Kind::conflict, "conflict", 5},
                                    {Error::Kind::infeasible, "infeasible", 6},
                                    {Error::Kind::unavailable, "unavailable", 7},
                                    {Error::Kind::unauthenticated, "unauthenticated", 8},
                                    {Error::Kind::bug, "bug", 1}}};
}  // namespace

int exit_code(Error::Kind kind) {
  for (const Row& row : kinds) {
    if (row.kind == kind) return row.exit;
  }
  return 1;
}

std::string to_text(Error::Kind kind) {
  for (const Row& row : kinds) {
    if (row.kind == kind) return row.name;
  }
  return "failed";
}

Error::Kind parse_error_kind(const std::string& name) {
  for (const Row& row : kinds) {
    if (name == row.name) return row.kind;
  }
  return Error::Kind::failed;
}

}  // namespace granary
