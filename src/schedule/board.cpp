#include "schedule/board.h"

#include <algorithm>
#include <cassert>
#include <tuple>

namespace granary {
Board::Board(const CountedView& view, Instant now) : view_(&view), now_(now) {
  for (const Running& running : view.running) {
    if (running.stopping) stopping_.insert(running.job);
  }
}

Board::Lane* Board::lane(const Waiting& job, const Offer& offer) {
  const Key key{offer.pool, job.inside};
  const auto found = lanes_.find(key);
  if (found != lanes_.end()) return &found->second;
  const auto claims = view_->timelines().find(offer.pool);
  if (claims == view_->timelines().end()) return nullptr;
  Lane& lane = lanes_[key];
  lane.pool = offer.pool;
  lane.present = present(claims->second, job.inside);
  lane.claims = lane.present ? &*lane.present : &claims->second;
  return &lane;
}

// Jobs past their end have a little longer. One that overran its notice is given it again, not the
// minute of a job that nobody stops.
std::optional<Timeline> Board::present(const Timeline& claims,
                                       std::optional<Id<Reservation>> inside) const {
  const std::vector<const Claim*> late = claims.late(now_);
  if (late.empty() && !inside) return std::nullopt;
  Timeline now = Timeline::over(claims);
  for (const Claim* claim : late) {
    const bool stops = stopping_.count(std::get<Id<Job>>(claim->owner)) != 0;
    now.prolong(*claim, stops && notice_over() > now_ ? notice_over() : now_ + allowed_overrun);
  }
  return inside ? now.within(*inside) : std::move(now);
}

const Timeline& Board::after(Lane& lane, Lane::Changed& changed, bool with_promises) const {
  for (; changed.seen < changes_.size(); ++changed.seen) {
    const auto& [kind, claim] = changes_[changed.seen];
    if (claim.pool != lane.pool || (kind == Change::Kind::promise && !with_promises)) continue;
    if (!changed.timeline) changed.timeline = Timeline::over(*lane.claims);
    if (kind == Change::Kind::end) {
      changed.timeline->remove(claim.owner);
    } else {
      changed.timeline->add(claim);
    }
  }
  return changed.timeline ? *changed.timeline : *lane.claims;
}

const Timeline& Board::booked(Lane& lane) const {
  return promised_.count(lane.pool) == 0 ? idle(lane) : after(lane, lane.booked, true);
}

const Timeline* Board::booked(const Waiting& job, const Offer& offer) {
  Lane* const at = lane(job, offer);
  return at ? &booked(*at) : nullptr;
}

bool Board::idle_suffices(const Waiting& job, const Offer& offer) {
  Lane* const at = lane(job, offer);
  return at && idle(*at).fits(offer.wanted, now_, offer.span);
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
    if (const auto from = timeline->first(offer.wanted, offer.span, now_)) {
      places.push_back({i, *from});
    }
  }
  return places;
}

std::vector<Place> Board::places_now(const Waiting& job) {
  std::vector<Place> places;
  for (std::size_t i = 0; i < job.offers.size(); ++i) {
    const Offer& offer = job.offers[i];
    const Timeline* const timeline = offer.fundable ? booked(job, offer) : nullptr;
    if (!timeline) continue;
    if (timeline->fits(offer.wanted, now_, offer.span)) places.push_back({i, now_});
  }
  return places;
}

const Place& Board::best(const Waiting& job, const std::vector<Place>& places) {
  assert(!places.empty());
  return *std::min_element(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    const Offer &of_a = job.offers[a.offer], &of_b = job.offers[b.offer];
    return std::tuple(a.from + of_a.span, of_a.price, a.offer) <
           std::tuple(b.from + of_b.span, of_b.price, b.offer);
  });
}

const Place& Board::first(const std::vector<Place>& places) {
  assert(!places.empty());
  return *std::min_element(places.begin(), places.end(),
                           [](const Place& a, const Place& b) { return a.from < b.from; });
}

std::vector<Held> Board::claim(const Waiting& job, const Place& place, Change::Kind kind) {
  const Offer& offer = job.offers[place.offer];
  auto held = booked(job, offer)->place(offer.wanted, place.from, offer.span);
  assert(held);
  const Instant until = place.from + std::max(offer.span, Span(1));
  change({kind, {job.job, offer.pool, *held, place.from, until, job.inside}});
  return std::move(*held);
}

Start Board::start(const Waiting& job, const Place& place) {
  const Offer& offer = job.offers[place.offer];
  const Fits fits{offer.pool, free_chips(job, offer)};
  return {job.job, place.offer, claim(job, place, Change::Kind::start), fits};
}

Reserve Board::promise(const Waiting& job, const Place& place, Because because) {
  auto held = claim(job, place, Change::Kind::promise);
  promised_.insert(job.offers[place.offer].pool);
  return {job.job, place.offer, std::move(held), place.from, std::move(because)};
}

void Board::stop(Id<Job> victim) {
  stopping_.insert(victim);
  for (const auto& [pool, timeline] : view_->timelines()) {
    const auto claims = timeline.claims_of(victim);
    if (!claims.empty()) change({Change::Kind::end, {victim, pool, {}, {}, {}, {}}});
    for (const Claim* claim : claims) {
      Claim shorter = *claim;
      const bool late = claim->until <= now_;
      shorter.until = late ? notice_over() : std::min(claim->until, notice_over());
      change({Change::Kind::start, std::move(shorter)});
    }
  }
}

void Board::change(Change change) {
  const Id<Pool> pool = change.claim.pool;
  changes_.push_back(std::move(change));
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
  const auto& claims = view_->timelines().at(offer.pool).claims();
  std::map<Id<Reservation>, std::size_t> chips;
  for (auto claim = claims.lower_bound(Id<Reservation>{}); claim != claims.end(); ++claim) {
    const auto& [owner, of] = *claim;
    if (of.until <= now_ || of.from >= now_ + offer.span) continue;
    chips[std::get<Id<Reservation>>(owner)] += of.held.size();
  }
  std::optional<Id<Reservation>> largest;
  for (const auto& [id, count] : chips) {
    if (largest && chips[*largest] >= count) continue;
    auto timeline = without_.find({offer.pool, id});
    if (timeline == without_.end()) {
      timeline = without_.emplace(std::pair(offer.pool, id), Timeline::over(booked(*at))).first;
      timeline->second.remove(id);
    }
    if (timeline->second.fits(offer.wanted, now_, offer.span)) largest = id;
  }
  if (!largest) return std::nullopt;
  return HeldByReservation{*largest, offer.pool, offer.wanted.chips, free_chips(job, offer)};
}

// The promise after which the job no longer fits, counting them in the order they were given.
Because Board::outranked(const Waiting& job, const Offer& offer) {
  Lane* const at = lane(job, offer);
  const int free = booked(*at).free_chips(now_, offer.span);
  const int promised = idle(*at).free_chips(now_, offer.span) - free;
  Timeline timeline = Timeline::over(idle(*at));
  for (const auto& [kind, claim] : changes_) {
    if (kind != Change::Kind::promise || claim.pool != offer.pool ||
        claim.from >= now_ + offer.span) {
      continue;
    }
    timeline.add(claim);
    if (timeline.fits(offer.wanted, now_, offer.span)) continue;
    return Outranked{std::get<Id<Job>>(claim.owner), offer.pool, std::max(promised, 1)};
  }
  return ChipsShort{offer.pool, offer.wanted.chips, free, std::nullopt};
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
