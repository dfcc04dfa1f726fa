// Whatever is lost, forgotten, cut off or killed, and whenever: of a job at most one attempt runs
// at a time, none runs twice, and each attempt ends in exactly one of finished and lost, and not
// before nothing of it can run any more. GRANARY_SEEDS=N tries more than usual.

#include <gtest/gtest.h>
#include <unistd.h>

#include "execute/slurm/fake_slurm_for_tests.h"

namespace granary {
namespace {

using namespace std::chrono_literals;

constexpr int jobs = 5;

// The part of an engine that matters here: it launches, hears of ends, and launches again.
class House {
 public:
  House(std::uint64_t seed, const std::filesystem::path& folder)
      : slurm_(seed, 20s), folder_(folder) {
    site_.name = "fake";
    site_.house = "h1";
    site_.hints = folder / "hints";
    site_.runs = folder / "runs";
    site_.supervisor = "/usr/bin/granary-supervise";
    site_.lease = 20s;
    site_.most_inside = 4;
    for (int job = 1; job <= jobs; ++job) attempts_[job] = 1;
    start_worker();
  }

  void faulty_minutes(int steps) {
    slurm_.accounting = slurm_.chance(700);
    slurm_.faults = {.crash = static_cast<int>(slurm_.below(30)),
                     .lost_submit = 150,
                     .lost_answer = 150,
                     .late_submit = 150};
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      break_something();
      step();
    }
  }
  void good_minutes() {
    slurm_.faults = {};
    slurm_.accounting_answers = true;
    slurm_.revive_controller();
    for (int i = 0; i < 600 && !testing::Test::HasFailure() && !all_over(); ++i) {
      slurm_.settle();
      step();
    }
    EXPECT_TRUE(all_over()) << "an attempt has no end";
    for (const auto& [job, attempt] : attempts_) {
      for (int number = 1; number <= attempt; ++number) {
        EXPECT_EQ(outcomes_.count({job, number}) + given_up_.count({job, number}) > 0, true)
            << "j-" << job << " attempt " << number;
      }
    }
  }
  const SiteWorker::Counts& total() const { return total_; }

 private:
  using Key = std::pair<int, int>;

  Launch launch_of(int job, int attempt) const {
    Launch launch;
    launch.job = {static_cast<std::uint64_t>(job)};
    launch.attempt = attempt;
    launch.pool = "fake/a800";
    launch.gres = "a800";
    launch.partition = "main";
    launch.recipe.argv = {"/bin/true"};
    launch.held = {{"n" + std::to_string(job), {Id<Node>{1}, 0, whole_chip}}};
    launch.wanted.chips = 1;
    launch.span = 1min;
    return launch;
  }
  bool is_over(int job) const { return over_.count(job) != 0; }
  bool all_over() const { return over_.size() == jobs; }

  // As a daemon does at its start: asks for everything that is in force.
  void start_worker() {
    worker_ = std::make_unique<SiteWorker>(site_, slurm_, slurm_.clocks());
    confirmed_.clear();
    told_.clear();
    for (const auto& [job, attempt] : attempts_) {
      if (is_over(job)) continue;
      EXPECT_TRUE(worker_->launch(launch_of(job, attempt)));
      if (stopped_.count({job, attempt}) != 0) {
        EXPECT_TRUE(worker_->stop({static_cast<std::uint64_t>(job)}, attempt));
      }
    }
  }
  void restart() {
    add_counts();
    worker_.reset();
    if (slurm_.chance(100)) std::filesystem::remove_all(folder_ / "hints");
    slurm_.pass(Span(slurm_.below(20'000)));
    start_worker();
  }
  void add_counts() {
    const auto counts = worker_->counts();
    total_.submits += counts.submits;
    total_.unknown_submits += counts.unknown_submits;
    total_.fenced += counts.fenced;
    total_.duplicates += counts.duplicates;
    total_.controller_starts += counts.controller_starts;
  }

  void break_something() {
    if (slurm_.chance(slurm_.would_forget() ? 150 : 20)) slurm_.kill_controller();
    if (slurm_.chance(200)) slurm_.revive_controller();
    if (slurm_.chance(20)) slurm_.fail_node();
    if (slurm_.chance(15)) slurm_.cancel_by_operator();
    if (slurm_.chance(15)) slurm_.preempt();
    if (slurm_.chance(10)) slurm_.requeue();
    if (slurm_.chance(5)) slurm_.hold();
    if (slurm_.chance(20)) slurm_.accounting_answers = !slurm_.accounting_answers;
    if (slurm_.chance(300)) slurm_.settle();
    if (slurm_.chance(10)) restart();
    if (slurm_.chance(6)) give_up();
    if (slurm_.chance(10)) {
      const int job = 1 + static_cast<int>(slurm_.below(jobs));
      if (!is_over(job)) {
        stopped_.insert({job, attempts_[job]});
        EXPECT_TRUE(worker_->stop({static_cast<std::uint64_t>(job)}, attempts_[job]));
      }
    }
  }

  // An engine that has heard nothing for too long starts another attempt of its own.
  void give_up() {
    const int job = 1 + static_cast<int>(slurm_.below(jobs));
    const int attempt = attempts_[job];
    if (is_over(job) || attempt >= 5) return;
    given_up_.insert({job, attempt});
    attempts_[job] = attempt + 1;
    EXPECT_TRUE(worker_->launch(launch_of(job, attempt + 1)));
  }

  void step() {
    slurm_.pass(Span(200 + slurm_.below(3'000)));
    try {
      worker_->round();
    } catch (const Crash&) {
      restart();
    }
    std::vector<Executor::Known> known;
    for (const auto& [job, attempt] : attempts_) {
      if (is_over(job)) continue;
      known.push_back(
          {{static_cast<std::uint64_t>(job)}, attempt, 0, confirmed_.count({job, attempt}) != 0});
    }
    const auto seen = worker_->observe(known);
    ASSERT_TRUE(seen);
    for (const Observed& one : *seen) hear(one.command);
    for (const auto& [job, running] : slurm_.running()) {
      ASSERT_LE(running.size(), 1u) << "two attempts of j-" << job << " run";
      for (const int attempt : running) {
        const Key key{static_cast<int>(job), attempt};
        ASSERT_EQ(outcomes_.count(key), 0u) << "an attempt runs whose end was reported";
        ASSERT_EQ(slurm_.runs_of(job, attempt), 1u) << "an attempt ran twice";
      }
    }
    ASSERT_EQ(slurm_.doubled(), 0u);
  }

  void hear(const Command& command) {
    if (const auto* running = std::get_if<WorkerRunning>(&command)) {
      confirmed_.insert({static_cast<int>(running->job.value), running->attempt});
    } else if (const auto* end = std::get_if<WorkerFinished>(&command)) {
      ended(static_cast<int>(end->job.value), end->attempt, "finished");
    } else if (const auto* lost = std::get_if<WorkerLost>(&command)) {
      ended(static_cast<int>(lost->job.value), lost->attempt, "lost");
    } else {
      FAIL() << "refused";
    }
  }
  void ended(int job, int attempt, const std::string& how) {
    const bool named = attempt == attempts_[job] && !is_over(job);
    ASSERT_TRUE(told_.insert({job, attempt}).second || named)
        << "j-" << job << " attempt " << attempt << " is told again, and nobody asks";
    const auto [first, is_new] = outcomes_.emplace(Key{job, attempt}, how);
    ASSERT_EQ(first->second, how) << "j-" << job << " attempt " << attempt << " ended in two ways";
    if (!is_new || attempt != attempts_[job]) return;
    if (how == "finished") {
      ASSERT_EQ(slurm_.runs_of(static_cast<std::uint64_t>(job), attempt), 1u)
          << "it finished and never ran";
    }
    if (how == "lost" && attempt < 5 && stopped_.count({job, attempt}) == 0) {
      attempts_[job] = attempt + 1;
      ASSERT_TRUE(worker_->launch(launch_of(job, attempt + 1)));
    } else {
      over_.insert(job);
    }
  }

  FakeSlurm slurm_;
  const std::filesystem::path folder_;
  SlurmSite site_;
  std::unique_ptr<SiteWorker> worker_;
  std::map<int, int> attempts_;  // of each job the present one
  std::set<int> over_;
  std::set<Key> stopped_, confirmed_, given_up_, told_;
  std::map<Key, std::string> outcomes_;
  SiteWorker::Counts total_;
};

TEST(SlurmWorkerProperty, NoAttemptIsDoubledOrWithoutAnEnd) {
  const char* const more = std::getenv("GRANARY_SEEDS");
  const std::uint64_t seeds = more == nullptr ? 25 : std::strtoull(more, nullptr, 10);
  SiteWorker::Counts total;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    // In memory where that is possible: it is the order of things that is tried, not a disk.
    const bool memory = std::filesystem::is_directory("/dev/shm");
    std::string name = (memory ? "/dev/shm/" : testing::TempDir()) + "granary-site-XXXXXX";
    const std::filesystem::path folder = ::mkdtemp(name.data());
    House house(seed, folder);
    house.faulty_minutes(120);
    house.good_minutes();
    std::filesystem::remove_all(folder);
    total.submits += house.total().submits;
    total.unknown_submits += house.total().unknown_submits;
    total.fenced += house.total().fenced;
    total.controller_starts += house.total().controller_starts;
    if (testing::Test::HasFailure()) break;
  }
  // It has seen what it is about.
  EXPECT_GT(total.unknown_submits, seeds / 2);
  EXPECT_GT(total.fenced, seeds / 5);
  EXPECT_GT(total.controller_starts, 0u);
}

}  // namespace
}  // namespace granary
