#include "cost/serving.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "cost/links.h"
#include "cost/parts.h"

namespace granary {
namespace {
// Share of the rated memory bandwidth that decoding reaches: fitted on 2,400 A100 operator timings
// (Vidur profiles); assumed for other chips.
constexpr double bandwidth_share = 0.787;
// Launches, norms and the like, each layer and pass: ours, so that the 22.0 ms a token of
// FasterTransformer 13B on one A100-40 come out.
constexpr Seconds layer_overhead{20e-6};

// Bytes of weights that one step over `batch` tokens reads. An untied input embedding is looked up,
// not read; of X experts X (1 - (1 - k / X)^batch) are hit.
Bytes weights_read(const Model& model, WeightKind kind, int batch) {
  const Shape& s = model.shape.value;
  const Parts parts = parts_of(model);
  double experts = parts.experts;
  if (s.experts > 0) {
    const double missed = 1 - static_cast<double>(s.experts_per_token) / s.experts;
    experts *= 1 - std::pow(missed, batch);
  }
  const double head = s.tied_embeddings ? parts.embedding : parts.head;
  return Bytes(bytes_per_parameter(kind) * (parts.other + experts) + 2 * head);
}

// Two all-reduces of `tokens` rows a layer, and the way from stage to stage.
Seconds pass_traffic(const Model& model, const Chip& chip, const Layout& layout, double tokens) {
  const Shape& s = model.shape.value;
  const Bytes rows(2 * tokens * s.hidden);
  Seconds total;
  if (layout.tensor > 1) {
    total += 2.0 * s.layers *
             (ring_bytes(rows, layout.tensor) / group_bandwidth(chip, layout.tensor) +
              all_reduce_latency(chip, layout.tensor));
  }
  if (layout.pipeline > 1) {
    total += (layout.pipeline - 1.0) *
             (rows / fabric_bandwidth(chip) + all_reduce_latency(chip, chip.link_domain + 1));
  }
  return total;
}

void push(std::vector<Term>& terms, Term term) {
  if (term.amount > Seconds{}) terms.push_back(std::move(term));
}
}  // namespace

ServingSeconds serving_seconds(const Model& model, const Chip& chip, const Achieved& achieved,
                               const Layout& layout, int batch, const RequestShape& request) {
  const Shape& s = model.shape.value;
  const double tensor = layout.tensor;
  assert(chip.memory_bandwidth && "decoding needs a memory bandwidth");
  const BytesPerSecond memory_rate =
      bandwidth_share * (chip.memory_bandwidth ? chip.memory_bandwidth->value : BytesPerSecond{1});
  const auto seconds = [&](FlopsPerToken each, double tokens, WeightKind kind) {
    const Seconds arithmetic = each * Tokens(tokens) / (tensor * achieved.rate);
    const int read_for = static_cast<int>(std::min(tokens, 1e6));
    return std::max(arithmetic, weights_read(model, kind, read_for) / (tensor * memory_rate));
  };
  const Seconds overhead = static_cast<double>(s.layers) * layer_overhead;

  ServingSeconds t;
  t.prefill_compute =
      seconds(training_flops(model, request.prompt, false) / 3, request.prompt, layout.weights) +
      overhead;
  t.prefill_traffic = pass_traffic(model, chip, layout, request.prompt);
  t.decode_weights = seconds(FlopsPerToken(2 * model.counted.flops), batch, layout.weights);
  // Every chip reads its own share of the heads; with more chips than heads they are replicated.
  const double shares =
      s.attention == Attention::latent ? 1.0 : std::min(tensor, static_cast<double>(s.kv_heads));
  const Tokens cached(batch * (request.prompt + request.output / 2.0));
  t.decode_cache = kv_bytes_per_token(s) * cached / (shares * memory_rate);
  t.decode_traffic = pass_traffic(model, chip, layout, batch);
  t.decode_overhead = overhead;
  return t;
}

PerSecond sustained_rate(const ServingSeconds& t, int batch, int output) {
  const double requests = batch;
  const Seconds round = requests * t.prefill() + static_cast<double>(output) * t.decode();
  return PerSecond(requests / round.base());
}

ServingStep serving_step(const Model& model, const Chip& chip, const Layout& layout, int batch,
                         int prompt, int output) {
  const auto achieved = achieved_rate(chip);
  assert(achieved && "serving_step needs an arithmetic rate");
  if (!achieved) return {};
  const RequestShape request{prompt, output};
  const ServingSeconds loaded = serving_seconds(model, chip, *achieved, layout, batch, request);
  const ServingSeconds alone = serving_seconds(model, chip, *achieved, layout, 1, request);
  ServingStep step{loaded.prefill(), loaded.decode(), sustained_rate(loaded, batch, output), {}};

  const double tokens = output;
  push(step.terms,
       {"prefill", alone.prefill_compute,
        fmt::format("{} tokens of 2 N + 4 L h s flop at {:.3g} of the {} rate of t = {}, or the "
                    "weights read once if that is longer; 20 us a layer",
                    prompt, achieved->utilisation, to_text(achieved->precision), layout.tensor),
        "utilisation of training: " + achieved->source});
  push(step.terms, {"prefill traffic", alone.prefill_traffic,
                    fmt::format("2 all-reduces a layer at {:.3g} GB/s, stages one after another",
                                group_bandwidth(chip, layout.tensor).base() / 1e9),
                    "arXiv:2104.04473, section 3.2; latency: assumed"});
  push(step.terms, {"decode weights", tokens * alone.decode_weights,
                    fmt::format("{} times the {} weights read at {:.3g} of memory bandwidth",
                                output, to_text(layout.weights), bandwidth_share),
                    "bandwidth share fitted on Vidur's A100 operator profiles"});
  push(step.terms, {"decode cache", tokens * alone.decode_cache,
                    fmt::format("keys and values of {} tokens on average, read for each token",
                                prompt + output / 2),
                    "bandwidth share fitted on Vidur's A100 operator profiles"});
  push(step.terms, {"decode traffic", tokens * alone.decode_traffic,
                    fmt::format("2 all-reduces a layer and token, {:.0f} us each at least",
                                all_reduce_latency(chip, layout.tensor).base() * 1e6),
                    "arXiv:2104.04473, section 3.2; latency: assumed"});
  push(step.terms, {"decode overhead", tokens * alone.decode_overhead, "20 us a layer and token",
                    "ours: fits FasterTransformer 13B on A100-40, 22.0 ms a token"});
  return step;
}

}  // namespace granary
