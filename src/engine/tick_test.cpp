// What a Tick costs, and what it must not miss: a scheduling pass is made when something changed
// that a decision depends on.

#include <gtest/gtest.h>

#include "engine/test_house.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::House;
using testing::t0;

int passes = 0;

std::vector<Decision> counting_backfill(const CountedView& view, Instant now) {
  ++passes;
  return backfill(view, now);
}

// A house whose policy counts how often it is asked. House::run steps twice: once on a copy.
class CountingHouse : public House {
 public:
  explicit CountingHouse(Limits limits = testing::patient())
      : House(testing::house_documents(), limits) {
    Configuration counted = *state.configuration;
    counted.policy = counting_backfill;
    state.configuration = std::make_shared<const Configuration>(std::move(counted));
    passes = 0;
  }
  // Passes since the last call.
  static int count() { return std::exchange(passes, 0) / 2; }
};

JobRequest service_of(const House& house, int chips, Span span, const char* payer = "lab") {
  JobRequest service = house.wants(payer, chips, span);
  service.service = true;
  return service;
}

TEST(ATick, ThatOnlyMetersMakesNoPassThoughSomebodyWaits) {
  CountingHouse house;
  house.grant("lab", 1000);
  house.send(Submit{service_of(house, 2, 10h)});
  house.report(WorkerRunning{{1}, 1, "127.0.0.1:9"});
  house.send(Submit{house.wants("lab", 4, 1h)});
  EXPECT_EQ(house.job(2).state, JobState::waiting);
  house.count();
  house.advance(t0 + 9h);
  EXPECT_EQ(house.count(), 0) << "540 minutes were metered";
  EXPECT_EQ(to_text(house.revenue()), "21.60");
  house.advance(t0 + 10h);
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_EQ(house.job(2).state, JobState::running);
  EXPECT_GE(house.count(), 1);
}

TEST(ATick, WithNobodyWaitingAsksNoPolicy) {
  CountingHouse house;
  house.grant("lab", 1000, t0 + 24h);
  house.send(Submit{service_of(house, 2, 10h)});
  house.count();
  house.advance(t0 + 48h);
  EXPECT_EQ(house.count(), 0) << "its span and its voucher have ended";
}

TEST(ATick, AtWhichAMinimumRunIsOverPreempts) {
  Limits limits;
  limits.minimum_run = 10min;
  CountingHouse house(limits);
  house.grant("lab", 1000);
  JobRequest low = house.wants("lab", 4, 5h);
  low.preemptible = true;
  house.send(Submit{low});
  house.send(Submit{house.wants("lab", 4, 1h, 10)});
  EXPECT_EQ(house.job(1).state, JobState::running);
  house.advance(t0 + 17min);  // also by a tick that comes late
  EXPECT_EQ(house.job(1).state, JobState::stopping);
}

TEST(ATick, ThatIsLateStartsWhoWaitsForTheBeginningOfAReservation) {
  CountingHouse house;
  house.grant("lab", 1000);
  const Id<Pool> pool = house.state.pool_ids.at("local/cpu");
  house.send(ReserveChips{"lab", "run", "later", pool, 4, t0 + 1h, 2h});
  JobRequest inside = house.wants("lab", 4, 1h);
  inside.inside = Id<Reservation>{1};
  house.send(Submit{inside});
  EXPECT_EQ(house.job(1).state, JobState::waiting);
  house.now = t0 + 75min;
  house.report(Tick{});
  EXPECT_EQ(house.job(1).state, JobState::running);
}

TEST(ATick, AtWhichAVoucherEndsTooEarlyForOneThatWaitsLetsOthersHaveItsPlace) {
  CountingHouse house;
  house.grant("rich", 1000);
  house.grant("lab", 1000, t0 + 12h);
  house.send(Submit{service_of(house, 2, 9h)});
  house.send(Submit{service_of(house, 1, 24h, "rich")});
  for (std::uint64_t id : {1, 2}) house.report(WorkerRunning{{id}, 1, "127.0.0.1:9"});
  JobRequest big = house.wants("lab", 3, 3h, 10);
  big.wait_for_funds = true;
  house.send(Submit{big});                          // from 9h on, to 12h: just so
  house.send(Submit{house.wants("rich", 1, 20h)});  // would be in its way
  EXPECT_EQ(house.job(3).state, JobState::waiting);
  EXPECT_EQ(house.job(4).state, JobState::waiting);
  house.advance(t0 + 8h + 59min);
  EXPECT_EQ(house.job(4).state, JobState::waiting);
  house.advance(t0 + 9h);  // the service stops, but is not gone yet
  house.advance(t0 + 9h + 2min);
  EXPECT_TRUE(std::holds_alternative<FundsShort>(house.job(3).because));
  EXPECT_EQ(house.job(4).state, JobState::running);
}

}  // namespace
}  // namespace granary
