#include "ledger/split.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <numeric>
#include <string>

#include "ledger/books_chance.h"
#include "ledger/programmes.h"

namespace granary {
namespace {
std::vector<std::string> texts(const std::vector<Money>& parts) {
  std::vector<std::string> all;
  for (const Money part : parts) all.push_back(to_text(part));
  return all;
}
using Texts = std::vector<std::string>;

Money at(std::int64_t per_hour, std::int64_t chips, Span span) {
  return *price_of(Rate{Money::units(per_hour)}, ChipTime::of(chips * 1000, span));
}

// A domestic subsidy of 20 %, vouchers for 80 % of what is left, cash.
const std::vector<Share> city{{2000}, {8000}, {whole_share}};

TEST(Split, OfTheWorkedPricesIsWhatAClerkWrites) {
  EXPECT_EQ(texts(split(at(12, 64, std::chrono::minutes(570)), city)),
            (Texts{"1459.20", "4669.44", "1167.36"}));
  EXPECT_EQ(texts(split(at(92, 1, Span(1)), city)), (Texts{"0.000005", "0.000016", "0.000005"}));
  EXPECT_EQ(texts(split(Money{1}, city)), (Texts{"0.00", "0.00", "0.000001"})) << "all cash";
  EXPECT_EQ(texts(split(Money{}, city)), (Texts{"0.00", "0.00", "0.00"}));
}

TEST(Split, APartBesideTheOthersLeavesThemEverything) {
  EXPECT_EQ(texts(split(Money::units(100), {{3000, true}, {whole_share}})),
            (Texts{"30.00", "100.00"}));
}

TEST(Split, WithoutAShareOfTheWholeSomethingIsLeftOver) {
  EXPECT_EQ(texts(split(Money::units(100), {{3000}})), (Texts{"30.00"}));
  EXPECT_EQ(split(Money::units(100), std::vector<Share>{}).size(), 0U);
}

// Any shares: parts sum to the price, none falls when the price rises nor rises by more, none
// passes its share.
TEST(Split, SumsToThePriceAndNoPartEverFalls) {
  const char* const given = std::getenv("SPLIT_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20'261'122;
  std::cout << "seed " << seed << " (SPLIT_SEED)\n";
  Chance chance(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Share> shares;
    for (std::int64_t n = chance.below(4); n > 0; --n) {
      shares.push_back({static_cast<int>(chance.below(whole_share + 1))});
    }
    shares.push_back({whole_share});
    Money price{chance.below(chance.percent(30) ? 50 : 9'000'000'000'000)};
    std::vector<Money> before(shares.size());
    Money more = price;
    for (int step = 0; step < 6; ++step) {
      const auto parts = split(price, shares);
      Money sum, rest = price;
      for (std::size_t i = 0; i < parts.size(); ++i) {
        ASSERT_GE(parts[i], before[i]) << "part " << i << " at " << to_text(price);
        ASSERT_LE(parts[i] - before[i], more);
        ASSERT_LE(static_cast<Wide>(parts[i].micros) * whole_share,
                  static_cast<Wide>(rest.micros) * shares[i].share);
        rest -= parts[i];
        sum += parts[i];
      }
      ASSERT_EQ(sum, price);
      before = parts;
      more = Money{chance.below(chance.percent(50) ? 3 : 1'000'000'000)};
      price += more;
    }
  }
}

}  // namespace
}  // namespace granary
