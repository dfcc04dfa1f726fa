#pragma once
// Where the parameters of a model sit, because they are stored and split differently: quantised
// kinds leave the embedding and the output head in fp16, the first and the last stage of a pipeline
// hold one of them each, and one token reads only some of the experts.

#include "cost/work.h"

namespace granary {

struct Parts {
  double embedding = 0;  // and learned positions
  double head = 0;       // 0 when it is the embedding
  double experts = 0;    // routed ones
  double other = 0;      // attention, norms, dense and shared FFNs
};
Parts parts_of(const Model&);

// Layers of the fullest stage, and parameters of the ends that the stages hold.
int stage_layers(const Shape&, int pipeline);
enum class Stage { first, last };
// Embedding, head or both. A tied head on a stage of its own is a copy of the embedding.
double end_parameters(const Model&, int pipeline, Stage);

}  // namespace granary
