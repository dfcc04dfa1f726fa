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

// When one offer of a job could run.
struct Place {
  std::size_t offer = 0;
  Instant from{};
};

// `view` must outlive the board. Asking about one pool costs nothing for others.
class Board {
 public:
  Board(const CountedView& view, Instant now);

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

  // On the chips that are free there.
  Start start(const Waiting&, const Place&);
  Reserve promise(const Waiting&, const Place&, Because);

  // Claims, starts and promises, until the next of them; nothing when the pool is not in the view.
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
  // What a decision changes for those that come later.
  struct Change {
    enum class Kind { start, promise, end } kind;
    Claim claim;  // end: only whose, and in which pool
  };
  // One pool, or what one reservation holds of it. Changes reach it when it is next asked.
  struct Lane {
    struct Changed {
      std::optional<Timeline> timeline;  // absent: nothing has changed
      std::size_t seen = 0;              // changes
    };
    Id<Pool> pool;
    std::optional<Timeline> present;  // where the claims at this instant are not those of the view
    const Timeline* claims;
    Changed idle, booked;  // by starts and ends; by promises too
  };
  using Key = std::pair<Id<Pool>, std::optional<Id<Reservation>>>;

  Lane* lane(const Waiting&, const Offer&);
  std::optional<Timeline> present(const Timeline&, std::optional<Id<Reservation>> inside) const;
  const Timeline& after(Lane&, Lane::Changed&, bool with_promises) const;
  const Timeline& idle(Lane& lane) const { return after(lane, lane.idle, false); }
  const Timeline& booked(Lane&) const;
  std::optional<Because> held_by_reservation(const Waiting&, const Offer&);
  Because outranked(const Waiting&, const Offer&);
  // Puts the job there on the board; the chips it gets.
  std::vector<Held> claim(const Waiting&, const Place&, Change::Kind);
  void change(Change);

  const CountedView* view_;
  Instant now_;
  std::vector<Change> changes_;
  std::set<Id<Pool>> promised_;  // pools of promises
  std::set<Id<Job>> stopping_;
  std::map<Key, Lane> lanes_;
  // The pool as booked, had it not this reservation.
  std::map<std::pair<Id<Pool>, Id<Reservation>>, Timeline> without_;
};

// Nothing when an offer is fundable; else what the cheapest one costs.
std::optional<Because> unfunded(const Waiting&);

}  // namespace granary
