#pragma once
// The timelines of one pass: what is claimed, what this pass has started, and the places in time it
// has promised. Everything a policy decides goes on the board before the next job is looked at, so
// no later job can take what an earlier one was given.

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "schedule/schedule.h"

namespace granary {

// Where and when one offer of a job could run.
struct Place {
  std::size_t offer = 0;
  Timeline::Slot slot;
};

// `view` must outlive the board.
class Board {
 public:
  Board(const View& view, Instant now);

  Instant now() const { return now_; }
  Instant notice_over() const { return now_ + view_->stop_notice; }

  // The earliest place of each offer that is fundable and will ever fit, in the order of offers.
  std::vector<Place> places(const Waiting&);
  // The offers that could start now, delaying nothing.
  std::vector<Place> places_now(const Waiting&);
  // The one that ends first, then the cheapest, then the first offered.
  static const Place& best(const Waiting&, const std::vector<Place>&);
  // The one that starts first, then the first offered.
  static const Place& first(const std::vector<Place>&);

  Start start(const Waiting&, const Place&);
  Reserve promise(const Waiting&, const Place&, Because);

  // Claims, starts and promises; nothing when the pool is not in the view.
  const Timeline* booked(const Waiting&, const Offer&);
  // Chips free for the whole span of the offer, from now.
  int free_chips(const Waiting&, const Offer&);
  // Whether the chips that are idle now would do, whatever was promised.
  bool idle_suffices(const Waiting&, const Offer&);

  // Jobs that were asked to stop: before this pass, or in it.
  const std::set<Id<Job>>& stopping() const { return stopping_; }
  // From here on the victim's chips are free after the notice.
  void stop(Id<Job> victim);

  // Why this offer does not start now; `expected` is when it would.
  Because why(const Waiting&, const Offer&, std::optional<Instant> expected);
  // Why none of its offers has a place: of the first that somebody else's claim keeps from it.
  Because why_never(const Waiting&);

 private:
  // One pool, or what one reservation holds of it.
  struct Lane {
    Timeline idle;    // claims and starts
    Timeline booked;  // and promises
    // Whole chips free at this instant: an upper bound that spares most searches.
    std::optional<int> idle_now, booked_now;
  };
  struct Promise {
    Id<Job> job;
    Claim claim;
  };
  using Key = std::pair<Id<Pool>, std::optional<Id<Reservation>>>;

  Lane* lane(const Waiting&, const Offer&);
  std::optional<std::vector<Held>> fits_now(const Waiting&, const Offer&);
  std::optional<Because> held_by_reservation(const Waiting&, const Offer&);
  Because outranked(const Waiting&, const Offer&);
  void changed(Id<Pool>);

  const View* view_;
  Instant now_;
  std::vector<Claim> claims_;  // of the view and of the starts of this pass
  std::vector<Promise> promises_;
  std::set<Id<Job>> stopping_;
  std::map<Key, Lane> lanes_;
  // The pool as booked, had it not this reservation.
  std::map<std::pair<Id<Pool>, Id<Reservation>>, Timeline> without_;
};

// Nothing when an offer is fundable; else what the cheapest one costs.
std::optional<Because> unfunded(const Waiting&);

}  // namespace granary
