#include "nano/gemm.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "nano/random.h"

namespace nano {
namespace {

// Small whole numbers: their sums are exact in fp32, so the order of the additions cannot matter.
std::vector<float> numbers(std::size_t count, Random& random) {
  std::vector<float> all(count);
  for (float& value : all) value = static_cast<float>(random.below(9)) - 4.0F;
  return all;
}

float at(const MatrixView& view, std::size_t row, std::size_t column) {
  return view.transposed ? view.data[column * view.stride + row]
                         : view.data[row * view.stride + column];
}

TEST(Gemm, EveryShapeStrideAndTranspositionEqualsTheSchoolbook) {
  constexpr std::uint64_t seed = 7;
  Random random(seed);
  const std::size_t sizes[] = {1, 2, 5, 6, 7, 15, 16, 17, 33, 100, 300, 600};
  for (int round = 0; round < 150; ++round) {
    const auto pick = [&](std::size_t kinds) { return sizes[random.below(kinds)]; };
    const Product p{pick(12), pick(12), pick(11), random.below(2) == 1};
    const bool left_transposed = random.below(2) == 1;
    const bool right_transposed = random.below(2) == 1;
    const std::size_t left_stride = (left_transposed ? p.rows : p.inner) + random.below(3);
    const std::size_t right_stride = (right_transposed ? p.inner : p.columns) + random.below(3);
    const std::size_t stride = p.columns + random.below(3);
    const auto left = numbers((left_transposed ? p.inner : p.rows) * left_stride, random);
    const auto right = numbers((right_transposed ? p.columns : p.inner) * right_stride, random);
    const MatrixView a{left.data(), left_stride, left_transposed};
    const MatrixView b{right.data(), right_stride, right_transposed};
    auto result = numbers(p.rows * stride, random);
    auto expected = result;
    for (std::size_t i = 0; i < p.rows; ++i) {
      for (std::size_t j = 0; j < p.columns; ++j) {
        float sum = p.accumulate ? expected[i * stride + j] : 0.0F;
        for (std::size_t k = 0; k < p.inner; ++k) sum += at(a, i, k) * at(b, k, j);
        expected[i * stride + j] = sum;
      }
    }
    gemm(p, a, b, result.data(), stride);
    ASSERT_EQ(result, expected) << "seed " << seed << ", round " << round << ": " << p.rows << " x "
                                << p.columns << " x " << p.inner;
  }
}

TEST(Gemm, AnEmptySumIsZeroUnlessItIsAddedToSomething) {
  std::vector<float> result(6, 3.0F);
  gemm({2, 3, 0, true}, {nullptr, 0}, {nullptr, 3}, result.data(), 3);
  EXPECT_EQ(result, std::vector<float>(6, 3.0F));
  gemm({2, 3, 0, false}, {nullptr, 0}, {nullptr, 3}, result.data(), 3);
  EXPECT_EQ(result, std::vector<float>(6, 0.0F));
}

}  // namespace
}  // namespace nano
