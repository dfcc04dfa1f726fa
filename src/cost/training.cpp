#include "cost/training.h"

#include <fmt/core.h>

#include <cmath>
#include <initializer_list>
#include <string_view>

namespace granary {
namespace {
bool begins(std::string_view id, std::initializer_list<std::string_view> stems) {
  for (const std::string_view stem : stems) {
    if (id.starts_with(stem)) return true;
  }
  return false;
}

constexpr std::string_view fitted = "fitted on published training steps: docs/VALIDATION.md";

std::string products_formula(const Practice& practice, const Layout& layout, Tuning tuning) {
  std::string text = fmt::format(
      "2 (m + {0:.0f})(n + {0:.0f})(k + {0:.0f}) flop of each product at {1:.3g} of {2} x {3:.4g} "
      "TFLOPS {4}; backward {5}",
      practice.training->edge, practice.training->compute_share, layout.chips(),
      practice.peak.base() / 1e12, to_text(practice.precision),
      tuning == Tuning::full ? "twice the forward" : "as long: weights are frozen");
  if (!practice.own_training) text += "; not fitted on this chip";
  return text;
}

std::string pace(const Links& links, Group group) {
  if (is_measured(links, group)) return "as measured on this chip";
  return fmt::format("at {:.3g} GB/s a chip", group_rate(links, group).base() / 1e9);
}

std::string data_formula(const Links& links, const Layout& layout) {
  const Group group{layout.data * layout.context, layout.tensor};
  return fmt::format(
      "{}: gradients scattered and weights gathered {}, what is not hidden behind the backward "
      "pass",
      to_text(layout.sharding), pace(links, group));
}
std::vector<Term> processor_terms(const StepSeconds& one, const Practice& practice, double steps) {
  const std::string moved =
      fmt::format(" at {:.3g} of {:.4g} GB/s", practice.elementwise, practice.memory.base() / 1e9);
  const std::string counted = "counted in examples/nano: cost/cpu_step.cpp";
  return {
      {"matrix products", steps * one.products,
       fmt::format("six products for each matrix of a layer, by the curve of this core: {:.4g} "
                   "GFLOPS fp32",
                   practice.peak.base() / 1e9),
       practice.source},
      {"attention core", steps * one.attention,
       "2 products of n x n x d and 4 of n x d x n for each head", practice.source},
      {"elementwise", steps * one.elementwise,
       "240 bytes for each token, layer and unit of width, 15 for each score," + moved, counted},
      {"output head", steps * one.ends, "three products of r x V x h, softmax and loss", counted},
      {"optimiser", steps * one.optimiser, "21 bytes a parameter" + moved, counted}};
}
}  // namespace

Band step_band(const Practice& practice, const Model& model, Tuning tuning) {
  Band band = practice.training_band;
  if (model.shape.value.experts > 0 || tuning != Tuning::full) {
    band.low *= 0.85;  // assumed
    band.high *= 1.25;
  }
  return band;
}

double steps_of(Tokens tokens, const StepSize& size) {
  return std::ceil(tokens.base() / (static_cast<double>(size.global_batch) * size.sequence));
}

FlopsPerToken training_flops(const Model& model, int sequence, bool recomputed) {
  const Shape& s = model.shape.value;
  const double plain =
      6 * model.counted.flops + 12.0 * s.layers * static_cast<double>(s.hidden) * sequence;
  return FlopsPerToken(recomputed ? plain * 4 / 3 : plain);
}

std::vector<Term> training_terms(const Model& model, const Practice& practice, const Links& links,
                                 const Layout& layout, const StepSize& size, Tokens tokens) {
  const StepSeconds one = step_seconds(model, practice, links, layout, size);
  const double steps = steps_of(tokens, size);
  if (practice.processor) return processor_terms(one, practice, steps);
  const int m = micro_batches(layout, size.global_batch);
  const std::vector<Term> all{
      {"matrix products", steps * one.products, products_formula(practice, layout, size.tuning),
       practice.training_source},
      {"attention core", steps * one.attention,
       fmt::format("causal half of 4 a d s flop a token at {:.3g} of the 16-bit peak, "
                   "1 + 1300 / s; backward 2.5 times the forward",
                   practice.training->attention),
       std::string(fitted)},
      {"elementwise", steps * one.elementwise,
       fmt::format("norms, activations, rotations and residuals read and written at 0.85 of "
                   "{:.4g} GB/s",
                   practice.memory.base() / 1e9),
       std::string(fitted)},
      {"output head", steps * one.ends, "3 products of s b x h x V / t, softmax and loss",
       "arXiv:2104.04473, appendix"},
      {"recomputation", steps * one.recomputation,
       layout.recompute == Recompute::full ? "one more forward pass of every layer"
                                           : "one more forward pass of the attention core",
       "arXiv:2205.05198, section 5"},
      {"tensor traffic", steps * one.tensor_traffic,
       fmt::format(
           "2 all-reduces of 2 h bytes a token, layer and pass over {} chips {}, no overlap",
           layout.tensor, pace(links, {layout.tensor, 1})),
       "arXiv:2104.04473, section 3.2"},
      {"expert traffic", steps * one.expert_traffic,
       fmt::format("2 all-to-alls a mixture layer and pass over {} chips; imbalance 1.15",
                   layout.expert),
       "ours, unproven"},
      {"context traffic", steps * one.context_traffic,
       "keys and values round the ring, what is not hidden behind the attention core",
       "arXiv:2310.01889; ours, unproven"},
      {"pipeline bubble", steps * one.bubble,
       fmt::format("(p - 1) / v stages of one micro-batch, p = {}, v = {}, m = {}", layout.pipeline,
                   layout.interleave, m),
       "arXiv:2104.04473, section 2.2"},
      {"stage traffic", steps * one.stage_traffic,
       "2 s b h / t bytes between stages while the pipeline fills and drains; hidden otherwise",
       "arXiv:2104.04473, section 2.2"},
      {"data traffic", steps * one.data_traffic, data_formula(links, layout),
       "arXiv:1910.02054, section 7; overlap " + std::string(fitted)},
      {"optimiser", steps * one.optimiser,
       "30 bytes a parameter of the chip's share (16 read, 14 written) at memory bandwidth, and "
       "10 ms, each step",
       "ours; " + std::string(fitted)}};
  std::vector<Term> terms;
  for (const Term& term : all) {
    if (term.amount > Seconds{}) terms.push_back(term);
  }
  return terms;
}

NullModel null_model(const Chip& chip, Precision precision) {
  if (precision == Precision::fp8) return {0.28, "median of 9 published FP8 rows: weak"};
  if (precision == Precision::fp32) return {0.25, "utilisation of fp32 units: assumed"};
  if (begins(chip.id, {"a100", "a800"})) {
    return {0.562, "median of 222 published A100/A800 training rows (llm-foundry, InternEvo, ...)"};
  }
  if (begins(chip.id, {"h100", "h800", "h200", "h20"})) {
    return {0.418, "median of 80 published H100/H800 training rows; assumed for H20 and H200"};
  }
  if (begins(chip.id, {"ascend"})) {
    return {0.40, "median of 4 published Ascend training rows (FlagPerf): weak"};
  }
  if (chip.origin == Origin::domestic) return {0.40, "assumed as for Ascend"};
  return {0.40, "assumed: no published training rows of this family"};
}

std::optional<Precision> training_precision(const Chip& chip) {
  for (const Precision precision : {Precision::bf16, Precision::fp16, Precision::fp32}) {
    if (chip.dense.contains(precision)) return precision;
  }
  return std::nullopt;
}

}  // namespace granary
