#include "cost/service_memory.h"

#include <algorithm>
#include <cmath>

#include "cost/parts.h"

namespace granary {
namespace {
constexpr double block = 16;  // tokens of a page of the cache: vLLM's default

struct Ends {
  double embedding = 0, head = 0;  // parameters on the chip
};

Bytes ends_of(const Model& model, const ServingPractice& practice, int pipeline) {
  const Parts parts = parts_of(model);
  const double words = static_cast<double>(model.shape.value.vocabulary) * model.shape.value.hidden;
  Ends first{parts.embedding, 0}, last{0, words};
  if (practice.framework.embedding_on_host) first.embedding = 0;
  if (practice.framework.cards == Cards::pipeline && pipeline > 1) last = {};  // among the layers
  if (pipeline == 1) {
    // A tied head is the embedding itself, unless that one stays with the host.
    first.head = practice.framework.embedding_on_host ? words : parts.head;
    last = {};
  }
  const auto bytes = [&](const Ends& ends) {
    return Bytes(practice.stored.embedding * ends.embedding + practice.stored.head * ends.head);
  };
  return std::max(bytes(first), bytes(last));
}

// Share of all layers on the fullest chip of a pipeline. Frameworks that place layers card by card
// count the head among them, so that its card takes fewer.
double fullest_stage(const Model& model, const ServingPractice& practice, int pipeline) {
  const Shape& s = model.shape.value;
  if (practice.framework.cards == Cards::tensor || pipeline == 1) {
    return static_cast<double>(stage_layers(s, pipeline)) / std::max(1, s.layers);
  }
  const Parts parts = parts_of(model);
  const double layer = practice.stored.layers * (parts.other + parts.experts) / s.layers;
  const double head = practice.stored.head * s.vocabulary * static_cast<double>(s.hidden);
  return std::min(1.0, std::ceil((s.layers + head / layer) / pipeline) / s.layers);
}

// Rows of a layer as it runs: its input, residual and norm, then what is widest of attention and
// FFN, in 16 bits. Of the experts only those a token goes through.
BytesPerToken working_row(const Shape& s, int tensor) {
  const double gates = s.gated_ffn ? 2 : 1;
  const double attention = (s.heads + 2.0 * s.kv_heads) * s.head_width + s.heads * s.head_width;
  double width = s.ffn;
  if (s.experts > 0) {
    width =
        std::max(width, static_cast<double>(s.experts_per_token + s.shared_experts) * s.expert_ffn);
  }
  return BytesPerToken(2 * (3.0 * s.hidden + std::max(attention, (gates + 1) * width) / tensor));
}
}  // namespace

Memory replica_memory(const Model& model, const ServingPractice& practice,
                      const ReplicaSplit& split, const LiveTokens& live) {
  const Shape& s = model.shape.value;
  const Framework& framework = practice.framework;
  const Parts parts = parts_of(model);
  const double stage = fullest_stage(model, practice, split.pipeline);
  double layers = stage * (parts.other + parts.experts);
  if (practice.host > BytesPerSecond{}) {
    // The layer that computes and the one that arrives.
    layers = 2 * (parts.other + parts.experts) / std::max(1, s.layers);
  }
  Memory memory;
  memory.weights = Bytes(practice.stored.layers * layers) / split.tensor +
                   ends_of(model, practice, split.pipeline) / split.tensor;
  const double kept = framework.paged ? block * std::ceil(live.tokens / block) : live.tokens;
  memory.kv_cache = stage * (cache_bytes_per_token(s, practice.cache, split.tensor) *
                             Tokens(live.sequences * kept));
  const double chunk = std::min<double>(framework.chunk, live.sequences * live.tokens);
  memory.activations = working_row(s, split.tensor) * Tokens(chunk) +
                       Bytes(4.0 * live.sequences * s.vocabulary / split.tensor);
  memory.context = framework.context;
  return memory;
}

Bytes usable_for(const Framework& framework, const Chip& chip) {
  if (!chip.memory) return {};
  const Bytes share = framework.usable * chip.memory->value;
  return chip.usable_memory ? std::min(share, chip.usable_memory->value) : share;
}

Memory together(const Memory& one, int replicas) {
  const double n = replicas;
  Memory all;
  all.weights = n * one.weights;
  all.kv_cache = n * one.kv_cache;
  all.activations = n * one.activations;
  all.context = n * one.context;
  return all;
}

int largest_batch(const Model& model, const ServingPractice& practice, const ReplicaSplit& split,
                  double tokens, Bytes usable, int most) {
  const auto fits = [&](int sequences) {
    return replica_memory(model, practice, split, {static_cast<double>(sequences), tokens})
               .total() <= usable;
  };
  if (most < 1 || !fits(1)) return 0;
  int good = 1, bad = most + 1;
  while (bad - good > 1) {
    const int middle = good + (bad - good) / 2;
    (fits(middle) ? good : bad) = middle;
  }
  return good;
}

}  // namespace granary
