#include "serve/clock.h"

#include <gtest/gtest.h>

namespace granary {
namespace {

using namespace std::chrono_literals;
const Instant start = parse_instant("2026-11-21T00:00:00Z").value();

TEST(ScaledClock, AMinuteOfTheMachineIsAnHourAtFactorSixty) {
  const Instant real = start - 24h;
  const ScaledClock clock({start, real, 60});
  EXPECT_EQ(clock.at(real), start);
  EXPECT_EQ(clock.at(real + 1min), start + 1h);
  EXPECT_EQ(clock.at(real + 1ms), start + 60ms);
}

TEST(ScaledClock, TheSameEpochGoesOnWithTheSameTimeAfterARestart) {
  const ScaledClock::Epoch epoch{start, SystemClock().now() - 10s, 1000};
  const Instant before = ScaledClock(epoch).now();
  EXPECT_GE(before, start + 10'000s);
  EXPECT_GE(ScaledClock(epoch).now(), before);
}

TEST(ManualClock, MovesOnlyForward) {
  ManualClock clock(start);
  clock.set(start + 1h);
  clock.set(start);
  EXPECT_EQ(clock.now(), start + 1h);
}

}  // namespace
}  // namespace granary
