#include "schedule/board.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace granary {
namespace {
Claim claim_of(const Waiting& job, const Place& place) {
  const Offer& offer = job.offers[place.offer];
  return {job.job,
          offer.pool,
          place.slot.held,
          place.slot.from,
          place.slot.from + std::max(offer.span, Span(1)),
          job.inside};
}

}  // namespace

Board::Board(const View& view, Instant now) : view_(&view), now_(now), claims_(view.claims) {
  for (const Running& running : view.running) {
    if (running.stopping) stopping_.insert(running.job);
  }
  for (Claim& claim : claims_) {
    const auto* job = std::get_if<Id<Job>>(&claim.owner);
    // One that overran its notice is given it again, not the minute of a job that nobody stops.
    if (job && stopping_.count(*job) != 0 && claim.until <= now_) claim.until = notice_over();
  }
}

Board::Lane* Board::lane(const Waiting& job, const Offer& offer) {
  const Key key{offer.pool, job.inside};
  const auto found = lanes_.find(key);
  if (found != lanes_.end()) return &found->second;
  const Pool* pool = find_pool(view_->pools, offer.pool);
  if (!pool) return nullptr;
  Timeline idle(*pool, claims_, now_, job.inside);
  Timeline booked = idle;
  for (const Promise& promise : promises_) booked.add(promise.claim);
  return &lanes_.emplace(key, Lane{std::move(idle), std::move(booked), {}, {}}).first->second;
}

const Timeline* Board::booked(const Waiting& job, const Offer& offer) {
  const Lane* const at = lane(job, offer);
  return at ? &at->booked : nullptr;
}

std::optional<std::vector<Held>> Board::fits_now(const Waiting& job, const Offer& offer) {
  Lane* const at = lane(job, offer);
  if (!at) return std::nullopt;
  if (!at->booked_now) at->booked_now = at->booked.free_chips(now_, Span(1));
  const bool whole = offer.wanted.share == whole_chip;
  if (whole && *at->booked_now < offer.wanted.chips) return std::nullopt;
  return at->booked.place(offer.wanted, now_, offer.span);
}

bool Board::idle_suffices(const Waiting& job, const Offer& offer) {
  Lane* const at = lane(job, offer);
  if (!at) return false;
  if (!at->idle_now) at->idle_now = at->idle.free_chips(now_, Span(1));
  const bool whole = offer.wanted.share == whole_chip;
  if (whole && *at->idle_now < offer.wanted.chips) return false;
  return at->idle.place(offer.wanted, now_, offer.span).has_value();
}

int Board::free_chips(const Waiting& job, const Offer& offer) {
  const Timeline* const timeline = booked(job, offer);
  return timeline ? timeline->free_chips(now_, offer.span) : 0;
}

std::vector<Place> Board::places(const Waiting& job) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < job.offers.size(); ++i) {
    const Offer& offer = job.offers[i];
    if (!offer.fundable) continue;
    const Timeline* const timeline = booked(job, offer);
    if (!timeline) continue;
    if (auto slot = timeline->earliest(offer.wanted, offer.span, now_)) {
      places.push_back({i, std::move(*slot)});
    }
  }
  return places;
}

std::vector<Place> Board::places_now(const Waiting& job) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < job.offers.size(); ++i) {
    if (!job.offers[i].fundable) continue;
    if (auto held = fits_now(job, job.offers[i])) places.push_back({i, {now_, std::move(*held)}});
  }
  return places;
}

const Place& Board::best(const Waiting& job, const std::vector<Place>& places) {
  assert(!places.empty());
  return *std::min_element(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    const Offer &of_a = job.offers[a.offer], &of_b = job.offers[b.offer];
    return std::tuple(a.slot.from + of_a.span, of_a.price, a.offer) <
           std::tuple(b.slot.from + of_b.span, of_b.price, b.offer);
  });
}

const Place& Board::first(const std::vector<Place>& places) {
  assert(!places.empty());
  return *std::min_element(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return a.slot.from < b.slot.from;
  });
}

Start Board::start(const Waiting& job, const Place& place) {
  const Offer& offer = job.offers[place.offer];
  const Fits fits{offer.pool, free_chips(job, offer)};
  const Claim claim = claim_of(job, place);
  claims_.push_back(claim);
  for (auto& [key, lane] : lanes_) {
    lane.idle.add(claim);
    lane.booked.add(claim);
  }
  changed(offer.pool);
  return {job.job, place.offer, place.slot.held, fits};
}

Reserve Board::promise(const Waiting& job, const Place& place, Because because) {
  const Claim claim = claim_of(job, place);
  promises_.push_back({job.job, claim});
  for (auto& [key, lane] : lanes_) lane.booked.add(claim);
  changed(claim.pool);
  return {job.job, place.offer, place.slot.held, place.slot.from, std::move(because)};
}

void Board::stop(Id<Job> victim) {
  stopping_.insert(victim);
  for (auto& [key, lane] : lanes_) {
    lane.idle.remove(victim);
    lane.booked.remove(victim);
  }
  for (Claim& claim : claims_) {
    if (claim.owner != Owner(victim)) continue;
    claim.until = claim.until <= now_ ? notice_over() : std::min(claim.until, notice_over());
    for (auto& [key, lane] : lanes_) {
      lane.idle.add(claim);
      lane.booked.add(claim);
    }
    changed(claim.pool);
  }
}

void Board::changed(Id<Pool> pool) {
  for (auto& [key, lane] : lanes_) {
    if (key.first != pool) continue;
    lane.idle_now.reset();
    lane.booked_now.reset();
  }
  std::erase_if(without_, [&](const auto& entry) { return entry.first.first == pool; });
}

Because Board::why(const Waiting& job, const Offer& offer, std::optional<Instant> expected) {
  if (const auto because = held_by_reservation(job, offer)) return *because;
  if (idle_suffices(job, offer)) return outranked(job, offer);
  return ChipsShort{offer.pool, offer.wanted.chips, free_chips(job, offer), expected};
}

Because Board::why_never(const Waiting& job) {
  std::optional<Because> because;
  for (const Offer& offer : job.offers) {
    if (!offer.fundable) continue;
    const Because of_this = why(job, offer, std::nullopt);
    if (!std::holds_alternative<ChipsShort>(of_this)) return of_this;
    if (!because) because = of_this;
  }
  return because.value_or(ChipsShort{});
}

std::optional<Because> Board::held_by_reservation(const Waiting& job, const Offer& offer) {
  Lane* const at = lane(job, offer);
  if (!at || job.inside) return std::nullopt;
  std::map<Id<Reservation>, std::size_t> chips;
  for (const Claim& claim : view_->claims) {
    const auto* reservation = std::get_if<Id<Reservation>>(&claim.owner);
    const bool meets = claim.until > now_ && claim.from < now_ + offer.span;
    if (reservation && claim.pool == offer.pool && meets) chips[*reservation] += claim.held.size();
  }
  std::optional<Id<Reservation>> largest;
  for (const auto& [id, count] : chips) {
    if (largest && chips[*largest] >= count) continue;
    auto timeline = without_.find({offer.pool, id});
    if (timeline == without_.end()) {
      timeline = without_.emplace(std::pair(offer.pool, id), at->booked).first;
      timeline->second.remove(id);
    }
    if (timeline->second.place(offer.wanted, now_, offer.span)) largest = id;
  }
  if (!largest) return std::nullopt;
  return HeldByReservation{*largest, offer.pool, offer.wanted.chips, free_chips(job, offer)};
}

// The promise after which the job no longer fits, counting them in the order they were given.
Because Board::outranked(const Waiting& job, const Offer& offer) {
  const Lane* const at = lane(job, offer);
  const int idle = at->idle.free_chips(now_, offer.span);
  const int promised = idle - at->booked.free_chips(now_, offer.span);
  Timeline timeline = at->idle;
  for (const Promise& promise : promises_) {
    if (promise.claim.pool != offer.pool || promise.claim.from >= now_ + offer.span) continue;
    timeline.add(promise.claim);
    if (timeline.place(offer.wanted, now_, offer.span)) continue;
    return Outranked{promise.job, offer.pool, std::max(promised, 1)};
  }
  return ChipsShort{offer.pool, offer.wanted.chips, free_chips(job, offer), std::nullopt};
}

std::optional<Because> unfunded(const Waiting& job) {
  const Offer* cheapest = nullptr;
  for (const Offer& offer : job.offers) {
    if (offer.fundable) return std::nullopt;
    if (!cheapest || offer.price < cheapest->price) cheapest = &offer;
  }
  if (!cheapest) return std::nullopt;
  return FundsShort{cheapest->price, {}};
}

}  // namespace granary
