// Memory of the fullest chip in training. Mixed-precision Adam: weights 2, main gradient 4, master
// copy 4, moments 8: 18 bytes a parameter, shared out by ZeRO stage (Rajbhandari et al. 2020,
// arXiv:1910.02054). Activations: activations.h.

#include <algorithm>

#include "cost/activations.h"
#include "cost/parts.h"
#include "cost/training.h"

namespace granary {
namespace {
// Runtime, collective buffers and workspace; published figures are 0.5 to 1.5 GB.
constexpr Bytes context{1.5e9};
// Logits in 16 bits and a copy in 32; the gradient takes the place of the copy.
constexpr double logit_bytes = 6;
// What drivers and page granularity leave of the rated memory; the runtime is in `context`.
constexpr double usable_share = 0.985;
constexpr double frozen_bytes = 2,
                 quantised_bytes = 0.53125;  // of a parameter, 4 bits: with scales

struct State {
  double weights, gradients, optimiser;
};

// Bytes of `n` parameters over `ranks`.
State state_of(double n, int ranks, Sharding sharding, double gradient) {
  const double r = ranks;
  switch (sharding) {
    case Sharding::none:
      return {2 * n, gradient * n, 12 * n};
    case Sharding::optimiser:
      return {2 * n, gradient * n, 12 * n / r};
    case Sharding::gradients:
      return {2 * n, gradient * n / r, 12 * n / r};
    case Sharding::parameters:
      break;
  }
  return {2 * n / r, gradient * n / r, 12 * n / r};
}

void add_state(Memory& memory, const ChipParameters& chip, const Layout& layout,
               const StepSize& size, const Conditions& conditions, int layers) {
  const double gradient = conditions.wide_gradients ? 4 : 2;
  const int ranks =
      conditions.sharding_ranks > 0 ? conditions.sharding_ranks : layout.data * layout.context;
  const int expert_ranks = std::max(1, ranks / layout.expert);
  const bool sharded = layout.sharding == Sharding::parameters;
  if (size.tuning == Tuning::full) {
    const State dense = state_of(chip.dense + chip.ends, ranks, layout.sharding, gradient);
    const State experts = state_of(chip.experts, expert_ranks, layout.sharding, gradient);
    memory.weights = Bytes(dense.weights + experts.weights);
    memory.gradients = Bytes(dense.gradients + experts.gradients);
    memory.optimiser = Bytes(dense.optimiser + experts.optimiser);
  } else {
    const double each = size.tuning == Tuning::qlora ? quantised_bytes : frozen_bytes;
    const double dense = each * chip.dense + frozen_bytes * chip.ends,
                 experts = each * chip.experts;
    const double frozen = sharded ? dense / ranks + experts / expert_ranks : dense + experts;
    const State adapters = state_of(chip.adapters, ranks, layout.sharding, gradient);
    memory.weights = Bytes(frozen + adapters.weights);
    memory.gradients = Bytes(adapters.gradients);
    memory.optimiser = Bytes(adapters.optimiser);
  }
  if (sharded && ranks > 1) {
    // Gathered: the layer that runs and the one fetched ahead; and one layer's gradient.
    const double unit = (chip.dense + chip.experts) / layers;
    memory.weights += Bytes(2 * 2 * unit);
    memory.gradients += Bytes(2 * unit);
  }
}

Memory stage_memory(const Model& model, const Layout& layout, const StepSize& size,
                    const Conditions& conditions, Stage stage) {
  const Shape& s = model.shape.value;
  const int layers = stage_layers(s, layout);
  ChipParameters chip = parameters_of_chip(model, layout, size);
  chip.ends = end_parameters(model, layout.pipeline, stage) / layout.tensor;
  Memory memory;
  add_state(memory, chip, layout, size, conditions, layers);

  const int m = micro_batches(layout, size.global_batch);
  const int p = layout.pipeline;
  // The first stage has started min(p, m) micro-batches before the first one comes back;
  // interleaving adds (p - 1) / (p v) of that (Korthikanti et al. 2022, section 4.2).
  const int alive = stage == Stage::first ? std::min(p, m) : 1;
  const double interleaved =
      layout.interleave > 1 && alive > 1 ? 1 + (p - 1.0) / (p * layout.interleave) : 1;
  const Tokens tokens(static_cast<double>(size.sequence) * layout.micro_batch / layout.context);
  const Saved saved = saved_by_layer(s, size.sequence, conditions.fused_attention);
  Bytes activations = alive * interleaved * layers * (kept_by_chip(s, saved, layout) * tokens);
  if (layout.recompute != Recompute::none) {
    Layout one = layout;
    one.recompute = Recompute::none;
    activations += kept_by_chip(s, saved, one) * tokens;  // the layer that runs again
  }
  if (p == 1 || stage == Stage::last) {
    activations += Bytes(logit_bytes * tokens.base() * s.vocabulary / layout.tensor);
  }
  memory.activations = activations;
  memory.context = context;
  return memory;
}
}  // namespace

Bytes training_usable(const Chip& chip) {
  if (chip.usable_memory) return chip.usable_memory->value;
  return chip.memory ? usable_share * chip.memory->value : Bytes{};
}

Memory training_memory(const Model& model, const Layout& layout, const StepSize& size,
                       const Conditions& conditions) {
  const Memory first = stage_memory(model, layout, size, conditions, Stage::first);
  if (layout.pipeline == 1) return first;
  const Memory last = stage_memory(model, layout, size, conditions, Stage::last);
  return last.total() > first.total() ? last : first;
}

}  // namespace granary
