#include "ledger/settlement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "ledger/books_fixture.h"

namespace granary {
namespace {
using std::chrono::hours;
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

struct Settlement : testing::Test {
  World world;
  Id<Voucher> a = world.granted("edu-cloud", yuan(100), hours(1000));
  Id<Voucher> b = world.granted("edu-cloud", yuan(50'000), hours(2000));

  Captured captured(Line& line, ChipTime used) {
    Captured taken = capture(world.books, line, used, "metered");
    world.fold(taken.events);
    line = taken.line;
    return taken;
  }
  Refunded refunded(Line& line, ChipTime kept) {
    Refunded given = refund(world.books, line, kept, "node fault");
    world.fold(given.events);
    line = given.line;
    return given;
  }
};

TEST_F(Settlement, AMonthThatIsMeteredEveryMinuteCostsItsPriceExactly) {
  Line line = world.held({{a, yuan(100)}, {b, yuan(49'000)}}, 1);
  line.rate = Rate{Money{7'777'777}};  // 8 chips x 30 d x 7.777777: no minute is a whole micro-unit
  const std::int64_t minutes = 30 * 24 * 60;
  Money sum;
  for (std::int64_t minute = 1; minute <= minutes; ++minute) {
    const Captured taken =
        capture(world.books, line, ChipTime::of(8000, Span(60'000) * minute), "minute");
    for (const BooksEvent& event : taken.events) {
      ASSERT_TRUE(admit(world.books, std::get<Posted>(event).transfer));
      evolve(world.books, event);
    }
    ASSERT_EQ(taken.short_by, Money{});
    sum += taken.amount;
    line = taken.line;
  }
  EXPECT_EQ(sum, Money{44'799'995'520});  // 7,777,777 x 8 x 720
  EXPECT_EQ(world.account("REV:guian").balance(), sum);
  EXPECT_EQ(line.captured[0], yuan(100));  // draw order: the first source is empty first
  EXPECT_EQ(line.captured[0] + line.captured[1], sum);
  world.fold(release(world.books, line, "ended").events);
  EXPECT_EQ(world.of(a).balance() + world.of(b).balance(), yuan(50'100) - sum);
  EXPECT_TRUE(world.books.holds.empty());
}

TEST_F(Settlement, AJobPaysToItsLastCheckpoint) {
  // Notes, worked example, J2 without cash: 8 chips at 18.00, metered at 12 h, preempted at 20 h
  // with a checkpoint at 18 h.
  Line line = world.held({{a, yuan(100)}, {b, yuan(8540)}}, 18);
  EXPECT_EQ(captured(line, chip_hours(8, 12)).amount, yuan(1728));
  EXPECT_EQ(captured(line, chip_hours(8, 20)).amount, yuan(1152));
  EXPECT_EQ(refunded(line, chip_hours(8, 18)).amount, yuan(288));
  const Released rest = release(world.books, line, "preempted");
  world.fold(rest.events);
  EXPECT_EQ(rest.amount, yuan(8640 - 2880));
  EXPECT_EQ(world.account("REV:guian").balance(), yuan(2592));
  EXPECT_EQ(world.account("REV:guian").debits_posted, yuan(288));  // what happened stays visible
  EXPECT_EQ(world.of(b).available(), yuan(50'100 - 2592));
}

TEST_F(Settlement, RefundsGoToTheSourcesInReverseOrderAndNeverAboveWhatEachGave) {
  Line line = world.held({{a, yuan(100)}, {b, yuan(100)}}, 10);
  captured(line, chip_hours(1, 13));
  EXPECT_EQ(line.captured, (std::vector<Money>{yuan(100), yuan(30)}));
  const Refunded given = refunded(line, chip_hours(1, 6));
  EXPECT_EQ(given.amount, yuan(70));
  EXPECT_EQ(line.captured, (std::vector<Money>{yuan(60), Money{}}));
  const Transfer& transfer = std::get<Posted>(given.events.front()).transfer;
  EXPECT_EQ(transfer.reason, Reason::refund);
  EXPECT_EQ(transfer.owner, "j-1/1");
  ASSERT_EQ(transfer.legs.size(), 2U);
  EXPECT_EQ(transfer.legs[0].credit, world.of(b).id);
  EXPECT_EQ(transfer.legs[0].amount, yuan(30));
  EXPECT_EQ(transfer.legs[1].credit, world.of(a).id);
  EXPECT_EQ(transfer.legs[1].amount, yuan(40));
  EXPECT_TRUE(refunded(line, chip_hours(1, 6)).events.empty());  // given once
  EXPECT_EQ(refunded(line, chip_hours(1, -5)).amount, yuan(60));
  EXPECT_EQ(world.account("REV:guian").balance(), Money{});
}

TEST_F(Settlement, ALateOrRepeatedReportTakesNothing) {
  Line line = world.held({{b, yuan(100)}}, 10);
  captured(line, chip_hours(1, 5));
  EXPECT_TRUE(captured(line, chip_hours(1, 5)).events.empty());
  EXPECT_TRUE(captured(line, chip_hours(1, 4)).events.empty());
  EXPECT_EQ(line.metered, chip_hours(1, 5));
}

TEST_F(Settlement, UseBeyondTheHoldIsSaidToBeShortAndPaidWhenTheHoldIsExtended) {
  Line line = world.held({{a, yuan(50)}}, 10);
  const Captured taken = captured(line, chip_hours(1, 7));
  EXPECT_EQ(taken.amount, yuan(50));
  EXPECT_EQ(taken.short_by, yuan(20));
  EXPECT_EQ(price_of(line.rate, line.metered), yuan(50));
  EXPECT_TRUE(captured(line, chip_hours(1, 7)).events.empty());
  const auto extended = extend_hold(world.books, world.funding({{b, yuan(100)}}), line, "more");
  ASSERT_TRUE(extended);
  world.fold(extended->events);
  line = extended->line;
  EXPECT_EQ(line.holds.size(), 2U);
  EXPECT_EQ(captured(line, chip_hours(1, 7)).amount, yuan(20));
  EXPECT_EQ(line.metered, chip_hours(1, 7));
}

TEST_F(Settlement, UseThatWasNeverPaidForIsNotRefunded) {
  Line line = world.held({{a, yuan(50)}}, 10);
  captured(line, chip_hours(1, 7));
  EXPECT_EQ(refunded(line, chip_hours(1, 6)).amount, Money{});
  EXPECT_EQ(refunded(line, chip_hours(1, 4)).amount, yuan(10));
}

TEST_F(Settlement, AReleaseHappensOnce) {
  Line line = world.held({{a, yuan(60)}, {b, yuan(40)}}, 10);
  captured(line, chip_hours(1, 7));
  const Released rest = release(world.books, line, "ended");
  world.fold(rest.events);
  EXPECT_EQ(rest.amount, yuan(30));
  EXPECT_TRUE(release(world.books, line, "ended again").events.empty());
  EXPECT_EQ(captured(line, chip_hours(1, 9)).short_by, yuan(20));
}

TEST_F(Settlement, WorkThatCostsNothingNeedsNoHold) {
  Line line = world.held({}, 0);
  EXPECT_TRUE(line.holds.empty());
  EXPECT_EQ(find_account(world.books, "REV:guian"), nullptr);
  const Captured taken = captured(line, chip_hours(8, 100));
  EXPECT_TRUE(taken.events.empty());
  EXPECT_EQ(taken.short_by, Money{});
  EXPECT_EQ(line.metered, chip_hours(8, 100));
}

TEST_F(Settlement, AHoldThatTheVouchersNoLongerCoverIsRefusedWhole) {
  const Books before = world.books;
  Line line;
  line.owner = "j-9/1";
  line.site = "guian";
  const auto placed =
      place_hold(world.books, world.funding({{b, yuan(10)}, {a, yuan(101)}}), line, "start");
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, 4001);
  EXPECT_EQ(placed.error().what, "V:v-1 has 100.00 left, 101.00 is needed (short by 1.00)");
  const auto unknown =
      place_hold(world.books, world.funding({{Id<Voucher>{77}, yuan(1)}}), line, "start");
  EXPECT_EQ(unknown.error().code, 9001);
}

TEST_F(Settlement, ASiteThatEarnsInAnotherAssetCannotBePaid) {
  Line line;
  line.owner = "j-9/1";
  line.site = "overseas";
  Funding dollars = world.funding({{a, yuan(1)}});
  dollars.asset = "USD";
  const auto placed = place_hold(world.books, dollars, line, "start");
  ASSERT_FALSE(placed);
  EXPECT_THAT(placed.error().what, testing::HasSubstr("within one asset"));
}

TEST_F(Settlement, MoreSourcesThanATransferHasLegsArePostedInSeveralTransfers) {
  std::vector<std::pair<Id<Voucher>, Money>> draws;
  for (int i = 0; i < 130; ++i)
    draws.push_back({world.granted("many", yuan(1), hours(9)), yuan(1)});
  Line line = world.held(draws, 1);
  EXPECT_EQ(line.holds.size(), 130U);
  const Captured taken = captured(line, chip_hours(100, 1));
  EXPECT_EQ(taken.events.size(), 2U);
  EXPECT_EQ(taken.amount, yuan(100));
  EXPECT_EQ(refunded(line, {}).events.size(), 2U);
  EXPECT_EQ(release(world.books, line, "ended").amount, yuan(30));
}

TEST_F(Settlement, APriceBeyond64BitsTakesAllThatIsHeldAndNeverWraps) {
  Line line = world.held({{a, yuan(60)}}, 1);
  line.rate = Rate{Money{largest}};
  const Captured taken = captured(line, {largest});
  EXPECT_EQ(taken.amount, yuan(60));
  EXPECT_EQ(taken.short_by, Money{largest} - yuan(60));
  EXPECT_LE(*price_of(line.rate, line.metered), yuan(60));
  EXPECT_GT(*price_of(line.rate, line.metered + ChipTime{1}), yuan(60));
  EXPECT_LE(refunded(line, {}).amount, yuan(60));
}

}  // namespace
}  // namespace granary
