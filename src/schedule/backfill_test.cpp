#include <gtest/gtest.h>

#include "schedule/views_test.h"

namespace granary::test {
namespace {

TEST(Backfill, AShortJobMayPassAWaitingOneOnlyIfItDelaysNothingReserved) {
  const View v = ViewOf({pool(1, {16})})
                     .running(9, {.wanted = {12}, .until = 10h})
                     .wants(1, {{{16}, 5h}})
                     .wants(2, {{{4}, 9h}});
  EXPECT_EQ(starts(backfill(v, t0)), (Jobs{2}));         // the 4-chip job slips in front
  EXPECT_EQ(reserved_at(backfill(v, t0), 1), t0 + 10h);  // and the big one loses nothing
}

TEST(Backfill, AJobThatWouldDelayAPromisedPlaceIsOutrankedByItsHolder) {
  const View v = ViewOf({pool(1, {16})})
                     .running(9, {.wanted = {12}, .until = 10h})
                     .wants(1, {{{16}, 5h}})
                     .wants(2, {{{4}, 11h}});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(starts(decisions), (Jobs{}));
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 10h);
  EXPECT_EQ(reserved_at(decisions, 2), t0 + 15h);
  const auto why = because<Outranked>(decisions, 2);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->by.value, 1u);
  EXPECT_EQ(why->pool.value, 1u);
  EXPECT_EQ(why->free, 4);
}

TEST(Backfill, StartsSayHowManyChipsWereFree) {
  const View v = ViewOf({pool(1, {8, 8})}).wants(1, {{{4}, 1h}}).wants(2, {{{4}, 1h}});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(starts(decisions), (Jobs{1, 2}));
  EXPECT_EQ(because<Fits>(decisions, 1)->free, 16);
  EXPECT_EQ(because<Fits>(decisions, 2)->free, 12);
}

TEST(Backfill, AJobShortOfChipsIsToldHowManyAndUntilWhen) {
  const View v =
      ViewOf({pool(1, {16})}).running(9, {.wanted = {12}, .until = 10h}).wants(1, {{{16}, 5h}});
  const auto why = because<ChipsShort>(backfill(v, t0), 1);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->wanted, 16);
  EXPECT_EQ(why->free, 4);
  EXPECT_EQ(why->until, t0 + 10h);
}

TEST(Backfill, AJobThatAReservationKeepsFromStartingIsToldWhich) {
  const View v = ViewOf({pool(1, {8, 8})})
                     .reserved(1, {4}, 0h, 3h)
                     .reserved(2, {8}, 1h, 6h)
                     .wants(1, {{{12}, 5h}});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 6h);
  const auto why = because<HeldByReservation>(decisions, 1);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->by.value, 2u);  // without r-1 it would still lack chips
  EXPECT_EQ(why->wanted, 12);
  EXPECT_EQ(why->free, 4);
}

TEST(Backfill, OfSeveralReservationsThatAreInTheWayTheLargestIsNamed) {
  const View v = ViewOf({pool(1, {16})})
                     .reserved(1, {4}, 0h, 3h)
                     .reserved(2, {6}, 0h, 3h)
                     .wants(1, {{{8}, 1h}});
  EXPECT_EQ(because<HeldByReservation>(backfill(v, t0), 1)->by.value, 2u);
}

TEST(Backfill, AReservationOfOtherChipsIsNotBlamed) {
  const View v = ViewOf({pool(1, {16})})
                     .reserved(1, {2}, 0h, 3h)
                     .running(9, {.wanted = {12}, .until = 10h})
                     .wants(1, {{{14}, 1h}});
  const auto why = because<ChipsShort>(backfill(v, t0), 1);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->until, t0 + 10h);
}

TEST(Backfill, AReservationWhoseChipsAreUsedInsideIsNotBlamed) {
  const View v = ViewOf({pool(1, {8})})
                     .reserved(1, {8}, -3h, 9h)
                     .running(9, {.wanted = {8}, .until = 5h, .inside = 1})
                     .wants(1, {{{8}, 1h}});
  EXPECT_EQ(because<ChipsShort>(backfill(v, t0), 1)->until, t0 + 9h);
}

TEST(Backfill, AJobThatNoPayerCanPayWaitsForFundsAndTakesNoPlace) {
  const View v = ViewOf({pool(1, {8})})
                     .wants(1, {{{8}, 1h, 1, 70, false}, {{4}, 1h, 1, 40, false}})
                     .wants(2, {{{8}, 1h}});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(starts(decisions), (Jobs{2}));
  EXPECT_EQ(because<FundsShort>(decisions, 1)->wanted, Money::units(40));
}

TEST(Backfill, AnOfferThatCannotBePaidIsNotConsidered) {
  const View v =
      ViewOf({pool(1, {8}), pool(2, {8})}).wants(1, {{{8}, 1h, 1, 70, false}, {{8}, 2h, 2, 40}});
  const auto decisions = backfill(v, t0);
  ASSERT_TRUE(find<Start>(decisions, 1));
  EXPECT_EQ(find<Start>(decisions, 1)->offer, 1u);
}

TEST(Backfill, ChoosesTheOfferThatEndsFirstThenTheCheaperThenTheFirst) {
  const std::vector<Pool> pools = {pool(1, {8}), pool(2, {8})};
  const auto chosen = [&](const std::vector<ViewOf::Want>& wants) {
    const View v = ViewOf(pools).wants(1, wants);
    const auto decisions = backfill(v, t0);
    return find<Start>(decisions, 1)->offer;
  };
  EXPECT_EQ(chosen({{{8}, 2h, 1, 1}, {{8}, 1h, 2, 9}}), 1u);
  EXPECT_EQ(chosen({{{8}, 1h, 1, 9}, {{8}, 1h, 2, 8}}), 1u);
  EXPECT_EQ(chosen({{{8}, 1h, 1, 9}, {{8}, 1h, 2, 9}}), 0u);
}

TEST(Backfill, WaitsForAFasterPoolIfThatEndsSooner) {
  const View v = ViewOf({pool(1, {8}), pool(2, {8})})
                     .running(9, {.wanted = {8}, .until = 1h})
                     .wants(1, {{{8}, 2h, 1}, {{8}, 9h, 2}});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 1h);
  EXPECT_EQ(because<ChipsShort>(decisions, 1)->pool.value, 1u);
}

TEST(Backfill, NamesThePoolWhereTheJobWouldStartFirst) {
  const View v = ViewOf({pool(1, {8}), pool(2, {8})})
                     .running(8, {.wanted = {8}, .until = 4h})
                     .running(9, {.wanted = {8}, .until = 3h, .pool = 2})
                     .wants(1, {{{8}, 1h, 1}, {{8}, 9h, 2}});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 4h);
  EXPECT_EQ(because<ChipsShort>(decisions, 1)->pool.value, 2u);
  EXPECT_EQ(because<ChipsShort>(decisions, 1)->until, t0 + 3h);
}

TEST(Backfill, JobsBeyondThoseThatHoldAPlaceStartOnlyWhereTheyDelayNone) {
  const View v = ViewOf({pool(1, {16})})
                     .running(9, {.wanted = {12}, .until = 10h})
                     .wants(1, {{{16}, 5h}})
                     .wants(2, {{{4}, 11h}})
                     .wants(3, {{{4}, 10h}})
                     .places(1);
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(reserved_at(decisions, 1), t0 + 10h);
  EXPECT_TRUE(find<Wait>(decisions, 2));
  EXPECT_EQ(because<Outranked>(decisions, 2)->by.value, 1u);
  EXPECT_EQ(starts(decisions), (Jobs{3}));
}

TEST(Backfill, AJobThatStartsLeavesItsPlaceToTheNextInTheQueue) {
  const View v = ViewOf({pool(1, {16})})
                     .running(9, {.wanted = {12}, .until = 10h})
                     .wants(1, {{{1}, 5h}})
                     .wants(2, {{{16}, 5h}})
                     .places(1);
  EXPECT_EQ(reserved_at(backfill(v, t0), 2), t0 + 10h);
}

TEST(Backfill, AJobInsideAReservationRunsOnItsChipsAndNoOthers) {
  const View v = ViewOf({pool(1, {8, 8})})
                     .reserved(1, {8}, 0h, 9h)
                     .wants(1, {{{8}, 1h}}, {.inside = 1})
                     .wants(2, {{{8}, 1h}})
                     .wants(3, {{{4}, 2h}}, {.inside = 1});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(starts(decisions), (Jobs{1, 2}));
  EXPECT_EQ(find<Start>(decisions, 1)->held, v.claims[0].held);
  EXPECT_NE(find<Start>(decisions, 2)->held, v.claims[0].held);
  EXPECT_EQ(reserved_at(decisions, 3), t0 + 1h);
}

TEST(Backfill, AJobThatOutlastsItsReservationNeverStarts) {
  const View v =
      ViewOf({pool(1, {8})}).reserved(1, {8}, 0h, 9h).wants(1, {{{8}, 10h}}, {.inside = 1});
  const auto why = because<ChipsShort>(backfill(v, t0), 1);
  ASSERT_TRUE(why);
  EXPECT_FALSE(why->until);
}

TEST(Backfill, AJobThatWhatIsPromisedLeavesNoPlaceIsOutranked) {
  const View v = ViewOf({pool(1, {8})})
                     .reserved(1, {8}, -3h, 9h)
                     .running(9, {.wanted = {4}, .until = 1h, .inside = 1})
                     .wants(1, {{{8}, 8h}}, {.inside = 1})
                     .wants(2, {{{4}, 2h}}, {.inside = 1});
  EXPECT_EQ(because<Outranked>(backfill(v, t0), 2)->by.value, 1u);
}

TEST(Backfill, AJobThatFitsNoPoolIsNotInSightAndHoldsUpNobody) {
  const View v = ViewOf({pool(1, {8})}).wants(1, {{{9}, 1h}, {{8}, 1h, 7}}).wants(2, {{{8}, 1h}});
  const auto decisions = backfill(v, t0);
  EXPECT_FALSE(because<ChipsShort>(decisions, 1)->until);
  EXPECT_EQ(starts(decisions), (Jobs{2}));
}

TEST(Backfill, GroupsOfATensorParallelJobShareANode) {
  const View v = ViewOf({pool(1, {6, 6})}).wants(1, {{{8, 4}, 1h}}).wants(2, {{{4, 4}, 1h}});
  const auto decisions = backfill(v, t0);
  EXPECT_EQ(starts(decisions), (Jobs{1}));
  EXPECT_EQ(reserved_at(decisions, 2), t0 + 1h);
}

TEST(Backfill, SharesOfOneChipRunSideBySide) {
  const View v = ViewOf({pool(1, {1})})
                     .wants(1, {{{1, 1, 500}, 1h}})
                     .wants(2, {{{1, 1, 500}, 1h}})
                     .wants(3, {{{1, 1, 1}, 1h}});
  EXPECT_EQ(starts(backfill(v, t0)), (Jobs{1, 2}));
}
}  // namespace
}  // namespace granary::test
