#include "report/occupancy.h"

#include <algorithm>

namespace granary {
namespace {

PoolKey key_of(const Configuration& configuration, const Pool& pool) {
  return {configuration.catalog.sites.at(pool.site).operated_by, pool.site, pool.chip};
}

PoolKey key_of(const State& state, Id<Pool> id) {
  const Pool* const pool = find_pool(state.configuration->pools, id);
  return pool == nullptr ? PoolKey{} : key_of(*state.configuration, *pool);
}

std::int64_t shares_of(const std::vector<Held>& held) {
  std::int64_t shares = 0;
  for (const Held& one : held) shares += one.share;
  return shares;
}

// Shares of chips that the one uses of the other; both in order of node, chip.
std::int64_t shares_used(const std::vector<Held>& reserved, const std::vector<Held>& used) {
  const auto place = [](const Held& held) { return std::pair(held.node, held.chip); };
  std::int64_t shares = 0;
  auto mine = reserved.begin();
  for (const Held& one : used) {
    while (mine != reserved.end() && place(*mine) < place(one)) ++mine;
    if (mine == reserved.end()) break;
    if (place(*mine) == place(one)) shares += std::min(mine->share, one.share);
  }
  return shares;
}

}  // namespace

ChipTime Occupancy::reserved_idle() const {
  ChipTime sum;
  for (const auto& [payer, time] : idle) sum = sum + time;
  return sum;
}

ChipTime OccupancyFold::within(std::int64_t shares, Instant from, Instant until) const {
  return ChipTime::of(shares, overlap(period_, from, until));
}

void OccupancyFold::add(const State& after, const Event& event, Instant at) {
  if (std::holds_alternative<Configured>(event)) {
    configured(*after.configuration, at);
  } else if (const auto* start = std::get_if<Started>(&event)) {
    started(after, *start);
  } else if (const auto* extended = std::get_if<Extended>(&event)) {
    agreed(extended->job, extended->until);
  } else if (const auto* stopping = std::get_if<Stopping>(&event)) {
    agreed(stopping->job, stopping->until);
  } else if (const auto* end = std::get_if<Ended>(&event)) {
    ended(end->job, std::min(end->at, at));
  } else if (const auto* reservation = std::get_if<ReservationMade>(&event)) {
    made(after, reservation->reservation);
  } else if (const auto* over = std::get_if<ReservationEnded>(&event)) {
    Reserved& reserved = reservations_.at(over->reservation);
    reserved.until = std::max(reserved.from, std::min(reserved.until, over->at));
    reserved.over = true;
    drop_done();
  }
}

void OccupancyFold::count_held(Pools& pools, Instant until) const {
  for (const auto& [pool, shares] : shares_) {
    Occupancy& occupancy = pools[pool];
    occupancy.held = occupancy.held + within(shares, held_since_, until);
  }
}

void OccupancyFold::configured(const Configuration& configuration, Instant at) {
  count_held(pools_, at);
  held_since_ = at;
  shares_.clear();
  for (const Pool& pool : configuration.pools) {
    shares_[key_of(configuration, pool)] += static_cast<std::int64_t>(pool.chips()) * whole_chip;
  }
}

void OccupancyFold::started(const State& state, const Started& event) {
  const Claim& claim = event.claim;
  attempts_[event.job] = {key_of(state, claim.pool), claim.held, claim.from, claim.until};
}

void OccupancyFold::agreed(Id<Job> id, Instant until) {
  const auto attempt = attempts_.find(id);
  if (attempt != attempts_.end()) attempt->second.until = until;
}

ChipTime OccupancyFold::used_of(const Reserved& reserved, const Attempt& attempt,
                                Instant until) const {
  const Instant from = std::max(attempt.from, reserved.from);
  until = std::min(until, reserved.until);
  // Whoever operates the site meanwhile.
  const bool same =
      reserved.pool.site == attempt.pool.site && reserved.pool.chip == attempt.pool.chip;
  if (!same || overlap(period_, from, until) == Span(0)) return {};
  return within(shares_used(reserved.held, attempt.held), from, until);
}

void OccupancyFold::ended(Id<Job> id, Instant at) {
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return;
  const Attempt attempt = found->second;
  attempts_.erase(found);
  at = std::min(at, attempt.until);
  Occupancy& occupancy = pools_[attempt.pool];
  occupancy.used = occupancy.used + within(shares_of(attempt.held), attempt.from, at);
  for (auto& [key, reserved] : reservations_) {
    reserved.used = reserved.used + used_of(reserved, attempt, at);
  }
  drop_done();
}

void OccupancyFold::made(const State& state, const Reservation& reservation) {
  const Claim& claim = reservation.claim;
  reservations_[reservation.id] = {
      key_of(state, claim.pool), reservation.payer, claim.held, claim.from, claim.until, {}, false};
}

void OccupancyFold::count_idle(Pools& pools, const Reserved& reserved, Instant now) const {
  const ChipTime whole = within(shares_of(reserved.held), reserved.from,
                                std::max(reserved.from, std::min(reserved.until, now)));
  ChipTime& idle = pools[reserved.pool].idle[reserved.payer];
  idle = idle + (whole - reserved.used);
}

// Reservations that are over, and of whose chips nothing more can turn out to have been used.
void OccupancyFold::drop_done() {
  for (auto at = reservations_.begin(); at != reservations_.end();) {
    const Reserved& reserved = at->second;
    const bool open =
        !reserved.over || std::any_of(attempts_.begin(), attempts_.end(), [&](const auto& one) {
          return used_of(reserved, one.second, reserved.until) > ChipTime{};
        });
    if (open) {
      ++at;
      continue;
    }
    count_idle(pools_, reserved, reserved.until);
    at = reservations_.erase(at);
  }
}

std::map<PoolKey, Occupancy> OccupancyFold::until(Instant now) const {
  Pools pools = pools_;
  count_held(pools, now);
  std::map<Id<Reservation>, Reserved> open = reservations_;
  for (const auto& [id, attempt] : attempts_) {
    const Instant end = std::min(now, attempt.until);
    Occupancy& occupancy = pools[attempt.pool];
    occupancy.used = occupancy.used + within(shares_of(attempt.held), attempt.from, end);
    for (auto& [key, reserved] : open) {
      reserved.used = reserved.used + used_of(reserved, attempt, end);
    }
  }
  for (const auto& [id, reserved] : open) count_idle(pools, reserved, now);
  return pools;
}

}  // namespace granary
