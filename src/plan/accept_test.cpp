#include <gtest/gtest.h>

#include "plan/demo_stock.h"
#include "plan/plan.h"

namespace granary {
namespace {

TEST(ParseAccept, ReadsChipSiteAndCounts) {
  const auto range = parse_accept("a800-sxm-80 x 64..128");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->chip, "a800-sxm-80");
  EXPECT_FALSE(range->site);
  EXPECT_EQ(range->least, 64);
  EXPECT_EQ(range->most, 128);
  EXPECT_EQ(range->text, "a800-sxm-80 x 64..128");

  const auto open = parse_accept("guian/a800-sxm-80 x 64..");
  ASSERT_TRUE(open);
  EXPECT_EQ(open->site, "guian");
  EXPECT_EQ(open->chip, "a800-sxm-80");
  EXPECT_EQ(open->least, 64);
  EXPECT_FALSE(open->most);

  const auto exact = parse_accept("domestic x 8");
  ASSERT_TRUE(exact);
  EXPECT_EQ(exact->least, 8);
  EXPECT_EQ(exact->most, 8);

  const auto any = parse_accept("rtx4090");
  ASSERT_TRUE(any);
  EXPECT_EQ(any->least, 1);
  EXPECT_FALSE(any->most);
}

TEST(ParseAccept, OfAnXWithoutACountSaysWhatMustFollowAndWhere) {
  const auto fault = parse_accept("a800-sxm-80 x");
  ASSERT_FALSE(fault);
  EXPECT_EQ(fault.error().error.code, 1010);
  EXPECT_EQ(fault.error().error.kind, Error::Kind::invalid);
  EXPECT_EQ(fault.error().error.what,
            "chips = \"a800-sxm-80 x\": a count or range must follow \"x\", e.g. \"a800-sxm-80 x "
            "64..128\".");
  EXPECT_EQ(fault.error().column, 13u);
}

TEST(ParseAccept, RefusesWhatIsNotOfTheGrammarAtItsColumn) {
  const std::vector<std::pair<std::string, std::size_t>> bad{{"", 0},
                                                             {"   ", 3},
                                                             {"/a800", 0},
                                                             {"guian/", 6},
                                                             {"a/b/c", 3},
                                                             {"A800 x 8", 0},
                                                             {"a800 8", 5},
                                                             {"a800 x 0", 7},
                                                             {"a800 x -8", 7},
                                                             {"a800 x 8..4", 10},
                                                             {"a800 x 8..y", 10},
                                                             {"a800 x 8 9", 9},
                                                             {"a800 x 8,9", 8},
                                                             {"a800 x eight", 7},
                                                             {"a800 x 99999999999", 7},
                                                             {"a800 y 8", 5}};
  for (const auto& [text, column] : bad) {
    const auto fault = parse_accept(text);
    ASSERT_FALSE(fault) << text;
    EXPECT_EQ(fault.error().error.code, 1010) << text;
    EXPECT_EQ(fault.error().column, column) << text;
    EXPECT_EQ(fault.error().error.what.rfind("chips = \"" + text, 0), 0u) << text;
  }
}

TEST(Accepts, ComparesSiteChipOrOriginAndCount) {
  const demo::Stock stock = demo::city();
  const auto takes = [&](const std::string& text, std::size_t pool, int chips) {
    const auto accept = parse_accept(text);
    return accepts(*accept, stock.pools[pool], stock.catalog, chips);
  };
  EXPECT_TRUE(takes("a800-sxm-80 x 64..128", 0, 64));
  EXPECT_TRUE(takes("a800-sxm-80 x 64..128", 0, 128));
  EXPECT_FALSE(takes("a800-sxm-80 x 64..128", 0, 63));
  EXPECT_FALSE(takes("a800-sxm-80 x 64..128", 0, 129));
  EXPECT_FALSE(takes("a800-sxm-80 x 64..128", 1, 64));
  EXPECT_FALSE(takes("wuhu/a800-sxm-80", 0, 8));
  EXPECT_TRUE(takes("guian/imported", 1, 8));
  EXPECT_TRUE(takes("domestic x 8", 2, 8));
  EXPECT_TRUE(takes("domestic x 8", 3, 8));
  EXPECT_FALSE(takes("domestic x 8", 4, 8));
  EXPECT_TRUE(takes("repurposed", 5, 1));
}
}  // namespace
}  // namespace granary
