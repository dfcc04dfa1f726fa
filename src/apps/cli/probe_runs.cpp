#include "apps/cli/probe_runs.h"

#include <fmt/core.h>

#include "cost/decode.h"
#include "cost/training_step.h"

namespace granary::cli {
namespace {

// The decoder of tools/probe: gated, as many heads for keys as for queries, no words around it.
Shape shape_of(const Probe::Run& run) {
  Shape shape;
  shape.layers = run.layers;
  shape.hidden = run.hidden;
  shape.heads = shape.kv_heads = run.heads;
  shape.head_width = run.hidden / run.heads;
  shape.ffn = run.ffn;
  shape.gated_ffn = true;
  return shape;
}

// As a compiled engine runs it, without its scheduler and without a head: the probe replays
// recorded kernels.
std::optional<Seconds> decode(const Catalog& catalog, const Chip& chip, const Probe::Run& run) {
  Framework framework = framework_of(FrameworkClass::compiled);
  framework.step = Seconds{};
  const auto practice = serving_practice(catalog, chip, framework, {});
  if (!practice) return std::nullopt;
  const DecodeSeconds t = decode_seconds(shape_of(run), *practice, {},
                                         {static_cast<double>(run.batch), 1.0 * run.length});
  return t.total() - t.head;
}

// One micro-batch on one chip by a plain framework: kernels as PyTorch launches them.
std::optional<Seconds> train(const Catalog& catalog, const Chip& chip, const Probe::Run& run) {
  const auto practice = practice_of(catalog, chip, run.precision);
  if (!practice || !practice->training || practice->processor) return std::nullopt;
  Model model;
  model.shape.value = shape_of(run);
  model.counted = count_parameters(model.shape.value);
  Layout layout;
  layout.micro_batch = run.batch;
  layout.precision = run.precision;
  Conditions plain;
  plain.fused_kernels = false;
  const Links alone = links_of(catalog, chip, 1, BytesPerSecond{});
  return step_seconds(model, *practice, alone, layout, {run.length, run.batch}, plain).total();
}

std::string span(Seconds seconds) { return duration_text(seconds); }

}  // namespace

std::vector<JudgedRun> judge_runs(const Catalog& catalog, const Chip& chip, const Probe& probe) {
  std::vector<JudgedRun> judged;
  for (const Probe::Run& run : probe.runs) {
    JudgedRun one{run, std::nullopt};
    if (run.heads > 0 && run.ffn > 0 && run.hidden % run.heads == 0) {
      one.predicted = run.training ? train(catalog, chip, run) : decode(catalog, chip, run);
    }
    judged.push_back(one);
  }
  return judged;
}

std::string to_text(const JudgedRun& judged) {
  const Probe::Run& run = judged.run;
  std::string text =
      fmt::format("{}, {}, {} layers of width {}, batch {}, length {}: measured {}",
                  run.training ? "Training step" : "Decode of a token", to_text(run.precision),
                  run.layers, run.hidden, run.batch, run.length, span(run.time));
  if (!judged.predicted) return text + ", no prediction.";
  return text + fmt::format(", predicted {} ({:+.1f} %).", span(*judged.predicted),
                            100 * (*judged.predicted / run.time - 1));
}

}  // namespace granary::cli
