#pragma once
// Scheduling time: whole milliseconds since 1970, UTC. The cost model speaks Seconds (double);
// to_span() is the only bridge and rounds up, so a plan may promise more time than it needs, never
// less. No time zones in pure code: an offset in a text is applied when it is read.

#include <chrono>
#include <string>
#include <string_view>

#include "units/quantity.h"
#include "units/result.h"

namespace granary {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Span = std::chrono::milliseconds;

// Rounds up to the next millisecond; at most max_span (anything longer is as good as never).
inline constexpr Span max_span = std::chrono::hours(24 * 365 * 100);
Span to_span(Seconds);

// RFC 3339 in UTC: "2026-11-21T18:02:00Z", milliseconds only when not zero.
std::string to_text(Instant);

// A date ("2027-06-30": its first instant in UTC) or RFC 3339 with 'Z' or an offset such as "+08"
// or "+08:00"; seconds may be left out. G1012.
Result<Instant> parse_instant(std::string_view);

// "58.8 d", "9.5 h", "30 min", "12 s", "250 ms": one unit, at most one decimal, for people.
std::string to_text(Span);

// "30 min", "30min", "14d", "9.5 h", "800ms"; units ms, s, min, m, h, d, w. Not negative. G1013.
Result<Span> parse_span(std::string_view);

}  // namespace granary
