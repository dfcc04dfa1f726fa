#pragma once
// How a price is shared out among layers of payers: a subsidy first, then vouchers, then cash.
// Parts are functions of the whole price, so what is captured between two meter readings is a
// difference of two splits: nothing drifts, and the parts always sum to the price.

#include <vector>

#include "units/money.h"

namespace granary {

inline constexpr int whole_share = 10'000;  // basis points

// `share` of what the layers before it leave of the price, rounded down to a micro-unit, and never
// more than `most`. What a layer does not take goes to the next one.
struct Layer {
  int share = whole_share;  // 0 .. whole_share
  Money most;
};

// One part for each layer. Each part never falls when the price rises (each share is at most the
// whole), so a hold for the price of the longest use covers every shorter one. The parts sum to the
// price if the last layer takes the whole of what is left and has enough. O(layers).
std::vector<Money> split(Money price, const std::vector<Layer>&);

}  // namespace granary
