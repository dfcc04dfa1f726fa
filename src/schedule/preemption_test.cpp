#include <gtest/gtest.h>

#include "schedule/views_test.h"

namespace granary::test {
namespace {
ViewOf::Work low(Wanted wanted, Span since_checkpoint) {
  return {.wanted = wanted, .until = 9h, .preemptible = true, .since_checkpoint = since_checkpoint};
}
constexpr ViewOf::How urgent{.priority = 5, .inside = {}};

TEST(Preemption, StopsLowerPriorityWorkAndKeepsItsChipsForTheJob) {
  const View v = ViewOf({pool(1, {8})})
                     .running(9, low({8}, 1h))
                     .wants(1, {{{8}, 2h}}, urgent)
                     .wants(2, {{{8}, 1h}});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(victims(decisions, 1), (Jobs{9}));
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 30s);
  EXPECT_EQ(because<ChipsShort>(decisions, 1)->until, t0 + 30s);
  EXPECT_EQ(reserved_at(decisions, 2), t0 + 30s + 2h);
  EXPECT_TRUE(std::holds_alternative<Preempt>(decisions[0]));
}

TEST(Preemption, SparesWorkOfTheSamePriorityAndWorkThatIsNotPreemptible) {
  const View v = ViewOf({pool(1, {8})})
                     .running(8, {.wanted = {4}, .until = 9h, .priority = 5, .preemptible = true})
                     .running(9, {.wanted = {4}, .until = 9h})
                     .wants(1, {{{4}, 1h}}, urgent);
  EXPECT_EQ(victims(backfill(v, t0), 1), (Jobs{}));
}

TEST(Preemption, SparesWorkThatIsStillProtected) {
  ViewOf::Work fresh = low({8}, 1h);
  fresh.protected_for = 1ms;
  const View v = ViewOf({pool(1, {8})}).running(9, fresh).wants(1, {{{8}, 1h}}, urgent);
  EXPECT_EQ(victims(backfill(v, t0), 1), (Jobs{}));
  EXPECT_EQ(victims(backfill(v, t0 + 1ms), 1), (Jobs{9}));
}

TEST(Preemption, StopsThoseWhoLoseLeast) {
  const View v = ViewOf({pool(1, {8, 8})})
                     .running(7, low({8}, 60min))
                     .running(8, low({4}, 50min))
                     .running(9, low({4}, 40min))
                     .wants(1, {{{8}, 1h}}, urgent);
  EXPECT_EQ(victims(backfill(v, t0), 1), (Jobs{8, 9}));
}

TEST(Preemption, StopsNobodyNeedlessly) {
  const View v = ViewOf({pool(1, {8, 8})})
                     .running(7, low({2}, 1min))
                     .running(8, low({6}, 40min))
                     .running(9, low({8}, 20min))
                     .wants(1, {{{8, 8}, 1h}}, urgent);
  EXPECT_EQ(victims(backfill(v, t0), 1), (Jobs{9}));
}

TEST(Preemption, ExchangesAVictimForACheaperOneThatDoesAsWell) {
  const View v = ViewOf({pool(1, {4, 4, 2})})
                     .running(7, low({4, 4}, 10min))
                     .running(8, low({4, 4}, 11min))
                     .running(9, low({2, 2}, 12min))
                     .wants(1, {{{6}, 1h}}, urgent);
  EXPECT_EQ(victims(backfill(v, t0), 1), (Jobs{7, 9}));  // j-8 loses less per chip, but more
}

TEST(Preemption, CountsOnlyTheChipsThatAreWanted) {
  const View v = ViewOf({pool(1, {16, 8})})
                     .running(8, low({16}, 10min))
                     .running(9, low({8}, 15min))
                     .wants(1, {{{8}, 1h}}, urgent);
  EXPECT_EQ(victims(backfill(v, t0), 1), (Jobs{9}));  // 2 chip-hours, not 2.7 for twice the chips
}

TEST(Preemption, ChoosesTheOfferWhoseVictimsLoseLeast) {
  ViewOf::Work elsewhere = low({8}, 10min);
  elsewhere.pool = 2;
  const View v = ViewOf({pool(1, {8}), pool(2, {8})})
                     .running(8, low({8}, 1h))
                     .running(9, elsewhere)
                     .wants(1, {{{8}, 1h, 1}, {{8}, 2h, 2}}, urgent);
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(victims(decisions, 1), (Jobs{9}));
  EXPECT_EQ(find<Reserve>(decisions, 1)->offer, 1u);
}

TEST(Preemption, StopsNobodyForAJobThatCanStartNow) {
  const View v = ViewOf({pool(1, {8, 8})}).running(9, low({8}, 1h)).wants(1, {{{8}, 1h}}, urgent);
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(victims(decisions, 1), (Jobs{}));
  EXPECT_EQ(starts(decisions), (Jobs{1}));
}

TEST(Preemption, StopsNobodyForAJobThatCanStartWithinTheNotice) {
  const auto decisions_at = [](Span until) {
    const View v = ViewOf({pool(1, {8, 8})})
                       .running(8, {.wanted = {8}, .until = until})
                       .running(9, low({8}, 1h))
                       .wants(1, {{{8}, 1h}}, urgent);
    return backfill(v, t0);
  };
  EXPECT_EQ(victims(decisions_at(30s), 1), (Jobs{}));
  EXPECT_EQ(reserved_at(decisions_at(30s), 1), t0 + 30s);
  EXPECT_EQ(victims(decisions_at(31s), 1), (Jobs{9}));
}

TEST(Preemption, StopsNoMoreWhileEnoughChipsAreOnTheirWay) {
  ViewOf::Work stopping = low({8}, 1h);
  stopping.stopping = true;
  for (const Span until : {20s, 45s, -5s}) {  // in time, late, past its notice
    stopping.until = until;
    const View v = ViewOf({pool(1, {8, 8})})
                       .running(8, stopping)
                       .running(9, low({8}, 1min))
                       .wants(1, {{{8}, 1h}}, urgent);
    const auto decisions = backfill(v, t0);
    EXPECT_EQ(victims(decisions, 1), (Jobs{}));
    EXPECT_EQ(reserved_at(decisions, 1), t0 + (until > 0s ? until : 30s));
  }
}

TEST(Preemption, StopsMoreWhenWhatIsOnItsWayIsPromisedToAnother) {
  ViewOf::Work stopping = low({8}, 1h);
  stopping.stopping = true;
  stopping.until = 20s;
  const View v = ViewOf({pool(1, {8, 8})})
                     .running(8, stopping)
                     .running(9, low({8}, 1min))
                     .wants(1, {{{8}, 1h}}, urgent)
                     .wants(2, {{{8}, 1h}}, urgent);
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 20s);
  EXPECT_EQ(victims(decisions, 2), (Jobs{9}));
}

TEST(Preemption, IsNotForAJobThatWouldOnlyEndLater) {
  ViewOf::Work slow = low({8}, 1min);
  slow.pool = 2;
  const View v = ViewOf({pool(1, {8}), pool(2, {8})})
                     .running(8, {.wanted = {8}, .until = 1h})
                     .running(9, slow)
                     .wants(1, {{{8}, 1h, 1}, {{8}, 5h, 2}}, urgent);
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(victims(decisions, 1), (Jobs{}));
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 1h);
}

TEST(Preemption, DoesNotTakeWhatAReservationWillNeed) {
  const View v = ViewOf({pool(1, {8})})
                     .running(9, {.wanted = {8}, .until = 1h, .preemptible = true})
                     .reserved(1, {8}, 1h, 5h)
                     .wants(1, {{{8}, 2h}}, urgent);
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(victims(decisions, 1), (Jobs{}));
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 5h);
}

TEST(Preemption, InsideAReservationStopsOnlyWorkInsideIt) {
  ViewOf::Work inside = low({8}, 2h);
  inside.inside = 1;
  const View v = ViewOf({pool(1, {8, 8})})
                     .reserved(1, {8}, -3h, 9h)
                     .running(8, inside)
                     .running(9, low({8}, 1min))
                     .wants(1, {{{8}, 1h}}, {.priority = 5, .inside = 1});
  EXPECT_EQ(victims(backfill(v, t0), 1), (Jobs{8}));
}

TEST(Preemption, FreesAChipThatSeveralShare) {
  const View v = ViewOf({pool(1, {1})})
                     .running(7, low({1, 1, 300}, 1h))
                     .running(8, low({1, 1, 300}, 1h))
                     .running(9, low({1, 1, 300}, 1h))
                     .wants(1, {{{1, 1, 600}, 1h}}, urgent);
  EXPECT_EQ(victims(backfill(v, t0), 1).size(), 2u);  // 100 are free, 600 wanted
}
}  // namespace
}  // namespace granary::test
