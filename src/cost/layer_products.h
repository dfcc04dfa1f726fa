#pragma once
// Time of one pass of `tokens` rows through the parts of a model on one chip of a tensor group:
// what prefill and decode share. Some ten kernels, below a microsecond to count, no allocation.

#include "cost/serving_practice.h"

namespace granary {

// Seconds of all layers that a pass goes through, on one chip.
struct PassSeconds {
  Seconds products;     // attention and FFN matrices, shared experts, router
  Seconds experts;      // routed experts: the distinct ones that the tokens hit
  Seconds elementwise;  // norms, rotations, activations, additions
  Seconds traffic;      // two all-reduces a layer, hops of a pipeline
  Seconds overhead;     // of the framework, of each layer
  Seconds total() const { return products + experts + elementwise + traffic + overhead; }
};
PassSeconds pass_seconds(const Shape&, const ServingPractice&, const ReplicaSplit&, double tokens,
                         Seconds layer_overhead);

// Logits of `rows` tokens.
Seconds head_seconds(const Shape&, const ServingPractice&, int tensor, double rows);

// Experts of a layer that `tokens` tokens hit, each choosing k of X at random: X (1 - (1 - k/X)^c).
double distinct_experts(const Shape&, double tokens);

}  // namespace granary
