#include "cost/fit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "cost/waves.h"

namespace granary {
namespace {

constexpr Peaks a100{FlopsPerSecond(312e12), BytesPerSecond(2039e9), 108};

GemmCurve some_curve(int cores = 0) {
  return {.compute_share = 0.74,
          .memory_share = 0.79,
          .compute_floor = Seconds(2.9e-6),
          .memory_floor = Seconds(3.4e-6),
          .exponent = 2,
          .cores = cores};
}

// Times that the curve itself gives, on a grid as the probe's.
std::vector<GemmPoint> made_points(const GemmCurve& curve, const Peaks& peaks) {
  std::vector<GemmPoint> points;
  for (const double m : {1, 8, 32, 64, 96, 128, 256, 512, 1024, 8192}) {
    for (const double n : {1024, 4096, 12288, 22016}) {
      const Gemm gemm{m, n, 4096};
      points.push_back({gemm, predicted(curve, peaks, gemm), "m " + std::to_string(m)});
    }
  }
  return points;
}

TEST(Fit, ACurveIsFoundAgainFromTheTimesItGives) {
  for (const int cores : {0, 108}) {
    Peaks peaks = a100;
    peaks.cores = cores;
    const auto points = made_points(some_curve(cores), peaks);
    const FitError error = error_of(fit_gemm(points, peaks), points, peaks);
    EXPECT_LT(error.mean, 0.005) << cores;
    EXPECT_EQ(error.points, points.size());
  }
}

TEST(Fit, TheSamePointsGiveTheSameCurveToTheBit) {
  const auto points = made_points(some_curve(), a100);
  const GemmCurve one = fit_gemm(points, a100), two = fit_gemm(points, a100);
  EXPECT_EQ(one.compute_share, two.compute_share);
  EXPECT_EQ(one.memory_floor, two.memory_floor);
  EXPECT_EQ(one.exponent, two.exponent);
}

TEST(Fit, AShareAboveOneIsNotBelievedEvenWhenTheTimesAskForIt) {
  auto points = made_points(some_curve(), a100);
  for (GemmPoint& p : points) p.time = p.time / 3;
  const GemmCurve curve = fit_gemm(points, a100);
  EXPECT_LE(curve.compute_share, 1);
  EXPECT_LE(curve.memory_share, 1);
  EXPECT_GE(curve.exponent, 1);
}

TEST(Fit, RepeatedMeasurementsOfOneShapeCountOnce) {
  const Gemm gemm{16, 4096, 4096};
  const auto once = without_repeats({{gemm, Seconds(2), "a"},
                                     {{32, 4096, 4096}, Seconds(9), "a"},
                                     {gemm, Seconds(4), "a"},
                                     {gemm, Seconds(5), "b"}});
  ASSERT_EQ(once.size(), 3U);
  EXPECT_EQ(once[0].time.base(), 3);
  EXPECT_EQ(once[2].time.base(), 5);
}

TEST(Fit, NothingIsLeftOutOfASingleGroup) {
  EXPECT_TRUE(leave_group_out({{{1, 64, 64}, Seconds(1), "a"}}, a100).groups.empty());
}

TEST(Fit, TheShareAndTheStartOfElementwiseKernelsAreFoundAgain) {
  std::vector<ElementwisePoint> points;
  for (double b = 1e4; b < 1e9; b *= 4) {
    points.push_back({Bytes(b), Seconds(b / (0.6 * 2039e9) + 4e-6)});
  }
  const ElementwiseCurve curve = fit_elementwise(points, a100.memory);
  EXPECT_NEAR(curve.share, 0.6, 0.01);
  EXPECT_NEAR(curve.launch.base(), 4e-6, 1e-7);
}

TEST(Waves, AProductOfAsManyTilesAsCoresLosesNothingToIdleCores) {
  Practice practice;
  practice.peak = a100.compute;
  practice.memory = a100.memory;
  practice.gemm = some_curve(108);
  // 9 x 12 tiles of 128 x 128 are one wave; one more row of tiles is a second wave, hardly used.
  const Gemm full{9 * 128, 12 * 128, 8192}, more{9 * 128 + 1, 12 * 128, 8192};
  const double whole = occupied_flops(practice, full) / full.flops();
  EXPECT_NEAR(whole, 1 + 10.0 / 64, 1e-9);
  EXPECT_GT(occupied_flops(practice, more) / more.flops(), 1.2 * whole);
  practice.gemm.cores = 0;
  EXPECT_EQ(occupied_flops(practice, more), more.flops());
}

// Times of vLLM's kernels on an A100 by Vidur (github.com/microsoft/vidur at 7d47513, MIT).
class Operators : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const source = std::getenv("GRANARY_SOURCE");
    std::ifstream file(std::string(source ? source : ".") +
                       "/../shared/data/measurements/inference_ops_a100.csv");
    if (!file) GTEST_SKIP() << "the measurements are not here";
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      std::vector<std::string> f;
      std::stringstream fields(line);
      for (std::string field; std::getline(fields, field, ',');) f.push_back(field);
      const double n = std::stod(f.at(5));
      if (n == 0) continue;
      points.push_back(
          {{std::stod(f[3]), n, std::stod(f[6])}, Seconds(std::stod(f[7]) * 1e-6), f[1]});
    }
    points = without_repeats(points);
  }
  std::vector<GemmPoint> points;
};

TEST_F(Operators, MatrixProductsOnA100AreWithinSevenPercentAlsoForAModelLeftOut) {
  ASSERT_EQ(points.size(), 864U);
  const auto begin = std::chrono::steady_clock::now();
  const GemmCurve curve = fit_gemm(points, a100);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const FitError error = error_of(curve, points, a100);
  EXPECT_LT(error.mean, 0.058);
  EXPECT_LT(error.p95, 0.18);
  EXPECT_LT(std::abs(error.bias), 0.01);
  const LeftOut left = leave_group_out(points, a100);
  ASSERT_EQ(left.groups.size(), 3U);
  EXPECT_LT(left.mean, 0.062);
  std::cout << "share " << curve.compute_share << ' ' << curve.memory_share << ", floors "
            << duration_text(curve.compute_floor) << ' ' << duration_text(curve.memory_floor)
            << ", exponent " << curve.exponent << "; mean " << error.mean << " p95 " << error.p95
            << " bias " << error.bias << "; " << took.count() << " s; left out:";
  for (const auto& g : left.groups) std::cout << ' ' << g.name << ' ' << g.error.mean;
  std::cout << ", mean " << left.mean << '\n';
}

TEST_F(Operators, ACurveThatKnowsTheCoresPredictsAModelLeftOutBetter) {
  Peaks plain = a100;
  plain.cores = 0;
  const GemmCurve curve = fit_gemm(points, plain);
  std::cout << "share " << curve.compute_share << ' ' << curve.memory_share << ", floors "
            << duration_text(curve.compute_floor) << ' ' << duration_text(curve.memory_floor)
            << ", exponent " << curve.exponent << "; mean " << error_of(curve, points, plain).mean
            << '\n';
  EXPECT_LT(leave_group_out(points, a100).mean, leave_group_out(points, plain).mean - 0.005);
}

TEST_F(Operators, FortyPointsAreEnoughForACurve) {
  std::vector<GemmPoint> forty, rest;
  for (std::size_t i = 0; i < points.size(); ++i) {
    (i % 21 == 0 ? forty : rest).push_back(points[i]);
  }
  EXPECT_LT(error_of(fit_gemm(forty, a100), rest, a100).mean, 0.08);
}

}  // namespace
}  // namespace granary
