// How attempts end: what is tried again, what is paid, and what is left to do.

#include <gtest/gtest.h>

#include "engine/explain.h"
#include "engine/test_house.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::House;
using testing::t0;

TEST(AnEnd, OfAJobThatCannotBeLaunchedComesAtOnceAndCostsNothing) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  house.advance(t0 + 5min);
  house.report(LaunchRefused{{1}, 1, "j-1 cannot be launched: no such program.", house.now});
  EXPECT_EQ(house.job(1).state, JobState::failed);
  EXPECT_EQ(house.job(1).attempt, 1) << "it is not there the second time either";
  EXPECT_EQ(to_text(house.left(1)), "100.00");
  EXPECT_EQ(to_text(house.revenue()), "0.00");
  EXPECT_TRUE(explain(house.state, {1}, house.now)
                  ->headline.ends_with("failed at 2026-11-21T00:05:00Z: j-1 cannot be launched: no "
                                       "such program."));
}

TEST(AnEnd, OfALaterAttemptThatCannotBeLaunchedKeepsWhatTheEarlierHaveUsed) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 10min);
  house.report(WorkerProgress{{1}, 1, 1, 10, 100, 3.5, "c10", house.now});
  house.report(WorkerLost{{1}, 1, "node gone", house.now});
  EXPECT_EQ(house.job(1).attempt, 2);
  house.report(Cancel{{1}});
  house.report(LaunchRefused{{1}, 2, "no such program", house.now});
  EXPECT_EQ(house.job(1).state, JobState::cancelled) << "that was asked before";
  EXPECT_EQ(to_text(house.left(1)), "99.20");
}

TEST(AnEnd, OfAPreemptedServiceLeavesWhatWasLeftOfItsSpan) {
  Limits limits;
  limits.minimum_run = 1min;
  House house(testing::house_documents(), limits);
  house.grant("lab", 100);
  JobRequest service = house.wants("lab", 4, 2h);
  service.service = service.preemptible = true;
  house.send(Submit{service});
  house.report(WorkerRunning{{1}, 1, "127.0.0.1:9"});
  house.advance(t0 + 30min);
  house.send(Submit{house.wants("lab", 4, 1h, 10)});
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  house.report(WorkerFinished{{2}, 1, 0, 0, house.now});
  EXPECT_EQ(house.job(1).attempt, 2);
  EXPECT_EQ(house.job(1).claim->until - house.job(1).claim->from, 90min);
  house.report(WorkerLost{{1}, 2, "never came up", house.now});
  EXPECT_EQ(house.job(1).claim->until - house.job(1).claim->from, 90min) << "it served nothing";
}

}  // namespace
}  // namespace granary
