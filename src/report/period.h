#pragma once
// The time that a report is about: whole months in UTC, or from one instant to another.

#include <string_view>

#include "units/result.h"
#include "units/time.h"

namespace granary {

struct Period {
  Instant from{}, until{};  // [from, until)
};

// "2026-11". G1115.
Result<Period> parse_month(std::string_view);

// G1116 when it would end before it begins.
Result<Period> period_between(Instant from, Instant until);

// The part of [from, until) that lies in the period.
Span overlap(const Period&, Instant from, Instant until);

}  // namespace granary
