#include "ledger/split.h"

#include <cassert>

#include "ledger/programmes.h"

namespace granary {

std::vector<Money> split(Money price, const std::vector<Share>& shares) {
  std::vector<Money> parts;
  Money rest = price;
  for (const Share& one : shares) {
    assert(one.share >= 0 && one.share <= whole_share);
    const Wide part = static_cast<Wide>(rest.micros) * one.share / whole_share;
    parts.push_back(Money{static_cast<std::int64_t>(part)});
    if (!one.beside) rest -= parts.back();
  }
  return parts;
}

std::vector<Money> divide(Money part, const std::vector<int>& weights) {
  Wide left = 0;
  for (const int weight : weights) left += weight;
  std::vector<Money> parts;
  for (const int weight : weights) {
    assert(weight > 0);
    parts.push_back(
        Money{static_cast<std::int64_t>(static_cast<Wide>(part.micros) * weight / left)});
    part -= parts.back();
    left -= weight;
  }
  return parts;
}

}  // namespace granary
