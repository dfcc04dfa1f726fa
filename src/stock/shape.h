#pragma once
// Groups of chips on nodes: the arithmetic that the empty pool and the timeline share.

#include "stock/stock.h"

namespace granary {

// `wanted` as groups: `whole` of `together` chips each, then one of `rest` chips.
struct Groups {
  int whole = 0, rest = 0;
};

inline bool is_possible(const Wanted& wanted) {
  return wanted.chips > 0 && wanted.together > 0 && wanted.share > 0 && wanted.share <= whole_chip;
}

inline Groups groups_of(const Wanted& wanted) {
  return {wanted.chips / wanted.together, wanted.chips % wanted.together};
}

}  // namespace granary
