// What a document about a model must say.
#include <fmt/core.h>

#include <cmath>
#include <initializer_list>

#include "catalog/parse.h"
#include "units/text.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

constexpr Limits<double> count_limits{1e3, 1e15, "1k to 1000T"};
constexpr int widest = 1'000'000;

// Published and counted parameters may differ by this much; by more only with a reason in the
// file; by more than the last not even then.
constexpr double tolerance = 0.01, excused_tolerance = 0.10;

// Keys that only one kind of model may have.
void forbid(Reader& reader, std::initializer_list<std::string_view> keys, std::string_view why) {
  for (const std::string_view key : keys) {
    if (reader.has(key)) {
      reader.report(1021, key, fmt::format("{}, so this key says nothing.", why), "remove it");
    }
  }
}

void read_latent(Reader& reader, Shape& shape) {
  if (shape.attention == Attention::latent) {
    shape.latent_width = reader.whole("latent_width", 1, widest);
    shape.rope_width = reader.whole("rope_width", 0, widest);
    shape.query_latent = reader.whole_or("query_latent", 0, 1, widest);
    shape.no_rope_width = reader.whole("no_rope_width", 1, widest);
    shape.value_width = reader.whole("value_width", 1, widest);
  } else {
    forbid(reader, {"latent_width", "rope_width", "query_latent", "no_rope_width", "value_width"},
           "the attention is not latent");
  }
}

void read_ffn(Reader& reader, Shape& shape) {
  shape.gated_ffn = reader.flag("gated_ffn");
  shape.experts = reader.whole_or("experts", 0, 2, 100'000);
  if (shape.experts > 0) {
    shape.experts_per_token = reader.whole("experts_per_token", 1, shape.experts);
    shape.shared_experts = reader.whole_or("shared_experts", 0, 1, 1'000);
    shape.expert_ffn = reader.whole("expert_ffn", 1, widest);
    shape.dense_layers = reader.whole_or("dense_layers", 0, 1, shape.layers);
  } else {
    forbid(reader, {"experts_per_token", "shared_experts", "expert_ffn", "dense_layers"},
           "there are no experts");
  }
  if (shape.experts == 0 || shape.dense_layers > 0) {
    shape.ffn = reader.whole("ffn", 1, widest);
  } else {
    forbid(reader, {"ffn"}, "every layer is a mixture of experts");
  }
}

Fact<Shape> read_shape(Reading& reading, const TomlNode& table) {
  Reader reader(reading, table, "shape.", "a shape",
                {"layers",
                 "hidden",
                 "heads",
                 "kv_heads",
                 "head_width",
                 "ffn",
                 "gated_ffn",
                 "vocabulary",
                 "context",
                 "tied_embeddings",
                 "learned_positions",
                 "attention",
                 "latent_width",
                 "rope_width",
                 "query_latent",
                 "no_rope_width",
                 "value_width",
                 "experts",
                 "experts_per_token",
                 "shared_experts",
                 "expert_ffn",
                 "dense_layers",
                 "layers_per_kv",
                 "standing",
                 "source"});
  Fact<Shape> fact;
  Shape& shape = fact.value;
  shape.layers = reader.whole("layers", 1, 10'000);
  shape.hidden = reader.whole("hidden", 1, widest);
  shape.heads = reader.whole("heads", 1, 10'000);
  shape.kv_heads = reader.whole("kv_heads", 1, shape.heads);
  shape.head_width = reader.whole("head_width", 1, 10'000);
  shape.vocabulary = reader.whole("vocabulary", 1, 10'000'000);
  shape.context = reader.whole("context", 1, 100'000'000);
  shape.tied_embeddings = reader.flag("tied_embeddings");
  shape.learned_positions = reader.flag_or("learned_positions", false);
  if (reader.has("attention")) {
    shape.attention = static_cast<Attention>(reader.word("attention", {"full", "latent"}));
  }
  shape.layers_per_kv = reader.whole_or("layers_per_kv", 1, 1, shape.layers);
  read_latent(reader, shape);
  read_ffn(reader, shape);
  if (shape.heads % shape.kv_heads != 0) {
    reader.report(1028, "kv_heads",
                  fmt::format("{} heads do not divide into {}.", shape.heads, shape.kv_heads),
                  "heads must be a multiple of kv_heads");
  }
  if (shape.layers % shape.layers_per_kv != 0) {
    reader.report(1028, "layers_per_kv",
                  fmt::format("{} layers do not divide into groups of {}.", shape.layers,
                              shape.layers_per_kv),
                  "layers must be a multiple of layers_per_kv");
  }
  fact.standing = reader.standing();
  fact.source = reader.source();
  return fact;
}

// The published count against the counted one; `exception` is the reason why they may differ.
void check_count(Reading& reading, Reader& reader, const TomlNode& published, const Model& model) {
  if (reading.error) return;
  Reader inner(reading, published, "published_parameters.", "a figure",
               {"value", "standing", "source", "exception"});
  const double off = model.counted.total / model.published_parameters->value - 1;
  const bool excused = inner.has("exception");
  const std::string reason = excused ? inner.text("exception", "\"why they differ\"", 300) : "";
  if (std::abs(off) > (excused ? excused_tolerance : tolerance)) {
    reader.report(
        1027, "published_parameters",
        fmt::format("{} parameters are published, the shape has {} ({:+.1f} %); at most "
                    "{:.0f} % may differ.",
                    count_text(model.published_parameters->value), count_text(model.counted.total),
                    100 * off, 100 * (excused ? excused_tolerance : tolerance)),
        excused ? "correct the shape or the published count"
                : "correct the shape, or say why in exception = \"...\" beside the value");
  } else if (excused && std::abs(off) <= tolerance) {
    inner.report(1027, "exception",
                 fmt::format("the counts differ by {:+.1f} %, which needs none.", 100 * off),
                 "remove it");
  }
}

}  // namespace

void read_model(Reading& reading, const TomlNode& root, Catalog& into) {
  Reader reader(reading, root, "", "a model", {"id", "name", "shape", "published_parameters"});
  Model model;
  model.id = reader.id();
  model.name = reader.text("name", "\"GLM-130B\"");
  if (const auto* const shape =
          reader.required("shape", Type::table, "{ layers = 70, hidden = 12288, ... }")) {
    model.shape = read_shape(reading, *shape);
    if (!reading.error) model.counted = count_parameters(model.shape.value);
  }
  if (reader.has("published_parameters")) {
    model.published_parameters =
        reader.fact("published_parameters", parse_count, count_limits, "130B", {"exception"});
    check_count(reading, reader, *root.find("published_parameters"), model);
  }
  keep(reading, reader, std::move(model), into.models, "model");
}

}  // namespace granary
