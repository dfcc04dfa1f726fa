#pragma once
// What became of the chips that were held: used by jobs, reserved and idle, or unsold. The three
// sum to chips held x time, pool by pool. Chips are in use from a start until the work ended,
// whether or not it was paid for in the end, and never beyond the claim: how long a stopped worker
// overstays it is nobody's use, as nobody pays for it.

#include <map>
#include <string>
#include <vector>

#include "engine/state.h"
#include "report/period.h"

namespace granary {

struct PoolKey {
  std::string operated_by, site, chip;
  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
};

struct Occupancy {
  ChipTime held, used;
  std::map<std::string, ChipTime> idle;  // reserved and not used, by who pays for it
  ChipTime reserved_idle() const;
  ChipTime unsold() const { return held - used - reserved_idle(); }
};

class OccupancyFold {
 public:
  explicit OccupancyFold(const Period& period) : period_(period) {}

  // Each event with the state that has folded it and the instant of its entry.
  void add(const State& after, const Event&, Instant at);
  // Up to `now`, with what still runs counted until then.
  std::map<PoolKey, Occupancy> until(Instant now) const;

 private:
  struct Attempt {
    PoolKey pool;
    std::vector<Held> held;   // in order of node, chip
    Instant from{}, until{};  // of the claim, as it is extended and cut short
  };
  struct Reserved {
    PoolKey pool;
    std::string payer;
    std::vector<Held> held;
    Instant from{}, until{};  // as agreed; the true end once it is over
    ChipTime used;            // of its chips, by jobs that have ended: those inside it, and those
                              // that stayed because nobody was there to stop them
    bool over = false;
  };
  using Pools = std::map<PoolKey, Occupancy>;

  ChipTime within(std::int64_t shares, Instant from, Instant until) const;
  void configured(const Configuration&, Instant at);
  void started(const State&, const Started&);
  void agreed(Id<Job>, Instant until);
  void ended(Id<Job>, Instant at);
  void made(const State&, const Reservation&);
  void drop_done();
  void count_held(Pools&, Instant until) const;
  void count_idle(Pools&, const Reserved&, Instant now) const;
  ChipTime used_of(const Reserved&, const Attempt&, Instant until) const;

  Period period_;
  Instant held_since_{};
  std::map<PoolKey, std::int64_t> shares_;  // held since then
  std::map<Id<Job>, Attempt> attempts_;
  std::map<Id<Reservation>, Reserved> reservations_;
  Pools pools_;
};

}  // namespace granary
