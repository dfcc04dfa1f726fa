#include <gtest/gtest.h>

#include "stock/stock.h"

namespace granary {
namespace {
Catalog two_sites() {
  Catalog catalog;
  Site& guian = catalog.sites["guian"];
  guian.id = "guian";
  guian.runner = Runner::simulated;
  guian.pools = {{"a800-sxm-80", 2, 8, Rate{Money::units(12)}, false},
                 {"a100-sxm-40", 101, 4, Rate{Money::units(9)}, true}};
  Site& attic = catalog.sites["attic"];
  attic.id = "attic";
  attic.asset = "EUR";
  attic.pools = {{"rtx-4090", 1, 2, Rate{Money::units(1)}, true}};
  return catalog;
}

TEST(Pools, AreNumberedFromOneInTheOrderOfTheSitesAndTheirFiles) {
  const std::vector<Pool> pools = pools_of(two_sites(), {});
  ASSERT_EQ(pools.size(), 3u);
  EXPECT_EQ(pools[0].name(), "attic/rtx-4090");
  EXPECT_EQ(pools[1].name(), "guian/a800-sxm-80");
  EXPECT_EQ(pools[2].name(), "guian/a100-sxm-40");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(pools[i].id.value, i + 1);
}

TEST(Pools, TakeRunnerAssetTariffAndChipsFromTheirSite) {
  const std::vector<Pool> pools = pools_of(two_sites(), {});
  EXPECT_EQ(pools[0].asset, "EUR");
  EXPECT_EQ(pools[0].runner, Runner::local);
  EXPECT_EQ(pools[1].runner, Runner::simulated);
  EXPECT_EQ(pools[1].rate, Rate{Money::units(12)});
  EXPECT_FALSE(pools[1].replaceable);
  EXPECT_EQ(pools[1].chips(), 16);
  EXPECT_EQ(pools[2].chips(), 404);
}

TEST(Pools, NameTheirNodesBySiteChipAndNumber) {
  const std::vector<Pool> pools = pools_of(two_sites(), {});
  EXPECT_EQ(pools[1].nodes[0].name, "guian-a800-sxm-80-01");
  EXPECT_EQ(pools[1].nodes[0].id.value, 2'000'001u);
  EXPECT_EQ(pools[1].nodes[1].chips, 8);
  EXPECT_EQ(pools[2].nodes[100].name, "guian-a100-sxm-40-101");
}

TEST(Pools, KeepTheIdTheirNameEverHadAndNeverReuseOne) {
  const std::vector<Pool> pools =
      pools_of(two_sites(), {{"guian/a800-sxm-80", {7}}, {"closed/t4", {9}}});
  EXPECT_EQ(pools[0].id.value, 10u);
  EXPECT_EQ(pools[1].id.value, 7u);
  EXPECT_EQ(pools[1].nodes[0].id.value, 7'000'001u);
  EXPECT_EQ(pools[2].id.value, 11u);
}

TEST(Pools, AreFoundByIdAndByNameAndElseNotAtAll) {
  const std::vector<Pool> pools = pools_of(two_sites(), {});
  EXPECT_EQ(find_pool(pools, Id<Pool>{2}), &pools[1]);
  EXPECT_EQ(find_pool(pools, "guian/a100-sxm-40"), &pools[2]);
  EXPECT_EQ(find_pool(pools, Id<Pool>{4}), nullptr);
  EXPECT_EQ(find_pool(pools, "guian/t4"), nullptr);
}

TEST(Owners, AreWrittenAsTheirIds) {
  EXPECT_EQ(to_text(Owner(Id<Job>{12})), "j-12");
  EXPECT_EQ(to_text(Owner(Id<Reservation>{3})), "r-3");
}

TEST(FitsEmpty, CountsGroupsOnNodesAndNotChipsAlone) {
  Pool pool{.id = {1}, .site = "s", .chip = "c", .asset = "CNY", .rate = {}, .nodes = {}};
  pool.nodes = {{{1}, "one", 6}, {{2}, "two", 6}};
  EXPECT_TRUE(fits_empty(pool, {12, 1}));
  EXPECT_FALSE(fits_empty(pool, {13, 1}));
  EXPECT_TRUE(fits_empty(pool, {8, 4}));
  EXPECT_FALSE(fits_empty(pool, {12, 4}));  // 2 chips of each node are left over
  EXPECT_TRUE(fits_empty(pool, {10, 4}));   // two groups of 4 and one of 2
  EXPECT_FALSE(fits_empty(pool, {11, 4}));
  EXPECT_FALSE(fits_empty(pool, {7, 7}));
}

TEST(FitsEmpty, RefusesAShapeThatIsNone) {
  Pool pool{.id = {1}, .site = "s", .chip = "c", .asset = "CNY", .rate = {}, .nodes = {}};
  pool.nodes = {{{1}, "one", 8}};
  EXPECT_FALSE(fits_empty(pool, {0, 1}));
  EXPECT_FALSE(fits_empty(pool, {1, 0}));
  EXPECT_FALSE(fits_empty(pool, {1, 1, 0}));
  EXPECT_FALSE(fits_empty(pool, {1, 1, 1001}));
}
}  // namespace
}  // namespace granary
