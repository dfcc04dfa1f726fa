#include "cost/gemm.h"

#include <algorithm>
#include <cmath>

#include "cost/waves.h"

namespace granary {

Seconds roofline(const Practice& practice, Flops flops, Bytes bytes) {
  const GemmCurve& curve = practice.gemm;
  const double compute = (flops / practice.peak + curve.compute_floor).base() / curve.compute_share;
  const double memory = (bytes / practice.memory + curve.memory_floor).base() / curve.memory_share;
  const double longer = std::max(compute, memory), shorter = std::min(compute, memory);
  if (longer <= 0) return Seconds{};
  return Seconds(longer *
                 std::pow(1 + std::pow(shorter / longer, curve.exponent), 1 / curve.exponent));
}

Seconds gemm_time(const Practice& practice, const Gemm& gemm) {
  return roofline(practice, occupied_flops(practice, gemm), gemm.bytes());
}

Seconds elementwise_time(const Practice& practice, Bytes bytes) {
  return bytes / (practice.elementwise * practice.memory) + practice.launch;
}

}  // namespace granary
