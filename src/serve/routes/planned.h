#pragma once
// A menu as plans and quotes answer it. For files that include nlohmann/json.hpp before.

#include "serve/routes/routes.h"

namespace granary::routes {

// What the body of POST /v1/plans asks for: the menu, and its options in the order shown with when
// each could start.
struct Planned {
  Json menu;
  MakeQuote quote;
};
Result<Planned> planned(const Call&);

}  // namespace granary::routes
