#pragma once
// Time of one decoding step: one further token for each sequence of a batch.

#include "cost/cost.h"
#include "cost/serving_practice.h"

namespace granary {

struct DecodeBatch {
  double sequences = 1;
  double context = 0;  // tokens cached of each, on average
};

struct DecodeSeconds {
  Seconds products, experts, cache, elementwise, traffic, head, overhead;
  Seconds total() const {
    return products + experts + cache + elementwise + traffic + head + overhead;
  }
};

// Frameworks that place layers card by card pass the whole batch from card to card. The others keep
// every stage of a pipeline busy with its own part of the batch: a token takes all stages, each at
// sequences / pipeline rows.
DecodeSeconds decode_seconds(const Shape&, const ServingPractice&, const ReplicaSplit&,
                             const DecodeBatch&);

// The same in words; the terms sum to the time.
std::vector<Term> decode_terms(const Shape&, const ServingPractice&, const ReplicaSplit&,
                               const DecodeBatch&);

}  // namespace granary
