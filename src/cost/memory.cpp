// Memory of the fullest chip. Training state: mixed-precision Adam, 18 bytes a parameter (weights
// 2, main gradient 4, master copy 4, moments 8), the last 12 shared over the data-parallel ranks
// (ZeRO stage 1, Rajbhandari et al. 2020, arXiv:1910.02054).

#include <algorithm>

#include "cost/activations.h"
#include "cost/cost.h"
#include "cost/parts.h"

namespace granary {
namespace {
// Drivers, page granularity and fragmentation take the rest: ours, from 60.3 of 64 GiB usable on
// Ascend and 63.7 of 64 on BI-V150 (FlagPerf), and so that GLM-130B in fp16 does not fit 8 x
// V100-32GB and fits 8 x A100-40GB (its authors' table).
constexpr double usable_share = 0.95;
// Runtime, collective buffers and workspace; published figures are 0.5 to 1.5 GB. Assumed.
constexpr Bytes context{1.0e9};
// Tokens that a server prefills at once; longer prompts go in chunks. Assumed.
constexpr int prefill_chunk = 512;

BytesPerToken kv_of_heads(const Shape& s, int layers, int heads) {
  const double caches = static_cast<double>(layers) / std::max(1, s.layers_per_kv);
  if (s.attention == Attention::latent) {
    return BytesPerToken(caches * (s.latent_width + s.rope_width) * 2);
  }
  return BytesPerToken(2 * caches * heads * s.head_width * 2);
}

// Parameters of one chip that are split by tensor and pipeline alike.
double layer_parameters(const Model& model, const Layout& layout) {
  const Parts parts = parts_of(model);
  const double share = static_cast<double>(stage_layers(model.shape.value, layout.pipeline)) /
                       model.shape.value.layers;
  return (parts.other + parts.experts) * share / layout.tensor;
}

Memory stage_memory(const Model& model, const Layout& layout, int sequence, int global_batch,
                    Stage stage) {
  const Shape& s = model.shape.value;
  const double n = layer_parameters(model, layout) +
                   end_parameters(model, layout.pipeline, stage) / layout.tensor;
  const int micro_batches = std::max(1, global_batch / (layout.micro_batch * layout.data));
  // The first stage has started min(p, m) micro-batches before the first one comes back.
  const int alive = stage == Stage::first ? std::min(layout.pipeline, micro_batches) : 1;
  const Tokens tokens(static_cast<double>(sequence) * layout.micro_batch);
  const Bytes layer = layer_activations(s) * tokens / layout.tensor;
  const double layers = static_cast<double>(alive) * stage_layers(s, layout.pipeline);

  Memory memory;
  memory.weights = Bytes(2 * n);
  memory.gradients = Bytes(4 * n);
  memory.optimiser = Bytes(12 * n / layout.data);
  // Sequence parallelism shares what a layer keeps among the tensor group; with recomputation each
  // chip keeps the layers' inputs and one layer is alive.
  memory.activations =
      layout.recompute ? layers * (layer_input(s) * tokens) + layer : layers * layer;
  if (layout.pipeline == 1 || stage == Stage::last) {
    // fp32 logits and their gradient.
    memory.activations += Bytes(8 * tokens.base() * s.vocabulary / layout.tensor);
  }
  memory.context = context;
  return memory;
}
}  // namespace

Bytes usable_memory(const Chip& chip) {
  return chip.memory ? usable_share * chip.memory->value : Bytes{};
}

Memory training_memory(const Model& model, const Layout& layout, int sequence, int global_batch) {
  const Memory first = stage_memory(model, layout, sequence, global_batch, Stage::first);
  if (layout.pipeline == 1) return first;
  const Memory last = stage_memory(model, layout, sequence, global_batch, Stage::last);
  return last.total() > first.total() ? last : first;
}

Memory serving_memory(const Model& model, const Layout& layout, int sequences,
                      int tokens_per_sequence) {
  const Shape& s = model.shape.value;
  const double ends = std::max(end_parameters(model, layout.pipeline, Stage::first),
                               end_parameters(model, layout.pipeline, Stage::last));
  const double live = static_cast<double>(sequences) * tokens_per_sequence;
  // With more chips than KV heads the heads are replicated.
  const int heads = (s.kv_heads + layout.tensor - 1) / layout.tensor;
  Memory memory;
  memory.weights = Bytes(bytes_per_parameter(layout.weights) * layer_parameters(model, layout) +
                         2 * ends / layout.tensor);
  memory.kv_cache = kv_of_heads(s, stage_layers(s, layout.pipeline), heads) * Tokens(live);
  // Nothing is kept for a backward pass: one layer of one chunk, and fp32 logits.
  const Tokens chunk(std::min(prefill_chunk, tokens_per_sequence));
  memory.activations = layer_activations(s) * chunk / layout.tensor +
                       Bytes(4.0 * sequences * s.vocabulary / layout.tensor);
  memory.context = context;
  return memory;
}

BytesPerToken kv_bytes_per_token(const Shape& shape) {
  return kv_of_heads(shape, shape.layers, shape.kv_heads);
}

Bytes weight_bytes(const Model& model, WeightKind kind) {
  const Parts parts = parts_of(model);
  return Bytes(bytes_per_parameter(kind) * (parts.other + parts.experts) +
               2 * (parts.embedding + parts.head));
}

}  // namespace granary
