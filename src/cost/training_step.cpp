// The constants here that name no other source were fitted together on published training steps
// (324 rows of 10 sources, chiefly MosaicML llm-foundry, InternEvo, FlagPerf, Korthikanti et al.
// 2022 and Narayanan et al. 2021); docs/VALIDATION.md has the errors, also with each source left
// out.

#include "cost/training_step.h"

#include <algorithm>
#include <cmath>

#include "cost/cpu_step.h"
#include "cost/gemm.h"
#include "cost/parts.h"

namespace granary {
namespace {
constexpr double half = 2;  // bytes of an activation

// Fused attention repeats the scores in its backward pass: 5 products for 2. Unfused: 4 for 2.
constexpr double fused_backward = 2.5, unfused_backward = 2;
// Tokens of a sequence below which the fused core wastes half of its time.
constexpr double attention_ramp = 1300;
// Share of the peak that batched score products reach without fusion, and passes over the scores
// (softmax, mask, dropout; read and written).
constexpr double unfused_share = 0.6, unfused_passes = 7;
// Share of memory bandwidth that elementwise kernels reach.
constexpr double elementwise_share = 0.85;
// Without fused kernels each elementwise operation goes through memory on its own.
constexpr double unfused_kernels = 3.0;
// A layer is not shorter than its kernels take to launch, forward and backward.
constexpr Seconds layer_launch{0.8e-3};
// Each rank of a ring passes every bucket on: what thousands of ranks pay.
constexpr Seconds hop{30e-6};
constexpr Bytes bucket{512e6};
// Of a collective that could hide behind computation, the share that still shows; and of the
// computation, the share behind which it can hide.
constexpr double exposed = 0.5, hidden_behind = 0.9, exposed_parameters = 0.07;
// Gradient norm, checks, data loader, host.
constexpr Seconds per_step{10e-3};
constexpr Bytes optimiser_bytes{30};  // of a parameter: read 16, write 14
constexpr double expert_imbalance = 1.15;

double divided(double a, double b) { return std::ceil(a / b); }

class Step {
 public:
  Step(const Model& model, const Practice& practice, const Links& links, const Layout& layout,
       const StepSize& size, const Conditions& conditions)
      : model_(model),
        s_(model.shape.value),
        practice_(practice),
        links_(links),
        layout_(layout),
        size_(size),
        conditions_(conditions),
        tokens_(static_cast<double>(size.sequence) * layout.micro_batch / layout.context),
        t_(layout.tensor) {}

  StepSeconds seconds() const;

 private:
  // Forward time of one product; the backward has two like it, of its input and of its weights.
  double product(double m, double n, double k) const {
    const TrainingCurve& curve = *practice_.training;
    const double e = curve.edge;
    const double compute =
        2 * (m + e) * (n + e) * (k + e) / (practice_.peak.base() * curve.compute_share);
    const double memory =
        half * (m * n + m * k + n * k) / (practice_.memory.base() * practice_.gemm.memory_share);
    const double longer = std::max(compute, memory), shorter = std::min(compute, memory);
    return longer * std::sqrt(1 + (shorter / longer) * (shorter / longer)) + 2e-6;
  }
  double moved(double bytes) const { return bytes / (elementwise_share * practice_.memory.base()); }

  double attention_products() const;
  double ffn_products(double m, double width) const {
    return product(m, (s_.gated_ffn ? 2 : 1) * width, s_.hidden) + product(m, s_.hidden, width);
  }
  double mixture_products() const;
  double core() const;
  double context_core_waste() const { return layout_.context > 1 ? 1.05 : 1; }
  double elementwise() const;
  double unpacked() const;
  double tensor_traffic() const;
  double expert_traffic() const;
  double context_traffic(double core) const;
  double data_traffic(double backward, double stage_forward, double stage_backward) const;

  // The layer's average over ordinary and mixture layers.
  double mixed(double ordinary, double mixture) const {
    if (s_.experts == 0) return ordinary;
    const double share = static_cast<double>(s_.dense_layers) / s_.layers;
    return share * ordinary + (1 - share) * mixture;
  }
  double shared() const { return layout_.sequence_parallel ? t_ : 1; }

  const Model& model_;
  const Shape& s_;
  const Practice& practice_;
  const Links& links_;
  const Layout& layout_;
  const StepSize& size_;
  const Conditions& conditions_;
  double tokens_;  // of a micro-batch on one chip
  double t_;
};

double Step::attention_products() const {
  const double heads = s_.heads / t_;
  if (s_.attention == Attention::latent) {
    const double wide = s_.no_rope_width + s_.rope_width;
    const double query = s_.query_latent > 0 ? product(tokens_, s_.query_latent, s_.hidden) +
                                                   product(tokens_, heads * wide, s_.query_latent)
                                             : product(tokens_, heads * wide, s_.hidden);
    return query + product(tokens_, s_.latent_width + s_.rope_width, s_.hidden) +
           product(tokens_, heads * (s_.no_rope_width + s_.value_width), s_.latent_width) +
           product(tokens_, s_.hidden, heads * s_.value_width);
  }
  const double kv = divided(s_.kv_heads, t_);  // with t > k they are replicated
  return product(tokens_, (heads + 2 * kv / s_.layers_per_kv) * s_.head_width, s_.hidden) +
         product(tokens_, s_.hidden, heads * s_.head_width);
}

// The experts of one chip each take their part of the tokens: many products of few rows.
double Step::mixture_products() const {
  const double routed = tokens_ * s_.experts_per_token * expert_imbalance;
  const double on_chip = divided(s_.experts, layout_.expert);
  const double rows = std::max(1.0, routed / on_chip);
  double time =
      on_chip * ffn_products(rows, s_.expert_ffn / t_) + product(tokens_, s_.experts, s_.hidden);
  if (s_.shared_experts > 0) {
    time += ffn_products(tokens_, static_cast<double>(s_.shared_experts) * s_.expert_ffn / t_);
  }
  return time;
}

// Forward time of scores and weighted values. Each chip of a context group sees the whole sequence
// with its part of the queries.
double Step::core() const {
  const double heads = s_.heads / t_;
  const bool latent = s_.attention == Attention::latent;
  const double width =
      latent ? s_.no_rope_width + s_.rope_width + s_.value_width : 2.0 * s_.head_width;
  const double full = 2 * tokens_ * size_.sequence * heads * width;  // flop, nothing masked
  if (!conditions_.fused_attention) {
    const double scores = half * tokens_ * size_.sequence * heads;
    return full / (practice_.peak.base() * unfused_share) +
           unfused_passes * scores / practice_.memory.base();
  }
  const double seen = conditions_.causal ? 0.5 : 1.0;
  // The rate is that of 16 bits also where the products use 8.
  const double peak = practice_.peak.base() * (layout_.precision == Precision::fp8 ? 0.5 : 1.0);
  return seen * full / (peak * practice_.training->attention) *
         (1 + attention_ramp / size_.sequence) * context_core_waste();
}

double Step::elementwise() const {
  const double h = s_.hidden;
  const double norms_and_residuals = 20 * h / shared();  // read and written, 2 bytes each
  const double width =
      s_.experts > 0 ? mixed(s_.ffn, static_cast<double>(s_.experts_per_token + s_.shared_experts) *
                                         s_.expert_ffn)
                     : s_.ffn;
  const double activation = (s_.gated_ffn ? 6 : 4) * width / t_;
  const double rotations = 4.0 * (s_.heads + s_.kv_heads) * s_.head_width / t_;
  double bytes = tokens_ * (norms_and_residuals + activation + rotations);
  if (s_.experts > 0) bytes += tokens_ * 8 * h * s_.experts_per_token;  // permuted and back
  if (!conditions_.fused_kernels) bytes *= unfused_kernels;
  if (!conditions_.fused_attention) bytes += tokens_ * 10 * h / shared();  // dropout
  return moved(bytes);
}

// Weights in 4 bits are widened to 16 in memory before each pass that uses them: read, written,
// read.
double Step::unpacked() const {
  if (size_.tuning != Tuning::qlora) return 0;
  const ChipParameters chip = parameters_of_chip(model_, layout_, size_);
  return moved(4.5 * (chip.dense + chip.experts) / stage_layers(s_, layout_));
}

// Two all-reduces of 2 h bytes a token and pass (Narayanan et al. 2021, section 3.2); with sequence
// parallelism gathers and scatters of the same volume.
double Step::tensor_traffic() const {
  if (layout_.tensor == 1) return 0;
  const Bytes through = ring_bytes(Bytes(half * tokens_ * s_.hidden), layout_.tensor);
  return 2 * exchange_time(links_, {layout_.tensor, 1}, through).base();
}

// Two all-to-alls forward and two backward: this is one pass of a mixture layer, averaged over all.
double Step::expert_traffic() const {
  if (s_.experts == 0 || layout_.expert == 1) return 0;
  const double share = 1 - static_cast<double>(s_.dense_layers) / s_.layers;
  const double out = (layout_.expert - 1.0) / layout_.expert;
  const double bytes =
      half * tokens_ * s_.experts_per_token * s_.hidden * out / t_ * expert_imbalance;
  const Group group{layout_.expert, layout_.tensor};
  return share * 2 * exchange_time(links_, group, Bytes(bytes)).base();
}

// Keys and values go round the ring, hidden behind the core when that is longer.
double Step::context_traffic(double core) const {
  if (layout_.context == 1) return 0;
  const double kv = s_.attention == Attention::latent
                        ? s_.latent_width + s_.rope_width
                        : 2.0 * divided(s_.kv_heads, t_) * s_.head_width;
  const double bytes = half * tokens_ * kv * (layout_.context - 1);
  // One neighbour at a time.
  const double hops = layout_.context - 1;
  const Group group{layout_.context, layout_.tensor};
  return std::max(0.0, hops * exchange_time(links_, group, Bytes(bytes / hops)).base() - core);
}

// What data parallelism adds to a step. ZeRO-0 to 2: gradients are scattered and weights gathered
// once, behind the last micro-batch's backward. ZeRO-3: each layer is gathered for each pass.
double Step::data_traffic(double backward, double stage_forward, double stage_backward) const {
  const int ranks = layout_.data * layout_.context;
  if (ranks == 1) return 0;
  const Group group{ranks, layout_.tensor};
  const auto exchanged = [&](double bytes) {
    return exchange_time(links_, group, Bytes(bytes)).base();
  };
  const ChipParameters chip = parameters_of_chip(model_, layout_, size_);
  const bool adapters = size_.tuning != Tuning::full;
  const int expert_ranks = std::max(1, ranks / layout_.expert);
  const auto outside = [](double n) { return (n - 1) / n; };
  // All-reduces run as trees; only what is scattered and gathered passes every rank.
  const int ring = conditions_.sharding_ranks > 0 ? conditions_.sharding_ranks : ranks;
  const double ring_hops = ring > links_.node_chips ? (ring - 1) * hop.base() : 0;
  if (layout_.sharding == Sharding::parameters) {
    const int layers = stage_layers(s_, layout_);
    const double gathered =
        half * (outside(ranks) * chip.dense + outside(expert_ranks) * chip.experts) / layers;
    const double pass = exchanged(gathered) + ring_hops;
    const double forward = stage_forward / layers, back = stage_backward / layers;
    const double passes = adapters ? 1 : 2;  // of the backward: gather, and scatter of gradients
    const double shown =
        std::max(0.0, pass - hidden_behind * forward) +
        std::max(0.0, passes * pass - hidden_behind * back) +
        exposed_parameters * (std::min(pass, forward) + std::min(passes * pass, back));
    return layers * micro_batches(layout_, size_.global_batch) * shown + passes * pass;
  }
  const double bytes =
      adapters
          ? 2 * half * outside(ranks) * chip.adapters
          : 2 * half *
                (outside(ranks) * (chip.dense + chip.ends) + outside(expert_ranks) * chip.experts);
  const double time = exchanged(bytes) + std::ceil(bytes / bucket.base()) * ring_hops;
  const double available = hidden_behind * backward;
  return std::max(0.0, time - available) + exposed * std::min(time, available);
}

StepSeconds Step::seconds() const {
  const int layers = stage_layers(s_, layout_);
  const double m = micro_batches(layout_, size_.global_batch);
  const double p = layout_.pipeline, v = layout_.interleave;
  const double attention_part = attention_products();
  const double products =
      mixed(attention_part + (s_.ffn > 0 ? ffn_products(tokens_, s_.ffn / t_) : 0),
            s_.experts > 0 ? attention_part + mixture_products() : 0);
  const double core_time = core();
  const double moving = elementwise();
  const double tensor = tensor_traffic(), expert = expert_traffic();
  const double context = context_traffic(core_time);
  // Frozen weights need no gradient of their own: one product backward instead of two.
  const double product_backward = size_.tuning == Tuning::full ? 2 : 1;
  const double core_backward = conditions_.fused_attention ? fused_backward : unfused_backward;

  const double widening = unpacked();
  double forward = products + core_time + moving + widening;
  double backward = product_backward * products + core_backward * core_time + 2 * moving + widening;
  const double launch = layer_launch.base();
  const double launch_forward = std::max(0.0, launch / 3 - forward);
  const double launch_backward = std::max(0.0, 2 * launch / 3 - backward);
  const double traffic = tensor + expert + context;
  forward += launch_forward + traffic;
  backward += launch_backward + traffic;
  double again = 0;
  if (layout_.recompute == Recompute::full) again = forward;
  if (layout_.recompute == Recompute::selective) again = core_time;

  const double words = s_.vocabulary / t_;
  const double ends =
      (1 + product_backward) * product(tokens_, words, s_.hidden) + moved(14 * tokens_ * words);
  const double stage = layers * (forward + backward + again);

  StepSeconds out;
  out.products = Seconds(m * layers * (1 + product_backward) * products);
  out.attention = Seconds(m * layers * (1 + core_backward) * core_time);
  out.elementwise =
      Seconds(m * layers * (3 * moving + 2 * widening + launch_forward + launch_backward));
  out.recomputation = Seconds(m * layers * again);
  out.tensor_traffic = Seconds(m * layers * 2 * tensor);
  out.expert_traffic = Seconds(m * layers * 2 * expert);
  out.context_traffic = Seconds(m * layers * 2 * context);
  out.ends = Seconds(m * ends);
  out.bubble = Seconds((p - 1) / v * (stage + ends / p));
  if (p > 1) {
    // Each chip of a tensor group sends its part; between the first and the last micro-batch this
    // hides behind computation.
    const double boundary = half * tokens_ * s_.hidden / t_;
    const int stride = layout_.tensor * layout_.context * layout_.data;
    out.stage_traffic = 2 * (p - 1) * exchange_time(links_, {2, stride}, Bytes(boundary));
  }
  out.data_traffic =
      Seconds(data_traffic(layers * backward, layers * forward, layers * (backward + again)));
  const ChipParameters chip = parameters_of_chip(model_, layout_, size_);
  const double trained = size_.tuning == Tuning::full ? chip.all() : chip.adapters;
  const double owners = layout_.sharding == Sharding::none ? 1
                        : conditions_.sharding_ranks > 0   ? conditions_.sharding_ranks
                                                           : layout_.data * layout_.context;
  out.optimiser = Bytes(optimiser_bytes.base() * trained / owners) / practice_.memory + per_step;
  return out;
}
}  // namespace

int micro_batches(const Layout& layout, int global_batch) {
  return std::max(1, global_batch / (layout.micro_batch * layout.data));
}

int stage_layers(const Shape& shape, const Layout& layout) {
  const int parts = layout.pipeline * layout.interleave;
  return (shape.layers + parts - 1) / parts * layout.interleave;
}

ChipParameters parameters_of_chip(const Model& model, const Layout& layout, const StepSize& size) {
  const Shape& s = model.shape.value;
  const Parts parts = parts_of(model);
  const double share = static_cast<double>(stage_layers(s, layout)) / s.layers / layout.tensor;
  ChipParameters chip;
  chip.dense = parts.other * share;
  chip.experts = parts.experts * share / layout.expert;
  chip.ends = std::max(end_parameters(model, layout.pipeline, Stage::first),
                       end_parameters(model, layout.pipeline, Stage::last)) /
              layout.tensor;
  if (size.tuning != Tuning::full) {
    // Input and output widths of every matrix of a layer, times the rank.
    const double heads = static_cast<double>(s.heads) * s.head_width;
    const double kv = static_cast<double>(s.kv_heads) * s.head_width;
    const double width = s.experts > 0 ? s.expert_ffn : s.ffn;
    const double experts = std::max(1, s.experts);
    const double attention = 2 * (s.hidden + heads) + 2 * (s.hidden + kv);
    chip.adapters = size.rank * share * s.layers *
                    (attention + experts * (s.gated_ffn ? 3 : 2) * (s.hidden + width));
  }
  return chip;
}

StepSeconds step_seconds(const Model& model, const Practice& practice, const Links& links,
                         const Layout& layout, const StepSize& size, const Conditions& conditions) {
  if (practice.processor) return cpu_step_seconds(model, practice, size);
  return Step(model, practice, links, layout, size, conditions).seconds();
}

}  // namespace granary
