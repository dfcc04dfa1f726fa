#pragma once
// The matrix product in which a training step spends nearly all of its time: fp32, blocked for the
// caches, vectorised by the compiler, one thread. nanotrain and nanoserve call this routine and no
// other, so timing it is timing them.

#include <cstddef>

namespace nano {

// A row-major matrix that lives elsewhere; `stride` is the distance in floats from one row to the
// next. A transposed view reads the same storage with rows and columns exchanged.
struct MatrixView {
  const float* data = nullptr;
  std::size_t stride = 0;
  bool transposed = false;
};

struct Product {
  std::size_t rows = 0;     // of left and of the result
  std::size_t columns = 0;  // of right and of the result
  std::size_t inner = 0;    // columns of left, rows of right
  bool accumulate = false;  // adds to the result instead of replacing it
};

// result = left * right, or result += left * right. The result (row-major, rows `result_stride`
// floats apart) must not overlap an operand. 2 * rows * columns * inner flops. The order of the
// additions depends only on the shape and on the processor's instruction set, never on the data,
// the thread or the alignment: the same call on the same machine gives the same bits.
void gemm(const Product& product, const MatrixView& left, const MatrixView& right, float* result,
          std::size_t result_stride);

// The instruction set that gemm() uses on this processor: "avx2+fma" or "baseline".
const char* gemm_instructions();

}  // namespace nano
