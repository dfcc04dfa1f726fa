#pragma once
// Runs attempts as jobs of one Slurm site. Granary has decided where and when; Slurm starts,
// isolates and kills. A thread of its own talks to the site: launch(), stop() and observe() never
// wait for it, and a site that hangs holds up no other.
//
// What runs on a node is granary-supervise, as for local runs, in a folder that the nodes share
// with this machine: output, progress and exit come from the same files, and it holds the lease
// that keeps an orphan from running beside its successor.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "execute/slurm/site_worker.h"

namespace granary {

class SlurmExecutor final : public Executor {
 public:
  // `controller` of that site; nobody else may use it. The settings must be good (check() in
  // site.h).
  SlurmExecutor(SlurmSite, std::unique_ptr<slurm::Controller> controller);
  // Waits for a command of Slurm that is under way, at most its time limit. Jobs go on.
  ~SlurmExecutor() override;

  Result<void> launch(const Launch&) override;
  Result<void> stop(Id<Job>, int attempt) override;
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override;

  SiteWorker::Counts counts() const { return worker_.counts(); }
  // False while the site has not answered for some time: nothing new should be placed there.
  bool answers() const { return worker_.answers(); }

 private:
  void work();
  void wake();

  std::unique_ptr<slurm::Controller> controller_;
  SiteWorker worker_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool news_ = false, over_ = false;
  std::thread thread_;
};

}  // namespace granary
