#include "cost/prefill.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "cost/layer_products.h"

namespace granary {
namespace {
// Bytes that unfused attention moves for every element of the s x s matrices (written, scaled,
// masked, normalised, cast, read): fitted on 355 prefill rows of the llama.cpp table.
constexpr double score_bytes = 37;
// A pipeline of n cards falls short of its ideal by this for each further card: the same rows.
constexpr double uneven_stage = 0.063;

// Causal core of all layers and prompts on one chip, from keys before each query: s (s + 1) / 2.
Seconds attention_core(const Shape& s, const ServingPractice& practice, int tensor,
                       const Prompts& prompts) {
  const double pairs = prompts.count * prompts.tokens * (prompts.tokens + 1) / 2;
  const double heads = static_cast<double>(s.heads) / tensor * s.layers;
  if (!practice.framework.fused_attention) {
    return Bytes(score_bytes * heads * pairs) / practice.memory();
  }
  // Queries times keys, then weights times values.
  const double widths = s.attention == Attention::latent
                            ? s.no_rope_width + s.rope_width + s.value_width
                            : 2.0 * s.head_width;
  return Flops(2 * widths * heads * pairs) / (practice.wide.attention * practice.wide.peak);
}

// What a pipeline makes of k equal chunks that take one unit each on one card.
double pipelined(double chunks, int stages) {
  if (stages <= 1) return chunks;
  return (chunks + stages - 1) / stages * (1 + uneven_stage * (stages - 1));
}

void scale(PrefillSeconds& t, double factor) {
  for (Seconds* const part :
       {&t.products, &t.experts, &t.attention, &t.elementwise, &t.traffic, &t.overhead}) {
    *part = factor * *part;
  }
}
}  // namespace

PrefillSeconds prefill_seconds(const Shape& s, const ServingPractice& practice,
                               const ReplicaSplit& split, const Prompts& prompts) {
  const Framework& framework = practice.framework;
  const double tokens = prompts.count * prompts.tokens;
  const double chunks = std::max(1.0, std::ceil(tokens / framework.chunk - 1e-9));
  const PassSeconds pass =
      pass_seconds(s, practice, split, tokens / chunks, framework.prefill_layer);
  PrefillSeconds t;
  t.products = pass.products;
  t.experts = pass.experts;
  t.elementwise = pass.elementwise;
  t.traffic = pass.traffic;
  t.overhead = pass.overhead + framework.step;
  t.attention = attention_core(s, practice, split.tensor, prompts) / chunks;
  scale(t, pipelined(chunks, split.pipeline));
  t.head = head_seconds(s, practice, split.tensor, prompts.count);
  return t;
}

std::vector<Term> prefill_terms(const Shape& s, const ServingPractice& practice,
                                const ReplicaSplit& split, const Prompts& prompts) {
  const PrefillSeconds t = prefill_seconds(s, practice, split, prompts);
  const Framework& framework = practice.framework;
  std::vector<Term> terms;
  const auto push = [&](Term term) {
    if (term.amount > Seconds{}) terms.push_back(std::move(term));
  };
  const double tokens = prompts.count * prompts.tokens;
  const std::string curve = practice.products.source;
  push({"prefill products", t.products,
        fmt::format("matrices of {} layers for {:.0f} tokens in chunks of {}, {} weights, t = {}",
                    s.layers, tokens, framework.chunk, to_text(practice.weights), split.tensor),
        curve});
  push({"prefill experts", t.experts,
        fmt::format("{} of {} experts for each token", s.experts_per_token, s.experts), curve});
  push({"prefill attention", t.attention,
        framework.fused_attention
            ? fmt::format("causal core of {:.0f} tokens at {:.3g} of the 16-bit rate",
                          prompts.tokens, practice.wide.attention)
            : fmt::format("{:.0f} bytes for each element of the s x s matrices", score_bytes),
        framework.fused_attention ? curve : practice.source});
  push({"prefill elementwise", t.elementwise, "norms, rotations, activations by their bytes",
        curve});
  push({"prefill traffic", t.traffic,
        fmt::format("2 all-reduces a layer over {} chips, {} stages", split.tensor, split.pipeline),
        practice.source});
  push({"prefill head", t.head, "logits of the last position", curve});
  push({"prefill overhead", t.overhead,
        fmt::format("{:.3g} us a layer, {:.3g} ms a pass, {}", framework.prefill_layer.base() * 1e6,
                    framework.step.base() * 1e3, to_text(framework.kind)),
        practice.source});
  return terms;
}

}  // namespace granary
