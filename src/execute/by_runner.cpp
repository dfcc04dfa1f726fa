#include "execute/by_runner.h"

#include <iterator>

namespace granary {
namespace {

std::string name_of(const Launch& launch) {
  const std::string runner = to_text(launch.runner);
  if (launch.runner != Runner::slurm) return runner;
  return runner + ":" + launch.pool.substr(0, launch.pool.find('/'));
}

}  // namespace

Result<void> ByRunner::launch(const Launch& launch) {
  const std::string name = name_of(launch);
  const auto found = executors_.find(name);
  if (found == executors_.end()) {
    return fail(Error::Kind::unavailable, 7044,
                "Nothing here runs jobs of " + launch.pool + " (" + name + ").",
                "granaryd --slurm SITE=FILE names the slurm.conf of a site");
  }
  seen_[{launch.job, launch.attempt}].executor = name;
  return found->second->launch(launch);
}

Result<void> ByRunner::stop(Id<Job> job, int attempt) {
  const auto found = seen_.find({job, attempt});
  if (found != seen_.end()) return executors_.at(found->second.executor)->stop(job, attempt);
  Result<void> all;
  for (const auto& [name, executor] : executors_) {
    const auto stopped = executor->stop(job, attempt);
    if (all) all = stopped;
  }
  return all;
}

Result<std::vector<Observed>> ByRunner::observe(const std::vector<Known>& known) {
  std::map<std::string, std::vector<Known>> of;
  for (auto& [key, attempt] : seen_) attempt.named_now = false;
  for (const Known& one : known) {
    const auto found = seen_.find({one.job, one.attempt});
    if (found != seen_.end()) {
      found->second.named_now = found->second.named_before = true;
      of[found->second.executor].push_back(one);
      continue;
    }
    for (const auto& [name, executor] : executors_) of[name].push_back(one);
  }
  std::erase_if(seen_, [](const auto& entry) {
    return entry.second.named_before && !entry.second.named_now;
  });
  std::vector<Observed> all;
  std::optional<Error> first;
  for (const auto& [name, executor] : executors_) {
    auto seen = executor->observe(of[name]);
    if (!seen) {
      if (!first) first = seen.error();
      continue;
    }
    all.insert(all.end(), std::make_move_iterator(seen->begin()),
               std::make_move_iterator(seen->end()));
  }
  if (all.empty() && first) return fail(*first);
  return all;
}

}  // namespace granary
