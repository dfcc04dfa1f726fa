#include "cost/layer_products.h"

#include <algorithm>
#include <cmath>

#include "cost/gemm.h"
#include "cost/waves.h"

namespace granary {
namespace {
// One kind of layer on one chip.
class LayerOnChip {
 public:
  LayerOnChip(const Shape& shape, const ServingPractice& practice, int tensor, double tokens)
      : s_(shape), practice_(practice), t_(tensor), m_(tokens) {}

  Seconds attention() const {
    const double h = s_.hidden, a = s_.heads / t_;
    if (s_.attention == Attention::latent) {
      const double c = s_.latent_width, r = s_.rope_width, q = s_.query_latent;
      const double key = s_.no_rope_width, value = s_.value_width;
      // Down-projections are copied to every chip; heads are split.
      Seconds sum = product(c + r, h) + product(h, a * value) + product(a * (key + value), c);
      sum += q > 0 ? product(q, h) + product(a * (key + r), q) : product(a * (key + r), h);
      return sum;
    }
    return product(queries_and_keys(), h) + product(h, a * s_.head_width);
  }

  Seconds ffn(double width) const {
    return product(gates() * width / t_, s_.hidden) + product(s_.hidden, width / t_);
  }

  // X experts of which `hit` are read; each token goes through k.
  Seconds experts() const {
    const double hit = distinct_experts(s_, m_);
    const double rows = m_ * s_.experts_per_token, width = s_.expert_ffn / t_;
    return grouped(rows, hit, gates() * width, s_.hidden) + grouped(rows, hit, s_.hidden, width);
  }

  Seconds router() const { return product(s_.experts, s_.hidden); }

  // Two norms and two additions read and write the hidden row, the rotation its heads, the
  // activation the columns of the FFN.
  Seconds elementwise(double ffn_width) const {
    if (!practice_.framework.own_elementwise) return {};
    const bool fused = practice_.framework.fused_elementwise;
    const double heads = s_.attention == Attention::latent
                             ? s_.heads * (s_.no_rope_width + s_.rope_width) / t_
                             : queries_and_keys();
    const double elements =
        6.0 * s_.hidden + (fused ? 0 : 2 * heads) + (gates() + 1) * ffn_width / t_;
    const Practice& wide = practice_.wide;
    return Bytes(2 * m_ * elements) / (wide.elementwise * wide.memory) +
           (fused ? 3.0 : 5.0) * wide.launch;
  }

 private:
  double gates() const { return s_.gated_ffn ? 2 : 1; }
  double queries_and_keys() const {
    const double kv = std::max(static_cast<double>(s_.kv_heads), t_);
    return (s_.heads + 2 * kv) * s_.head_width / t_;
  }
  double weight_bytes() const { return practice_.stored.layers + practice_.widened; }
  Seconds product(double n, double k) const {
    const Gemm gemm{m_, n, k, 2, weight_bytes()};
    return roofline(practice_.products, occupied_flops(practice_.products, gemm), gemm.bytes());
  }
  // `rows` rows spread over `matrices` matrices of n x k, in one kernel.
  Seconds grouped(double rows, double matrices, double n, double k) const {
    return roofline(practice_.products, Flops(2 * rows * n * k),
                    Bytes(2 * rows * (n + k) + weight_bytes() * matrices * n * k));
  }

  const Shape& s_;
  const ServingPractice& practice_;
  double t_, m_;
};

// All layer weights of one pass, as they cross the host link.
Bytes fetched(const Shape& s, const ServingPractice& practice) {
  const Parameters count = count_parameters(s);
  const double ends = static_cast<double>(s.vocabulary) * s.hidden * (s.tied_embeddings ? 1 : 2);
  return Bytes(practice.stored.layers * std::max(0.0, count.total - ends));
}
}  // namespace

double distinct_experts(const Shape& s, double tokens) {
  if (s.experts == 0) return 0;
  const double missed = 1 - static_cast<double>(s.experts_per_token) / s.experts;
  return s.experts * (1 - std::pow(missed, tokens));
}

PassSeconds pass_seconds(const Shape& s, const ServingPractice& practice, const ReplicaSplit& split,
                         double tokens, Seconds layer_overhead) {
  const LayerOnChip layer(s, practice, split.tensor, tokens);
  const double mixed = s.experts > 0 ? s.layers - s.dense_layers : 0;
  const double dense = s.layers - mixed;
  PassSeconds pass;
  pass.products = static_cast<double>(s.layers) * layer.attention();
  if (dense > 0) {
    pass.products += dense * layer.ffn(s.ffn);
    pass.elementwise += dense * layer.elementwise(s.ffn);
  }
  if (mixed > 0) {
    const double shared = static_cast<double>(s.shared_experts) * s.expert_ffn;
    if (shared > 0) pass.products += mixed * layer.ffn(shared);
    pass.products += mixed * layer.router();
    pass.experts = mixed * layer.experts();
    pass.elementwise +=
        mixed * layer.elementwise(shared + static_cast<double>(s.experts_per_token) * s.expert_ffn);
  }
  const Bytes rows(2 * tokens * s.hidden);
  pass.traffic = 2.0 * s.layers * tensor_all_reduce(practice, split.tensor, rows);
  if (split.pipeline > 1) {
    pass.traffic += (split.pipeline - 1.0) *
                    (practice.framework.hop + rows / group_rate(practice.links, {2, 1}));
  }
  pass.overhead = static_cast<double>(s.layers) * layer_overhead;
  // Layers fetched for the pass hide behind nothing else: the next one travels while one computes.
  if (practice.host > BytesPerSecond{}) {
    const Seconds fetch =
        fetched(s, practice) / (static_cast<double>(split.tensor) * practice.host);
    const Seconds compute = pass.products + pass.experts + pass.elementwise;
    if (fetch > compute) pass.overhead += fetch - compute;
  }
  // The host launches a layer while the one before it runs.
  const Seconds launching = static_cast<double>(s.layers) * practice.framework.host_layer;
  if (const Seconds device = pass.total(); launching > device) pass.overhead += launching - device;
  return pass;
}

Seconds head_seconds(const Shape& s, const ServingPractice& practice, int tensor, double rows) {
  const double words = static_cast<double>(s.vocabulary) / tensor;
  const Gemm gemm{rows, words, static_cast<double>(s.hidden), 2, practice.stored.head};
  return roofline(practice.wide, occupied_flops(practice.wide, gemm), gemm.bytes());
}

}  // namespace granary
