#include <gtest/gtest.h>

#include "schedule/views_test.h"

namespace granary::test {
namespace {

TEST(Fifo, NobodyPassesAJobThatWaitsForTheSamePool) {
  const View v = ViewOf({pool(1, {16})})
                     .running(9, {.wanted = {12}, .until = 10h})
                     .wants(1, {{{16}, 5h}})
                     .wants(2, {{{4}, 1h}});
  const auto decisions = fifo(v, t0);
  EXPECT_EQ(starts(decisions), (Jobs{}));
  EXPECT_EQ(because<ChipsShort>(decisions, 1)->until, t0 + 10h);
  EXPECT_EQ(because<Outranked>(decisions, 2)->by.value, 1u);
  EXPECT_EQ(because<Outranked>(decisions, 2)->free, 4);
}

TEST(Fifo, JobsThatWantOnlyOtherPoolsStart) {
  const View v = ViewOf({pool(1, {16}), pool(2, {8}), pool(3, {8})})
                     .running(9, {.wanted = {12}, .until = 10h})
                     .wants(1, {{{16}, 5h, 1}})
                     .wants(2, {{{4}, 1h, 1}, {{4}, 1h, 2}})
                     .wants(3, {{{4}, 1h, 2}})
                     .wants(4, {{{4}, 1h, 3}});
  // j-2 may not start elsewhere while j-1 waits, and so j-3 may not pass j-2
  EXPECT_EQ(starts(fifo(v, t0)), (Jobs{4}));
}

TEST(Fifo, WhatIsShortBehindAnotherIsNotInSight) {
  const View v = ViewOf({pool(1, {16})})
                     .running(9, {.wanted = {12}, .until = 10h})
                     .wants(1, {{{16}, 5h}})
                     .wants(2, {{{8}, 1h}});
  const auto why = because<ChipsShort>(fifo(v, t0), 2);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->free, 4);
  EXPECT_FALSE(why->until);
}

TEST(Fifo, NamesTheReservationThatKeepsTheFirstFromStarting) {
  const View v = ViewOf({pool(1, {8})}).reserved(1, {4}, 0h, 3h).wants(1, {{{8}, 1h}});
  EXPECT_EQ(because<HeldByReservation>(fifo(v, t0), 1)->by.value, 1u);
}

TEST(Fifo, AJobThatNobodyCanPayOrThatNeverFitsHoldsUpNobody) {
  const View v = ViewOf({pool(1, {8})})
                     .wants(1, {{{8}, 1h, 1, 5, false}})
                     .wants(2, {{{9}, 1h}})
                     .wants(3, {{{8}, 1h}});
  const auto decisions = fifo(v, t0);
  EXPECT_TRUE(because<FundsShort>(decisions, 1));
  EXPECT_TRUE(because<ChipsShort>(decisions, 2));
  EXPECT_EQ(starts(decisions), (Jobs{3}));
}

TEST(Fifo, AQueueForAReservationIsNotTheQueueForItsPool) {
  const View v = ViewOf({pool(1, {8, 8})})
                     .reserved(1, {8}, -3h, 9h)
                     .running(9, {.wanted = {4}, .until = 2h, .inside = 1})
                     .wants(1, {{{8}, 1h}}, {.inside = 1})
                     .wants(2, {{{8}, 1h}});
  EXPECT_EQ(starts(fifo(v, t0)), (Jobs{2}));
}

TEST(Fifo, StartsTheOfferThatEndsFirst) {
  const View v = ViewOf({pool(1, {8}), pool(2, {8})}).wants(1, {{{8}, 2h, 1}, {{8}, 1h, 2}});
  const auto decisions = fifo(v, t0);
  EXPECT_EQ(find<Start>(decisions, 1)->offer, 1u);
}

TEST(Fifo, NeverPreempts) {
  const View v = ViewOf({pool(1, {8})})
                     .running(9, {.wanted = {8}, .until = 9h, .preemptible = true})
                     .wants(1, {{{8}, 1h}}, {.priority = 5});
  EXPECT_EQ(victims(fifo(v, t0), 1), (Jobs{}));
}

TEST(Policies, AreFoundByNameAndTheNearestIsSuggested) {
  EXPECT_EQ(find_policy("fifo").value(), &fifo);
  EXPECT_EQ(find_policy("backfill").value(), &backfill);
  const auto near = find_policy("bakfill");
  ASSERT_FALSE(near);
  EXPECT_EQ(near.error().code, 2003);
  EXPECT_EQ(near.error().kind, Error::Kind::not_found);
  EXPECT_EQ(near.error().what,
            "no policy \"bakfill\". Known: fifo, backfill. Did you mean backfill?");
  EXPECT_EQ(find_policy("round-robin").error().what,
            "no policy \"round-robin\". Known: fifo, backfill.");
}
}  // namespace
}  // namespace granary::test
