#include "apps/validate/inference_row.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cmath>

#include "apps/validate/names.h"

namespace granary::validation {
namespace {
std::string lowered(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool mentions(std::string_view text, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (text.find(word) != std::string_view::npos) return true;
  }
  return false;
}

std::optional<Phase> phase_of(const std::string& text) {
  if (text == "decode" || text == "generation") return Phase::decode;
  if (text == "prefill" || text == "ttft") return Phase::prefill;
  if (mentions(text, {"offline"})) return Phase::offline;
  if (mentions(text, {"serving", "online", "e2e", "end_to_end"})) return Phase::serving;
  if (text == "memory") return Phase::memory;
  return std::nullopt;
}

// Tables name one thing in many ways; what a bare "latency" or "throughput" means follows from the
// phase.
std::optional<Quantity> quantity_of(Phase phase, const std::string& metric,
                                    const std::string& unit) {
  if (metric == "fits" || unit == "bool") return Quantity::fits;
  if (phase == Phase::memory || mentions(metric, {"memory"})) return Quantity::memory;
  if (mentions(metric, {"ttft", "first_token", "time_to_first"})) return Quantity::first_token;
  if (mentions(metric, {"tpot", "itl", "inter_token", "per_output_token", "per_token"}) ||
      mentions(unit, {"ms/token", "s/token", "ms/tok"})) {
    return Quantity::token;
  }
  if (mentions(metric, {"request_throughput", "requests_per"}) || mentions(unit, {"req", "qps"})) {
    return Quantity::requests;
  }
  const bool rate = mentions(metric, {"throughput", "tokens_per_s", "tok_s", "tps"}) ||
                    mentions(unit, {"token", "tok/s", "tps"});
  if (rate) {
    if (mentions(metric, {"total"})) return Quantity::all_tokens;
    const bool input = phase == Phase::prefill || mentions(metric, {"input", "prefill", "prompt"});
    return input ? Quantity::input_tokens : Quantity::output_tokens;
  }
  if (mentions(metric, {"e2e", "end_to_end", "request_latency"})) return Quantity::request;
  if (mentions(metric, {"latency", "time"})) {
    if (phase == Phase::prefill) return Quantity::first_token;
    if (phase == Phase::serving || phase == Phase::offline) return Quantity::request;
  }
  return std::nullopt;
}

// Base units in one unit of the column; nothing for a unit that does not go with the quantity.
std::optional<double> scale_of(Quantity quantity, const std::string& unit) {
  switch (quantity) {
    case Quantity::first_token:
    case Quantity::token:
    case Quantity::request:
      if (unit.starts_with("ms")) return 1e-3;
      if (unit.starts_with("us")) return 1e-6;
      if (unit == "s" || unit.starts_with("s/") || unit.starts_with("sec")) return 1.0;
      return std::nullopt;
    case Quantity::memory:
      if (unit == "gb") return 1.0;
      if (unit == "gib") return 1.073741824;
      return std::nullopt;
    default:
      // Rates and counts: a bare time is neither.
      if (unit == "ms" || unit == "us" || unit == "s") return std::nullopt;
      return 1.0;
  }
}

// The number before or after one of the words in free text: "rate=4 req/s", "concurrency 16".
std::optional<double> number_beside(const std::string& text, std::string_view word, bool before) {
  const std::size_t at = text.find(word);
  if (at == std::string::npos) return std::nullopt;
  const auto part = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  const auto gap = [](char c) { return c == ' ' || c == '=' || c == ':'; };
  std::size_t from = at, to = at;
  if (before) {
    while (to > 0 && gap(text[to - 1])) --to;
    from = to;
    while (from > 0 && part(text[from - 1])) --from;
  } else {
    from = at + word.size();
    while (from < text.size() && gap(text[from])) ++from;
    to = from;
    while (to < text.size() && part(text[to])) ++to;
  }
  double number = 0;
  const auto read = std::from_chars(text.data() + from, text.data() + to, number);
  if (from == to || read.ec != std::errc{}) return std::nullopt;
  return number;
}

std::optional<double> stated(const Row& row, std::initializer_list<std::string_view> columns) {
  for (const std::string_view column : columns) {
    if (const auto number = row.number(column)) return number;
  }
  return std::nullopt;
}

std::optional<double> request_rate(const Row& row) {
  if (const auto number = stated(row, {"request_rate", "rate", "qps"})) return number;
  const std::string notes = lowered(row.text("notes") + " " + row.text("metric"));
  for (const std::string_view word : {"req/s", "requests/s", "qps", "rps"}) {
    if (const auto number = number_beside(notes, word, true)) return number;
  }
  for (const std::string_view word : {"request_rate", "request rate", "qps"}) {
    if (const auto number = number_beside(notes, word, false)) return number;
  }
  return std::nullopt;
}

std::optional<double> concurrency(const Row& row) {
  if (const auto number = stated(row, {"batch", "concurrency", "max_concurrency"})) return number;
  return number_beside(lowered(row.text("notes")), "concurrency", false);
}

int whole(const std::optional<double>& number, int otherwise) {
  return number && *number >= 1 && *number <= 1e7 ? static_cast<int>(std::lround(*number))
                                                  : otherwise;
}

// How the cards are split; an unsaid split is the one the framework makes.
std::optional<std::string> read_split(const Row& row, InferenceRow& out) {
  const int chips = whole(row.number("num_chips"), 1);
  const auto tensor = row.number("tp"), pipeline = row.number("pp");
  if (!tensor && !pipeline) {
    (out.framework.cards == Cards::pipeline ? out.split.pipeline : out.split.tensor) = chips;
    return std::nullopt;
  }
  out.split.tensor = whole(tensor, 1);
  out.split.pipeline = whole(pipeline, 1);
  if (chips % out.split.chips() != 0 || chips < out.split.chips()) {
    return "the number of chips is no multiple of tp x pp";
  }
  out.replicas = chips / out.split.chips();
  return std::nullopt;
}

// Lengths, batch and rate, where the phase needs them.
std::optional<std::string> read_load(const Row& row, InferenceRow& out) {
  const auto input = row.number("input_len"), output = row.number("output_len");
  if (out.phase == Phase::memory) {
    const int context = out.model->shape.value.context;
    out.input = whole(input, context);
    out.output = static_cast<int>(output.value_or(0));
    return std::nullopt;
  }
  if (!input && !output) return "neither input_len nor output_len is known";
  constexpr double longest = 1e8;
  if (input.value_or(0) < 0 || output.value_or(0) < 0 || input.value_or(0) > longest ||
      output.value_or(0) > longest) {
    return "a length is outside 0 to 1e8 tokens";
  }
  out.input = static_cast<int>(input.value_or(0));
  out.output = static_cast<int>(output.value_or(0));
  if (out.phase == Phase::prefill && out.input == 0) return "a prefill needs input_len";
  const bool whole_request = out.phase == Phase::offline || out.phase == Phase::serving;
  if (whole_request && (out.input == 0 || out.output == 0)) {
    return "whole requests need input_len and output_len";
  }
  const auto rate = out.phase == Phase::serving ? request_rate(row) : std::nullopt;
  const auto batch = concurrency(row);
  if (rate && *rate > 0) {
    out.rate = PerSecond(*rate);
  } else if (!batch) {
    return "neither batch, concurrency nor request rate is known";
  }
  out.batch = batch.value_or(1);
  if (!(out.batch > 0)) return "the batch is not positive";
  return std::nullopt;
}

// NVIDIA publishes fp8 weights of TensorRT-LLM with an fp8 cache; elsewhere the cache is 16 bits
// unless the notes say otherwise.
CacheFormat cache_of(const Row& row, WeightFormat weights) {
  const std::string notes = lowered(row.text("notes"));
  if (mentions(notes, {"fp8 kv", "kv fp8", "kv_cache_dtype=fp8", "fp8 cache"})) {
    return CacheFormat::fp8;
  }
  if (mentions(notes, {"int8 kv", "kv int8"})) return CacheFormat::int8;
  const bool trt = mentions(lowered(row.text("framework")), {"tensorrt", "trt"});
  return trt && weights == WeightFormat::fp8 ? CacheFormat::fp8 : CacheFormat::fp16;
}

std::optional<std::string> read_figure(const Row& row, InferenceRow& out) {
  const std::string metric = lowered(row.text("metric")), unit = lowered(row.text("unit"));
  const auto phase = phase_of(lowered(row.text("phase")));
  if (!phase) return fmt::format("phase '{}' is not known", row.text("phase"));
  out.phase = *phase;
  const auto quantity = quantity_of(out.phase, metric, unit);
  if (!quantity) {
    return fmt::format("metric '{}' of phase '{}' is not known", row.text("metric"),
                       row.text("phase"));
  }
  out.quantity = *quantity;
  const auto value = row.number("value");
  const auto scale = scale_of(out.quantity, unit);
  if (!scale) return fmt::format("unit '{}' is not known", row.text("unit"));
  if (!value || !std::isfinite(*value)) return "the value is missing or no number";
  out.measured = *value * *scale;
  if (out.quantity != Quantity::fits && !(out.measured > 0)) return "the value is not positive";
  out.per_chip = mentions(metric, {"per_gpu", "per_chip", "per_npu"}) ||
                 mentions(unit, {"/gpu", "/chip", "/npu", "/card"});
  out.p95 = mentions(metric, {"p9", "99", "95", "90"});
  out.weights_only = mentions(metric, {"weights"});
  if (mentions(metric, {"cpu"})) return "memory of a host is not modelled";
  return std::nullopt;
}

std::optional<std::string> read_parts(const Row& row, const Catalog& catalog, InferenceRow& out) {
  out.model = model_named(row.text("model"), catalog, row.number("params_b"));
  if (out.model == nullptr) {
    return fmt::format("model '{}' is not in the catalogue, or has another size there",
                       row.text("model"));
  }
  const auto framework =
      framework_named(row.text("framework"), row.text("source") + " " + row.text("source_ref"));
  if (!framework) return fmt::format("framework '{}' is not known", row.text("framework"));
  out.framework = *framework;
  const auto weights = parse_weight_format(row.text("weight_dtype"));
  if (!weights) return fmt::format("weights '{}' are not known", row.text("weight_dtype"));
  out.weights = *weights;
  out.cache = cache_of(row, out.weights);
  if (out.phase == Phase::memory) return std::nullopt;
  out.chip = chip_named(row.text("chip"), catalog,
                        {row.number("chip_mem_gb"), row.number("chip_peak_tflops")});
  if (out.chip == nullptr) {
    return fmt::format("chip '{}' is not in the catalogue, or several are meant", row.text("chip"));
  }
  return std::nullopt;
}
}  // namespace

std::variant<InferenceRow, std::string> read_inference_row(const Row& row, const Catalog& catalog) {
  InferenceRow out;
  if (auto why = read_figure(row, out)) return *std::move(why);
  if (auto why = read_parts(row, catalog, out)) return *std::move(why);
  if (auto why = read_split(row, out)) return *std::move(why);
  if (auto why = read_load(row, out)) return *std::move(why);
  return out;
}

}  // namespace granary::validation
