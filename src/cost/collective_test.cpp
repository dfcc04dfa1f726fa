#include "cost/collective.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "catalog/built_in.h"
#include "cost/known.h"
#include "cost/links.h"
#include "cost/training_step.h"

namespace granary {
namespace {
constexpr double us = 1e-6;

const std::vector<AllReducePoint> points{{4, Bytes(1e6), Seconds(150 * us)},
                                         {8, Bytes(1e4), Seconds(20 * us)},
                                         {8, Bytes(1e6), Seconds(200 * us)},
                                         {8, Bytes(1e8), Seconds(2000 * us)}};

TEST(AllReduce, BetweenTwoMeasuredSizesTimeIsStraightInTheLogarithms) {
  const auto at = [](double bytes) { return all_reduce_time(points, 8, Bytes(bytes)).base() / us; };
  EXPECT_NEAR(at(1e5), std::sqrt(20 * 200), 1e-9);
  EXPECT_NEAR(at(1e6), 200, 1e-9);
  EXPECT_NEAR(at(100), 20, 1e-9) << "below the smallest the start is all";
  EXPECT_NEAR(at(1e8 + 99e6), 3800, 1e-6) << "above the largest along the last line";
}

TEST(AllReduce, AGroupThatWasNotMeasuredTakesTheNearestOnesTimesByTheShareOfItsRing) {
  // 7 chips: 2 x 6/7 instead of 2 x 7/8 of the bytes, the start as it was.
  EXPECT_NEAR(all_reduce_time(points, 7, Bytes(1e8)).base(),
              20 * us + (6.0 / 7) / (7.0 / 8) * 1980 * us, 1e-9);
}

// A calibrated box is planned for by what was measured on it, not by its data sheet.
TEST(AllReduce, MeasuredOnAChipItIsWhatATensorParallelStepPays) {
  const Chip chip = known::rtx4090();
  Catalog catalog;
  catalog.calibrations[chip.id].all_reduce = {{2, Bytes(1e6), Seconds(1e-3)},
                                              {2, Bytes(1e8), Seconds(100e-3)}};
  const BytesPerSecond fabric(100e9);
  const Links sheet = known::links(chip), box = links_of(catalog, chip, 8, fabric);
  EXPECT_FALSE(is_measured(sheet, {2, 1}));
  EXPECT_TRUE(is_measured(box, {2, 1}));
  EXPECT_FALSE(is_measured(box, {2, 2})) << "neighbours only: others share the way";
  EXPECT_FALSE(is_measured(box, {16, 1})) << "another node";
  EXPECT_NEAR(exchange_time(box, {2, 1}, Bytes(1e7)).base(), 10e-3, 1e-9);
  const Layout layout{.tensor = 2};
  const auto traffic = [&](const Links& links) {
    return step_seconds(known::llama3_8b(), known::practice(chip), links, layout, {2048, 8})
        .tensor_traffic;
  };
  EXPECT_GT(traffic(box), 2 * traffic(sheet));
}

// Times of NCCL on A100 by Vidur (github.com/microsoft/vidur at 7d47513, MIT) against the thinned
// points of data/calibrations.
TEST(MeasuredAllReduces, ThinnedPointsGiveBackWhatWasMeasuredBetterThanTheRates) {
  const char* const source = std::getenv("GRANARY_SOURCE");
  std::ifstream file(std::string(source ? source : ".") +
                     "/../shared/data/measurements/network.csv");
  if (!file) GTEST_SKIP() << "the measurements are not here";
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  const std::map<std::string, std::string> chip_of{{"a100_dgx", "a100-sxm-80"},
                                                   {"a100_pairwise_nvlink", "a100-pcie-80"}};
  struct Sum {
    int n = 0, left_out = 0, large = 0;
    double points = 0, between = 0, rates = 0, at_large = 0;
  };
  std::map<std::string, Sum> sums;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> f;
    std::stringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) f.push_back(field);
    const int chips = std::stoi(f[2]);
    if (f[1] != "all_reduce" || chips != std::stoi(f[3])) continue;  // of one node
    const Chip& chip = catalog->chips.at(chip_of.at(f.at(0)));
    const Bytes bytes(std::stod(f[4])), through = ring_bytes(bytes, chips);
    const double time = std::stod(f[5]) * us;
    Links links = links_of(*catalog, chip, 8, BytesPerSecond{});
    ASSERT_TRUE(is_measured(links, {chips, 1}));
    const double error = exchange_time(links, {chips, 1}, through).base() / time - 1;
    const auto kept = links.all_reduce;
    links.all_reduce = {};
    const double rates = exchange_time(links, {chips, 1}, through).base() / time - 1;
    Sum& sum = sums[f[0]];
    ++sum.n;
    sum.points += std::abs(error);
    sum.rates += std::abs(rates);
    const bool at_point = std::any_of(kept.begin(), kept.end(), [&](const AllReducePoint& p) {
      return p.chips == chips && p.bytes == bytes;
    });
    if (!at_point) {
      ++sum.left_out;
      sum.between += std::abs(error);
    }
    if (bytes.base() > 2e6) {
      ++sum.large;
      sum.at_large += std::abs(error);
    }
  }
  EXPECT_EQ(sums.size(), 2U);
  for (const auto& [name, sum] : sums) {
    std::cout << name << ": n " << sum.n << ", mean " << sum.points / sum.n << ", sizes left out "
              << sum.between / sum.left_out << ", above 2 MB " << sum.at_large / sum.large
              << ", by the rates alone " << sum.rates / sum.n << '\n';
    EXPECT_LT(sum.between / sum.left_out, 0.25) << name;
    EXPECT_LT(sum.at_large / sum.large, 0.10) << name;
    EXPECT_LT(sum.points, sum.rates) << name;
  }
}

}  // namespace
}  // namespace granary
