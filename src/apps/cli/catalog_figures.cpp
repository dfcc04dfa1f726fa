#include "apps/cli/catalog_figures.h"

#include <fmt/core.h>

#include <algorithm>

#include "apps/cli/output.h"
#include "catalog/built_in.h"
#include "units/text.h"

namespace granary::cli {
namespace {

template <class T, class Text>
void add(std::vector<Figure>& figures, const std::string& name, const std::optional<Fact<T>>& fact,
         Text text) {
  if (fact) figures.push_back({name, text(fact->value), to_text(fact->standing), fact->source});
}

std::string rate_text(double base, const char* unit) {
  if (base >= 1e15) return significant(base / 1e15) + " P" + unit;
  if (base >= 1e12) return significant(base / 1e12) + " T" + unit;
  return significant(base / 1e9) + " G" + unit;
}
std::string text_of(FlopsPerSecond rate) { return rate_text(rate.base(), "FLOPS"); }

void add_rates(std::vector<Figure>& figures, const std::string& kind,
               const std::map<Precision, Fact<FlopsPerSecond>>& rates) {
  for (const auto& [precision, fact] : rates) {
    figures.push_back({kind + " " + to_text(precision), text_of(fact.value), to_text(fact.standing),
                       fact.source});
  }
}

std::string text_of(const PriceRange& price, const char* per) {
  const std::string range = price.least == price.most ? to_grouped_text(price.least)
                                                      : to_grouped_text(price.least) + " to " +
                                                            to_grouped_text(price.most);
  return fmt::format("{} {}{} ({}, {})", range, price.asset, per, price.date, price.place);
}

std::string text_of(const Packages& packages) {
  return packages.disputed == 0
             ? std::to_string(packages.count)
             : fmt::format("{}, or {} by other sources", packages.count, packages.disputed);
}

std::string text_of(const Fabrication& process) {
  const char* kind = process.planar ? "planar" : "non-planar";
  return process.node.empty() ? kind : process.node + ", " + kind;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

void add_making(std::vector<Figure>& figures, const Chip& chip) {
  const auto plain_number = [](double value) { return fmt::format("{:g}", value); };
  add(figures, "class", chip.market, [](Market market) { return to_text(market); });
  add(figures, "year", chip.year, [](int year) { return std::to_string(year); });
  add(figures, "power", chip.tdp_watts, [&](double w) { return plain_number(w) + " W"; });
  add(figures, "logic dies", chip.die_mm2, [&](double a) { return plain_number(a) + " mm2"; });
  add(figures, "process", chip.process, [](const Fabrication& p) { return text_of(p); });
  add(figures, "packaged ICs", chip.packages, [](const Packages& p) { return text_of(p); });
  add(figures, "vendor's class", chip.vendor_class, [](const std::string& s) { return s; });
  add(figures, "backends", chip.backends, joined);
  add(figures, "price", chip.price, [](const PriceRange& p) { return text_of(p, ""); });
  add(figures, "cloud price", chip.cloud_price,
      [](const PriceRange& p) { return text_of(p, " per chip-hour"); });
}

}  // namespace

std::string text_of(BytesPerSecond rate) { return rate_text(rate.base(), "B/s"); }

std::vector<Figure> figures_of(const Chip& chip) {
  std::vector<Figure> figures;
  const auto rate = [](BytesPerSecond value) { return text_of(value); };
  const auto size = [](Bytes value) { return to_text(value); };
  add(figures, "memory", chip.memory, size);
  add(figures, "memory, usable", chip.usable_memory, size);
  add(figures, "memory rate", chip.memory_bandwidth, rate);
  add(figures, "memory rate, measured", chip.measured_bandwidth, rate);
  add(figures, fmt::format("link of {} chips, each way", chip.link_domain), chip.link_bandwidth,
      rate);
  add(figures, "link", chip.link_name, [](const std::string& s) { return s; });
  add(figures, "host link, each way", chip.host_bandwidth, rate);
  add_rates(figures, "dense", chip.dense);
  add_rates(figures, "measured", chip.measured);
  add_rates(figures, "accumulating in fp16:", chip.fp16_accumulation);
  add(figures, "fastest", chip.fastest, [](Precision p) { return to_text(p); });
  add_making(figures, chip);
  return figures;
}

std::vector<Figure> figures_of(const Model& model) {
  std::vector<Figure> figures;
  const auto& shape = model.shape;
  const auto shaped = [&](const char* name, const std::string& value) {
    figures.push_back({name, value, to_text(shape.standing), shape.source});
  };
  add(figures, "parameters, published", model.published_parameters, count_text);
  const std::string counted = "counted from the shape";
  figures.push_back({"parameters, stored", count_text(model.counted.total), "computed", counted});
  figures.push_back({"parameters, active", count_text(model.counted.active), "computed", counted});
  const Shape& s = shape.value;
  shaped("layers", std::to_string(s.layers));
  shaped("hidden width", std::to_string(s.hidden));
  shaped("heads", s.attention == Attention::latent
                      ? fmt::format("{} of width {}", s.heads, s.head_width)
                      : fmt::format("{} of width {} ({} with keys and values)", s.heads,
                                    s.head_width, s.kv_heads));
  if (s.attention == Attention::latent) {
    shaped("latent attention",
           fmt::format("caches {} + {} a layer and token", s.latent_width, s.rope_width));
  }
  if (s.layers_per_kv > 1) {
    shaped("shared caches", fmt::format("of {} layers each", s.layers_per_kv));
  }
  if (s.ffn > 0) shaped("FFN width", fmt::format("{}{}", s.ffn, s.gated_ffn ? ", gated" : ""));
  if (s.experts > 0) {
    shaped("experts", fmt::format("{} of {} per token, {} shared, width {}", s.experts_per_token,
                                  s.experts, s.shared_experts, s.expert_ffn));
    if (s.dense_layers > 0) shaped("layers without experts", std::to_string(s.dense_layers));
  }
  shaped("vocabulary", grouped(s.vocabulary));
  shaped("output head", s.tied_embeddings ? "the embedding again" : "its own");
  shaped("context", grouped(s.context));
  return figures;
}

std::vector<Figure> figures_of(const Site& site) {
  std::vector<Figure> figures;
  const auto row = [&](const std::string& name, const std::string& value) {
    figures.push_back({name, value, to_text(site.standing), site.source});
  };
  for (const PoolFacts& pool : site.pools) {
    const std::string name = site.id + "/" + pool.chip;
    row(name, fmt::format("{} nodes x {} chips at {} {} per chip-hour", pool.nodes,
                          pool.chips_per_node, to_text(pool.rate.per_chip_hour), site.asset));
    row(name + " held",
        pool.held_since.empty() && pool.held_from.empty()
            ? "not declared since when and from where"
            : fmt::format("since {}, from {}",
                          pool.held_since.empty() ? "(not declared)" : pool.held_since,
                          pool.held_from.empty() ? "(not declared)" : pool.held_from));
  }
  return figures;
}

std::string dense_of(const Chip& chip) {
  for (const Precision precision : {Precision::bf16, Precision::fp16, Precision::fp32}) {
    const auto found = chip.dense.find(precision);
    if (found != chip.dense.end()) {
      return text_of(found->second.value) + " " + to_text(precision);
    }
  }
  return "-";
}

std::string unread_of(const std::vector<Figure>& figures) {
  const auto unread = std::count_if(figures.begin(), figures.end(), [](const Figure& figure) {
    return figure.standing == "recalled" || figure.standing == "assumed";
  });
  return fmt::format("{} of {}", unread, figures.size());
}

Result<Catalog> built_in() { return parse_catalog(built_in_documents()); }

}  // namespace granary::cli
