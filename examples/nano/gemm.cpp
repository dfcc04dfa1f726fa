#include "nano/gemm.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace nano {
namespace {

// A block of left (block_rows x block_inner) stays in the second-level cache, a strip of right
// (block_inner x tile columns) in the first.
constexpr std::size_t kBlockRows = 96;
constexpr std::size_t kBlockColumns = 512;
constexpr std::size_t kBlockInner = 256;

float element(const MatrixView& view, std::size_t row, std::size_t column) {
  return view.transposed ? view.data[column * view.stride + row]
                         : view.data[row * view.stride + column];
}

struct Extent {
  std::size_t first = 0;
  std::size_t count = 0;
};

// Copies a block into strips of `Tile` rows: for each inner index the strip's elements lie side by
// side, absent ones are zero. For right the same is done with its columns.
template <std::size_t Tile, bool kColumns>
[[gnu::always_inline]] inline void pack(const MatrixView& view, Extent lane, Extent inner,
                                        float* packed) {
  for (std::size_t strip = 0; strip < lane.count; strip += Tile) {
    const std::size_t width = std::min(Tile, lane.count - strip);
    const std::size_t first = lane.first + strip;
    const bool side_by_side = kColumns != view.transposed;
    for (std::size_t k = 0; k < inner.count; ++k) {
      if (side_by_side) {
        const float* source = view.data + (inner.first + k) * view.stride + first;
        for (std::size_t i = 0; i < width; ++i) packed[i] = source[i];
      } else {
        const float* source = view.data + first * view.stride + inner.first + k;
        for (std::size_t i = 0; i < width; ++i) packed[i] = source[i * view.stride];
      }
      for (std::size_t i = width; i < Tile; ++i) packed[i] = 0.0F;
      packed += Tile;
    }
  }
}

struct Corner {
  float* result = nullptr;
  std::size_t stride = 0;
  std::size_t rows = 0;
  std::size_t columns = 0;
  bool accumulate = false;
};

// As many floats as one register holds. Written as vectors because the compiler keeps an array of
// vectors in registers, and an array of floats only under some of its flags (measured: a factor of
// ten between -O2 and -O3 of g++ 12).
using Lanes4 [[gnu::vector_size(16)]] = float;
using Lanes8 [[gnu::vector_size(32)]] = float;

template <class Lanes>
inline constexpr std::size_t kWidth = sizeof(Lanes) / sizeof(float);

// One tile of the result, Rows x 2 registers: its sums stay in registers over all of `inner`.
template <class Lanes, std::size_t Rows>
[[gnu::always_inline]] inline void tile(const float* left, const float* right, std::size_t inner,
                                        const Corner& corner) {
  constexpr std::size_t columns = 2 * kWidth<Lanes>;
  Lanes low[Rows] = {};
  Lanes high[Rows] = {};
  for (std::size_t k = 0; k < inner; ++k) {
    Lanes right_low;
    Lanes right_high;
    std::memcpy(&right_low, right + k * columns, sizeof(Lanes));
    std::memcpy(&right_high, right + k * columns + kWidth<Lanes>, sizeof(Lanes));
#pragma GCC unroll 8
    for (std::size_t i = 0; i < Rows; ++i) {
      low[i] += left[k * Rows + i] * right_low;
      high[i] += left[k * Rows + i] * right_high;
    }
  }
  float sum[Rows][columns];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < Rows; ++i) {
    std::memcpy(&sum[i][0], &low[i], sizeof(Lanes));
    std::memcpy(&sum[i][kWidth<Lanes>], &high[i], sizeof(Lanes));
  }
  for (std::size_t i = 0; i < corner.rows; ++i) {
    float* row = corner.result + i * corner.stride;
    if (corner.accumulate) {
      for (std::size_t j = 0; j < corner.columns; ++j) row[j] += sum[i][j];
    } else {
      for (std::size_t j = 0; j < corner.columns; ++j) row[j] = sum[i][j];
    }
  }
}

struct Scratch {
  std::vector<float> left = std::vector<float>((kBlockRows + 16) * kBlockInner);
  std::vector<float> right = std::vector<float>((kBlockColumns + 16) * kBlockInner);
};

struct Call {
  Product product;
  MatrixView left;
  MatrixView right;
  float* result = nullptr;
  std::size_t stride = 0;
};

template <class Lanes, std::size_t Rows>
[[gnu::always_inline]] inline void blocked(const Call& call, Scratch& scratch) {
  constexpr std::size_t Columns = 2 * kWidth<Lanes>;
  const Product& p = call.product;
  for (std::size_t column = 0; column < p.columns; column += kBlockColumns) {
    const std::size_t columns = std::min(kBlockColumns, p.columns - column);
    for (std::size_t k = 0; k < p.inner; k += kBlockInner) {
      const std::size_t inner = std::min(kBlockInner, p.inner - k);
      pack<Columns, true>(call.right, {column, columns}, {k, inner}, scratch.right.data());
      for (std::size_t row = 0; row < p.rows; row += kBlockRows) {
        const std::size_t rows = std::min(kBlockRows, p.rows - row);
        pack<Rows, false>(call.left, {row, rows}, {k, inner}, scratch.left.data());
        for (std::size_t j = 0; j < columns; j += Columns) {
          for (std::size_t i = 0; i < rows; i += Rows) {
            tile<Lanes, Rows>(
                scratch.left.data() + i * inner, scratch.right.data() + j * inner, inner,
                {call.result + (row + i) * call.stride + column + j, call.stride,
                 std::min(Rows, rows - i), std::min(Columns, columns - j), p.accumulate || k > 0});
          }
        }
      }
    }
  }
}

void blocked_baseline(const Call& call, Scratch& scratch) { blocked<Lanes4, 4>(call, scratch); }

#if defined(__x86_64__)
[[gnu::target("avx2,fma")]] void blocked_avx2(const Call& call, Scratch& scratch) {
  blocked<Lanes8, 6>(call, scratch);
}

bool has_avx2() {
  static const bool answer = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return answer;
}
#else
void blocked_avx2(const Call& call, Scratch& scratch) { blocked_baseline(call, scratch); }
bool has_avx2() { return false; }
#endif

// A single row (one token being decoded) has nothing to reuse: packing would cost more than the
// product itself.
void one_row(const Call& call) {
  const Product& p = call.product;
  if (!p.accumulate) std::fill_n(call.result, p.columns, 0.0F);
  if (call.right.transposed) {
    for (std::size_t j = 0; j < p.columns; ++j) {
      float sum = 0.0F;
      for (std::size_t k = 0; k < p.inner; ++k) {
        sum += element(call.left, 0, k) * call.right.data[j * call.right.stride + k];
      }
      call.result[j] += sum;
    }
    return;
  }
  for (std::size_t k = 0; k < p.inner; ++k) {
    const float scale = element(call.left, 0, k);
    const float* row = call.right.data + k * call.right.stride;
    for (std::size_t j = 0; j < p.columns; ++j) call.result[j] += scale * row[j];
  }
}

}  // namespace

void gemm(const Product& product, const MatrixView& left, const MatrixView& right, float* result,
          std::size_t result_stride) {
  const Call call{product, left, right, result, result_stride};
  if (product.rows == 1) {
    one_row(call);
    return;
  }
  static thread_local Scratch scratch;
  if (product.inner == 0 && !product.accumulate) {
    for (std::size_t i = 0; i < product.rows; ++i) {
      std::fill_n(result + i * result_stride, product.columns, 0.0F);
    }
    return;
  }
  if (has_avx2()) {
    blocked_avx2(call, scratch);
  } else {
    blocked_baseline(call, scratch);
  }
}

const char* gemm_instructions() { return has_avx2() ? "avx2+fma" : "baseline"; }

}  // namespace nano
