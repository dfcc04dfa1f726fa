#include "plan/frontier.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "plan/demo_stock.h"

namespace granary {
namespace {

using std::chrono::hours;

Option option(int hours_long, int price, int chips = 1, std::uint64_t pool = 1) {
  Option made;
  made.pool = {pool};
  made.chips = chips;
  made.duration = hours(hours_long);
  made.price = Money::units(price);
  return made;
}

std::vector<int> chips_of(const std::vector<Option>& options) {
  std::vector<int> chips;
  for (const Option& o : options) chips.push_back(o.chips);
  return chips;
}

TEST(Frontier, KeepsWhatIsSoonerOrCheaperThanEverythingElseAndIsOrderedByTime) {
  const std::vector<Option> kept =
      frontier_of({option(10, 100, 1), option(5, 300, 2), option(7, 200, 3), option(7, 250, 4),
                   option(12, 100, 5), option(20, 99, 6)});
  EXPECT_EQ(chips_of(kept), (std::vector<int>{2, 3, 1, 6}));
}

TEST(Frontier, OfNothingIsNothingAndOfOneIsThatOne) {
  EXPECT_TRUE(frontier_of(std::vector<Option>{}).empty());
  EXPECT_EQ(frontier_of({option(1, 0)}).size(), 1u);
}

TEST(Frontier, KeepsAllOfEqualOnesInAnOrderThatDoesNotDependOnTheirs) {
  std::vector<Option> options = {option(5, 10, 8, 2), option(5, 10, 8, 1), option(5, 10, 4, 3),
                                 option(5, 11, 2, 1), option(6, 10, 2, 1)};
  options.push_back(options[1]);
  options.back().layout.pipeline = 4;
  std::sort(options.begin(), options.end(),
            [](const Option& a, const Option& b) { return a.price > b.price; });
  for (int turn = 0; turn < 6; ++turn) {
    const std::vector<Option> kept = frontier_of(options);
    ASSERT_EQ(kept.size(), 4u);
    EXPECT_EQ(kept[0].pool.value, 3u);
    EXPECT_EQ(kept[1].pool.value, 1u);
    EXPECT_EQ(kept[1].layout.pipeline, 1);
    EXPECT_EQ(kept[2].layout.pipeline, 4);
    EXPECT_EQ(kept[3].pool.value, 2u);
    std::rotate(options.begin(), options.begin() + 1, options.end());
  }
}

TEST(Frontier, OfServicesWeighsThePriceAgainstTheFirstTokenAndNotAgainstTheDaysServed) {
  const auto service = [](double first_token, int price, int chips) {
    Option made = option(720, price, chips);
    made.service.emplace();
    made.service->first_token_p95 = {Seconds(0), Seconds(first_token), Seconds(9)};
    return made;
  };
  EXPECT_EQ(
      chips_of(frontier_of({service(0.3, 100, 1), service(0.1, 200, 2), service(0.2, 300, 3)})),
      (std::vector<int>{2, 1}));
}

TEST(Frontier, IsNotLengthenedByAPriceThatIsLowerByLessThanAHundredth) {
  std::vector<Option> options = {option(3, 743, 240), option(93, 743, 8), option(372, 743, 2)};
  options[0].price.micros += 300;
  options[1].price.micros += 200;
  EXPECT_EQ(chips_of(frontier_of(options)), (std::vector<int>{240}));
  options[2].price.micros -= 10'000;
  EXPECT_EQ(chips_of(frontier_of(options)), (std::vector<int>{240, 2}));
}

// The law: no kept one is beaten by any, and every dropped one is beaten by a kept one.
TEST(Frontier, DropsExactlyWhatAKeptOneBeats) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    std::mt19937 random(seed);
    const int wide = 1 + static_cast<int>(random() % 40);  // narrow ranges make many ties
    std::vector<TimeAndPrice> all(random() % 60);
    for (TimeAndPrice& one : all) {
      one = {Seconds(static_cast<double>(random() % wide)),
             Money{static_cast<std::int64_t>(random() % wide) * 3'000}};
    }
    const std::vector<std::size_t> kept = frontier_of(all);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const bool is_kept = std::find(kept.begin(), kept.end(), i) != kept.end();
      const auto beats_it = [&](const TimeAndPrice& other) { return beats(other, all[i]); };
      const bool by_any = std::any_of(all.begin(), all.end(), beats_it);
      const bool by_kept = std::any_of(kept.begin(), kept.end(),
                                       [&](std::size_t k) { return beats(all[k], all[i]); });
      EXPECT_EQ(is_kept, !by_any) << "seed " << seed;
      EXPECT_EQ(is_kept, !by_kept) << "seed " << seed;
    }
    for (std::size_t k = 1; k < kept.size(); ++k) {
      EXPECT_LE(all[kept[k - 1]].time, all[kept[k]].time) << "seed " << seed;
      EXPECT_GT(all[kept[k - 1]].price.micros + 10'000, all[kept[k]].price.micros)
          << "seed " << seed;
    }
  }
}

TEST(Frontier, OfAMenuHoldsItsFastestAndItsCheapestOption) {
  const demo::Stock stock = demo::city();
  PlanRequest request = demo::pretraining_of(known::glm_130b());
  request.limit = 100;
  const auto menu = plan(request, stock.catalog, stock.pools);
  ASSERT_TRUE(menu.has_value());
  const std::vector<Option> kept = frontier_of(menu->options);
  ASSERT_GE(kept.size(), 2u);
  for (const Option& o : menu->options) {
    EXPECT_GE(o.duration, kept.front().duration);
    EXPECT_GE(o.price, kept.back().price);
  }
}

}  // namespace
}  // namespace granary
