#include "cost/collective.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "catalog/built_in.h"
#include "cost/known.h"

namespace granary {
namespace {

constexpr double us = 1e-6;
constexpr Bytes large{1e9};

Network unmeasured(const Chip& chip, std::optional<Fabric> fabric = std::nullopt) {
  return {.chip = chip, .measured = {}, .fabric = fabric};
}

Network measured() {
  Network network = unmeasured(known::a100_80());
  network.measured.all_reduce = {{8, 1, Bytes(1e4), Seconds(20 * us)},
                                 {8, 1, Bytes(1e6), Seconds(200 * us)},
                                 {8, 1, Bytes(1e8), Seconds(2000 * us)},
                                 {16, 2, Bytes(1e6), Seconds(900 * us)}};
  return network;
}

TEST(Collective, AGroupOfOneExchangesNothing) {
  EXPECT_EQ(collective_time(measured(), Collective::all_reduce, large, {1, 1, 1}), Seconds{});
}

TEST(Collective, BetweenTwoMeasuredSizesTimeIsStraightInTheLogarithms) {
  const Network network = measured();
  const auto at = [&](double bytes) {
    return collective_time(network, Collective::all_reduce, Bytes(bytes), {8, 1, 1}).base() / us;
  };
  EXPECT_NEAR(at(1e5), std::sqrt(20 * 200), 1e-9);
  EXPECT_NEAR(at(1e6), 200, 1e-9);
  EXPECT_NEAR(at(100), 20, 1e-9) << "below the smallest the start is all";
  EXPECT_NEAR(at(2e8), 4000, 1e-9) << "above the largest the rate stays";
}

TEST(Collective, AGroupThatWasNotMeasuredTakesTheNearestOnesTimesByTheShareOfItsRing) {
  // 7 chips: 2 x 6/7 instead of 2 x 7/8 of the bytes, the start as it was.
  EXPECT_NEAR(collective_time(measured(), Collective::all_reduce, Bytes(1e8), {7, 1, 1}).base(),
              20 * us + (6.0 / 7) / (7.0 / 8) * 1980 * us, 1e-9);
}

TEST(Collective, AGatherTakesHalfOfAnAllReduce) {
  const Network network = measured();
  EXPECT_EQ(collective_time(network, Collective::all_gather, Bytes(1e6), {8, 1, 1}).base(),
            collective_time(network, Collective::all_reduce, Bytes(1e6), {8, 1, 1}).base() / 2);
}

TEST(Collective, AFabricThatIsStatedCountsMoreThanTheOneThatWasMeasured) {
  Network network = measured();
  const Members two_nodes{16, 2, 1};
  EXPECT_NEAR(collective_time(network, Collective::all_reduce, Bytes(1e6), two_nodes).base(),
              900 * us, 1e-12);
  network.fabric = Fabric{BytesPerSecond(400e9)};
  EXPECT_LT(collective_time(network, Collective::all_reduce, Bytes(1e6), two_nodes).base(),
            300 * us);
}

TEST(Collective, GroupsThatShareANodesFabricAreSlowerTogether) {
  const Network network = unmeasured(known::a100_80(), Fabric{BytesPerSecond(100e9)});
  const Seconds alone = collective_time(network, Collective::all_reduce, large, {4, 4, 1});
  const Seconds together = collective_time(network, Collective::all_reduce, large, {4, 4, 8});
  EXPECT_NEAR(together / alone, 8, 0.1);
}

TEST(Collective, OverNodesTheSlowestTierDecides) {
  const Chip chip = known::a100_80();
  const Network slow = unmeasured(chip, Fabric{BytesPerSecond(10e9)});
  const Network fast = unmeasured(chip, Fabric{BytesPerSecond(1e15)});
  const Seconds inside = collective_time(slow, Collective::all_reduce, large, {8, 1, 1});
  EXPECT_NEAR(collective_time(fast, Collective::all_reduce, large, {16, 2, 1}) / inside, 1, 0.01);
  // 2 (n - 1) / n of the bytes leave each of two nodes at 0.77 of 10 GB/s.
  EXPECT_NEAR(collective_time(slow, Collective::all_reduce, large, {16, 2, 1}).base(), 1 / 7.7,
              0.001);
}

TEST(Collective, ChipsWithoutALinkGoThroughTheHost) {
  const Network bridged = unmeasured(known::rtx3090()), host = unmeasured(known::rtx4090());
  EXPECT_LT(collective_time(bridged, Collective::all_reduce, large, {2, 1, 1}),
            collective_time(host, Collective::all_reduce, large, {2, 1, 1}));
  EXPECT_NEAR(collective_time(bridged, Collective::all_reduce, large, {4, 1, 1}) /
                  collective_time(host, Collective::all_reduce, large, {4, 1, 1}),
              1, 1e-9)
      << "a bridge of two does not help four";
}

TEST(Collective, TimeNeverFallsWithTheBytesWhereNothingWasMeasured) {
  const Network network = unmeasured(known::ascend910b2(), Fabric{BytesPerSecond(50e9)});
  for (const Collective kind : {Collective::all_reduce, Collective::all_gather,
                                Collective::send_receive, Collective::all_to_all}) {
    Seconds before;
    for (double bytes = 1; bytes < 1e12; bytes *= 3) {
      const int chips = kind == Collective::send_receive ? 2 : 16;
      const Seconds now = collective_time(network, kind, Bytes(bytes), {chips, 2, 1});
      EXPECT_GE(now, before);
      before = now;
    }
  }
}

// Times of NCCL on A100 by Vidur (github.com/microsoft/vidur at 7d47513, MIT) against the thinned
// points of data/calibrations.
TEST(MeasuredCollectives, ThinnedPointsGiveBackWhatWasMeasuredBetterThanTheRatesOfTheTiers) {
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
    double points = 0, between = 0, tiers = 0, at_large = 0;
  };
  std::map<std::string, Sum> sums;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::vector<std::string> f;
    std::stringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) f.push_back(field);
    const Chip& chip = catalog->chips.at(chip_of.at(f.at(0)));
    const Collective kind =
        f[1] == "all_reduce" ? Collective::all_reduce : Collective::send_receive;
    const int chips = std::stoi(f[2]), nodes = chips / std::stoi(f[3]);
    const Bytes bytes(std::stod(f[4]));
    const double time = std::stod(f[5]) * us;
    const Network network = network_of(*catalog, chip);
    const Members group{chips, nodes, 1};
    const double error = collective_time(network, kind, bytes, group).base() / time - 1;
    const double tiers = collective_time(unmeasured(chip), kind, bytes, group).base() / time - 1;
    Sum& sum = sums[f[0] + " " + f[1]];
    ++sum.n;
    sum.points += std::abs(error);
    sum.tiers += std::abs(tiers);
    const auto& kept = kind == Collective::all_reduce ? network.measured.all_reduce
                                                      : network.measured.send_receive;
    bool at_point = false;
    for (const CollectivePoint& p : kept) {
      at_point = at_point || (p.chips == chips && p.nodes == nodes && p.bytes == bytes);
    }
    if (!at_point) {
      ++sum.left_out;
      sum.between += std::abs(error);
    }
    if (bytes.base() > 2e6) {
      ++sum.large;
      sum.at_large += std::abs(error);
    }
  }
  for (const auto& [name, sum] : sums) {
    std::cout << name << ": n " << sum.n << ", mean " << sum.points / sum.n << ", sizes left out "
              << sum.between / sum.left_out << ", above 2 MB " << sum.at_large / sum.large
              << ", by the tiers alone " << sum.tiers / sum.n << '\n';
    EXPECT_LT(sum.between / sum.left_out, 0.25) << name;
    EXPECT_LT(sum.at_large / sum.large, 0.10) << name;
    EXPECT_LT(sum.points, sum.tiers) << name;
  }
}

}  // namespace
}  // namespace granary
