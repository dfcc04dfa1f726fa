#pragma once
// Memory of one served replica, on its fullest chip.

#include "cost/cost.h"
#include "cost/serving_practice.h"

namespace granary {

struct LiveTokens {
  double sequences = 1;
  double tokens = 0;  // of each, prompt and output
};

// Weights, cache (in blocks of 16 where it is paged), the largest chunk of a prefill as it runs,
// logits, and the framework's context. gradients and optimiser are 0.
Memory replica_memory(const Model&, const ServingPractice&, const ReplicaSplit&, const LiveTokens&);

// What the framework may fill of the chip; 0 when its memory is not known.
Bytes usable_for(const Framework&, const Chip&);

// Several replicas on one card, each a process with a context of its own: their sum.
Memory together(const Memory&, int replicas);

// The most sequences of `tokens` each that fit, up to `most`; 0 when not even one does.
int largest_batch(const Model&, const ServingPractice&, const ReplicaSplit&, double tokens,
                  Bytes usable, int most);

}  // namespace granary
