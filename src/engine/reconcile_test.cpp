// Holds whose executor says nothing, and holds that nobody owns. What tenants see of it is told by
// stories/holds.

#include <gtest/gtest.h>

#include "engine/test_house.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::House;
using testing::t0;

// One job of ten hours that was seen to run, and was asked again after six.
House asked_house() {
  House house(testing::house_documents(), Limits{});
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 10h)});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 6h);
  return house;
}

TEST(Reconciler, AsksOneThatSaysNothingAndHearsTheAnswer) {
  House house = asked_house();
  EXPECT_TRUE(house.job(1).silent);
  EXPECT_EQ(house.job(1).asked, t0 + 6h);
  EXPECT_FALSE(heard(house.job(1)));
  house.advance(t0 + 6h + 59min);
  house.report(WorkerRunning{{1}, 1, ""});
  EXPECT_TRUE(heard(house.job(1)));
  house.advance(t0 + 9h);
  EXPECT_EQ(house.job(1).attempt, 1);
  const std::size_t before = house.entries.size();
  house.report(WorkerRunning{{1}, 1, ""});
  EXPECT_EQ(house.entries.size(), before) << "what was not asked makes no entry";
}

TEST(Reconciler, TakesAnyWordForAnAnswer) {
  House house = asked_house();
  house.report(WorkerProgress{{1}, 1, 1, 10, 0, 1.5, "", house.now});
  EXPECT_TRUE(heard(house.job(1)));
}

TEST(Reconciler, GivesUpOneThatHasNotAnsweredWithinAnHour) {
  House house = asked_house();
  house.advance(t0 + 7h - 1ms);
  EXPECT_EQ(house.job(1).attempt, 1);
  house.advance(t0 + 7h);
  EXPECT_EQ(house.job(1).attempt, 2);
  EXPECT_EQ(house.job(1).losses, 1);
  EXPECT_EQ(house.job(1).ended_why, "no word from its executor for 60 min");
  EXPECT_EQ(to_text(house.revenue()), "0.00") << "it had no checkpoint";
  bool told = false;
  for (const Event& event : house.entries.back().events) {
    const auto* stopping = std::get_if<Stopping>(&event);
    told |= stopping && stopping->cause == StopCause::lapsed;
  }
  EXPECT_TRUE(told) << "should its executor come back, it is to stop";
  house.report(WorkerFinished{{1}, 1, 0, 0, house.now});
  EXPECT_EQ(house.job(1).state, JobState::running) << "a word of the first attempt comes too late";
}

TEST(Reconciler, AsksOnceMoreWhenNobodyWasThereToHear) {
  House house = asked_house();
  house.now = t0 + 20h;  // the daemon was down
  house.report(Tick{});
  EXPECT_EQ(house.job(1).attempt, 1);
  EXPECT_EQ(next_due(house.state, house.now), house.now + Limits{}.stop_notice);
  House answers = house;
  answers.report(WorkerFinished{{1}, 1, 0, 0, t0 + 9h});
  EXPECT_EQ(answers.job(1).state, JobState::finished);
  EXPECT_EQ(to_text(answers.revenue()), "43.20");
  house.advance(house.now + Limits{}.stop_notice);
  EXPECT_EQ(house.job(1).attempt, 2);
}

TEST(Reconciler, HoldsNothingMoreForOneThatIsOverAndSilent) {
  House house = asked_house();
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 10h);  // over its forecast: ten per cent more, and asked
  EXPECT_EQ(house.job(1).claim->until, t0 + 11h);
  EXPECT_TRUE(house.job(1).silent);
  EXPECT_EQ(to_text(house.left(1)), "47.20");
  house.advance(t0 + 11h);
  EXPECT_EQ(to_text(house.left(1)), "52.00") << "an hour later it is lost, and waits for ten hours";
  EXPECT_EQ(house.job(1).attempt, 2);
}

TEST(Reconciler, ReleasesAHoldThatNobodyOwnsAndSaysSo) {
  House house(testing::house_documents(), Limits{});
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 10h)});
  house.report(WorkerFinished{{1}, 1, 0, 0, house.now});
  const Id<Account> from = house.state.books.vouchers.at({1}).account;
  const Id<Account> to = house.state.books.by_name.at("REV:local");
  Transfer planted{Reason::hold, {}, "j-7/1", "a fault of ours"};
  planted.legs = {{LegKind::hold, from, to, Money::units(5), {house.state.books.next_hold}}};
  evolve(house.state.books, Posted{planted});
  EXPECT_FALSE(audit(house.state)) << "an orphan is a broken law";
  house.report(Tick{});
  EXPECT_TRUE(audit(house.state));
  EXPECT_EQ(to_text(house.left(1)), "100.00");
  const auto* posted = std::get_if<Posted>(&house.entries.back().events.front());
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->transfer.owner, "j-7/1");
  EXPECT_EQ(posted->transfer.memo, "its owner is gone");
}

}  // namespace
}  // namespace granary
