#include "units/money.h"

#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <random>

namespace granary {
void PrintTo(Money m, std::ostream* out) { *out << to_text(m); }

namespace {
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();

Money money(std::string_view text) {
  const auto parsed = parse_money(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Money{});
}

ChipTime chips_for(std::int64_t chips, Span span) { return ChipTime::of(chips * 1000, span); }

TEST(Money, PrintsTwoDecimalsAndMoreOnlyWhenTheyAreNotZero) {
  EXPECT_EQ(to_text(Money{7'296'000'000}), "7296.00");
  EXPECT_EQ(to_text(Money{25'000}), "0.025");
  EXPECT_EQ(to_text(Money{1}), "0.000001");
  EXPECT_EQ(to_text(Money{-5'000'000}), "-5.00");
  EXPECT_EQ(to_text(Money{-1}), "-0.000001");
  EXPECT_EQ(to_text(Money{}), "0.00");
}

TEST(Money, GroupsThousandsForPeople) {
  EXPECT_EQ(to_grouped_text(Money::units(7296)), "7,296.00");
  EXPECT_EQ(to_grouped_text(Money::units(999)), "999.00");
  EXPECT_EQ(to_grouped_text(Money::units(-1'000)), "-1,000.00");
  EXPECT_EQ(to_grouped_text(Money{1'234'567'250'001}), "1,234,567.250001");
}

TEST(Money, ReadsAPlainAmount) {
  EXPECT_EQ(money("1000.50"), (Money{1'000'500'000}));
  EXPECT_EQ(money("0.000001"), (Money{1}));
  EXPECT_EQ(money("-5"), Money::units(-5));
  EXPECT_EQ(money("0"), Money{});
  EXPECT_EQ(money("9223372036854.775807"), (Money{most}));
  EXPECT_EQ(money("-9223372036854.775808"), (Money{least}));
}

TEST(Money, RefusesWhatIsNotAPlainAmountAndNeverRounds) {
  for (const char* text : {"",
                           "-",
                           ".",
                           ".5",
                           "5.",
                           "+5",
                           "05",
                           "00",
                           "-05",
                           "1e3",
                           "1,000",
                           "1 000",
                           " 1",
                           "1 ",
                           "NaN",
                           "inf",
                           "0x10",
                           "--1",
                           "1.-5",
                           "1.2.3",
                           "1.0000001",
                           "0.0000000",
                           "\xEF\xBC\x95",
                           "9223372036854.775808",
                           "-9223372036854.775809",
                           "99999999999999",
                           "5.0a"}) {
    const auto parsed = parse_money(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1007) << text;
    EXPECT_EQ(parsed.error().kind, Error::Kind::invalid) << text;
  }
}

TEST(Money, ARefusalQuotesTheTextButNotAllOfALongOne) {
  const auto parsed = parse_money("1e3");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().what,
            "\"1e3\": write a plain amount with at most six decimals: 1000.50");
  const auto flood = parse_money(std::string(100'000, '9'));
  ASSERT_FALSE(flood);
  EXPECT_LT(flood.error().what.size(), 200U);
}

TEST(Money, EveryAmountSurvivesBeingPrintedAndRead) {
  constexpr std::uint64_t seed = 20261121;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200'000; ++i) {
    // All magnitudes alike: a shift leaves 1 to 64 bits.
    const auto bits = static_cast<std::int64_t>(random());
    const Money m{bits >> (random() % 64)};
    const auto back = parse_money(to_text(m));
    ASSERT_TRUE(back) << to_text(m);
    ASSERT_EQ(*back, m);
  }
  for (const std::int64_t edge : {most, most - 1, least, least + 1, std::int64_t{0}}) {
    EXPECT_EQ(money(to_text(Money{edge})).micros, edge);
  }
}

TEST(Money, ASumThatDoesNotFitIsNothing) {
  EXPECT_EQ(checked_add(Money{most - 1}, Money{1}), Money{most});
  EXPECT_EQ(checked_add(Money{most}, Money{1}), std::nullopt);
  EXPECT_EQ(checked_add(Money{least}, Money{-1}), std::nullopt);
}

TEST(Money, AddsSubtractsAndNegatesExactly) {
  Money m = Money::units(10) - Money{1};
  EXPECT_EQ(m, Money{9'999'999});
  m += Money{1};
  m -= Money::units(4);
  EXPECT_EQ(m, Money::units(6));
  EXPECT_EQ(-m, Money::units(-6));
  EXPECT_LT(-m, m);
}

TEST(PriceOf, GivesTheFiguresOfTheTariffExamples) {
  struct Row {
    const char* rate;
    std::int64_t chips;
    Span span;
    const char* price;
  };
  using namespace std::chrono_literals;
  for (const Row& row :
       {Row{"12.00", 64, 9h + 30min, "7296.00"},  //
        Row{"1.50", 1, 60s, "0.025"},             //
        Row{"92.00", 1, 1ms, "0.000026"},         //
        Row{"13.50", 8, 1h, "108.00"},            // 18.00 suspended at 75 %
        Row{"50.00", 100'000, 30 * 24h, "3600000000.00"}, Row{"0.00", 64, 9h, "0.00"},  //
        Row{"12.00", 64, 0ms, "0.00"}}) {
    EXPECT_EQ(price_of({money(row.rate)}, chips_for(row.chips, row.span)), money(row.price))
        << row.chips << " chips at " << row.rate;
  }
}

TEST(PriceOf, RoundsHalfAMicroUnitUp) {
  // One micro-unit per chip-hour: half an hour of one chip is half a micro-unit.
  const Rate rate{Money{1}};
  constexpr std::int64_t half_hour = 1'800'000'000;
  EXPECT_EQ(price_of(rate, ChipTime{half_hour - 1}), Money{0});
  EXPECT_EQ(price_of(rate, ChipTime{half_hour}), Money{1});
  EXPECT_EQ(price_of(rate, ChipTime{3 * half_hour - 1}), Money{1});
  EXPECT_EQ(price_of(rate, ChipTime{3 * half_hour}), Money{2});
}

TEST(PriceOf, ATenthOfAChipCostsATenth) {
  using namespace std::chrono_literals;
  EXPECT_EQ(price_of({Money::units(2)}, ChipTime::of(100, 1h)), Money{200'000});
}

TEST(PriceOf, APriceThatDoesNotFitIsNothing) {
  EXPECT_EQ(price_of({Money{most}}, ChipTime{7'200'000'000}), std::nullopt);
  EXPECT_EQ(price_of({Money{most}}, ChipTime{3'600'000'000}), Money{most});
  EXPECT_EQ(price_of({Money{most}}, ChipTime{most}), std::nullopt);
}

TEST(PriceOf, ManySmallCapturesSumToTheOnePriceHoweverUseIsCut) {
  constexpr std::uint64_t seed = 314159;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int line = 0; line < 200; ++line) {
    const Rate rate{Money{static_cast<std::int64_t>(random() % 50'000'000)}};
    const auto shares = static_cast<std::int64_t>(1 + random() % 64'000);
    const std::uint64_t longest = std::uint64_t{1} << (random() % 22);
    ChipTime used;
    Money captured;
    for (int cut = 0; cut < 500; ++cut) {
      const Span more(static_cast<std::int64_t>(random() % longest));
      const ChipTime next = used + ChipTime::of(shares, more);
      const Money capture = *price_of(rate, next) - *price_of(rate, used);
      ASSERT_GE(capture, Money{});
      captured += capture;
      used = next;
    }
    ASSERT_EQ(captured, price_of(rate, used));
  }
}

TEST(PriceOf, IsWithinHalfAMicroUnitOfTheExactProduct) {
  constexpr std::uint64_t seed = 271828;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  constexpr Wide hour = 3'600'000'000;
  for (int i = 0; i < 20'000; ++i) {
    const auto rate = static_cast<std::int64_t>(random() >> (1 + random() % 62));
    const auto use = static_cast<std::int64_t>(random() >> (1 + random() % 62));
    const auto price = price_of({Money{rate}}, ChipTime{use});
    const Wide exact = static_cast<Wide>(rate) * use;  // in micro-units x share-milliseconds
    if (!price) {
      ASSERT_GT(exact / hour + 1, Wide{most});
      continue;
    }
    const Wide error = 2 * (price->micros * hour - exact);
    ASSERT_LE(error, hour);
    ASSERT_GT(error, -hour);
  }
}

TEST(ChipTime, CountsThousandthsOfAChip) {
  using namespace std::chrono_literals;
  EXPECT_DOUBLE_EQ(chips_for(64, 9h + 30min).chip_hours(), 608.0);
  EXPECT_EQ(ChipTime::of(250, 4s), chips_for(1, 1s));
  EXPECT_EQ(chips_for(2, 3s) - chips_for(2, 1s), chips_for(4, 1s));
}

TEST(ChipTime, AHundredThousandChipsForACenturyIsTheMostThereIsAndNotANegativeUse) {
  EXPECT_EQ(chips_for(100'000, max_span).share_millis, most);
}
}  // namespace
}  // namespace granary
