#include "units/hash.h"

#include <gtest/gtest.h>

namespace granary {
namespace {
// The two vectors of FIPS 180-4's example file, and the million letters of its third.
constexpr std::string_view of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view of_a_million_a =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, GivesThePublishedVectors) {
  EXPECT_EQ(to_text(sha256("")), of_nothing);
  EXPECT_EQ(to_text(sha256("abc")), of_abc);
  EXPECT_EQ(to_text(sha256(std::string(1'000'000, 'a'))), of_a_million_a);
}

TEST(Chained, IsTheHashOfThePreviousLinkFollowedByTheBytes) {
  const Hash first = sha256("genesis");
  std::string joined(first.bytes.begin(), first.bytes.end());
  joined += "entry";
  EXPECT_EQ(chained(first, "entry"), sha256(joined));
}

TEST(Chained, DependsOnEveryLinkBeforeIt) {
  const Hash a = chained(chained(Hash{}, "one"), "two");
  const Hash b = chained(chained(Hash{}, "onf"), "two");
  const Hash swapped = chained(chained(Hash{}, "two"), "one");
  EXPECT_NE(a, b);
  EXPECT_NE(a, swapped);
}

TEST(HashText, IsReadBackAndNothingElseIs) {
  const Hash hash = sha256("abc");
  const auto back = parse_hash(to_text(hash));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, hash);
  std::string upper(of_abc), short_one(of_abc.substr(1)), long_one(of_abc), strange(of_abc);
  upper[0] = 'B';
  long_one += '0';
  strange[10] = 'g';
  for (const std::string& text : {upper, short_one, long_one, strange, std::string()}) {
    const auto parsed = parse_hash(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1018) << text;
  }
}
}  // namespace
}  // namespace granary
