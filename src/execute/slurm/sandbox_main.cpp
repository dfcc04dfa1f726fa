// execute_slurm_test: the executor on a real Slurm. Skips (77) where there can be none.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "execute/local/local_fixture.h"
#include "execute/slurm/slurm_executor.h"
#include "slurm/sandbox_for_tests.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using slurm::Sandbox;
using testing::HasSubstr;

std::unique_ptr<Sandbox> sandbox;

// Can lose the answer of a submit.
class Watched final : public slurm::CommandLine {
 public:
  explicit Watched(const std::string& conf, bool lose_answers = false)
      : CommandLine({.conf = conf}), lose_answers_(lose_answers) {}
  slurm::SubmitAnswer submit(const slurm::Submission& job) override {
    const auto answer = CommandLine::submit(job);
    if (!lose_answers_) return answer;
    return {slurm::SubmitAnswer::How::unknown, 0, "the answer was lost"};
  }

 private:
  const bool lose_answers_;
};

class OnSlurm : public testing::Test {
 protected:
  OnSlurm() {
    std::string folder = "/tmp/granary-on-slurm-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    const char* const bin = std::getenv("GRANARY_BIN");
    site_.name = "east";
    // Of this test alone: names of other tests stay in squeue.
    static int tests = 0;
    site_.house = "t" + std::to_string(::getpid() % 100'000) + "x" + std::to_string(++tests);
    site_.memory_mb_per_chip = 100;
    site_.hints = folder_ / "hints";
    site_.runs = folder_ / "runs";
    site_.supervisor = std::string(bin == nullptr ? "bin" : bin) + "/granary-supervise";
    if (bin != nullptr) site_.program_folders = {bin};
    site_.stop_grace = 500ms;
    site_.poll_every = site_.poll_idle = site_.poll_near_end = 300ms;
    site_.files_every = 50ms;
    site_.lease = 3s;
    site_.lease_margin = 1s;
    site_.search_after = site_.search_after_restart = 2s;
    site_.absent_for = 2s;
    EXPECT_TRUE(check(site_));
  }
  ~OnSlurm() override {
    slurm::CommandLine client({.conf = sandbox->conf()});
    for (const auto& [job, attempt] : launched_) {
      EXPECT_TRUE(client.cancel_named(token_of(site_, job, attempt)));
    }
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<SlurmExecutor> executor(bool lose_answers = false) {
    return std::make_unique<SlurmExecutor>(
        site_, std::make_unique<Watched>(sandbox->conf(), lose_answers));
  }
  Launch launch_of(std::uint64_t job, int attempt, const std::string& script) {
    launched_.push_back({{job}, attempt});
    Launch launch;
    launch.job = {job};
    launch.attempt = attempt;
    launch.pool = "east/a800";
    launch.gres = gres_;
    launch.partition = "main";
    launch.recipe.argv = {"/bin/sh", "-c", script};
    launch.recipe.environment["OUT"] = folder_ / "out";
    launch.wanted.chips = 2;
    launch.held = {{"a800-1", {Id<Node>{1}, 3, whole_chip}},
                   {"a800-1", {Id<Node>{1}, 5, whole_chip}}};
    launch.span = 1min;
    return launch;
  }
  std::filesystem::path attempt(std::uint64_t job, int number = 1) const {
    return folder_of(site_, {job}, number);
  }

  static std::vector<Observed> seen_by(SlurmExecutor& executor, const Executor::Known& known) {
    const auto seen = executor.observe({known});
    return seen ? *seen : std::vector<Observed>{};
  }
  // What is seen until a report of type T comes.
  template <class T>
  std::optional<T> first(SlurmExecutor& executor, Executor::Known known, Span patience = 30s) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto seen = executor.observe({known});
      EXPECT_TRUE(seen);
      for (const Observed& one : *seen) {
        if (const T* const found = std::get_if<T>(&one.command)) return *found;
        if (const auto* lost = std::get_if<WorkerLost>(&one.command)) {
          ADD_FAILURE() << "lost: " << lost->why;
          return std::nullopt;
        }
        known.confirmed |= std::holds_alternative<WorkerRunning>(one.command);
        if (const auto* progress = std::get_if<WorkerProgress>(&one.command)) {
          known.line = progress->line;
          progress_.push_back(*progress);
        }
      }
      std::this_thread::sleep_for(50ms);
    }
    ADD_FAILURE() << "no such report";
    return std::nullopt;
  }
  std::optional<WorkerLost> first_loss(SlurmExecutor& executor, Executor::Known known) {
    std::optional<WorkerLost> found;
    EXPECT_TRUE(eventually([&] {
      for (const Observed& one : seen_by(executor, known)) {
        if (const auto* lost = std::get_if<WorkerLost>(&one.command)) found = *lost;
      }
      return found.has_value();
    }));
    return found;
  }

  std::filesystem::path folder_;
  SlurmSite site_;
  std::vector<std::pair<Id<Job>, int>> launched_;
  std::vector<WorkerProgress> progress_;
  std::string gres_ = "a800";
};

TEST_F(OnSlurm, ALaunchRunsOnceHoweverOftenItIsAskedForAndTellsItsEnd) {
  const auto one = executor();
  const Launch launch = launch_of(1, 1, "echo ran >> \"$OUT\"; env > env; exit 7");
  EXPECT_TRUE(one->launch(launch));
  EXPECT_TRUE(one->launch(launch));
  const auto end = first<WorkerFinished>(*one, {{1}, 1, 0, false});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 7);
  EXPECT_TRUE(one->launch(launch));
  EXPECT_TRUE(first<WorkerFinished>(*one, {{1}, 1, 0, true}));
  EXPECT_EQ(text_of(folder_ / "out"), "ran\n");
  EXPECT_EQ(one->counts().submits, 1u);
  // The chips are those that Slurm gave, and nothing else of its environment is there.
  const std::string env = text_of(attempt(1) / "work/env");
  EXPECT_THAT(env, HasSubstr("\nCUDA_VISIBLE_DEVICES=0,1\n"));
  EXPECT_THAT(env, HasSubstr("\nGRANARY_VISIBLE_CHIPS=0,1\n"));
  EXPECT_THAT(env, HasSubstr("\nGRANARY_NODES=a800-1\n"));
  EXPECT_THAT(env, testing::Not(HasSubstr("SLURM_SUBMIT_DIR")));
  EXPECT_THAT(env, testing::Not(HasSubstr("USER=")));
}

TEST_F(OnSlurm, AStoppedAttemptEndsInOrderAndOneThatWaitsNeverStarts) {
  const auto one = executor();
  EXPECT_TRUE(one->launch(launch_of(1, 1,
                                    "trap 'exit 3' TERM; echo up > up; "
                                    "while :; do sleep 0.05; done")));
  ASSERT_TRUE(first<WorkerRunning>(*one, {{1}, 1, 0, false}));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(attempt(1) / "work/up"); }));
  EXPECT_TRUE(one->stop({1}, 1));
  EXPECT_TRUE(one->stop({1}, 1));
  const auto end = first<WorkerFinished>(*one, {{1}, 1, 0, true});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 3);

  EXPECT_TRUE(one->launch(launch_of(2, 1, "echo ran > \"$OUT\"")));
  EXPECT_TRUE(one->stop({2}, 1));
  std::optional<Command> second;
  EXPECT_TRUE(eventually([&] {
    for (const Observed& seen : seen_by(*one, {{2}, 1, 0, true})) second = seen.command;
    return second && !std::holds_alternative<WorkerRunning>(*second);
  }));
}

TEST_F(OnSlurm, AnExecutorThatComesBackFindsWhatRuns) {
  auto one = executor();
  const Launch launch = launch_of(1, 1, "while [ ! -e go ]; do sleep 0.05; done; exit 5");
  EXPECT_TRUE(one->launch(launch));
  ASSERT_TRUE(first<WorkerRunning>(*one, {{1}, 1, 0, false}));
  one.reset();
  one = executor();
  EXPECT_TRUE(one->launch(launch));
  EXPECT_TRUE(first<WorkerRunning>(*one, {{1}, 1, 0, false}));
  std::ofstream(attempt(1) / "work/go");
  EXPECT_EQ(first<WorkerFinished>(*one, {{1}, 1, 0, true})->exit_code, 5);
  EXPECT_EQ(one->counts().submits, 0u);
}

TEST_F(OnSlurm, ASubmitWhoseAnswerIsLostIsFoundByItsNameAlsoAfterACrash) {
  auto one = executor(true);
  const Launch launch =
      launch_of(1, 1, "echo ran >> \"$OUT\"; while [ ! -e go ]; do sleep 0.05; done");
  EXPECT_TRUE(one->launch(launch));
  ASSERT_TRUE(eventually([&] { return one->counts().submits == 1; }));
  one.reset();  // between the submit and the record of its id
  one = executor();
  EXPECT_TRUE(one->launch(launch));
  EXPECT_TRUE(first<WorkerRunning>(*one, {{1}, 1, 0, false}));
  std::ofstream(attempt(1) / "work/go");
  EXPECT_EQ(first<WorkerFinished>(*one, {{1}, 1, 0, true})->exit_code, 0);
  EXPECT_EQ(one->counts().submits, 0u);
  EXPECT_EQ(text_of(folder_ / "out"), "ran\n");
}

TEST_F(OnSlurm, OneProcessRunsOnEachOfSeveralNodesAndKnowsItsRank) {
  const auto one = executor();
  Launch launch = launch_of(1, 1,
                            "echo $GRANARY_RANK $GRANARY_WORLD_SIZE $CUDA_VISIBLE_DEVICES "
                            "> rank-$GRANARY_RANK; exit 0");
  launch.held = {{"a800-1", {Id<Node>{1}, 0, whole_chip}},
                 {"a800-2", {Id<Node>{2}, 0, whole_chip}}};
  EXPECT_TRUE(one->launch(launch));
  const auto end = first<WorkerFinished>(*one, {{1}, 1, 0, false});
  ASSERT_TRUE(end);
  EXPECT_EQ(end->exit_code, 0) << text_of(attempt(1) / "stderr");
  EXPECT_EQ(text_of(attempt(1) / "work/rank-0"), "0 2 0\n");
  EXPECT_EQ(text_of(attempt(1) / "work/rank-1"), "1 2 0\n");
}

TEST_F(OnSlurm, WhatTheSiteRefusesIsLostWithItsWord) {
  gres_ = "h20";
  const auto one = executor();
  EXPECT_TRUE(one->launch(launch_of(1, 1, "echo ran > \"$OUT\"")));
  const auto lost = first_loss(*one, {{1}, 1, 0, false});
  ASSERT_TRUE(lost);
  EXPECT_THAT(lost->why, HasSubstr("rejected by the site"));
}

TEST_F(OnSlurm, AJobThatTheSiteCancelsIsLostAndASuccessorRuns) {
  const auto one = executor();
  EXPECT_TRUE(one->launch(launch_of(1, 1, "while :; do sleep 0.05; done")));
  ASSERT_TRUE(first<WorkerRunning>(*one, {{1}, 1, 0, false}));
  slurm::CommandLine client({.conf = sandbox->conf()});
  EXPECT_TRUE(client.cancel_named(token_of(site_, {1}, 1)));
  const auto lost = first_loss(*one, {{1}, 1, 0, true});
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->why, "cancelled at the site");
  EXPECT_TRUE(one->launch(launch_of(1, 2, "exit 0")));
  EXPECT_TRUE(first<WorkerFinished>(*one, {{1}, 2, 0, false}));
}

TEST_F(OnSlurm, NanotrainTrainsThroughTheDeathOfTheController) {
  const std::filesystem::path nanotrain =
      std::filesystem::path(site_.supervisor).parent_path() / "nanotrain";
  if (!std::filesystem::exists(nanotrain)) GTEST_SKIP() << "nanotrain is not built";
  const auto one = executor();
  Launch launch = launch_of(1, 1, "");
  launch.recipe.argv = {nanotrain, "--steps", "40", "--checkpoint-every", "10"};
  EXPECT_TRUE(one->launch(launch));
  ASSERT_TRUE(eventually([&] { return one->counts().submits == 1; }));
  // Within the time in which Slurm forgets what it has acknowledged.
  ASSERT_TRUE(sandbox->crash("slurmctld")) << sandbox->said();
  ASSERT_TRUE(sandbox->revive()) << sandbox->said();
  std::optional<Command> end;
  Executor::Known known{{1}, 1, 0, false};
  int checkpoints = 0;
  EXPECT_TRUE(eventually([&] {
    for (const Observed& seen : seen_by(*one, known)) {
      known.confirmed |= std::holds_alternative<WorkerRunning>(seen.command);
      if (const auto* progress = std::get_if<WorkerProgress>(&seen.command)) {
        known.line = progress->line;
        checkpoints += !progress->checkpoint.empty();
      }
      if (std::holds_alternative<WorkerFinished>(seen.command) ||
          std::holds_alternative<WorkerLost>(seen.command)) {
        end = seen.command;
      }
    }
    return end.has_value();
  }));
  ASSERT_TRUE(end);
  // It was kept, and trained to its end; or it was forgotten, and is lost with all it was.
  if (const auto* finished = std::get_if<WorkerFinished>(&*end)) {
    EXPECT_EQ(finished->exit_code, 0) << text_of(attempt(1) / "stderr");
    EXPECT_GT(checkpoints, 0);
  } else {
    EXPECT_THAT(std::get<WorkerLost>(*end).why, HasSubstr("vanished"));
    EXPECT_TRUE(one->launch(launch_of(1, 2, "exit 0")));
    EXPECT_TRUE(first<WorkerFinished>(*one, {{1}, 2, 0, false}));
  }
  EXPECT_EQ(one->counts().duplicates, 0u);
}

}  // namespace
}  // namespace granary

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  using granary::slurm::Sandbox;
  if (const std::string why = Sandbox::why_not(); !why.empty()) {
    std::printf("skipped: %s.\n", why.c_str());
    return 77;
  }
  granary::sandbox = std::make_unique<Sandbox>("a800:2x8", false);
  int status = 1;
  if (granary::sandbox->running()) {
    status = RUN_ALL_TESTS();
  } else {
    std::printf("no sandbox: %s\n", granary::sandbox->said().c_str());
  }
  granary::sandbox.reset();
  return status;
}
