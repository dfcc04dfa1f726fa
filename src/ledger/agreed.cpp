#include "ledger/agreed.h"

#include <algorithm>
#include <limits>

namespace granary {
namespace {
// Rates times share-milliseconds of the use from `from` to `to`.
Wide weight(const AgreedTariff& part, ChipTime to) {
  const std::int64_t use = to.share_millis - part.from.share_millis;
  const Span span = std::min(Span(use / std::max<std::int64_t>(1, part.shares)), max_span);
  const Instant end = part.at + span;
  // What is no whole millisecond of all shares costs what its instant does.
  const std::int64_t rest = use - span.count() * part.shares;
  return part.shares * rate_millis(part.tariff, part.use, part.at, end) +
         static_cast<Wide>(rest) * rate_at(part.tariff, part.use, end).per_chip_hour.micros;
}

bool is_ended(const TariffRow& row, Instant at) {
  return row.until != Instant{} && row.until <= at;
}
// Whether the row can still decide what that use costs.
bool matters(const TariffRow& row, ChipUse use, Instant at) {
  if (is_ended(row, at)) return false;
  if (use == ChipUse::running) return row.of != TariffRow::For::reserved;
  return use == ChipUse::inside || row.of != TariffRow::For::running;
}
void keep_what_matters(AgreedTariff& part) {
  std::erase_if(part.tariff.rows,
                [&](const TariffRow& row) { return !matters(row, part.use, part.at); });
}
bool has_begun(const TariffRow& row, Instant at) { return row.from <= at; }

// Whether `after` is `before`, ended earlier at most.
bool same_or_ended(const TariffRow& before, const TariffRow& after, Instant today) {
  TariffRow open = after;
  open.until = before.until;
  if (open != before) return false;
  if (after.until == before.until) return true;
  const bool earlier = before.until == Instant{} || after.until < before.until;
  return after.until != Instant{} && earlier && after.until >= today;
}
}  // namespace

Agreed extended(Agreed so_far, AgreedTariff next) {
  keep_what_matters(next);
  if (so_far.tariffs.empty() && next.tariff.rows.empty() && next.use != ChipUse::inside) {
    if (next.from == ChipTime{}) so_far.first = next.tariff.rate;
    if (so_far.first == next.tariff.rate) return so_far;
  } else if (!so_far.tariffs.empty()) {
    const AgreedTariff& last = so_far.tariffs.back();
    const ChipTime between = next.from - last.from;
    AgreedTariff same = last;
    same.from = next.from;
    same.at = last.at + Span(between.share_millis / std::max<std::int64_t>(1, last.shares));
    keep_what_matters(same);
    if (same == next) return so_far;
  }
  so_far.tariffs.push_back(std::move(next));
  return so_far;
}

std::optional<Money> price_of(const Agreed& agreed, ChipTime use) {
  if (agreed.tariffs.empty()) return price_of(agreed.first, use);
  Wide sum = static_cast<Wide>(agreed.first.per_chip_hour.micros) *
             std::min(use, agreed.tariffs.front().from).share_millis;
  for (std::size_t i = 0; i < agreed.tariffs.size() && agreed.tariffs[i].from < use; ++i) {
    const bool last = i + 1 == agreed.tariffs.size();
    sum += weight(agreed.tariffs[i], last ? use : std::min(use, agreed.tariffs[i + 1].from));
  }
  constexpr Wide hour = 3'600'000'000;  // share-milliseconds in a chip-hour
  const Wide price = (2 * sum + hour) / (2 * hour);
  if (price > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return Money{static_cast<std::int64_t>(price)};
}

ChipTime use_for(const Agreed& agreed, Money paid, ChipTime used) {
  const auto covered = [&](std::int64_t use) {
    const auto price = price_of(agreed, {use});
    return price && *price <= paid;
  };
  if (covered(used.share_millis)) return used;
  std::int64_t low = 0, high = used.share_millis;
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (covered(middle) ? low : high) = middle;
  }
  return {low};
}

Result<void> check_change(const Tariff& before, const Tariff& after, const std::string& pool,
                          const std::string& asset, Instant now) {
  const Instant today = std::chrono::floor<std::chrono::days>(now);
  auto next = after.rows.begin();
  for (const TariffRow& row : before.rows) {
    if (!has_begun(row, now) || is_ended(row, now)) continue;
    next = std::find_if(next, after.rows.end(), [&](const TariffRow& candidate) {
      return same_or_ended(row, candidate, today);
    });
    if (next != after.rows.end()) {
      ++next;
      continue;
    }
    return fail(Error::Kind::refused, 4100,
                "The tariff of " + pool + " changes the row \"" + to_text(row, asset) +
                    "\", which has begun; such a row may only be ended, from today on.",
                "keep the row and its place, give it until = \"" +
                    to_text(today + std::chrono::days(1)).substr(0, 10) +
                    "\", and write the new price as a row of its own");
  }
  return {};
}

}  // namespace granary
