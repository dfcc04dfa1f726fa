// Conservative backfill: those who wait longest hold the earliest place in time that delays nobody
// before them; anyone else may start where that delays none of these.

#include "schedule/preemption.h"

namespace granary {
namespace {
class Backfill {
 public:
  Backfill(const CountedView& view, Instant now) : view_(view), board_(view, now) {}

  void decide(const Waiting& job) {
    if (const auto because = unfunded(job)) {
      decisions_.push_back(Wait{job.job, *because});
    } else if (places_ < view_.reservations_for) {
      give_place(job);
    } else {
      slip_in(job);
    }
  }

  std::vector<Decision> decisions() && { return std::move(decisions_); }

 private:
  void give_place(const Waiting& job) {
    const std::vector<Place> places = board_.places(job);
    const bool soon = !places.empty() && Board::first(places).from <= board_.notice_over();
    if (!soon && preempt(job, places)) return;
    if (places.empty()) {
      decisions_.push_back(Wait{job.job, board_.why_never(job)});
      return;
    }
    const Place& best = Board::best(job, places);
    if (best.from == board_.now()) {
      decisions_.push_back(board_.start(job, best));
      return;
    }
    // One that could start now and would rather end sooner waits for what it chose.
    const Place& first = Board::first(places);
    const Place& named = first.from == board_.now() ? best : first;
    reserve(job, best, board_.why(job, job.offers[named.offer], named.from));
  }

  bool preempt(const Waiting& job, const std::vector<Place>& places) {
    std::optional<Instant> unaided;
    if (!places.empty()) {
      const Place& best = Board::best(job, places);
      unaided = best.from + job.offers[best.offer].span;
    }
    const auto sacrifice = least_loss(view_, board_, job, unaided);
    if (!sacrifice) return false;
    const Offer& offer = job.offers[sacrifice->place.offer];
    const ChipsShort because{offer.pool, offer.wanted.chips, board_.free_chips(job, offer),
                             sacrifice->place.from};
    for (const Id<Job> victim : sacrifice->victims) {
      decisions_.push_back(Preempt{victim, job.job});
      board_.stop(victim);
    }
    reserve(job, sacrifice->place, because);
    return true;
  }

  void reserve(const Waiting& job, const Place& place, const Because& because) {
    decisions_.push_back(board_.promise(job, place, because));
    ++places_;
  }

  // A job beyond those who hold a place.
  void slip_in(const Waiting& job) {
    const std::vector<Place> now = board_.places_now(job);
    if (!now.empty()) {
      decisions_.push_back(board_.start(job, Board::best(job, now)));
      return;
    }
    const std::vector<Place> later = board_.places(job);
    if (later.empty()) {
      decisions_.push_back(Wait{job.job, board_.why_never(job)});
      return;
    }
    const Place& first = Board::first(later);
    decisions_.push_back(Wait{job.job, board_.why(job, job.offers[first.offer], first.from)});
  }

  const CountedView& view_;
  Board board_;
  int places_ = 0;
  std::vector<Decision> decisions_;
};
}  // namespace

std::vector<Decision> backfill(const CountedView& view, Instant now) {
  Backfill pass(view, now);
  for (const Waiting& job : view.waiting) pass.decide(job);
  return std::move(pass).decisions();
}

}  // namespace granary
