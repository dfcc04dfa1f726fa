#include "cost/training_time.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "cost/links.h"
#include "cost/parts.h"

namespace granary {
namespace {
// Sequences that one data-parallel rank passes through its pipeline in a step, in micro-batches.
int micro_batches(const Layout& layout, int global_batch) {
  return std::max(1, global_batch / (layout.micro_batch * layout.data));
}

// Stages that do not divide the layers wait for the fullest.
double unevenness(const Shape& shape, int pipeline) {
  return static_cast<double>(stage_layers(shape, pipeline)) * pipeline / shape.layers;
}

// Gradients are added up and fresh weights gathered: reduce-scatter of 4 bytes and all-gather of 2
// for each parameter of the chip, (D - 1) / D of each.
Bytes data_bytes(double local_parameters, int data) {
  return Bytes(6 * local_parameters * (data - 1) / data);
}

std::string compute_formula(const Model& model, const Chip& chip, const Achieved& achieved,
                            const Layout& layout) {
  const double dense = achieved.rate.base() / achieved.utilisation;
  std::string text =
      fmt::format("6 N + 12 L h s flop per token at {:.3g} of {} x {:.4g} TFLOPS {}",
                  achieved.utilisation, layout.chips(), dense / 1e12, to_text(achieved.precision));
  if (layout.recompute) text += "; a third more for full recomputation";
  const int layers = model.shape.value.layers;
  if (layers % layout.pipeline != 0) {
    text += fmt::format("; {} layers in {} stages: the fullest has {}", layers, layout.pipeline,
                        stage_layers(model.shape.value, layout.pipeline));
  }
  if (chip.dense.at(achieved.precision).standing == Standing::assumed) text += "; rate assumed";
  return text;
}

std::string data_formula(const Chip& chip, const Layout& layout) {
  if (layout.chips() <= chip.link_domain) {
    return fmt::format(
        "6 n (D - 1) / D bytes a step at {:.3g} GB/s: only what exceeds a {:.0f} GB/s link",
        group_bandwidth(chip, layout.chips()).base() / 1e9, measured_link.base() / 1e9);
  }
  return fmt::format(
      "6 n (D - 1) / D bytes a step at {:.3g} GB/s between nodes (host link assumed), no overlap",
      fabric_bandwidth(chip).base() / 1e9);
}
}  // namespace

TrainingSeconds training_seconds(const Model& model, const Chip& chip, const Achieved& achieved,
                                 const Layout& layout, const TrainingRun& run) {
  const Shape& s = model.shape.value;
  const double data = layout.data;
  TrainingSeconds t;

  t.compute = unevenness(s, layout.pipeline) *
              (training_flops(model, run.sequence, layout.recompute) * run.tokens /
               (static_cast<double>(layout.chips()) * achieved.rate));

  // Two all-reduces of 2 h bytes a token, layer and pass (Narayanan et al. 2021, section 3.2);
  // recomputation is a third pass.
  const double passes = layout.recompute ? 3 : 2;
  const Bytes moved = ring_bytes(
      Bytes(2 * passes * 2.0 * s.hidden * stage_layers(s, layout.pipeline)), layout.tensor);
  t.tensor_traffic = Seconds(run.tokens.base() / data * moved.base() *
                             extra_seconds_per_byte(chip, layout.tensor));

  t.bubble = static_cast<double>(layout.pipeline - 1) / micro_batches(layout, run.global_batch) *
             (t.compute + t.tensor_traffic);

  const double steps =
      std::ceil(run.tokens.base() / (static_cast<double>(run.global_batch) * run.sequence));
  const double local = model.counted.total / (layout.tensor * layout.pipeline);
  const double seconds_per_byte = layout.chips() <= chip.link_domain
                                      ? extra_seconds_per_byte(chip, layout.chips())
                                      : 1 / fabric_bandwidth(chip).base();
  t.data_traffic = Seconds(steps * data_bytes(local, layout.data).base() * seconds_per_byte);

  if (chip.memory_bandwidth) {
    t.optimiser = steps * (Bytes(30 * local / data) / chip.memory_bandwidth->value);
  }
  return t;
}

std::vector<Term> training_time(const Model& model, const Chip& chip, const Layout& layout,
                                Tokens tokens, int sequence, int global_batch) {
  const auto achieved = achieved_rate(chip);
  assert(achieved && "training_time needs an arithmetic rate");
  if (!achieved) return {};
  const TrainingSeconds t =
      training_seconds(model, chip, *achieved, layout, {tokens, sequence, global_batch});
  const std::vector<Term> all{
      {"compute", t.compute, compute_formula(model, chip, *achieved, layout),
       "arXiv:2104.04473; utilisation: " + achieved->source},
      {"tensor traffic", t.tensor_traffic,
       fmt::format("{} all-reduces of 2 h bytes a token and layer at {:.3g} GB/s: only what "
                   "exceeds a {:.0f} GB/s link, which the utilisation contains",
                   layout.recompute ? 6 : 4, group_bandwidth(chip, layout.tensor).base() / 1e9,
                   measured_link.base() / 1e9),
       "arXiv:2104.04473, section 3.2; no overlap: assumed"},
      {"pipeline bubble", t.bubble,
       fmt::format("(p - 1) / m of compute and tensor traffic, p = {}, m = {}; traffic between "
                   "stages overlapped",
                   layout.pipeline, micro_batches(layout, global_batch)),
       "arXiv:2104.04473, section 2.2"},
      {"data traffic", t.data_traffic, data_formula(chip, layout),
       "arXiv:1910.02054, section 7; fabric: assumed"},
      {"optimiser", t.optimiser,
       "30 bytes a parameter of the chip's share (16 read, 14 written) at memory bandwidth, each "
       "step",
       "ours, unproven"}};
  std::vector<Term> terms;
  for (const Term& term : all) {
    if (term.amount > Seconds{}) terms.push_back(term);
  }
  return terms;
}

}  // namespace granary
