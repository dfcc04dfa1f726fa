#include "execute/slurm/slurm_executor.h"

namespace granary {

SlurmExecutor::SlurmExecutor(SlurmSite site, std::unique_ptr<slurm::Controller> controller)
    : controller_(std::move(controller)),
      worker_(std::move(site), *controller_, real_clocks()),
      thread_([this] { work(); }) {}

SlurmExecutor::~SlurmExecutor() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SlurmExecutor::work() {
  std::unique_lock lock(mutex_);
  while (!over_) {
    news_ = false;
    lock.unlock();
    const Span rest = worker_.round();
    lock.lock();
    changed_.wait_for(lock, rest, [this] { return news_ || over_; });
  }
}

void SlurmExecutor::wake() {
  {
    const std::lock_guard lock(mutex_);
    news_ = true;
  }
  changed_.notify_all();
}

Result<void> SlurmExecutor::launch(const Launch& launch) {
  const auto noted = worker_.launch(launch);
  wake();
  return noted;
}

Result<void> SlurmExecutor::stop(Id<Job> job, int attempt) {
  const auto noted = worker_.stop(job, attempt);
  wake();
  return noted;
}

Result<std::vector<Observed>> SlurmExecutor::observe(const std::vector<Known>& known) {
  return worker_.observe(known);
}

}  // namespace granary
