#include "cost/activations.h"

namespace granary {
namespace {
constexpr double half = 2, mask = 1;  // bytes of an element, of a dropout mask

// Dropout went out of use with unfused attention.
double masks(const Shape& s, bool fused_attention) {
  return s.gated_ffn || fused_attention ? 0 : mask * s.hidden;
}

// Q, K, V and the core's output; latent attention keeps its latents and the wider heads.
double attention_split(const Shape& s) {
  if (s.attention == Attention::latent) {
    const double q_and_k = 2 * half * s.heads * (s.no_rope_width + s.rope_width);
    const double v_and_output = 2 * half * s.heads * s.value_width;
    return q_and_k + v_and_output + half * (s.query_latent + s.latent_width + s.rope_width);
  }
  return 2 * half * s.heads * s.head_width + 2 * half * s.kv_heads * s.head_width;
}

// Plain: input and output of the activation. Gated: gate, up and their product.
double ffn_split(const Shape& s, double width) { return (s.gated_ffn ? 3 : 2) * half * width; }
}  // namespace

Saved saved_by_layer(const Shape& s, int sequence, bool fused_attention) {
  double ffn = ffn_split(s, s.ffn);
  if (s.experts > 0) {
    const double routed =
        static_cast<double>(s.experts_per_token + s.shared_experts) * s.expert_ffn;
    const double dense = static_cast<double>(s.dense_layers) / s.layers;
    // A routed token's input is kept once for each expert it goes to.
    const double inputs = half * s.hidden * s.experts_per_token;
    ffn = dense * ffn + (1 - dense) * (ffn_split(s, routed) + inputs);
  }
  const double norms = 2 * half * s.hidden, inputs = 2 * half * s.hidden;
  Saved saved;
  saved.whole = BytesPerToken(norms + inputs + 2 * masks(s, fused_attention));
  saved.split = BytesPerToken(attention_split(s) + ffn);
  if (fused_attention) {
    saved.split += BytesPerToken(4.0 * s.heads);  // the row sums of the softmax, fp32
  } else {
    // Softmax and its dropped-out copy, 2 bytes each, and the mask.
    saved.scores = BytesPerToken(5.0 * s.heads * sequence);
  }
  return saved;
}

BytesPerToken kept_by_chip(const Shape& s, const Saved& saved, const Layout& layout) {
  const double t = layout.tensor;
  const double shared = layout.sequence_parallel ? t : 1;
  if (layout.recompute == Recompute::full) return BytesPerToken(half * s.hidden / shared);
  const BytesPerToken kept = saved.whole / shared + saved.split / t;
  return layout.recompute == Recompute::none ? kept + saved.scores / t : kept;
}

BytesPerToken layer_activations(const Shape& s) {
  const Saved saved = saved_by_layer(s, 1, false);
  return saved.whole + saved.split;
}

}  // namespace granary
