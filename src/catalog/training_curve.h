#pragma once
// Calibration of whole training steps on a kind of chip.

namespace granary {

// Matrix products inside a training step, where they are long and one follows another: F/P of
// (m + edge)(n + edge)(k + edge) instead of m n k, at compute_share of P. The edge stands for tiles
// and waves that are not full. Fitted on whole steps, not on single products.
struct TrainingCurve {
  double compute_share = 0;  // (0, 1]
  double edge = 0;           // elements, 0 .. 2000
  // Share of the 16-bit P that the attention core reaches, flop counted with the causal mask.
  double attention = 0;
};

// Measured over predicted time, 10th and 90th percentile: what a prediction is multiplied with.
struct Band {
  double low = 1, high = 1;
};

}  // namespace granary
