#pragma once
// Time to read a prompt: from its arrival at an idle replica to its first token.

#include "cost/cost.h"
#include "cost/serving_practice.h"

namespace granary {

struct Prompts {
  double count = 1;   // prefilled together
  double tokens = 0;  // of each
};

struct PrefillSeconds {
  Seconds products, experts, attention, elementwise, traffic, head, overhead;
  Seconds total() const {
    return products + experts + attention + elementwise + traffic + head + overhead;
  }
};

// In chunks of the framework's size; only the last position of a prompt goes through the head. A
// pipeline works on as many chunks as it has stages.
PrefillSeconds prefill_seconds(const Shape&, const ServingPractice&, const ReplicaSplit&,
                               const Prompts&);

// The same in words; the terms sum to the time.
std::vector<Term> prefill_terms(const Shape&, const ServingPractice&, const ReplicaSplit&,
                                const Prompts&);

}  // namespace granary
