#include <gtest/gtest.h>

#include "report/debts.h"
#include "report/fold.h"
#include "report/network_for_tests.h"
#include "report/settlement_statement.h"

namespace granary {
namespace {

using namespace std::chrono_literals;

TEST(Period, AMonthIsFromItsFirstInstantToTheNextMonths) {
  const auto december = parse_month("2026-12");
  ASSERT_TRUE(december);
  EXPECT_EQ(to_text(december->from), "2026-12-01T00:00:00Z");
  EXPECT_EQ(to_text(december->until), "2027-01-01T00:00:00Z");
  for (const char* const text : {"", "2026", "2026-13", "2026-1", "2026-11-01", "2026-1x",
                                 "11-2026", "2026-00", "-026-11"}) {
    const auto bad = parse_month(text);
    ASSERT_FALSE(bad) << text;
    EXPECT_EQ(bad.error().code, 1115);
  }
  EXPECT_EQ(period_between(testing::t0, testing::t0).error().code, 1116);
}

TEST(Debts, APaymentIsSharedOutInProportionAndTheRestIsAnAdvance) {
  Debtor city;
  city.use({"p", "east"}, Money{10});
  city.use({"p", "west"}, Money{20});
  city.settle(Money{10});
  EXPECT_EQ(city.debts.at({"p", "east"}).settled, Money{3});
  EXPECT_EQ(city.debts.at({"p", "west"}).settled, Money{7});
  city.settle(Money{50});
  EXPECT_EQ(city.left(), Money{});
  EXPECT_EQ(city.advance, Money{30});
  // The next use is taken from it, of whatever operator.
  city.use({"q", "north"}, Money{25});
  EXPECT_EQ(city.left(), Money{});
  EXPECT_EQ(city.advance, Money{5});
  // What was refunded after it was paid for comes back into the advance.
  city.use({"p", "west"}, Money{-20});
  EXPECT_EQ(city.advance, Money{25});
  EXPECT_EQ(city.debts.at({"p", "west"}).left(), Money{});
}

TEST(Parts, SumToTheWholeWhateverTheWeights) {
  const std::vector<Money> weights{{1}, {0}, {7'000'000'000'000}, {3}};
  for (const std::int64_t whole : {std::int64_t{0}, std::int64_t{1},
                                   std::int64_t{259'200'000'000'000'000}, std::int64_t{-17}}) {
    std::int64_t sum = 0;
    for (const std::int64_t part : shared_out(whole, weights)) {
      EXPECT_TRUE(whole < 0 ? part <= 0 : part >= 0);
      sum += part;
    }
    EXPECT_EQ(sum, whole);
  }
}

// A period that is over is the same report for ever, however the journal goes on.
TEST(Statement, OfAPeriodThatIsOverDoesNotChange) {
  testing::RandomNetwork network(5);
  network.run(120);
  const std::size_t seen = network.entries().size();
  const Period period{testing::t0, network.entries().back().at};
  const auto fold = [&](std::size_t entries) {
    Fold one(period);
    for (std::size_t i = 0; i < entries && one.add(network.entries()[i]); ++i) continue;
    one.finish();
    return one;
  };
  const Fold before = fold(seen);
  network.run(120);
  const Fold after = fold(network.entries().size());
  EXPECT_TRUE(before.complete());
  EXPECT_EQ(before.entries(), after.entries());
  EXPECT_EQ(before.chain(), after.chain());
  EXPECT_EQ(digest(before.state()), digest(after.state()));
  EXPECT_EQ(before.uses().size(), after.uses().size());
}

TEST(Statement, OfAnOperatorOrAProgrammeThatNobodyKnowsNamesTheNearest) {
  testing::RandomNetwork network(6);
  network.run(60);
  Fold fold({testing::t0, testing::t0 + 24h * 900});
  for (const Entry& entry : network.entries()) fold.add(entry);
  fold.finish();
  const auto operators = only_of(settlement_statement(fold), {"wets", ""}, fold);
  ASSERT_FALSE(operators);
  EXPECT_EQ(operators.error().code, 2115);
  EXPECT_NE(operators.error().what.find("west"), std::string::npos);
  const auto programmes = only_of(settlement_statement(fold), {"", "citi"}, fold);
  ASSERT_FALSE(programmes);
  EXPECT_EQ(programmes.error().code, 2115);
}

}  // namespace
}  // namespace granary
