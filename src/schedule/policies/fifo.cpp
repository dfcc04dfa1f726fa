// Strict order: nobody passes one who waits for the same pool.

#include <algorithm>
#include <map>

#include "schedule/board.h"

namespace granary {
namespace {
// Chips that jobs queue for: those of a pool, or of a reservation in it.
using Queue = std::pair<Id<Pool>, std::optional<Id<Reservation>>>;

class Fifo {
 public:
  Fifo(const CountedView& view, Instant now) : board_(view, now) {}

  Decision decide(const Waiting& job) {
    if (const auto because = unfunded(job)) return Wait{job.job, *because};
    if (const Offer* const offer = blocked(job)) {
      const Id<Job> ahead = blocked_by_.at({offer->pool, job.inside});
      if (names_another_queue(job) && board_.places(job).empty()) {
        return Wait{job.job, board_.why_never(job)};
      }
      block(job);
      return Wait{job.job, behind(job, *offer, ahead)};
    }
    const std::vector<Place> now = board_.places_now(job);
    if (!now.empty()) return board_.start(job, Board::best(job, now));
    const std::vector<Place> later = board_.places(job);
    if (later.empty()) return Wait{job.job, board_.why_never(job)};
    block(job);
    const Place& first = Board::first(later);
    return Wait{job.job, board_.why(job, job.offers[first.offer], first.from)};
  }

 private:
  const Offer* blocked(const Waiting& job) const {
    const auto offer = std::find_if(job.offers.begin(), job.offers.end(), [&](const Offer& o) {
      return o.fundable && blocked_by_.count({o.pool, job.inside}) != 0;
    });
    return offer == job.offers.end() ? nullptr : &*offer;
  }

  bool names_another_queue(const Waiting& job) const {
    return std::any_of(job.offers.begin(), job.offers.end(), [&](const Offer& o) {
      return o.fundable && blocked_by_.count({o.pool, job.inside}) == 0;
    });
  }

  void block(const Waiting& job) {
    for (const Offer& offer : job.offers) {
      if (offer.fundable) blocked_by_.try_emplace({offer.pool, job.inside}, job.job);
    }
  }

  // Why a job waits that may not pass another. When enough will be free for it, is not in sight:
  // those ahead come first.
  Because behind(const Waiting& job, const Offer& offer, Id<Job> ahead) {
    if (board_.idle_suffices(job, offer)) {
      return Outranked{ahead, offer.pool, board_.free_chips(job, offer)};
    }
    return board_.why(job, offer, std::nullopt);
  }

  Board board_;
  std::map<Queue, Id<Job>> blocked_by_;
};
}  // namespace

std::vector<Decision> fifo(const CountedView& view, Instant now) {
  Fifo pass(view, now);
  std::vector<Decision> decisions;
  for (const Waiting& job : view.waiting) decisions.push_back(pass.decide(job));
  return decisions;
}

}  // namespace granary
