#pragma once
// Who waits and who has which chips, in the order in which a pass asks. It follows from the jobs,
// the reservations and the pools of a state and is kept as these change, so that a pass costs
// nothing for jobs that it does not decide on. Jobs of a followed site are not on it: they are in
// nobody's way.

#include <map>
#include <memory>
#include <set>
#include <tuple>
#include <vector>

#include "engine/job.h"

namespace granary {

class Roster {
 public:
  Roster() = default;
  // Nobody, on these pools. Shared, because they belong to a configuration that a state may leave
  // while copies of the roster still speak of them.
  explicit Roster(std::shared_ptr<const std::vector<Pool>> pools);

  // Before and after a job or a reservation changes: leave() sees it as it was, enter() as it is.
  void leave(const Job&);
  void enter(const Job&);
  void leave(const Reservation&);
  void enter(const Reservation&);

  // By priority descending, submitted, id.
  using Place = std::tuple<int, Instant, Id<Job>>;  // priority negated
  const std::set<Place>& waiting() const { return waiting_; }
  const std::set<Id<Job>>& stopping() const { return stopping_; }
  // Jobs that run and may be preempted, by priority.
  const std::map<int, std::set<Id<Job>>>& preemptible() const { return preemptible_; }
  const Timelines& timelines() const { return timelines_; }

  // Whether both list the same, on pools of the same ids.
  bool lists_like(const Roster&) const;

 private:
  std::shared_ptr<const std::vector<Pool>> pools_;
  std::set<Place> waiting_;
  std::set<Id<Job>> stopping_;
  std::map<int, std::set<Id<Job>>> preemptible_;
  Timelines timelines_;
};

}  // namespace granary
