#pragma once
// What a kind of chip does in practice at one precision: its declared rates and the calibration
// that turns them into time.

#include <optional>
#include <string>

#include "catalog/catalog.h"

namespace granary {

struct Practice {
  Precision precision = Precision::bf16;
  FlopsPerSecond peak;    // dense, of the precision
  BytesPerSecond memory;  // rated
  GemmCurve gemm;         // fitted against the two above: single products
  // The same for products inside a training step. Nothing: not known at this precision.
  std::optional<TrainingCurve> training;
  Band training_band;          // of step times; widened where the curve is borrowed
  BytesPerSecond node_fabric;  // of a node, shared by its chips, where the pool does not say
  double attention = 0;        // share of peak that the fused attention core reaches
  double elementwise = 0;      // share of memory bandwidth that elementwise kernels reach
  Seconds launch;              // of one elementwise kernel
  bool own_gemm = false;       // measured on this very kind of chip, not borrowed
  bool own_training = false;   // fitted on its own steps
  bool processor = false;      // an ordinary processor: training there is nanotrain's, on one core
  std::string source;          // of `gemm`
  std::string training_source;
};

// Nothing when the chip has no rate at the precision or no memory bandwidth is known.
// What is not measured on the chip is its family's, else general. 16 and 32 bits stand in for each
// other, since the peak carries the difference; 8 bits and less have their own training curve or
// none, because of what stays in 16 bits around them.
std::optional<Practice> practice_of(const Catalog&, const Chip&, Precision);

}  // namespace granary
