#pragma once
// Workers that do what a story says: they run as soon as they are launched, end by signal 15 when
// stopped, and report each line of their script once its instant has come.

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "apps/story/story.h"
#include "engine/ports.h"

namespace granary {

class ScriptedExecutor final : public Executor {
 public:
  ScriptedExecutor(const Clock& clock, std::vector<WorkerLine> script);

  Result<void> launch(const Launch&) override;
  Result<void> stop(Id<Job>, int attempt) override;
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override;
  std::optional<Instant> next_due() const;

 private:
  struct Attempt {
    Instant launched{};
    std::optional<Instant> stopped;
    bool silent = false, ended = false;
    std::uint64_t lines = 0;
    bool service = false;
  };
  struct Line {
    WorkerLine line;
    bool told = false;
  };

  const Clock& clock_;
  std::vector<Line> script_;  // by instant
  std::map<std::pair<Id<Job>, int>, Attempt> attempts_;
};

}  // namespace granary
