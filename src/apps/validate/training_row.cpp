// How a row of a training table is read. What it does not say is not guessed silently: unknown
// degrees, micro-batches and recomputation are searched over like a planner would; the rest is here
// and in docs/VALIDATION.md.

#include "apps/validate/training_row.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "apps/validate/names.h"

namespace granary::validation {
namespace {
using Refusal = std::string;
template <class T>
using Read = tl::expected<T, Refusal>;

tl::unexpected<Refusal> refuse(std::string why) { return tl::unexpected<Refusal>(std::move(why)); }

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr double most = 1e7;  // of a shape's figure, a batch, a number of chips

// A whole number from 1 on; nothing when the field is empty.
Read<std::optional<int>> whole(const Row& row, std::string_view column) {
  const std::string text = row.text(column);
  if (text.empty()) return std::nullopt;
  const auto value = row.number(column);
  if (!value || *value < 1 || *value > most || *value != std::floor(*value)) {
    return refuse(fmt::format("its {} is not a whole number from 1 on", column));
  }
  return static_cast<int>(*value);
}

Read<int> needed(const Row& row, std::string_view column) {
  const auto value = whole(row, column);
  if (!value) return refuse(value.error());
  if (!*value) return refuse(fmt::format("it does not say its {}", column));
  return **value;
}

// Experts of a mixture from its two counts: what is stored beyond the rest, and what a token
// touches beyond the rest, are whole numbers of experts of the row's FFN width.
bool solve_experts(Shape& shape, double total, double active) {
  Shape bare = shape;
  bare.ffn = 0;
  const double base = count_parameters(bare).total;
  const double expert =
      static_cast<double>(shape.layers) * (shape.gated_ffn ? 3 : 2) * shape.hidden * shape.ffn;
  const double stored = std::round((total - base) / expert);
  const double touched = std::round((active - base) / expert);
  if (stored < 2 || touched < 1 || touched >= stored) return false;
  if (std::abs((base + stored * expert) / total - 1) > 0.05) return false;
  shape.experts = static_cast<int>(stored);
  shape.experts_per_token = static_cast<int>(touched);
  shape.expert_ffn = shape.ffn;
  shape.ffn = 0;
  return true;
}

Read<Model> model_of(const Row& row, const Catalog& catalog) {
  const double total = row.number("params_b").value_or(0) * 1e9;
  const double active = row.number("active_params_b").value_or(0) * 1e9;
  const bool mixture = active > 0 && active < 0.95 * total;
  const Model* const known = model_named(row.text("model"), catalog);
  if (known != nullptr && (mixture || row.text("layers").empty())) return *known;

  Model model;
  model.id = model.name = row.text("model");
  Shape& shape = model.shape.value;
  struct Field {
    std::string_view column;
    int Shape::*member;
  };
  for (const Field& field :
       {Field{"layers", &Shape::layers}, Field{"hidden", &Shape::hidden}, Field{"ffn", &Shape::ffn},
        Field{"heads", &Shape::heads}, Field{"vocab", &Shape::vocabulary},
        Field{"seq_len", &Shape::context}}) {
    const auto value = needed(row, field.column);
    if (!value) return refuse(value.error());
    shape.*field.member = *value;
  }
  const auto kv_heads = whole(row, "kv_heads");
  if (!kv_heads) return refuse(kv_heads.error());
  shape.kv_heads = kv_heads->value_or(shape.heads);
  if (shape.hidden % shape.heads != 0 || shape.kv_heads > shape.heads) {
    return refuse("its heads do not divide its width");
  }
  shape.head_width = shape.hidden / shape.heads;
  const std::string gated = row.text("gated_mlp");
  if (gated.empty()) return refuse("it does not say its gated_mlp");
  shape.gated_ffn = gated == "1";
  shape.tied_embeddings = !shape.gated_ffn;
  if (mixture && !solve_experts(shape, total, active)) {
    return refuse("it is a mixture whose experts do not follow from its counts");
  }
  model.counted = count_parameters(shape);
  return model;
}

// "4x100Gb" in the notes: bytes per second of a node.
BytesPerSecond fabric_in(const std::string& notes) {
  for (std::size_t x = notes.find('x'); x != std::string::npos; x = notes.find('x', x + 1)) {
    std::size_t from = x;
    while (from > 0 && std::isdigit(static_cast<unsigned char>(notes[from - 1]))) --from;
    std::size_t to = x + 1;
    while (to < notes.size() && std::isdigit(static_cast<unsigned char>(notes[to]))) ++to;
    if (from == x || to == x + 1 || x - from > 4 || to - x > 6) continue;
    if (notes.compare(to, 2, "Gb") != 0) continue;
    return BytesPerSecond(std::stod(notes.substr(from, x - from)) *
                          std::stod(notes.substr(x + 1, to - x - 1)) * 1e9 / 8);
  }
  return {};
}

Read<Precision> precision_of(const Row& row, const Chip& chip) {
  const std::string text = row.text("precision");
  const auto rated = [&](Precision precision) { return chip.dense.contains(precision); };
  if (text == "fp8") {
    if (!rated(Precision::fp8)) return refuse("no fp8 rate of its chip is known");
    return Precision::fp8;
  }
  if (text == "fp32" || text == "tf32") {
    if (!rated(Precision::tf32)) return refuse("no tf32 rate of its chip is known");
    return Precision::tf32;
  }
  if (rated(Precision::bf16)) return Precision::bf16;
  if (rated(Precision::fp16)) return Precision::fp16;
  return refuse("no 16-bit rate of its chip is known");
}

// Values that a field allows: the one it says, or all that are sensible.
struct Choices {
  std::vector<int> tensor, pipeline, micro_batch;
  std::vector<Recompute> recompute;
};

Read<Choices> choices_of(const Row& row, int chips) {
  Choices choices;
  const auto tensor = whole(row, "tp"), pipeline = whole(row, "pp"),
             micro = whole(row, "micro_batch");
  if (!tensor) return refuse(tensor.error());
  if (!pipeline) return refuse(pipeline.error());
  if (!micro) return refuse(micro.error());
  const auto take = [](const std::optional<int>& said, std::vector<int> otherwise) {
    return said ? std::vector<int>{*said} : otherwise;
  };
  choices.tensor = take(*tensor, {1, 2, 4, 8});
  std::vector<int> divisors;
  for (int p = 1; p <= std::min(chips, 64); ++p) {
    if (chips % p == 0) divisors.push_back(p);
  }
  choices.pipeline = take(*pipeline, divisors);
  choices.micro_batch = take(*micro, {1, 2, 4, 8, 16});
  const std::string text = row.text("recompute");
  if (text.starts_with("full")) {
    choices.recompute = {Recompute::full};
  } else if (text.starts_with("selective")) {
    choices.recompute = {Recompute::selective};
  } else if (text.starts_with("none")) {
    choices.recompute = {Recompute::none};
  } else {
    choices.recompute = {Recompute::none, Recompute::selective, Recompute::full};
  }
  return choices;
}

Sharding sharding_of(const std::string& text) {
  if (has(text, "FULL_SHARD") || has(text, "SHARD_GRAD_OP") || has(text, "fsdp") ||
      has(text, "zero3") || has(text, "zero-3")) {
    return Sharding::parameters;
  }
  if (has(text, "zero2") || has(text, "zero-2")) return Sharding::gradients;
  return Sharding::optimiser;
}

// Sequences of a step: said, or what the row's own time and rate imply, or about a million tokens.
int batch_of(const Row& row, int said, int sequence, int chips, int unit) {
  if (said > 0) return said;
  const auto time = row.number("iter_time_s"), rate = row.number("tokens_per_s_per_chip");
  if (time && rate) {
    return std::max(1, static_cast<int>(std::round(*time * *rate * chips / sequence)));
  }
  return unit * std::max(1, static_cast<int>(std::round(1048576.0 / sequence / unit)));
}

// Seconds of one step, by whatever the row prints.
Read<std::optional<Seconds>> measured_of(const Row& row, const TrainingRow& read, int chips) {
  const double tokens = read.tokens_of_step();
  if (const auto time = row.number("iter_time_s"); time && *time > 0) return Seconds(*time);
  if (const auto rate = row.number("tokens_per_s_per_chip"); rate && *rate > 0) {
    return Seconds(tokens / chips / *rate);
  }
  const bool full = read.layout.recompute == Recompute::full;
  const Shape& s = read.model.shape.value;
  if (const auto tflops = row.number("tflops_per_chip"); tflops && *tflops > 0) {
    const std::string kind = row.text("tflops_kind");
    double flop =
        training_flops(read.model, read.size.sequence, full && kind.starts_with("hardware"))
            .base() *
        tokens;
    if (has(kind, "96B")) {  // Narayanan et al. 2021, equation 3
      const double h = s.hidden;
      flop = 96 * tokens * s.layers * h * h *
             (1 + read.size.sequence / (6 * h) + s.vocabulary / (16.0 * s.layers * h));
    } else if (!kind.starts_with("hardware") && !kind.starts_with("model")) {
      return refuse("its tflops_kind does not say what is counted");
    }
    return Seconds(flop / chips / (*tflops * 1e12));
  }
  if (const auto mfu = row.number("mfu_pct"); mfu && *mfu > 0) {
    const auto peak = row.number("chip_peak_tflops");
    if (!peak) return refuse("its MFU is against a peak that it does not give");
    if (read.layout.precision == Precision::fp8) {
      return refuse("its MFU is against a peak that it does not name");
    }
    const double flop = training_flops(read.model, read.size.sequence, false).base() * tokens;
    return Seconds(flop / chips / (*mfu / 100 * *peak * 1e12));
  }
  return std::nullopt;
}

void predict(TrainingRow& read) {
  read.memory = training_memory(read.model, read.layout, read.size, read.conditions);
  read.predicted =
      step_seconds(read.model, read.practice, read.links, read.layout, read.size, read.conditions)
          .total();
}

// The fastest layout among those that fit; the smallest when none does.
Read<TrainingRow> best_of(const Row& row, const TrainingRow& base, const Choices& choices,
                          int chips, int batch) {
  std::optional<TrainingRow> best;
  const auto better = [&](const TrainingRow& a, const TrainingRow& b) {
    if (a.fits() != b.fits()) return a.fits();
    return a.fits() ? a.predicted < b.predicted : a.memory.total() < b.memory.total();
  };
  for (const int tensor : choices.tensor) {
    for (const int pipeline : choices.pipeline) {
      const int fixed = tensor * pipeline * base.layout.context;
      if (chips % fixed != 0 || base.model.shape.value.heads % tensor != 0) continue;
      for (const int micro : choices.micro_batch) {
        for (const Recompute recompute : choices.recompute) {
          TrainingRow tried = base;
          tried.layout.tensor = tensor;
          tried.layout.pipeline = pipeline;
          tried.layout.data = chips / fixed;
          tried.layout.micro_batch = micro;
          tried.layout.recompute = recompute;
          tried.layout.sequence_parallel = tensor > 1 && has(row.text("recompute"), "sequence");
          const int unit = tried.layout.data * micro;
          tried.size.global_batch = batch_of(row, batch, tried.size.sequence, chips, unit);
          if (choices.micro_batch.size() > 1 && tried.size.global_batch < unit) continue;
          predict(tried);
          if (!tried.fits() && tensor > 1 && !tried.layout.sequence_parallel) {
            tried.layout.sequence_parallel = true;  // no row says that it is not
            predict(tried);
          }
          if (!best || better(tried, *best)) best = tried;
        }
      }
    }
  }
  if (!best) return refuse("its degrees of parallelism do not divide its chips");
  return *best;
}
}  // namespace

Read<TrainingRow> read_training_row(const Row& row, const Catalog& catalog) {
  TrainingRow base;
  base.chip = chip_named(row.text("chip"), catalog);
  if (base.chip == nullptr && row.text("chip").starts_with("Ascend-910B")) {
    // Without its grade: the one whose rate FlagPerf measured on an Atlas 800T A2.
    base.chip = chip_named("Ascend 910B3", catalog);
  }
  if (base.chip == nullptr) {
    return refuse(fmt::format("no chip \"{}\" is in the catalogue", row.text("chip")));
  }
  const auto chips = needed(row, "num_chips"), sequence = needed(row, "seq_len");
  if (!chips) return refuse(chips.error());
  if (!sequence) return refuse(sequence.error());
  auto model = model_of(row, catalog);
  if (!model) return refuse(model.error());
  base.model = *std::move(model);
  const auto precision = precision_of(row, *base.chip);
  if (!precision) return refuse(precision.error());
  const auto practice = practice_of(catalog, *base.chip, *precision);
  if (!practice || (!practice->training && !practice->processor)) {
    return refuse("its chip has no calibration at this precision");
  }
  base.practice = *practice;
  const std::string sharding = row.text("dp_sharding");
  base.conditions.fused_kernels = !has(sharding, "deepspeed");
  if (const std::size_t within = sharding.find("within "); within != std::string::npos) {
    base.conditions.sharding_ranks = std::clamp(std::atoi(sharding.c_str() + within + 7), 1, 4096);
  }
  base.conditions.wide_gradients = base.conditions.fused_kernels;
  // Frameworks that train in fp16 on a chip that has bf16 are older than fused attention.
  base.conditions.fused_attention =
      row.text("precision") != "fp16" || !base.chip->dense.contains(Precision::bf16);
  BytesPerSecond fabric = fabric_in(row.text("notes"));
  if (fabric == BytesPerSecond{}) fabric = base.practice.node_fabric;
  base.links = links_of(catalog, *base.chip, 8, fabric);
  base.size.sequence = *sequence;
  base.layout.sharding = sharding_of(sharding);
  base.layout.precision = *precision;
  struct Degree {
    std::string_view column;
    int Layout::*member;
  };
  for (const Degree& degree : {Degree{"cp", &Layout::context}, Degree{"ep", &Layout::expert},
                               Degree{"vpp", &Layout::interleave}}) {
    const auto value = whole(row, degree.column);
    if (!value) return refuse(value.error());
    base.layout.*degree.member = value->value_or(1);
  }
  const auto choices = choices_of(row, *chips);
  if (!choices) return refuse(choices.error());
  const auto batch = whole(row, "global_batch_seqs");
  if (!batch) return refuse(batch.error());
  if (!*batch && row.number("iter_time_s") && !row.number("tokens_per_s_per_chip")) {
    return refuse("it gives the time of a step but not its batch");
  }
  auto best = best_of(row, base, *choices, *chips, batch->value_or(0));
  if (!best) return best;

  TrainingRow& read = *best;
  const std::string notes = row.text("notes");
  const auto measured = measured_of(row, read, *chips);
  if (!measured) return refuse(measured.error());
  read.measured = *measured;
  if (const auto peak = row.number("peak_mem_gb"); peak && *peak > 0) {
    read.peak = Bytes(*peak * 1073741824.0);
  }
  read.out_of_memory =
      !read.measured && !read.peak && (has(notes, "OOM") || has(notes, "out of memory"));
  if (!read.measured && !read.peak && !read.out_of_memory) {
    return refuse("it prints neither a time nor a peak memory that is more than zero");
  }
  const double flop =
      training_flops(read.model, read.size.sequence, read.layout.recompute == Recompute::full)
          .base() *
      read.tokens_of_step();
  // Twice the rated arithmetic: a slip of a unit, not a fast run.
  const double rated = *chips * read.practice.peak.base();
  if (read.measured && flop > 2 * rated * read.measured->base()) {
    return refuse("its step would be faster than twice the rated arithmetic of its chips");
  }
  read.null_predicted = Seconds(
      flop / (*chips * read.practice.peak.base() * null_model(*read.chip, *precision).utilisation));
  return best;
}

}  // namespace granary::validation
