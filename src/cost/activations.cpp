#include "cost/activations.h"

namespace granary {
namespace {
constexpr double fp16 = 2, mask = 1;  // bytes of an element, of a dropout mask

double attention_bytes(const Shape& s) {
  const double h = s.hidden;
  const double input = fp16 * h;
  if (s.attention == Attention::latent) {
    const double q_and_k = 2 * fp16 * s.heads * (s.no_rope_width + s.rope_width);
    const double v_and_output = 2 * fp16 * s.heads * s.value_width;
    const double latents = fp16 * (s.query_latent + s.latent_width + s.rope_width);
    return input + latents + q_and_k + v_and_output + mask * h;
  }
  const double q_and_output = 2 * fp16 * s.heads * s.head_width;
  const double k_and_v = 2 * fp16 * s.kv_heads * s.head_width;
  return input + q_and_output + k_and_v + mask * h;
}

double ffn_bytes(const Shape& s, double width) {
  // Plain: input and output of the activation. Gated: gate, up and their product.
  return fp16 * s.hidden + (s.gated_ffn ? 3 : 2) * fp16 * width + mask * s.hidden;
}
}  // namespace

BytesPerToken layer_activations(const Shape& s) {
  const double norms = 2 * fp16 * s.hidden;
  double ffn = ffn_bytes(s, s.ffn);
  if (s.experts > 0) {
    const double routed =
        static_cast<double>(s.experts_per_token + s.shared_experts) * s.expert_ffn;
    const double dense = static_cast<double>(s.dense_layers) / s.layers;
    ffn = dense * ffn + (1 - dense) * ffn_bytes(s, routed);
  }
  return BytesPerToken(norms + attention_bytes(s) + ffn);
}

BytesPerToken layer_input(const Shape& s) { return BytesPerToken(fp16 * s.hidden); }

}  // namespace granary
