#pragma once
// One executor for all sites: each launch goes to the one that its pool's runner names.

#include <map>
#include <utility>

#include "engine/ports.h"

namespace granary {

class ByRunner final : public Executor {
 public:
  // Both must outlive it.
  ByRunner(Executor& local, Executor& simulated) : local_(local), simulated_(simulated) {}

  Result<void> launch(const Launch&) override;
  // An attempt that was not launched through this object, as after a restart, is asked of both.
  Result<void> stop(Id<Job>, int attempt) override;
  // What both have seen: local, then simulated. An error only when there is nothing else to say.
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override;

 private:
  struct Attempt {
    Runner runner = Runner::local;
    bool named_before = false, named_now = false;  // by `known`; forgotten once it names it no more
  };
  std::map<std::pair<Id<Job>, int>, Attempt> seen_;
  Executor& local_;
  Executor& simulated_;
};

}  // namespace granary
