#pragma once
// One executor for all sites: each launch goes to the one that runs its pool.

#include <map>
#include <string>
#include <utility>

#include "engine/ports.h"

namespace granary {

class ByRunner final : public Executor {
 public:
  // By what runs a pool: "local", "simulated", "slurm:<site>". All must outlive it.
  explicit ByRunner(std::map<std::string, Executor*> executors)
      : executors_(std::move(executors)) {}

  // G7044 when nobody runs the pool.
  Result<void> launch(const Launch&) override;
  // An attempt that was not launched through this object, as after a restart, is asked of all.
  Result<void> stop(Id<Job>, int attempt) override;
  // What all have seen, one after the other. An error only when there is nothing else to say.
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override;

 private:
  struct Attempt {
    std::string executor;
    bool named_before = false, named_now = false;  // by `known`; forgotten once it names it no more
  };
  std::map<std::string, Executor*> executors_;
  std::map<std::pair<Id<Job>, int>, Attempt> seen_;
};

}  // namespace granary
