#pragma once
// The engine in virtual time: the same step and evolve as the daemon, another clock. Nothing
// sleeps; time jumps to the next instant at which something is due.

#include <functional>
#include <optional>
#include <vector>

#include "engine/ports.h"

namespace granary {

// A clock that stands still until it is set.
class VirtualClock : public Clock {
 public:
  explicit VirtualClock(Instant start) : now_(start) {}
  Instant now() const override { return now_; }
  void set(Instant now) { now_ = now; }

 private:
  Instant now_;
};

class Simulation {
 public:
  // `executor` reads `clock`; both outlive the simulation. `next_report` says when the executor
  // will have something to report, if it knows.
  Simulation(VirtualClock& clock, Executor& executor,
             std::function<std::optional<Instant>()> next_report);

  // Asks at the present instant: the first answer to the key, effects delivered, reports taken in.
  Answer submit(const Request&);

  // Lets time pass: at each instant first what workers report, then a tick if one is due.
  void advance(Instant to);
  // Until no job is active or `horizon`; the instant reached.
  Instant run(Instant horizon);

  // What launches are changed to before the executor sees them (what-if: recorded durations).
  void set_launch_filter(std::function<Launch(Launch)> filter) { filter_ = std::move(filter); }

  const State& state() const { return state_; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void step_now(const Request&);
  void take_reports();
  std::optional<Instant> next() const;

  VirtualClock& clock_;
  Executor& executor_;
  std::function<std::optional<Instant>()> next_report_;
  std::function<Launch(Launch)> filter_;
  State state_;
  std::vector<Entry> entries_;
  std::vector<Command> failed_launches_;
};

// Attempts that the engine believes to be running: what Executor::observe() is asked about.
std::vector<Executor::Known> known_attempts(const State&);

}  // namespace granary
