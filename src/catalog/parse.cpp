// Documents -> Catalog: what a source, a chip, a model and a site must say.
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <initializer_list>

#include "catalog/catalog.h"
#include "catalog/printable.h"
#include "catalog/reader.h"
#include "catalog/toml_tree.h"
#include "units/text.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

constexpr Limits<Bytes> memory_limits{Bytes(1048576.0), Bytes(1e14), "1 MiB to 100 TB"};
constexpr Limits<BytesPerSecond> rate_limits{BytesPerSecond(1e6), BytesPerSecond(1e15),
                                             "1 MB/s to 1000 TB/s"};
constexpr Limits<FlopsPerSecond> flops_limits{FlopsPerSecond(1e6), FlopsPerSecond(1e18),
                                              "1 MFLOPS to 1000 PFLOPS"};
constexpr Limits<double> count_limits{1e3, 1e15, "1k to 1000T"};
constexpr Money largest_price = Money::units(1'000'000);
constexpr int widest = 1'000'000;

// Published and counted parameters may differ by this much; by more only with a reason in the
// file; by more than the last not even then.
constexpr double tolerance = 0.03, excused_tolerance = 0.10;

void read_sources(Reading& reading, const TomlNode& root, Catalog& into) {
  for (std::size_t i = 0; i < root.entries.size(); ++i) {
    const auto& [id, node] = root.entries[i];
    const std::uint32_t line = root.key_lines[i];
    if (node.type != Type::table) {
      reading.report(
          1026, line,
          fmt::format("\"{}\" must be a table, not {}.", printable(id), to_text(node.type)),
          fmt::format("write [{}] with what = \"...\" and read = true", printable(id)));
      return;
    }
    Reader reader(reading, node, printable(id) + ".", "a source", {"what", "read"});
    Source source{id, reader.text("what", "\"the paper, page or file\"", 500), reader.flag("read")};
    if (!into.sources.emplace(id, std::move(source)).second) {
      reading.report(1025, line, fmt::format("source \"{}\" is described twice.", printable(id)),
                     "keep one of the two");
    }
  }
}

template <class T>
void keep(Reading& reading, Reader& reader, T value, std::map<std::string, T>& into,
          std::string_view noun) {
  if (reading.error) return;
  const std::string id = value.id;
  if (!into.emplace(id, std::move(value)).second) {
    reader.report(1025, "id", fmt::format("{} \"{}\" is described twice.", noun, id),
                  "give it another id, or remove one of the two files");
  }
}

void read_dense(Reading& reading, Reader& reader, Chip& chip) {
  const TomlNode* const dense =
      reader.required("dense", Type::table, "{ fp16 = { value = \"312 TFLOPS\", ... } }");
  if (dense == nullptr) return;
  Reader inner(reading, *dense, "dense.", "the dense rates",
               {"fp32", "tf32", "fp16", "bf16", "fp8", "int8", "int4"});
  for (const auto& [key, value] : dense->entries) {
    const auto precision = parse_precision(key);
    if (!precision) continue;  // reported as an unknown key
    chip.dense[*precision] = inner.fact(key, parse_flops_per_second, flops_limits, "312 TFLOPS");
  }
}

void read_chip(Reading& reading, const TomlNode& root, Catalog& into) {
  Reader reader(reading, root, "", "a chip",
                {"id", "name", "vendor", "origin", "memory", "memory_bandwidth", "link",
                 "host_bandwidth", "dense"});
  Chip chip;
  chip.id = reader.id();
  chip.name = reader.text("name", "\"A800 SXM4 80GB\"");
  chip.vendor = reader.text("vendor", "\"NVIDIA\"");
  chip.origin = static_cast<Origin>(reader.word("origin", {"imported", "domestic", "repurposed"}));
  if (reader.has("memory")) {
    chip.memory = reader.fact("memory", parse_bytes, memory_limits, "80 GiB");
  }
  const auto rate = [&](std::string_view key, std::string_view example, Keys more = {}) {
    std::optional<Fact<BytesPerSecond>> fact;
    if (reader.has(key)) {
      fact = reader.fact(key, parse_bytes_per_second, rate_limits, example, std::move(more));
    }
    return fact;
  };
  chip.memory_bandwidth = rate("memory_bandwidth", "2039 GB/s");
  chip.host_bandwidth = rate("host_bandwidth", "32 GB/s");
  chip.link_bandwidth = rate("link", "200 GB/s", {"domain"});
  if (const TomlNode* const link = root.find("link")) {
    Reader inner(reading, *link, "link.", "a link", {"value", "domain", "standing", "source"});
    chip.link_domain = inner.whole("domain", 2, 100'000);
  }
  if (reader.has("dense")) read_dense(reading, reader, chip);
  keep(reading, reader, std::move(chip), into.chips, "chip");
}

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

PoolFacts read_pool(Reading& reading, const TomlNode& table, const std::string& asset) {
  Reader reader(reading, table, "pools.", "a pool",
                {"chip", "nodes", "chips_per_node", "price", "replaceable"});
  PoolFacts pool;
  pool.chip = reader.text("chip", "\"a800-sxm-80\"");
  if (!reading.catalog.chips.contains(pool.chip)) {
    reader.report(1029, "chip",
                  fmt::format("no chip \"{}\" is described.{}", printable(pool.chip),
                              hint(pool.chip, names(reading.catalog.chips))),
                  "use the id of a file in chips/, or add one");
  }
  pool.nodes = reader.whole("nodes", 1, 1'000'000);
  pool.chips_per_node = reader.whole("chips_per_node", 1, 1'000);
  const std::string text = reader.text("price", "\"12.00 CNY per chip-hour\"");
  const Result<PricedRate> price = parse_price(text);
  if (!price) {
    const bool negative = text.starts_with('-');
    reader.report(negative ? 1028 : 1024, "price",
                  negative ? "a price is not negative." : price.error().what,
                  "write price = \"12.00 CNY per chip-hour\"");
  } else if (price->asset != asset) {
    reader.report(1024, "price",
                  fmt::format("is in {}, the site's asset is {}.", price->asset, asset),
                  "a site has one asset; correct one of the two");
  } else if (price->rate.per_chip_hour > largest_price) {
    reader.report(1028, "price", "is above 1000000 per chip-hour.", "check the figure");
  } else {
    pool.rate = price->rate;
  }
  pool.replaceable = reader.flag("replaceable");
  return pool;
}

void read_pools(Reading& reading, Reader& reader, const TomlNode& list, Site& site) {
  std::map<std::string, std::uint32_t> seen;
  for (const TomlNode& node : list.items) {
    if (node.type != Type::table) {
      reader.report(1026, "pools", "must hold tables.", "write [[pools]] with chip, nodes, ...");
      return;
    }
    site.pools.push_back(read_pool(reading, node, site.asset));
    const std::string& chip = site.pools.back().chip;
    const auto [first, fresh] = seen.emplace(chip, node.line);
    if (!fresh) {
      reading.report(1025, node.line,
                     fmt::format("pool {}/{} is described twice, first in line {}.", site.id, chip,
                                 first->second),
                     "add their nodes together");
    }
  }
  if (list.items.empty()) {
    reader.report(1022, "pools", "a site has at least one pool.",
                  "write [[pools]] with chip, nodes, ...");
  }
}

void read_site(Reading& reading, const TomlNode& root, Catalog& into) {
  Reader reader(reading, root, "", "a site",
                {"id", "name", "runner", "asset", "standing", "source", "pools"});
  Site site;
  site.id = reader.id();
  site.name = reader.text("name", "\"Guian\"");
  site.runner = static_cast<Runner>(reader.word("runner", {"local", "simulated"}));
  site.asset = reader.text("asset", "\"CNY\"");
  if (site.asset.size() != 3 ||
      site.asset.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) {
    reader.report(1026, "asset", "must be three capital letters.", "write asset = \"CNY\"");
  }
  site.standing = reader.standing();
  site.source = reader.source();
  const TomlNode* const pools =
      reader.required("pools", Type::list, "a list: [[pools]] with chip, nodes, ...");
  if (pools != nullptr) read_pools(reading, reader, *pools, site);
  keep(reading, reader, std::move(site), into.sites, "site");
}

using Read = void (*)(Reading&, const TomlNode&, Catalog&);

Result<void> read_document(const Document& document, Read read, Catalog& into) {
  const Result<TomlNode> root = parse_tree(document);
  if (!root) return fail(root.error());
  Reading reading{.document = document.name, .catalog = into};
  read(reading, *root, into);
  if (reading.error) return fail(*std::move(reading.error));
  return {};
}
}  // namespace

Result<Catalog> parse_catalog(std::span<const Document> documents) {
  struct Kind {
    std::string_view folder;
    Read read;
  };
  // In this order, because chips name sources and sites name chips.
  constexpr std::array<Kind, 4> kinds{{{"sources", read_sources},
                                       {"chips/", read_chip},
                                       {"models/", read_model},
                                       {"sites/", read_site}}};
  Catalog catalog;
  for (const Kind& kind : kinds) {
    for (const Document& document : documents) {
      const bool sources = document.name == "sources.toml" || document.name.starts_with("sources/");
      if (kind.folder == "sources" ? !sources : !document.name.starts_with(kind.folder)) continue;
      const Result<void> done = read_document(document, kind.read, catalog);
      if (!done) return fail(done.error());
    }
  }
  return catalog;
}

}  // namespace granary
