#include "execute/simulated/simulated_executor.h"

#include <gtest/gtest.h>

#include "execute/by_runner.h"

namespace granary {
namespace {

using std::chrono::minutes;

struct ManualClock final : Clock {
  Instant at{};
  Instant now() const override { return at; }
};

constexpr Instant t0{};

Launch sixty_minutes(std::uint64_t job) {
  Launch launch;
  launch.job = {job};
  launch.attempt = 1;
  launch.runner = Runner::simulated;
  launch.from = t0;
  launch.span = minutes(60);
  launch.recipe.checkpoint_every = minutes(25);
  return launch;
}

// "running", "sim-3@25", "exit 0@60", "signal 15@10", "lost x".
std::string text_of(const Observed& seen) {
  const auto minute = [](Instant at) { return "@" + std::to_string((at - t0) / minutes(1)); };
  if (const auto* progress = std::get_if<WorkerProgress>(&seen.command)) {
    EXPECT_EQ(progress->checkpoint, "sim-" + std::to_string(progress->steps));
    return progress->checkpoint + minute(progress->at);
  }
  if (const auto* end = std::get_if<WorkerFinished>(&seen.command)) {
    return (end->exit_signal != 0 ? "signal " + std::to_string(end->exit_signal)
                                  : "exit " + std::to_string(end->exit_code)) +
           minute(end->at);
  }
  if (const auto* lost = std::get_if<WorkerLost>(&seen.command)) return "lost " + lost->why;
  return "running";
}
std::vector<std::string> texts(Executor& executor, const std::vector<Executor::Known>& known) {
  std::vector<std::string> all;
  const auto seen = executor.observe(known);
  for (const Observed& one : *seen) all.push_back(text_of(one));
  return all;
}
using Texts = std::vector<std::string>;

TEST(ASimulatedRun, RunsAtOnceCheckpointsAndEndsAfterItsSpan) {
  ManualClock clock;
  SimulatedExecutor executor(clock);
  ASSERT_TRUE(executor.launch(sixty_minutes(1)));
  ASSERT_TRUE(executor.launch(sixty_minutes(1)));
  EXPECT_EQ(executor.next_due(), t0);
  EXPECT_EQ(texts(executor, {}), (Texts{"running"}));
  EXPECT_EQ(executor.next_due(), t0 + minutes(25));
  clock.at = t0 + minutes(24);
  EXPECT_EQ(texts(executor, {}), Texts{});
  clock.at = t0 + minutes(25);
  EXPECT_EQ(texts(executor, {}), (Texts{"sim-1@25"}));
  EXPECT_EQ(executor.next_due(), t0 + minutes(50));
  clock.at = t0 + minutes(300);
  EXPECT_EQ(texts(executor, {}), (Texts{"sim-2@50", "exit 0@60"}));
  EXPECT_EQ(executor.next_due(), std::nullopt);
  EXPECT_EQ(texts(executor, {}), Texts{});
}

TEST(ASimulatedRun, RepeatsWhatTheEngineDoesNotHave) {
  ManualClock clock;
  SimulatedExecutor executor(clock);
  ASSERT_TRUE(executor.launch(sixty_minutes(1)));
  clock.at = t0 + minutes(100);
  const Texts all{"running", "sim-1@25", "sim-2@50", "exit 0@60"};
  EXPECT_EQ(texts(executor, {{Id<Job>{1}, 1, 0, false}}), all);
  EXPECT_EQ(texts(executor, {{Id<Job>{1}, 1, 0, false}}), all);
  EXPECT_EQ(texts(executor, {{Id<Job>{1}, 1, 1, true}}), (Texts{"sim-2@50", "exit 0@60"}));
}

TEST(ASimulatedRun, ThatIsStoppedEndsThenBySignal15) {
  ManualClock clock;
  SimulatedExecutor executor(clock);
  ASSERT_TRUE(executor.launch(sixty_minutes(1)));
  clock.at = t0 + minutes(30);
  ASSERT_TRUE(executor.stop({1}, 1));
  clock.at = t0 + minutes(40);
  ASSERT_TRUE(executor.stop({1}, 1));
  ASSERT_TRUE(executor.stop({2}, 1));
  EXPECT_EQ(executor.next_due(), t0);
  EXPECT_EQ(texts(executor, {{Id<Job>{1}, 1, 0, true}}), (Texts{"sim-1@25", "signal 15@30"}));
}

TEST(ASimulatedRun, ThatHadEndedWhenItWasStoppedEndedWell) {
  ManualClock clock;
  SimulatedExecutor executor(clock);
  ASSERT_TRUE(executor.launch(sixty_minutes(1)));
  clock.at = t0 + minutes(60);
  ASSERT_TRUE(executor.stop({1}, 1));
  EXPECT_EQ(texts(executor, {{Id<Job>{1}, 1, 2, true}}), (Texts{"exit 0@60"}));
}

TEST(ASimulatedRun, OfAServiceLastsUntilItIsStopped) {
  ManualClock clock;
  SimulatedExecutor executor(clock);
  Launch launch = sixty_minutes(1);
  launch.service = true;
  launch.recipe.checkpoint_every = Span{};
  ASSERT_TRUE(executor.launch(launch));
  clock.at = t0 + minutes(500);
  EXPECT_EQ(texts(executor, {}), (Texts{"running"}));
  EXPECT_EQ(executor.next_due(), std::nullopt);
  ASSERT_TRUE(executor.stop({1}, 1));
  EXPECT_EQ(executor.next_due(), t0 + minutes(500));
  EXPECT_EQ(texts(executor, {}), (Texts{"signal 15@500"}));
}

TEST(ASimulatedRun, GoesOnAfterARestartAsIfNothingHadHappened) {
  ManualClock clock;
  Launch launch = sixty_minutes(1);
  launch.resume = "sim-4";  // of an earlier attempt
  SimulatedExecutor before(clock);
  ASSERT_TRUE(before.launch(launch));
  clock.at = t0 + minutes(30);
  EXPECT_EQ(texts(before, {{Id<Job>{1}, 1, 0, true}}), (Texts{"sim-5@25"}));
  SimulatedExecutor after(clock);
  launch.resume = "sim-5";  // the engine's last checkpoint is now one of this attempt
  ASSERT_TRUE(after.launch(launch));
  EXPECT_EQ(texts(after, {{Id<Job>{1}, 1, 1, true}}), Texts{});
  clock.at = t0 + minutes(60);
  const Executor::Known known{Id<Job>{1}, 1, 1, true};
  EXPECT_EQ(texts(after, {known}), texts(before, {known}));
  EXPECT_EQ(texts(after, {known}), (Texts{"sim-6@50", "exit 0@60"}));
}

TEST(ASimulatedRun, ReportsOfSeveralComeOldestFirst) {
  ManualClock clock;
  SimulatedExecutor executor(clock);
  Launch late = sixty_minutes(1), early = sixty_minutes(2);
  late.from = t0 + minutes(10);
  ASSERT_TRUE(executor.launch(late));
  ASSERT_TRUE(executor.launch(early));
  clock.at = t0 + minutes(59);
  EXPECT_EQ(texts(executor, {{Id<Job>{1}, 1, 0, true}, {Id<Job>{2}, 1, 0, true}}),
            (Texts{"sim-1@25", "sim-1@35", "sim-2@50"}));
}

TEST(ASimulatedRun, WithManyCheckpointsGivesThemInPartsAndEndsAfterThem) {
  ManualClock clock;
  SimulatedExecutor executor(clock);
  Launch launch = sixty_minutes(1);
  launch.recipe.checkpoint_every = std::chrono::seconds(36);  // the 100th would be at the end
  ASSERT_TRUE(executor.launch(launch));
  clock.at = t0 + minutes(60);
  EXPECT_EQ(texts(executor, {{Id<Job>{1}, 1, 0, true}}).size(), 64u);
  EXPECT_LE(executor.next_due(), clock.at);
  const Texts rest = texts(executor, {{Id<Job>{1}, 1, 64, true}});
  EXPECT_EQ(rest.size(), 36u);
  EXPECT_EQ(rest.back(), "exit 0@60");
}

// Remembers what it was asked and says what it is told to say.
struct Scripted final : Executor {
  std::vector<std::string> asked;
  Result<std::vector<Observed>> says = std::vector<Observed>{};
  Result<void> launch(const Launch& launch) override {
    asked.push_back("launch " + to_text(launch.job));
    return {};
  }
  Result<void> stop(Id<Job> job, int) override {
    asked.push_back("stop " + to_text(job));
    return {};
  }
  Result<std::vector<Observed>> observe(const std::vector<Known>& known) override {
    for (const Known& one : known) asked.push_back("observe " + to_text(one.job));
    return says;
  }
};

TEST(ALaunch, GoesToTheExecutorThatItsPoolNamesAndSoDoesWhatFollows) {
  Scripted local, simulated;
  ByRunner both({{"local", &local}, {"simulated", &simulated}});
  Launch one = sixty_minutes(1), two = sixty_minutes(2);
  one.runner = Runner::local;
  ASSERT_TRUE(both.launch(one));
  ASSERT_TRUE(both.launch(two));
  ASSERT_TRUE(both.observe({{Id<Job>{1}, 1, 0, true}, {Id<Job>{2}, 1, 0, true}}));
  ASSERT_TRUE(both.stop({2}, 1));
  ASSERT_TRUE(both.stop({1}, 1));
  EXPECT_EQ(local.asked, (Texts{"launch j-1", "observe j-1", "stop j-1"}));
  EXPECT_EQ(simulated.asked, (Texts{"launch j-2", "observe j-2", "stop j-2"}));
}

TEST(ALaunch, OnASlurmSiteGoesToTheExecutorOfThatSite) {
  Scripted east, west;
  ByRunner all({{"slurm:east", &east}, {"slurm:west", &west}});
  Launch one = sixty_minutes(1), two = sixty_minutes(2);
  one.runner = two.runner = Runner::slurm;
  one.pool = "west/cpu";
  two.pool = "north/cpu";
  ASSERT_TRUE(all.launch(one));
  EXPECT_EQ(all.launch(two).error().code, 7044);
  EXPECT_EQ(west.asked, Texts{"launch j-1"});
  EXPECT_TRUE(east.asked.empty());
}

TEST(AnAttempt, ThatNobodyRemembersIsAskedOfBoth) {
  Scripted local, simulated;
  ByRunner both({{"local", &local}, {"simulated", &simulated}});
  ASSERT_TRUE(both.observe({{Id<Job>{1}, 1, 0, true}}));
  ASSERT_TRUE(both.stop({1}, 1));
  EXPECT_EQ(local.asked, (Texts{"observe j-1", "stop j-1"}));
  EXPECT_EQ(simulated.asked, (Texts{"observe j-1", "stop j-1"}));
}

TEST(ReportsOfOneExecutor, AreGivenThoughTheOtherFails) {
  Scripted local, simulated;
  ByRunner both({{"local", &local}, {"simulated", &simulated}});
  local.says = fail(Error::Kind::failed, 7022, "no.");
  EXPECT_FALSE(both.observe({}));
  simulated.says = std::vector<Observed>{{WorkerRunning{Id<Job>{2}, 1, ""}}};
  EXPECT_EQ(texts(both, {}), (Texts{"running"}));
}

}  // namespace
}  // namespace granary
