#include "engine/voucher_end.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <vector>

#include "engine/stepper.h"

namespace granary {
namespace {
// Money by time in whole numbers: 2^-48 micro-units a millisecond, rounded up. 9.2e12 units of
// money times 2^48 fit 128 bits.
constexpr Wide unit = Wide{1} << 48U;

Wide rate_of(Money amount, Span over) {
  const Wide length = std::max<Span>(over, Span(1)).count();
  return (amount.micros * unit + length - 1) / length;
}

// To the hundredth: a rate is for people.
Money a_day(Wide rate) {
  constexpr Wide day = 24 * 3'600'000;
  constexpr Wide most = std::numeric_limits<std::int64_t>::max();
  if (rate > (Wide{1} << 98U)) return Money{static_cast<std::int64_t>(most)};
  const Wide hundredths = (rate * day / unit + 5'000) / 10'000;
  return Money{static_cast<std::int64_t>(std::min(hundredths * 10'000, most))};
}

// A hold that is spent evenly over that time.
struct Drain {
  Instant from{}, until{};
  Wide rate = 0;
};

const Claim* claim_of(const State& s, const std::string& owner) {
  if (const auto job = parse_id<Job>(owner.substr(0, owner.find('/')))) {
    const auto found = s.jobs.find(*job);
    return found == s.jobs.end() || !found->second.claim ? nullptr : &*found->second.claim;
  }
  const auto reservation = parse_id<Reservation>(owner);
  const auto found = reservation ? s.reservations.find(*reservation) : s.reservations.end();
  return found == s.reservations.end() ? nullptr : &found->second.claim;
}

Money open_of(const State& s, Id<Hold> id) {
  const auto hold = s.books.holds.find(id);
  return hold == s.books.holds.end() ? Money{} : hold->second.open();
}

// The part of the line's price, from one value of it to another, that hold `i` helps to pay.
std::pair<Money, Money> part_of(const State& s, const Line& line, std::size_t i) {
  Money from, upto;
  if (line.stretches.empty()) {
    for (std::size_t k = 0; k <= i; ++k) {
      from = upto;
      upto += line.captured[k] + open_of(s, line.holds[k]);
    }
    return {from, upto};
  }
  std::optional<Money> first;
  Money last, begins;
  for (const Stretch& stretch : line.stretches) {
    for (const Part& part : stretch.parts) {
      const bool in =
          std::find(part.holds.begin(), part.holds.end(), static_cast<int>(i)) != part.holds.end();
      if (!in) continue;
      if (!first) first = begins;
      last = stretch.upto;
    }
    begins = stretch.upto;
  }
  return {first.value_or(Money{}), last};
}

Money whole_of(const State& s, const Line& line) {
  if (!line.stretches.empty()) return line.stretches.back().upto;
  return line.holds.empty() ? Money{} : part_of(s, line, line.holds.size() - 1).second;
}

// The holds on the voucher as they will be spent.
std::vector<Drain> drains_of(const State& s, const Voucher& voucher, Instant now) {
  std::vector<Drain> drains;
  const std::vector<Purse> purses = purses_of(voucher);
  const auto its = [&](Id<Account> account) {
    return std::any_of(purses.begin(), purses.end(),
                       [&](const Purse& purse) { return purse.account == account; });
  };
  for (const auto& [owner, line] : s.lines) {
    const Claim* const claim = claim_of(s, owner);
    if (claim == nullptr) continue;
    const Instant begins = std::max(now, claim->from);
    const Span rest = std::max<Span>(claim->until - begins, Span(1));
    const Money paid = paid_by(line);
    const Wide to_come = whole_of(s, line).micros - paid.micros;
    // When the price of the line will be that much, if the rest of it comes evenly.
    const auto when = [&](Money price) {
      if (price <= paid || to_come <= 0) return begins;
      return begins + Span(static_cast<std::int64_t>(static_cast<Wide>((price - paid).micros) *
                                                     rest.count() / to_come));
    };
    for (std::size_t i = 0; i < line.holds.size(); ++i) {
      const Money open = open_of(s, line.holds[i]);
      if (!its(line.sources[i]) || open == Money{}) continue;
      const auto [first, last] = part_of(s, line, i);
      const Instant from = when(first);
      const Instant until = std::max(from + Span(1), std::min(when(last), voucher.expires));
      drains.push_back({from, until, rate_of(open, until - from)});
    }
  }
  return drains;
}
}  // namespace

std::optional<VoucherEnd> voucher_end(const State& s, const Voucher& voucher, const Spent& spent,
                                      Instant now) {
  if (voucher.closed || voucher.expires <= now) return std::nullopt;
  const Span age = std::max<Span>(now - voucher.granted, std::chrono::hours(24));
  const Wide recent =
      spent.amount > Money{} ? rate_of(spent.amount, std::min<Span>(now - spent.since, age)) : 0;
  const std::vector<Drain> drains = drains_of(s, voucher, now);
  std::set<Instant> changes{now, voucher.expires};
  for (const Drain& drain : drains) changes.insert({drain.from, drain.until});
  const auto held_at = [&](Instant at) {
    Wide rate = 0;
    for (const Drain& drain : drains) {
      if (drain.from <= at && at < drain.until) rate += drain.rate;
    }
    return rate;
  };
  VoucherEnd end;
  const Wide now_held = held_at(now);
  const Wide present = std::max(now_held, recent);
  end.by = present == 0         ? VoucherEnd::By::nothing
           : now_held >= recent ? VoucherEnd::By::holds
                                : VoucherEnd::By::lately;
  end.per_day = a_day(present);
  Wide left = account_of(s.books, voucher).balance().micros * unit;
  for (auto at = changes.begin(); *at < voucher.expires; ++at) {
    if (*at < now) continue;
    const Wide rate = std::max(held_at(*at), recent);
    const Span length = std::min(*std::next(at), voucher.expires) - *at;
    // By division: a product could pass 128 bits.
    const Wide lasts = left <= 0 ? 0 : rate == 0 ? length.count() + 1 : (left + rate - 1) / rate;
    if (lasts <= length.count()) {
      end.how = VoucherEnd::How::dry;
      end.at = *at + Span(static_cast<std::int64_t>(lasts));
      return end;
    }
    left -= rate * length.count();
  }
  end.at = voucher.expires;
  // To the nearest: rates were rounded up.
  end.lapses = Money{static_cast<std::int64_t>((left + unit / 2) / unit)};
  return end;
}

}  // namespace granary
