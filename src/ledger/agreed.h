#pragma once
// What the use of a line costs, as it was agreed when its money was held: a rate, or tariffs, each
// from some use on. A later change of a pool's tariff changes nothing here; what is held later for
// more use is agreed at the tariff of that instant.

#include <optional>
#include <string>
#include <vector>

#include "catalog/tariff.h"
#include "units/result.h"

namespace granary {

struct AgreedTariff {
  ChipTime from;  // of the line's cumulative use
  // The instant whose price that use has: the one when it happens, or the one of a quote.
  Instant at{};
  std::int64_t shares = 0;  // that are in use together: how use and time go together
  ChipUse use = ChipUse::running;
  Tariff tariff;
  friend bool operator==(const AgreedTariff&, const AgreedTariff&) = default;
};

struct Agreed {
  Rate first;  // of all use before the first of the tariffs
  std::vector<AgreedTariff> tariffs;

  Agreed(Rate all = {}) : first(all) {}  // a plain rate is an agreement
  friend bool operator==(const Agreed&, const Agreed&) = default;
};

// With what follows from that use on; nothing is added where it says what is agreed already. Rows
// that are over by then, or for another use, are left out.
Agreed extended(Agreed so_far, AgreedTariff next);

// The price of the cumulative use, rounded half up to a micro-unit, once:
//   P(u) = floor((2 W(u) + D) / 2D), W the sum of rate x share-milliseconds, D = 3.6e9.
// With one rate it is price_of(rate, u); it never falls as u rises. Nothing when it does not fit 64
// bits. O(tariffs x rows^2).
std::optional<Money> price_of(const Agreed&, ChipTime);

// The most use, up to `used`, that costs no more than `paid`.
ChipTime use_for(const Agreed&, Money paid, ChipTime used);

// A row of a tariff that has begun may only be ended, from today on: prices of the past stay what
// they were. G4100 names the row that `after` changes or lacks.
Result<void> check_change(const Tariff& before, const Tariff& after, const std::string& pool,
                          const std::string& asset, Instant now);

}  // namespace granary
