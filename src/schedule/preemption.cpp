#include "schedule/preemption.h"

#include <algorithm>
#include <tuple>

namespace granary {
namespace {
struct Candidate {
  Id<Job> job;
  ChipTime loss;
  int helps = 0;  // chips that become free for the offer when this one stops
};
using Chosen = std::vector<Candidate>;

ChipTime total(const Chosen& victims) {
  ChipTime sum;
  for (const Candidate& victim : victims) sum = sum + victim.loss;
  return sum;
}

bool costs_more(const Candidate& a, const Candidate& b) {
  return std::tie(b.loss, b.job) < std::tie(a.loss, a.job);
}

// One offer and those who could make room for it.
class Search {
 public:
  Search(const Timeline& booked, const Offer& offer, Instant from)
      : booked_(booked), offer_(offer), from_(from) {}

  // Nothing when all of them together do not make enough room.
  std::optional<Chosen> least_loss(Chosen candidates) const;
  bool fits(const Chosen& victims) const { return fits(without(victims)); }

 private:
  Timeline without(const Chosen& victims) const {
    Timeline timeline = Timeline::over(booked_);
    for (const Candidate& victim : victims) timeline.remove(victim.job);
    return timeline;
  }
  bool fits(const Timeline& timeline) const {
    return timeline.fits(offer_.wanted, from_, offer_.span);
  }
  void rank(Chosen& candidates) const;
  Chosen greedy(const Chosen& ranked) const;
  void prune(Chosen& victims) const;
  bool exchange(Chosen& victims, const Chosen& candidates) const;

  const Timeline& booked_;
  const Offer& offer_;
  Instant from_;
};

// By loss per chip that helps, no more of them counted than are missing; those that free no whole
// chip by themselves last.
void Search::rank(Chosen& candidates) const {
  Timeline timeline = Timeline::over(booked_);
  int free = timeline.free_chips(from_, offer_.span);
  const int missing = std::max(1, offer_.wanted.chips - free);
  for (Candidate& candidate : candidates) {
    timeline.remove(candidate.job);
    const int now_free = timeline.free_chips(from_, offer_.span);
    candidate.helps = std::min(now_free - free, missing);
    free = now_free;
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if ((a.helps == 0) != (b.helps == 0)) return b.helps == 0;
    const Wide loss_a = Wide{a.loss.share_millis} * std::max(1, b.helps);
    const Wide loss_b = Wide{b.loss.share_millis} * std::max(1, a.helps);
    return loss_a != loss_b ? loss_a < loss_b : a.job < b.job;
  });
}

Chosen Search::greedy(const Chosen& ranked) const {
  Timeline timeline = Timeline::over(booked_);
  Chosen victims;
  for (const Candidate& candidate : ranked) {
    if (fits(timeline)) break;
    timeline.remove(candidate.job);
    victims.push_back(candidate);
  }
  return victims;
}

void Search::prune(Chosen& victims) const {
  std::sort(victims.begin(), victims.end(), costs_more);
  for (std::size_t i = 0; i < victims.size();) {
    Chosen fewer = victims;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (fits(fewer)) {
      victims = std::move(fewer);
    } else {
      ++i;
    }
  }
}

// Exchanges one victim for a cheaper candidate; false when there is no such pair.
bool Search::exchange(Chosen& victims, const Chosen& candidates) const {
  for (std::size_t i = 0; i < victims.size(); ++i) {
    Chosen others = victims;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    const Timeline base = without(others);
    for (const Candidate& candidate : candidates) {
      const bool chosen = std::any_of(victims.begin(), victims.end(),
                                      [&](const Candidate& v) { return v.job == candidate.job; });
      if (chosen || candidate.loss >= victims[i].loss) continue;
      Timeline timeline = Timeline::over(base);
      timeline.remove(candidate.job);
      if (!fits(timeline)) continue;
      victims[i] = candidate;
      return true;
    }
  }
  return false;
}

std::optional<Chosen> Search::least_loss(Chosen candidates) const {
  if (candidates.empty() || !fits(candidates)) return std::nullopt;
  rank(candidates);
  Chosen victims = greedy(candidates);
  do {
    prune(victims);
  } while (exchange(victims, candidates));
  return victims;
}

// Chips x time since the last checkpoint of this attempt, over all its claims.
ChipTime loss_of(const CountedView& view, const Running& running, Instant now) {
  std::int64_t shares = 0;
  for (const auto& [pool, timeline] : view.timelines()) {
    for (const Claim* claim : timeline.claims_of(running.job)) {
      for (const Held& held : claim->held) shares += held.share;
    }
  }
  const Instant kept = std::max(running.started, running.last_checkpoint);
  return ChipTime::of(shares, std::max(Span(0), now - kept));
}

Chosen candidates_of(const CountedView& view, const Board& board, const Waiting& job,
                     Id<Pool> pool) {
  Chosen candidates;
  const Timeline& timeline = view.timelines().at(pool);
  for (const Running& running : view.running) {
    if (!running.preemptible || running.priority >= job.priority ||
        board.now() < running.not_before || board.stopping().count(running.job) != 0) {
      continue;
    }
    const auto claims = timeline.claims_of(running.job);
    const bool in_the_way = std::any_of(claims.begin(), claims.end(), [&](const Claim* claim) {
      return claim->inside == job.inside && claim->from <= board.now();
    });
    if (in_the_way) candidates.push_back({running.job, loss_of(view, running, board.now())});
  }
  return candidates;
}

// Whether those who were asked to stop free enough for one of the offers.
bool on_their_way(Board& board, const Waiting& job) {
  return std::any_of(job.offers.begin(), job.offers.end(), [&](const Offer& offer) {
    const Timeline* const booked = offer.fundable ? board.booked(job, offer) : nullptr;
    if (!booked) return false;
    Timeline freed = Timeline::over(*booked);
    for (const Id<Job> stopping : board.stopping()) freed.remove(stopping);
    return freed.fits(offer.wanted, board.notice_over(), offer.span);
  });
}
}  // namespace

std::optional<Sacrifice> least_loss(const CountedView& view, Board& board, const Waiting& job,
                                    std::optional<Instant> unaided) {
  const Instant from = board.notice_over();
  const auto outranks = [&](const Running& running) {
    return running.preemptible && running.priority < job.priority;
  };
  if (std::none_of(view.running.begin(), view.running.end(), outranks)) return std::nullopt;
  if (on_their_way(board, job)) return std::nullopt;
  std::optional<Sacrifice> least;
  const auto rank = [&](const Sacrifice& s) {
    const Offer& offer = job.offers[s.place.offer];
    return std::tuple(s.loss, from + offer.span, offer.price, s.place.offer);
  };
  for (std::size_t i = 0; i < job.offers.size(); ++i) {
    const Offer& offer = job.offers[i];
    const Timeline* const booked = offer.fundable ? board.booked(job, offer) : nullptr;
    if (!booked || (unaided && from + offer.span >= *unaided)) continue;
    const Search search(*booked, offer, from);
    const auto victims = search.least_loss(candidates_of(view, board, job, offer.pool));
    if (!victims) continue;
    Sacrifice sacrifice{{i, from}, {}, total(*victims)};
    for (const Candidate& victim : *victims) sacrifice.victims.push_back(victim.job);
    std::sort(sacrifice.victims.begin(), sacrifice.victims.end());
    if (!least || rank(sacrifice) < rank(*least)) least = std::move(sacrifice);
  }
  return least;
}

}  // namespace granary
