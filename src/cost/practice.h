#pragma once
// What a kind of chip does in practice at one precision: its declared rates and the calibration
// that turns them into time.

#include <optional>
#include <string>

#include "catalog/catalog.h"

namespace granary {

struct Practice {
  Precision precision = Precision::bf16;
  FlopsPerSecond peak;         // dense, of the precision
  BytesPerSecond memory;       // rated
  GemmCurve gemm;              // fitted against the two above: single products
  TrainingCurve training;      // the same for products inside a training step
  Band training_band;          // of step times
  BytesPerSecond node_fabric;  // of a node, shared by its chips, where the pool does not say
  double attention = 0;        // share of peak that the fused attention core reaches
  double elementwise = 0;      // share of memory bandwidth that elementwise kernels reach
  Seconds launch;              // of one elementwise kernel
  bool own = false;            // false: the curve is borrowed from the family, or general
  bool processor = false;      // an ordinary processor: training there is nanotrain's, on one core
  std::string source;          // of the calibration
};

// Nothing when the chip has no rate at the precision or no memory bandwidth is known.
std::optional<Practice> practice_of(const Catalog&, const Chip&, Precision);

}  // namespace granary
