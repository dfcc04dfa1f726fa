#include "units/id.h"

#include <gtest/gtest.h>

#include <limits>
#include <type_traits>

namespace granary {
namespace {
TEST(Id, OfOneKindIsNotAnIdOfAnother) {
  static_assert(!std::is_convertible_v<Id<Job>, Id<Pool>>);
  static_assert(!std::is_constructible_v<Id<Job>, Id<Voucher>>);
}

TEST(Id, ZeroNamesNothing) {
  EXPECT_FALSE(Id<Job>{});
  EXPECT_TRUE(Id<Job>{1});
  EXPECT_FALSE(parse_id<Job>("j-0"));
}

TEST(Id, IsPrintedWithTheLetterOfItsKindAndReadBack) {
  EXPECT_EQ(to_text(Id<Job>{1061}), "j-1061");
  EXPECT_EQ(to_text(Id<Voucher>{3}), "v-3");
  EXPECT_EQ(to_text(Id<Reservation>{7}), "r-7");
  EXPECT_EQ(to_text(Id<Hold>{9}), "h-9");
  constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t value : {std::uint64_t{1}, std::uint64_t{1061}, last}) {
    const auto back = parse_id<Job>(to_text(Id<Job>{value}));
    ASSERT_TRUE(back) << value;
    EXPECT_EQ(back->value, value);
  }
}

TEST(Id, HasOneSpellingOnly) {
  for (const char* text : {"", "j-", "j1", "1061", "v-1", "J-1", "j--1", "j-+1", "j-01", "j-1 ",
                           " j-1", "j-1x", "j-0x1", "j-18446744073709551616"}) {
    const auto parsed = parse_id<Job>(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1011) << text;
  }
}

TEST(Id, ARefusalShowsTheForm) {
  const auto parsed = parse_id<Voucher>("voucher 3");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().what, "\"voucher 3\" is not an id of the form v-12.");
}
}  // namespace
}  // namespace granary
