#include "execute/by_runner.h"

namespace granary {

Result<void> ByRunner::launch(const Launch& launch) {
  seen_[{launch.job, launch.attempt}].runner = launch.runner;
  return launch.runner == Runner::local ? local_.launch(launch) : simulated_.launch(launch);
}

Result<void> ByRunner::stop(Id<Job> job, int attempt) {
  const auto found = seen_.find({job, attempt});
  if (found != seen_.end()) {
    return found->second.runner == Runner::local ? local_.stop(job, attempt)
                                                 : simulated_.stop(job, attempt);
  }
  const auto local = local_.stop(job, attempt);
  const auto simulated = simulated_.stop(job, attempt);
  return local ? simulated : local;
}

Result<std::vector<Observed>> ByRunner::observe(const std::vector<Known>& known) {
  std::vector<Known> of_local, of_simulated;
  for (auto& [key, attempt] : seen_) attempt.named_now = false;
  for (const Known& one : known) {
    const auto found = seen_.find({one.job, one.attempt});
    const bool placed = found != seen_.end();
    if (placed) found->second.named_now = found->second.named_before = true;
    if (!placed || found->second.runner == Runner::local) of_local.push_back(one);
    if (!placed || found->second.runner == Runner::simulated) of_simulated.push_back(one);
  }
  std::erase_if(seen_, [](const auto& entry) {
    return entry.second.named_before && !entry.second.named_now;
  });
  auto seen = local_.observe(of_local);
  auto more = simulated_.observe(of_simulated);
  if (!seen && !more) return seen;
  if (!seen) return more->empty() ? seen : more;
  if (!more) return seen->empty() ? more : seen;
  seen->insert(seen->end(), more->begin(), more->end());
  return seen;
}

}  // namespace granary
