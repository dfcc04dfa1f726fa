#include "catalog/tariff.h"

#include <fmt/core.h>

#include <algorithm>

namespace granary {
namespace {
constexpr Span day = std::chrono::hours(24);

Span time_of_day(Instant at) { return at - std::chrono::floor<std::chrono::days>(at); }

bool matches(const TariffRow& row, TariffRow::For what, Instant at) {
  if (row.of != TariffRow::For::all && row.of != what) return false;
  if ((row.from != Instant{} && at < row.from) || (row.until != Instant{} && at >= row.until)) {
    return false;
  }
  if (row.begins == row.ends) return true;
  const Span time = time_of_day(at);
  if (row.begins < row.ends) return time >= row.begins && time < row.ends;
  return time >= row.begins || time < row.ends;
}

Rate rate_for(const Tariff& tariff, TariffRow::For what, Instant at) {
  for (const TariffRow& row : tariff.rows) {
    if (matches(row, what, at)) return row.rate;
  }
  return tariff.rate;
}

// The next date at which a row begins or ends, or the next of its hours; `until` if none is before.
Instant next_date(const Tariff& tariff, Instant after, Instant until) {
  for (const TariffRow& row : tariff.rows) {
    for (const Instant date : {row.from, row.until}) {
      if (date > after) until = std::min(until, date);
    }
  }
  return until;
}
Instant next_hour(const Tariff& tariff, Instant after, Instant until) {
  const Instant midnight = std::chrono::floor<std::chrono::days>(after);
  for (const TariffRow& row : tariff.rows) {
    if (row.begins == row.ends) continue;
    for (const Span edge : {row.begins, row.ends}) {
      const Instant at = midnight + edge > after ? midnight + edge : midnight + day + edge;
      until = std::min(until, at);
    }
  }
  return until;
}

// The sum over a day at most, in which no row begins or ends: from one hour of a row to the next.
Wide within_a_day(const Tariff& tariff, ChipUse use, Instant from, Instant until) {
  Wide sum = 0;
  while (from < until) {
    const Instant next = next_hour(tariff, from, until);
    sum +=
        static_cast<Wide>(rate_at(tariff, use, from).per_chip_hour.micros) * (next - from).count();
    from = next;
  }
  return sum;
}

std::string time_text(Span time) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time).count();
  return fmt::format("{:02}:{:02}", minutes / 60, minutes % 60);
}
std::string date_text(Instant at) { return to_text(at).substr(0, 10); }
}  // namespace

Rate rate_at(const Tariff& tariff, ChipUse use, Instant at) {
  if (use == ChipUse::reserved) return rate_for(tariff, TariffRow::For::reserved, at);
  const Rate running = rate_for(tariff, TariffRow::For::running, at);
  if (use == ChipUse::running) return running;
  const Rate reserved = rate_for(tariff, TariffRow::For::reserved, at);
  return {std::max(Money{}, running.per_chip_hour - reserved.per_chip_hour)};
}

Wide rate_millis(const Tariff& tariff, ChipUse use, Instant from, Instant until) {
  Wide sum = 0;
  while (from < until) {
    const Instant next = next_date(tariff, from, until);  // until then days are alike
    const auto days = (next - from) / day;
    if (days > 0) sum += days * within_a_day(tariff, use, from, from + day);
    sum += within_a_day(tariff, use, from + days * day, next);
    from = next;
  }
  return sum;
}

std::optional<Instant> next_change(const Tariff& tariff, Instant after) {
  const Instant next = next_date(tariff, after, next_hour(tariff, after, Instant::max()));
  if (next == Instant::max()) return std::nullopt;
  return next;
}

std::string to_text(const TariffRow& row, const std::string& asset) {
  std::string text = fmt::format("{} {} per chip-hour", to_text(row.rate.per_chip_hour), asset);
  if (row.of == TariffRow::For::running) text += ", running";
  if (row.of == TariffRow::For::reserved) text += ", reserved";
  if (row.begins != row.ends) {
    text += fmt::format(", {}..{} UTC", time_text(row.begins), time_text(row.ends));
  }
  if (row.from != Instant{}) text += ", from " + date_text(row.from);
  if (row.until != Instant{}) text += ", until " + date_text(row.until);
  return text;
}

}  // namespace granary
