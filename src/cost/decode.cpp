#include "cost/decode.h"

#include <fmt/core.h>

#include <algorithm>

#include "cost/layer_products.h"

namespace granary {
namespace {
double rows_of(const ServingPractice& practice, const ReplicaSplit& split, double sequences) {
  if (practice.framework.cards == Cards::pipeline) return sequences;
  return std::max(1.0, sequences / split.pipeline);
}

// Reading keys and values, or multiplying them where that takes longer (latent attention: every
// head works on the one cached row).
Seconds cache_seconds(const Shape& s, const ServingPractice& practice, int tensor, double rows,
                      double context) {
  const Framework& framework = practice.framework;
  BytesPerToken each = cache_bytes_per_token(s, practice.cache, tensor);
  const bool latent = s.attention == Attention::latent;
  if (!framework.grouped_attention && !latent) {
    // Every query head reads its cached head anew.
    const int heads = (s.kv_heads + tensor - 1) / tensor;
    each = (static_cast<double>(s.heads) / tensor / heads) * each;
  }
  const Tokens cached(rows * context);
  const Seconds read =
      framework.cache_passes * (each * cached) / (framework.cache_share * practice.memory());
  if (!framework.fused_attention) return read;
  const double widths = latent ? 2.0 * s.latent_width + s.rope_width : 2.0 * s.head_width;
  const double heads = static_cast<double>(s.heads) / tensor * s.layers;
  const Seconds multiplied =
      Flops(2 * widths * heads * cached.base()) / (practice.wide.attention * practice.wide.peak);
  return std::max(read, multiplied);
}
}  // namespace

DecodeSeconds decode_seconds(const Shape& s, const ServingPractice& practice,
                             const ReplicaSplit& split, const DecodeBatch& batch) {
  const double rows = rows_of(practice, split, batch.sequences);
  const PassSeconds pass = pass_seconds(s, practice, split, rows, practice.framework.decode_layer);
  DecodeSeconds t;
  t.products = pass.products;
  t.experts = pass.experts;
  t.elementwise = pass.elementwise;
  t.traffic = pass.traffic;
  t.overhead = pass.overhead + practice.framework.step;
  t.cache = cache_seconds(s, practice, split.tensor, rows, batch.context);
  t.head = head_seconds(s, practice, split.tensor, rows);
  return t;
}

std::vector<Term> decode_terms(const Shape& s, const ServingPractice& practice,
                               const ReplicaSplit& split, const DecodeBatch& batch) {
  const DecodeSeconds t = decode_seconds(s, practice, split, batch);
  const Framework& framework = practice.framework;
  std::vector<Term> terms;
  const auto push = [&](Term term) {
    if (term.amount > Seconds{}) terms.push_back(std::move(term));
  };
  const bool native = framework.kind == FrameworkClass::native;
  const std::string curve = native ? practice.source : practice.products.source;
  push({"decode products", t.products,
        fmt::format("{} weights of {} layers read once for {:.3g} rows at {:.3g} of memory "
                    "bandwidth, t = {}",
                    to_text(practice.weights), s.layers, rows_of(practice, split, batch.sequences),
                    practice.products.gemm.memory_share, split.tensor),
        curve});
  push({"decode experts", t.experts,
        fmt::format("{:.1f} of {} experts hit by {:.3g} tokens",
                    distinct_experts(s, rows_of(practice, split, batch.sequences)), s.experts,
                    batch.sequences),
        curve});
  push({"decode cache", t.cache,
        fmt::format("{} keys and values of {:.0f} tokens for each of {:.3g} sequences at {:.3g} of "
                    "memory bandwidth{}",
                    to_text(practice.cache), batch.context, batch.sequences, framework.cache_share,
                    framework.grouped_attention ? "" : ", once for each query head"),
        practice.source});
  push(
      {"decode elementwise", t.elementwise, "norms, rotations, activations by their bytes", curve});
  push({"decode traffic", t.traffic,
        fmt::format("2 all-reduces a layer over {} chips, {:.0f} us each at least; {} stages",
                    split.tensor, practice.all_reduce.base() * 1e6, split.pipeline),
        practice.source});
  push({"decode head", t.head, "logits of every sequence", curve});
  push({"decode overhead", t.overhead,
        fmt::format("{:.3g} us a layer, {:.3g} ms a step, {}", framework.decode_layer.base() * 1e6,
                    framework.step.base() * 1e3, to_text(framework.kind)),
        practice.source});
  return terms;
}

}  // namespace granary
