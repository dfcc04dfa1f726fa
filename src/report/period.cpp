#include "report/period.h"

#include <fmt/core.h>

#include <algorithm>

namespace granary {

Result<Period> parse_month(std::string_view text) {
  const auto first = text.size() == 7 ? parse_instant(std::string(text) + "-01")
                                      : Result<Instant>(fail(Error::Kind::invalid, 1115, ""));
  if (!first) {
    return fail(Error::Kind::invalid, 1115,
                fmt::format("\"{}\" is not a month: write 2026-11.", text.substr(0, 40)));
  }
  const auto day = std::chrono::floor<std::chrono::days>(*first);
  const auto next = std::chrono::year_month_day(day) + std::chrono::months(1);
  return Period{*first, std::chrono::sys_days(next)};
}

Result<Period> period_between(Instant from, Instant until) {
  if (from < until) return Period{from, until};
  return fail(Error::Kind::invalid, 1116,
              fmt::format("a report from {} until {} is about no time: it must end later.",
                          to_text(from), to_text(until)));
}

Span overlap(const Period& period, Instant from, Instant until) {
  return std::max(Span(0), std::min(until, period.until) - std::max(from, period.from));
}

}  // namespace granary
