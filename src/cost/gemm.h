#pragma once
// Time of one kernel on one chip: matrix products by the smooth roofline of the chip's curve,
// elementwise passes by the bytes they move. Nanoseconds per call, no allocation.

#include "cost/practice.h"

namespace granary {

// C (m x n) = A (m x k) B (k x n). Bytes of an element of the activations (A and C) and of the
// weights (B) may differ: quantised weights.
struct Gemm {
  double m = 0, n = 0, k = 0;
  double activation_bytes = 2, weight_bytes = 2;

  Flops flops() const { return Flops(2 * m * n * k); }
  Bytes bytes() const { return Bytes(activation_bytes * (m * k + m * n) + weight_bytes * n * k); }
};

Seconds gemm_time(const Practice&, const Gemm&);
// The same for a product given by its flop and bytes, for several of them in one kernel.
Seconds roofline(const Practice&, Flops, Bytes);

// A kernel that reads and writes `bytes` once and hardly computes.
Seconds elementwise_time(const Practice&, Bytes);

}  // namespace granary
