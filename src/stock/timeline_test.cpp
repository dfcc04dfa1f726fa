#include <gtest/gtest.h>

#include "stock/stock.h"

namespace granary {
namespace {
using namespace std::chrono_literals;

const Instant t0 = Instant(24h * 20'000);

Pool pool_of(std::vector<int> nodes) {
  Pool pool{.id = {1}, .site = "guian", .chip = "a800", .asset = "CNY", .rate = {}, .nodes = {}};
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    pool.nodes.push_back({{i + 1}, "node", nodes[i]});
  }
  return pool;
}

std::vector<Held> chips(std::uint64_t node, int first, int last, int share = whole_chip) {
  std::vector<Held> held;
  for (int chip = first; chip <= last; ++chip) held.push_back({{node}, chip, share});
  return held;
}

std::vector<Held> operator+(std::vector<Held> a, const std::vector<Held>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Claim job(std::uint64_t id, std::vector<Held> held, Instant from, Instant until) {
  return {Id<Job>{id}, {1}, std::move(held), from, until, {}};
}
Claim reservation(std::uint64_t id, std::vector<Held> held, Instant from, Instant until) {
  return {Id<Reservation>{id}, {1}, std::move(held), from, until, {}};
}
Claim job_inside(std::uint64_t id, std::uint64_t r, std::vector<Held> held, Instant from,
                 Instant until) {
  return {Id<Job>{id}, {1}, std::move(held), from, until, Id<Reservation>{r}};
}

TEST(Place, TakesTheNodeThatItLeavesWithTheLeast) {
  const Pool pool = pool_of({8, 4, 6});
  EXPECT_EQ(Timeline(pool, {}, t0).place({4, 4}, t0, 1h), chips(2, 0, 3));
  EXPECT_EQ(Timeline(pool, {}, t0).place({5, 1}, t0, 1h), chips(3, 0, 4));
}

TEST(Place, PrefersTheFirstNodeAmongEquals) {
  const Pool pool = pool_of({8, 8});
  EXPECT_EQ(Timeline(pool, {}, t0).place({8, 8}, t0, 1h), chips(1, 0, 7));
}

TEST(Place, FillsWholeNodesBeforeItLooksForTheRest) {
  const Pool pool = pool_of({4, 8, 2});
  EXPECT_EQ(Timeline(pool, {}, t0).place({10, 1}, t0, 1h), chips(2, 0, 7) + chips(3, 0, 1));
}

TEST(Place, NeverSplitsAGroupOverNodes) {
  const Pool pool = pool_of({6, 6});
  EXPECT_EQ(Timeline(pool, {}, t0).place({8, 4}, t0, 1h), chips(1, 0, 3) + chips(2, 0, 3));
  EXPECT_FALSE(Timeline(pool, {}, t0).place({12, 4}, t0, 1h));
}

TEST(Place, WantsTheChipsFreeForTheWholeSpan) {
  const Pool pool = pool_of({2});
  const Timeline line(pool, {job(1, chips(1, 0, 0), t0 + 2h, t0 + 3h)}, t0);
  EXPECT_TRUE(line.place({2, 1}, t0, 2h));
  EXPECT_FALSE(line.place({2, 1}, t0, 2h + 1ms));
  EXPECT_EQ(line.free_chips(t0, 2h), 2);
  EXPECT_EQ(line.free_chips(t0, 2h + 1ms), 1);
  EXPECT_TRUE(line.place({2, 1}, t0 + 3h, 100h));
}

TEST(Place, PutsAShareWhereTheLeastIsLeft) {
  const Pool pool = pool_of({2, 2});
  const Timeline line(
      pool, {job(1, chips(2, 1, 1, 700), t0, t0 + 9h), job(2, chips(1, 1, 1, 300), t0, t0 + 9h)},
      t0);
  EXPECT_EQ(line.place({1, 1, 300}, t0, 1h), chips(2, 1, 1, 300));
  EXPECT_EQ(line.place({1, 1, 301}, t0, 1h), chips(1, 1, 1, 301));
  EXPECT_EQ(line.place({1, 1, 701}, t0, 1h), chips(1, 0, 0, 701));
  EXPECT_EQ(line.free_chips(t0, 1h), 2);
}

TEST(Place, RefusesAShapeThatIsNone) {
  const Pool pool = pool_of({2});
  EXPECT_FALSE(Timeline(pool, {}, t0).place({0, 1}, t0, 1h));
  EXPECT_FALSE(Timeline(pool, {}, t0).place({1, 0}, t0, 1h));
  EXPECT_FALSE(Timeline(pool, {}, t0).earliest({1, 1, 1001}, 1h, t0));
}

TEST(Earliest, IsTheEndThatFreesEnough) {
  const Pool pool = pool_of({8});
  const Timeline line(
      pool, {job(1, chips(1, 0, 3), t0, t0 + 2h), job(2, chips(1, 4, 5), t0, t0 + 5h)}, t0);
  EXPECT_EQ(line.earliest({2, 1}, 1h, t0)->from, t0);
  EXPECT_EQ(line.earliest({6, 1}, 1h, t0)->from, t0 + 2h);
  EXPECT_EQ(line.earliest({8, 8}, 1h, t0)->from, t0 + 5h);
  EXPECT_EQ(line.earliest({8, 8}, 1h, t0)->held, chips(1, 0, 7));
  EXPECT_EQ(line.earliest({8, 8}, 1h, t0 + 7h)->from, t0 + 7h);
}

TEST(Earliest, PassesAGapThatIsTooShort) {
  const Pool pool = pool_of({4});
  const Timeline line(
      pool, {job(1, chips(1, 0, 3), t0, t0 + 1h), reservation(1, chips(1, 0, 0), t0 + 4h, t0 + 9h)},
      t0);
  EXPECT_EQ(line.earliest({4, 4}, 3h, t0)->from, t0 + 1h);
  EXPECT_EQ(line.earliest({4, 4}, 3h + 1ms, t0)->from, t0 + 9h);
}

TEST(Earliest, IsNothingWhenThePoolNeverHasThatMany) {
  const Pool pool = pool_of({4, 4});
  EXPECT_FALSE(Timeline(pool, {}, t0).earliest({9, 1}, 1h, t0));
  EXPECT_FALSE(Timeline(pool, {}, t0).earliest({5, 5}, 1h, t0));
  const Timeline forever(pool, {reservation(1, chips(1, 0, 0), t0, Instant::max())}, t0);
  EXPECT_FALSE(forever.earliest({8, 1}, 1h, t0));
}

TEST(Timeline, AClaimThatIsRemovedFreesWhatItHeld) {
  const Pool pool = pool_of({4});
  Timeline line(pool, {job(1, chips(1, 0, 3), t0, t0 + 2h)}, t0);
  line.remove(Id<Job>{1});
  EXPECT_EQ(line.free_chips(t0, 1h), 4);
  line.add(job(2, chips(1, 1, 2), t0, t0 + 1h));
  EXPECT_EQ(line.place({2, 1}, t0, 1h), chips(1, 0, 0) + chips(1, 3, 3));
}

TEST(Timeline, AJobPastItsEndStillHoldsItsChipsForAMinute) {
  const Pool pool = pool_of({4});
  const Timeline line(pool, {job(1, chips(1, 0, 3), t0 - 2h, t0 - 1h)}, t0);
  EXPECT_EQ(line.free_chips(t0, 1ms), 0);
  EXPECT_EQ(line.earliest({4, 4}, 1h, t0)->from, t0 + 1min);
}

TEST(Timeline, ClaimsOfOtherPoolsAndOfNodesThatAreGoneTakeNothing) {
  const Pool pool = pool_of({4});
  Claim elsewhere = job(1, chips(1, 0, 3), t0, t0 + 1h);
  elsewhere.pool = {2};
  const Timeline line(pool, {elsewhere, job(2, chips(9, 0, 3), t0, t0 + 1h)}, t0);
  EXPECT_EQ(line.free_chips(t0, 1h), 4);
}

TEST(Timeline, AJobInsideAReservationTakesNothingMoreFromThePool) {
  const Pool pool = pool_of({8});
  const Timeline line(pool,
                      {reservation(1, chips(1, 0, 3, 500), t0, t0 + 5h),
                       job_inside(1, 1, chips(1, 0, 3, 500), t0, t0 + 2h)},
                      t0);
  EXPECT_EQ(line.place({4, 4, 500}, t0, 1h), chips(1, 0, 3, 500));
}

TEST(Timeline, AJobThatOutlivesItsReservationStillUsesItsChips) {
  const Pool pool = pool_of({4});
  const Timeline line(
      pool,
      {reservation(1, chips(1, 0, 3), t0 - 5h, t0), job_inside(1, 1, chips(1, 0, 3), t0 - 2h, t0)},
      t0);
  EXPECT_EQ(line.free_chips(t0, 1ms), 0);
  EXPECT_EQ(line.free_chips(t0 + 1min, 1h), 4);
}

TEST(Within, OnlyTheChipsOfTheReservationExistAndOnlyDuringIt) {
  const Pool pool = pool_of({8});
  const Timeline line(pool,
                      {reservation(1, chips(1, 2, 5), t0 + 1h, t0 + 5h),
                       reservation(2, chips(1, 6, 7), t0, t0 + 5h),
                       job_inside(1, 1, chips(1, 2, 3), t0 + 1h, t0 + 2h)},
                      t0, Id<Reservation>{1});
  EXPECT_EQ(line.free_chips(t0, 1h), 0);
  EXPECT_EQ(line.free_chips(t0 + 1h, 1h), 2);
  EXPECT_EQ(line.free_chips(t0 + 2h, 3h), 4);
  EXPECT_EQ(line.earliest({2, 1}, 4h, t0)->from, t0 + 1h);
  EXPECT_EQ(line.earliest({4, 4}, 3h, t0)->held, chips(1, 2, 5));
  EXPECT_EQ(line.earliest({4, 4}, 3h, t0)->from, t0 + 2h);
  EXPECT_FALSE(line.earliest({4, 4}, 3h + 1ms, t0));
  EXPECT_FALSE(line.earliest({5, 1}, 1h, t0));
}

TEST(Within, AStrangerThatIsLateOnReservedChipsIsInTheWay) {
  const Pool pool = pool_of({2});
  const Timeline line(
      pool, {reservation(1, chips(1, 0, 1), t0, t0 + 5h), job(1, chips(1, 0, 0), t0 - 5h, t0)}, t0,
      Id<Reservation>{1});
  EXPECT_EQ(line.free_chips(t0, 1h), 1);
  EXPECT_EQ(line.free_chips(t0 + 1min, 1h), 2);
}
}  // namespace
}  // namespace granary
