#include "catalog/catalog.h"

namespace granary {
namespace {
// Notation of the literature: h hidden, a heads, k KV heads, d head width, q query latent, c
// latent, r rope width, n no-rope width, z value width, f FFN width, g FFN matrices, V vocabulary.

// Q and output 2 h a d, K and V 2 h k d; layers that share one KV cache share its K and V matrices
// (cross-layer attention of Hunyuan-Large). Biases are left out: below 0.1 % of any model here.
double full_attention(const Shape& s) {
  const double width = double(s.heads) * s.head_width;
  const double kv_width = double(s.kv_heads) * s.head_width;
  return 2.0 * s.hidden * width + 2.0 * s.hidden * kv_width / s.layers_per_kv;
}

// MLA (DeepSeek-V2, section 2.1): h q + q a (n + r) + h (c + r) + c a (n + z) + a z h, norms q + c.
// Without a query latent the query is one matrix h a (n + r).
double latent_attention(const Shape& s) {
  const double h = s.hidden, a = s.heads, q = s.query_latent, c = s.latent_width;
  const double r = s.rope_width, n = s.no_rope_width, z = s.value_width;
  const double query = q > 0 ? h * q + q * a * (n + r) + q : h * a * (n + r);
  return query + h * (c + r) + c + c * a * (n + z) + a * z * h;
}

double ffn(const Shape& s, double width) { return (s.gated_ffn ? 3.0 : 2.0) * s.hidden * width; }
}  // namespace

Parameters count_parameters(const Shape& s) {
  const double h = s.hidden;
  const double attention =
      s.attention == Attention::latent ? latent_attention(s) : full_attention(s);
  const double norms = 2 * h;
  const double mixed_layers = s.experts > 0 ? s.layers - s.dense_layers : 0;
  const double plain_layers = s.layers - mixed_layers;
  const double router = h * s.experts;
  const double expert = ffn(s, s.expert_ffn);

  const double common = s.layers * (attention + norms) + plain_layers * ffn(s, s.ffn) + h;
  const double stored = mixed_layers * (router + (s.experts + s.shared_experts) * expert);
  const double touched =
      mixed_layers * (router + (s.experts_per_token + s.shared_experts) * expert);

  const double head = double(s.vocabulary) * h;
  const double embeddings = s.tied_embeddings ? head : 2 * head;
  const double positions = s.learned_positions ? double(s.context) * h : 0;
  return {.total = common + stored + embeddings + positions,
          .active = common + touched + embeddings + positions,
          .flops = common + touched + head};
}

}  // namespace granary
