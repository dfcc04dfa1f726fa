#include "simulate/simulation.h"

#include <gtest/gtest.h>

#include "simulate/simulated_day.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::bytes;
using testing::SimulatedDay;
using testing::t0;

TEST(ASimulation, GivesTheSameBytesForTheSameDay) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SimulatedDay one, two;
    one.play(seed);
    two.play(seed);
    EXPECT_GT(one.simulation.entries().size(), 40U);
    EXPECT_EQ(bytes(one.simulation.entries()), bytes(two.simulation.entries())) << "seed " << seed;
  }
}

TEST(ASimulation, EndsWithEveryJobClosedAndTheBooksInBalance) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SimulatedDay day;
    day.play(seed);
    day.simulation.advance(t0 + 24h * 60);  // reservations outlast the jobs
    const State& state = day.simulation.state();
    EXPECT_TRUE(state.active.empty()) << "seed " << seed;
    const auto good = audit(state);
    EXPECT_TRUE(good) << good.error().what;
    EXPECT_TRUE(state.books.holds.empty()) << "seed " << seed;
    State folded;
    for (const Entry& entry : day.simulation.entries()) {
      for (const Event& event : entry.events) evolve(folded, event);
    }
    EXPECT_EQ(digest(folded), digest(state)) << "seed " << seed;
  }
}

TEST(ASimulation, ChainsItsEntriesInOrderOfTime) {
  SimulatedDay day;
  day.play(3);
  Hash chain;
  Instant last{};
  std::uint64_t sequence = 0;
  for (Entry entry : day.simulation.entries()) {
    EXPECT_EQ(entry.sequence, ++sequence);
    EXPECT_GE(entry.at, last);
    last = entry.at;
    const Hash expected = std::exchange(entry.chain, Hash{});
    chain = chained(chain, encode(entry));
    ASSERT_EQ(chain, expected);
  }
}

TEST(ASimulation, AnswersARepeatedKeyWithoutAnEntry) {
  SimulatedDay day;
  const Command command = Submit{day.wants(1, 10min)};
  const Request request{"same", body_hash(command), "test", command};
  EXPECT_EQ(day.simulation.submit(request).made, "j-1");
  const std::size_t entries = day.simulation.entries().size();
  EXPECT_EQ(day.simulation.submit(request).made, "j-1");
  EXPECT_EQ(day.simulation.entries().size(), entries);
}

TEST(ASimulation, StopsAtItsHorizon) {
  SimulatedDay day;
  day.ask(Submit{day.wants(1, 24h)});
  EXPECT_LE(day.simulation.run(t0 + 5h), t0 + 5h);
  EXPECT_LE(day.simulation.entries().back().at, t0 + 5h);
  EXPECT_EQ(day.simulation.state().active.size(), 1U);
  EXPECT_EQ(day.simulation.run(t0 + 48h), t0 + 24h);
}

// Takes what it is asked to do and says nothing, or says once more what is known already.
struct Mute final : Executor {
  bool repeats = false;
  Instant started{};
  Result<void> launch(const Launch& launch) override {
    started = launch.from;
    return {};
  }
  Result<void> stop(Id<Job>, int) override { return {}; }
  Result<std::vector<Observed>> observe(const std::vector<Known>& known) override {
    std::vector<Observed> seen;
    for (const Known& one : known) {
      if (repeats) seen.push_back({WorkerRunning{one.job, one.attempt, ""}});
    }
    return seen;
  }
};

TEST(ASimulation, ComesToAnEndThoughItsWorkersNeverDo) {
  for (const bool repeats : {false, true}) {
    for (const bool service : {false, true}) {
      VirtualClock clock(t0);
      Mute mute;
      mute.repeats = repeats;
      // It always claims to have something to say.
      Simulation simulation(clock, mute, [&] { return std::optional(mute.started); });
      const SimulatedDay house;  // for its documents
      int keys = 0;
      const auto ask = [&](const Command& command) {
        return simulation.submit(
            {"k" + std::to_string(++keys), body_hash(command), "test", command});
      };
      ask(house.simulation.entries()[0].request.command);
      ask(house.simulation.entries()[1].request.command);
      JobRequest r = house.wants(1, 1h);
      r.service = service;
      ask(Submit{r});
      simulation.run(t0 + 24h * 30);
      EXPECT_LE(clock.now(), t0 + 24h * 30);
      EXPECT_LT(simulation.entries().size(), 20'000U);
      // Who keeps saying that it runs, and can pay, goes on; who says nothing has lost it; and what
      // was told to stop and does not lapses too. Nothing stays held for it.
      const bool goes_on = repeats && !service;
      const JobState end = repeats ? JobState::finished : JobState::failed;
      EXPECT_EQ(simulation.state().active.size(), goes_on ? 1U : 0U);
      EXPECT_EQ(simulation.state().jobs.at({1}).state, goes_on ? JobState::running : end);
      EXPECT_EQ(simulation.state().books.holds.empty(), !goes_on);
    }
  }
}

// Fails to launch the first two attempts of a job.
struct Clumsy final : Executor {
  explicit Clumsy(const Clock& clock) : good(clock) {}
  SimulatedExecutor good;
  Result<void> launch(const Launch& launch) override {
    if (launch.attempt <= 2) return fail(Error::Kind::failed, 7021, "No such program.");
    return good.launch(launch);
  }
  Result<void> stop(Id<Job> job, int attempt) override { return good.stop(job, attempt); }
  Result<std::vector<Observed>> observe(const std::vector<Known>& known) override {
    return good.observe(known);
  }
};

TEST(ASimulation, TriesALaunchAgainThatFailedAndChargesOnlyWhatRan) {
  VirtualClock clock(t0);
  Clumsy clumsy(clock);
  Simulation simulation(clock, clumsy, [&] { return clumsy.good.next_due(); });
  const SimulatedDay house;
  int keys = 0;
  for (const Command& command :
       {house.simulation.entries()[0].request.command,
        house.simulation.entries()[1].request.command, Command(Submit{house.wants(2, 1h)})}) {
    simulation.submit({"k" + std::to_string(++keys), body_hash(command), "test", command});
  }
  simulation.run(t0 + 24h);
  const Job& job = simulation.state().jobs.at({1});
  EXPECT_EQ(job.state, JobState::finished);
  EXPECT_EQ(job.attempt, 3);
  EXPECT_EQ(job.losses, 2);
  EXPECT_EQ(to_text(find_account(simulation.state().books, "REV:local")->balance()), "2.40");
}

}  // namespace
}  // namespace granary
