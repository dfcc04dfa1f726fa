#pragma once
// How a price is shared out: a subsidy first, then a voucher, then cash. Parts are functions of the
// whole price, so what is captured between two meter readings is a difference of two splits:
// nothing drifts, and the parts always sum to the price.

#include <vector>

#include "units/money.h"

namespace granary {

// In basis points of what the parts before leave; beside them, it takes nothing away from the rest.
struct Share {
  int share = 0;
  bool beside = false;
};

// One part for each share, rounded down to a micro-unit. No part falls when the price rises, and
// none rises by more than the price does (each share is at most the whole), so a hold for the price
// of the longest use covers every shorter one. The parts that are not beside sum to the price if
// the last of them is the whole. O(shares).
std::vector<Money> split(Money price, const std::vector<Share>& shares);

// A part that several pay together: in order, each its weight of what those before it leave,
// rounded down to a micro-unit; the last pays what is left. Each of several independent roundings
// could make the last one fall when the part rises; of this none falls, and none rises by more than
// the part does. With two it is floor(part x w / sum) and the rest. Weights are more than zero.
std::vector<Money> divide(Money part, const std::vector<int>& weights);

}  // namespace granary
