#include "ledger/split.h"

#include <cassert>

#include "ledger/programmes.h"

namespace granary {

std::vector<Money> split(Money price, const std::vector<int>& shares) {
  std::vector<Money> parts;
  Money rest = price;
  for (const int share : shares) {
    assert(share >= 0 && share <= whole_share);
    const Wide part = static_cast<Wide>(rest.micros) * share / whole_share;
    parts.push_back(Money{static_cast<std::int64_t>(part)});
    rest -= parts.back();
  }
  return parts;
}

}  // namespace granary
