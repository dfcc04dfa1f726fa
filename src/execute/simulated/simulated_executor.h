#pragma once
// Pretends to run attempts, for sites that are declared `simulated`: an attempt runs at once,
// checkpoints every Recipe::checkpoint_every and ends well after Launch::span; a service runs until
// it is stopped. The same calls at the same times give the same reports.
//
// Everything follows from the launch and the time since Launch::from, so an executor that is asked
// again after a restart goes on as if it had been there all along.

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/ports.h"

namespace granary {

class SimulatedExecutor final : public Executor {
 public:
  // `clock` must outlive the executor.
  explicit SimulatedExecutor(const Clock& clock) : clock_(clock) {}

  Result<void> launch(const Launch&) override;
  // The attempt ends now, by signal 15, unless it has ended before.
  Result<void> stop(Id<Job>, int attempt) override;
  // Oldest first. At most 64 checkpoints of an attempt at once, the rest with the next call. Only
  // attempts that it was asked to launch are its to report. A report is repeated until `known`
  // shows that the engine has it.
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override;

  // When observe() will have something that it has not reported yet; in the past if it has now.
  std::optional<Instant> next_due() const;

 private:
  struct Attempt {
    Launch launch;
    std::optional<Instant> stopped;
    bool running_reported = false, end_reported = false;
    std::uint64_t line_reported = 0;
    // Checkpoints of earlier attempts; settled by the first look, since a launch that is asked
    // again names the last checkpoint of its own.
    std::optional<std::uint64_t> before;

    std::optional<Instant> end() const;
    std::optional<Instant> checkpoint_at(std::uint64_t line) const;
  };
  struct Seen {
    Instant at;
    Observed observed;
  };
  void look(Attempt&, const Known&, std::vector<Seen>&) const;

  const Clock& clock_;
  std::map<std::pair<Id<Job>, int>, Attempt> attempts_;
};

}  // namespace granary
