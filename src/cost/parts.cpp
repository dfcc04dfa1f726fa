#include "cost/parts.h"

#include <algorithm>

namespace granary {

Parts parts_of(const Model& model) {
  const Shape& s = model.shape.value;
  const double hidden = s.hidden;
  const double words = static_cast<double>(s.vocabulary) * hidden;
  Parts parts;
  parts.embedding = words + (s.learned_positions ? s.context * hidden : 0.0);
  parts.head = s.tied_embeddings ? 0.0 : words;
  if (s.experts > 0) {
    const double matrices = s.gated_ffn ? 3 : 2;
    parts.experts = static_cast<double>(s.layers - s.dense_layers) * s.experts * matrices * hidden *
                    s.expert_ffn;
  }
  parts.other = std::max(0.0, model.counted.total - parts.embedding - parts.head - parts.experts);
  return parts;
}

int stage_layers(const Shape& shape, int pipeline) {
  return (shape.layers + pipeline - 1) / pipeline;
}

double end_parameters(const Model& model, int pipeline, Stage stage) {
  const Parts parts = parts_of(model);
  if (pipeline == 1) return parts.embedding + parts.head;
  if (stage == Stage::first) return parts.embedding;
  return static_cast<double>(model.shape.value.vocabulary) * model.shape.value.hidden;
}

}  // namespace granary
