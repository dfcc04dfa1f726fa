#include "cost/waves.h"

#include <algorithm>
#include <cmath>

namespace granary {
namespace {

// A tile of t x t loads 2 t k elements for t t k products: small ones are bound by those loads.
// 10 and 2 us are round figures near the optimum on A100, not fitted with each curve.
constexpr double load_cost = 10;
constexpr double reduction_seconds = 2e-6;  // the second kernel that adds the parts of a cut k
constexpr double sum_bytes = 4;             // of one partial sum, fp32

struct Tile {
  double side;
  // Time over that of an infinitely large tile.
  double slowdown() const { return 1 + load_cost / (side / 2); }
};
constexpr Tile tiles[] = {{128}, {64}};

}  // namespace

Flops occupied_flops(const Practice& practice, const Gemm& gemm) {
  const int cores = practice.gemm.cores;
  if (cores <= 0) return gemm.flops();
  const double peak = practice.peak.base();
  const double reduction = sum_bytes * gemm.m * gemm.n / practice.memory.base();
  double least = 0;
  for (const Tile& tile : tiles) {
    const double count = std::ceil(gemm.m / tile.side) * std::ceil(gemm.n / tile.side);
    const double flops = 2 * tile.side * tile.side * gemm.k * tile.slowdown() * cores;
    for (const int parts : {1, 2, 4}) {
      double occupied = std::ceil(count * parts / cores) * flops / parts;
      if (parts > 1) occupied += (reduction_seconds + parts * reduction) * peak;
      if (least == 0 || occupied < least) least = occupied;
    }
  }
  return Flops(least);
}

}  // namespace granary
