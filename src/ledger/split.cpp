#include "ledger/split.h"

#include <algorithm>
#include <cassert>

namespace granary {

std::vector<Money> split(Money price, const std::vector<Layer>& layers) {
  std::vector<Money> parts;
  Money rest = price;
  for (const Layer& layer : layers) {
    assert(layer.share >= 0 && layer.share <= whole_share);
    const Wide wanted = static_cast<Wide>(rest.micros) * layer.share / whole_share;
    const Money part{static_cast<std::int64_t>(std::min<Wide>(wanted, layer.most.micros))};
    parts.push_back(part);
    rest -= part;
  }
  return parts;
}

}  // namespace granary
