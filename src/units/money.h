#pragma once
// Money is a whole number of micro-units (10^-6 of one currency unit). No double ever becomes
// Money. Which currency it is, is said by the account or the tariff it belongs to.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "units/result.h"
#include "units/time.h"

namespace granary {

__extension__ typedef __int128 Wide;  // products of money, chips and milliseconds

struct Money {
  std::int64_t micros = 0;

  static constexpr Money units(std::int64_t whole) { return {whole * 1'000'000}; }

  friend constexpr bool operator==(Money, Money) = default;
  friend constexpr auto operator<=>(Money, Money) = default;
  // Overflow is a bug here (asserted); where a user's amounts meet, use checked_add.
  friend Money operator+(Money a, Money b);
  friend Money operator-(Money a, Money b);
  friend Money operator-(Money a) { return Money{} - a; }
  Money& operator+=(Money b) { return *this = *this + b; }
  Money& operator-=(Money b) { return *this = *this - b; }
};

// The sum, or nothing when it does not fit 64 bits (9.2e12 units).
std::optional<Money> checked_add(Money a, Money b);

// "7296.00", "0.025", "-5.00": at least two decimals, more only when they are not zero.
std::string to_text(Money);
// "7,296.00": the same with thousands separated, for people.
std::string to_grouped_text(Money);

// A plain amount: optional '-', digits, at most six decimals. No exponent, sign '+', comma, space,
// leading zero or NaN; a seventh decimal is an error, never rounded. G1007.
Result<Money> parse_money(std::string_view);

// What a chip costs for an hour.
struct Rate {
  Money per_chip_hour;
  friend constexpr bool operator==(Rate, Rate) = default;
};

// Use of chips: one unit is a thousandth of a chip (a share) for one millisecond, so that parts of
// chips add up exactly. 100,000 whole chips for 30 days are 2.6e17 units.
struct ChipTime {
  std::int64_t share_millis = 0;

  // Neither may be negative. At most the largest there is: 2.9 years of 100,000 whole chips.
  static ChipTime of(std::int64_t shares, Span span);
  double chip_hours() const { return static_cast<double>(share_millis) / 3.6e9; }

  friend constexpr bool operator==(ChipTime, ChipTime) = default;
  friend constexpr auto operator<=>(ChipTime, ChipTime) = default;
  friend ChipTime operator+(ChipTime a, ChipTime b) { return {a.share_millis + b.share_millis}; }
  friend ChipTime operator-(ChipTime a, ChipTime b) { return {a.share_millis - b.share_millis}; }
};

// Price of the *cumulative* use of one line (one job and attempt on one pool at one rate), rounded
// half up to a micro-unit, once: P(u) = floor((2 r u + D) / 2D), D = 3.6e9 share-milliseconds an
// hour. A capture is the difference of two values of P, so nothing drifts however often it is
// metered. Nothing when the price does not fit 64 bits.
std::optional<Money> price_of(Rate, ChipTime);

}  // namespace granary
