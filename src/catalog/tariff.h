#pragma once
// What the chips of a pool cost: a price, and dated rows that say otherwise for some time, for some
// hours of the day, or for chips that are reserved and idle. The first row that matches decides,
// else the price.

#include <optional>
#include <string>
#include <vector>

#include "units/money.h"
#include "units/time.h"

namespace granary {

struct TariffRow {
  Rate rate;
  Instant from{}, until{};  // within [from, until); zero: open
  // Of each day, UTC, since midnight: within [begins, ends), over midnight when it ends before it
  // begins. Equal: all day.
  Span begins{}, ends{};
  enum class For { all, running, reserved } of = For::all;
  friend bool operator==(const TariffRow&, const TariffRow&) = default;
};

// What chips are paid for: to run a job; to be held by a reservation, used or not; to run a job
// inside such a reservation, which pays what running costs more than being reserved, if it does.
enum class ChipUse { running, reserved, inside };

struct Tariff {
  Rate rate;  // where no row matches
  std::vector<TariffRow> rows;
  friend bool operator==(const Tariff&, const Tariff&) = default;
};

// The price of a chip-hour at that instant. O(rows).
Rate rate_at(const Tariff&, ChipUse, Instant);

// The sum of rates over [from, until): micro-units per chip-hour times milliseconds. O(rows^2),
// however many days that are.
Wide rate_millis(const Tariff&, ChipUse, Instant from, Instant until);

// When a row may begin or end to match, first after that instant; nothing when none ever does.
std::optional<Instant> next_change(const Tariff&, Instant after);

// "0.60 CNY per chip-hour, 22:00..06:00 UTC, from 2026-12-01": a row as people write it.
std::string to_text(const TariffRow&, const std::string& asset);

inline constexpr std::size_t most_tariff_rows = 32;  // of one pool; G1102

}  // namespace granary
