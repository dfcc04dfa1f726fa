#include "units/time.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace granary {
namespace {
using namespace std::chrono_literals;

Instant instant(std::string_view text) {
  const auto parsed = parse_instant(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Instant{});
}

Instant at(int year, unsigned month, unsigned day) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) /
                               std::chrono::day(day));
}

TEST(Instant, ADateIsItsFirstInstantInUtc) {
  EXPECT_EQ(instant("2027-06-30"), at(2027, 6, 30));
  EXPECT_EQ(instant("1970-01-01"), Instant{});
  EXPECT_EQ(instant("2028-02-29"), at(2028, 2, 29));
}

TEST(Instant, AnOffsetIsAppliedWhenItIsRead) {
  const Instant expected = at(2026, 12, 7) + 22h;
  for (const char* text : {"2026-12-07T22:00Z", "2026-12-07T22:00:00Z", "2026-12-07T22:00:00.000Z",
                           "2026-12-08T06:00+08:00", "2026-12-08T06:00+08",
                           "2026-12-07T17:00:00-05:00", "2026-12-08T03:30+05:30"}) {
    EXPECT_EQ(instant(text), expected) << text;
  }
}

TEST(Instant, ReadsOneToThreeDecimalsOfASecond) {
  EXPECT_EQ(instant("2026-01-01T00:00:01.5Z"), at(2026, 1, 1) + 1500ms);
  EXPECT_EQ(instant("2026-01-01T00:00:01.05Z"), at(2026, 1, 1) + 1050ms);
  EXPECT_EQ(instant("2026-01-01T00:00:01.005Z"), at(2026, 1, 1) + 1005ms);
}

TEST(Instant, RefusesWhatIsNoDateOrTime) {
  for (const char* text : {"",
                           "2026",
                           "2026-1-1",
                           "2026-02-29",
                           "2026-13-01",
                           "2026-00-10",
                           "2026-04-31",
                           "1969-12-31",
                           "2026-01-01 ",
                           "2026-01-01T",
                           "2026-01-01T24:00Z",
                           "2026-01-01T12:60Z",
                           "2026-01-01T12:00:60Z",
                           "2026-01-01T12:00",
                           "2026-01-01T12:00:00.Z",
                           "2026-01-01T12:00:00.0001Z",
                           "2026-01-01T12:00Zulu",
                           "2026-01-01T12:00Z+08:00",
                           "2026-01-01T12:00+15:00",
                           "2026-01-01T12:00+08:",
                           "2026-01-01T12:00+08:60",
                           "2026-01-01T12:00+8",
                           "2026-01-01T12:00 +08:00",
                           "2026/01/01",
                           "tomorrow"}) {
    const auto parsed = parse_instant(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1012) << text;
  }
}

TEST(Instant, OneThatAnOffsetMovesOutOfTheReadableYearsIsRefused) {
  EXPECT_FALSE(parse_instant("1970-01-01T07:59+08:00"));
  EXPECT_TRUE(parse_instant("1970-01-01T08:00+08:00"));
  EXPECT_FALSE(parse_instant("9999-12-31T20:00-08:00"));
}

TEST(Instant, IsPrintedInUtcWithMillisecondsOnlyWhenNotZero) {
  EXPECT_EQ(to_text(at(2026, 11, 21) + 18h + 2min), "2026-11-21T18:02:00Z");
  EXPECT_EQ(to_text(at(2026, 11, 21) + 7ms), "2026-11-21T00:00:00.007Z");
}

TEST(Instant, EveryOneSurvivesBeingPrintedAndRead) {
  constexpr std::uint64_t seed = 20270630;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto range = static_cast<std::uint64_t>(at(9999, 12, 31).time_since_epoch().count());
  for (int i = 0; i < 50'000; ++i) {
    const Instant t{Span(static_cast<std::int64_t>(random() % range))};
    const auto back = parse_instant(to_text(t));
    ASSERT_TRUE(back) << to_text(t);
    ASSERT_EQ(*back, t);
  }
}

TEST(ToSpan, RoundsUpToTheNextMillisecond) {
  EXPECT_EQ(to_span(Seconds(0)), 0ms);
  EXPECT_EQ(to_span(Seconds(1e-9)), 1ms);
  EXPECT_EQ(to_span(Seconds(1.0)), 1000ms);
  EXPECT_EQ(to_span(Seconds(1.0001)), 1001ms);
}

TEST(ToSpan, WhatIsTooLongOrNotANumberIsAsGoodAsNever) {
  EXPECT_EQ(to_span(Seconds(1e300)), max_span);
  EXPECT_EQ(to_span(Seconds(std::numeric_limits<double>::infinity())), max_span);
  EXPECT_EQ(to_span(Seconds(std::numeric_limits<double>::quiet_NaN())), max_span);
}

TEST(Span, IsReadWithItsUnit) {
  struct Row {
    const char* text;
    Span span;
  };
  for (const Row& row :
       {Row{"30 min", 30min}, Row{"30min", 30min}, Row{"30m", 30min}, Row{"14d", 14 * 24h},
        Row{"9.5 h", 9h + 30min}, Row{"800ms", 800ms}, Row{"2w", 14 * 24h}, Row{"0 s", 0s},
        Row{"1.5 s", 1500ms}, Row{"36500 d", max_span}}) {
    const auto parsed = parse_span(row.text);
    ASSERT_TRUE(parsed) << row.text;
    EXPECT_EQ(*parsed, row.span) << row.text;
  }
}

TEST(Span, RefusesNegativeUnitlessEndlessAndStrangeOnes) {
  for (const char* text : {"", "30", "min", "-1 s", "1e3 s", "inf s", "nan s", "5 y", "5 S", "1h30",
                           "30 min ", " 30 min", "36501 d", "1,5 h"}) {
    const auto parsed = parse_span(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1013) << text;
  }
}

TEST(Span, IsPrintedInOneUnitForPeople) {
  EXPECT_EQ(to_text(Span(250ms)), "250 ms");
  EXPECT_EQ(to_text(Span(12s)), "12 s");
  EXPECT_EQ(to_text(Span(119s)), "119 s");
  EXPECT_EQ(to_text(Span(30min)), "30 min");
  EXPECT_EQ(to_text(Span(9h + 30min)), "9.5 h");
  EXPECT_EQ(to_text(Span(1411h + 12min)), "58.8 d");
  EXPECT_EQ(to_text(Span(0)), "0 s");
  EXPECT_EQ(to_text(Span(-90min)), "-90 min");
}
}  // namespace
}  // namespace granary
