// catalog: the facts that are compiled in, each with its standing and source.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "catalog/built_in.h"
#include "units/text.h"

namespace granary::cli {
namespace {

using A = Align;

// One figure as it is shown.
struct Figure {
  std::string name, value, standing, source;
};

template <class T, class Text>
void add(std::vector<Figure>& figures, const std::string& name, const std::optional<Fact<T>>& fact,
         Text text) {
  if (fact) figures.push_back({name, text(fact->value), to_text(fact->standing), fact->source});
}

std::string rate_text(double base, const char* unit) {
  if (base >= 1e12) return significant(base / 1e12) + " T" + unit;
  return significant(base / 1e9) + " G" + unit;
}
std::string text_of(BytesPerSecond rate) { return rate_text(rate.base(), "B/s"); }
std::string text_of(FlopsPerSecond rate) { return rate_text(rate.base(), "FLOPS"); }
std::string text_of(Bytes bytes) { return to_text(bytes); }

std::vector<Figure> figures_of(const Chip& chip) {
  std::vector<Figure> figures;
  const auto text = [](const auto& value) { return text_of(value); };
  add(figures, "memory", chip.memory, text);
  add(figures, "memory bandwidth", chip.memory_bandwidth, text);
  add(figures, fmt::format("link of {} chips", chip.link_domain), chip.link_bandwidth, text);
  add(figures, "host link", chip.host_bandwidth, text);
  for (const auto& [precision, fact] : chip.dense) {
    figures.push_back(
        {"dense " + to_text(precision), text_of(fact.value), to_text(fact.standing), fact.source});
  }
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
  shaped("heads", fmt::format("{} ({} with keys and values)", s.heads, s.kv_heads));
  shaped("vocabulary", grouped(s.vocabulary));
  shaped("context", grouped(s.context));
  if (s.experts > 0) {
    shaped("experts", fmt::format("{} of {} per token", s.experts_per_token, s.experts));
  }
  return figures;
}

std::vector<Figure> figures_of(const Site& site) {
  std::vector<Figure> figures;
  for (const PoolFacts& pool : site.pools) {
    figures.push_back(
        {site.id + "/" + pool.chip,
         fmt::format("{} nodes x {} chips at {} {} per chip-hour", pool.nodes, pool.chips_per_node,
                     to_text(pool.rate.per_chip_hour), site.asset),
         to_text(site.standing), site.source});
  }
  return figures;
}

Result<Catalog> built_in() { return parse_catalog(built_in_documents()); }

Json json_of(const std::vector<Figure>& figures) {
  Json all = Json::array();
  for (const Figure& f : figures) {
    all.push_back(
        {{"name", f.name}, {"value", f.value}, {"standing", f.standing}, {"source", f.source}});
  }
  return all;
}

template <class Thing>
int print_thing(Session& session, const char* kind, const Thing& thing,
                const std::map<std::string, Source>& sources) {
  const auto figures = figures_of(thing);
  if (session.json) {
    return session.print_json({{"schema", std::string("granary.") + kind + "/1"},
                               {"id", thing.id},
                               {"name", thing.name},
                               {"figures", json_of(figures)}});
  }
  session.print(thing.id + ": " + thing.name + "\n");
  Table table({{"FIGURE"}, {"VALUE"}, {"STANDING"}, {"SOURCE", A::left, true}});
  for (const Figure& f : figures) {
    const auto source = sources.find(f.source);
    table.add({f.name, f.value, f.standing,
               source == sources.end() ? f.source : f.source + ": " + source->second.what});
  }
  session.print(table);
  return 0;
}

template <class Thing>
int print_json_list(Session& session, const char* kind,
                    const std::map<std::string, Thing>& things) {
  Json all = Json::array();
  for (const auto& [id, thing] : things) {
    all.push_back({{"id", id}, {"name", thing.name}, {"figures", json_of(figures_of(thing))}});
  }
  return session.print_json({{"schema", std::string("granary.") + kind + "/1"}, {kind, all}});
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

Result<int> chips(Session& session) {
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  if (session.json) return print_json_list(session, "chips", catalog->chips);
  Table table({{"CHIP"},
               {"NAME", A::left, true},
               {"ORIGIN"},
               {"MEMORY", A::right},
               {"BANDWIDTH", A::right},
               {"DENSE", A::right},
               {"STANDING"}});
  for (const auto& [id, chip] : catalog->chips) {
    table.add({id, chip.name, to_text(chip.origin), chip.memory ? text_of(chip.memory->value) : "-",
               chip.memory_bandwidth ? text_of(chip.memory_bandwidth->value) : "-", dense_of(chip),
               chip.memory ? to_text(chip.memory->standing) : "-"});
  }
  session.print(table);
  return 0;
}

Result<int> models(Session& session) {
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  if (session.json) return print_json_list(session, "models", catalog->models);
  Table table({{"MODEL"},
               {"NAME", A::left, true},
               {"PARAMETERS", A::right},
               {"ACTIVE", A::right},
               {"LAYERS", A::right},
               {"CONTEXT", A::right},
               {"STANDING"}});
  for (const auto& [id, model] : catalog->models) {
    const Shape& shape = model.shape.value;
    table.add({id, model.name, count_text(model.counted.total), count_text(model.counted.active),
               std::to_string(shape.layers), grouped(shape.context),
               to_text(model.shape.standing)});
  }
  session.print(table);
  return 0;
}

Result<int> sites(Session& session) {
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  if (session.json) return print_json_list(session, "sites", catalog->sites);
  Table table({{"POOL"},
               {"SITE", A::left, true},
               {"NODES", A::right},
               {"CHIPS", A::right},
               {"PRICE/h", A::right},
               {"STANDING"},
               {"SOURCE"}});
  for (const auto& [id, site] : catalog->sites) {
    for (const PoolFacts& pool : site.pools) {
      table.add({id + "/" + pool.chip, site.name, std::to_string(pool.nodes),
                 grouped(std::int64_t{pool.nodes} * pool.chips_per_node),
                 to_text(pool.rate.per_chip_hour), to_text(site.standing), site.source});
    }
  }
  session.print(table);
  return 0;
}

template <class Thing>
Result<int> show(Session& session, const char* kind,
                 Result<const Thing*> (*find)(const Catalog&, std::string_view)) {
  const auto id = only_word(session, kind);
  if (!id) return fail(id.error());
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  const auto found = find(*catalog, *id);
  if (!found) return fail(found.error());
  return print_thing(session, kind, **found, catalog->sources);
}

Result<int> show_chip(Session& session) { return show<Chip>(session, "chip", find_chip); }
Result<int> show_model(Session& session) { return show<Model>(session, "model", find_model); }
Result<int> show_site(Session& session) { return show<Site>(session, "site", find_site); }

}  // namespace

std::vector<Verb> catalog_verbs() {
  return {{"catalog chips", "", "kinds of chip compiled in", {}, chips},
          {"catalog chips list", "", "the same", {}, chips},
          {"catalog chips show",
           "CHIP",
           "each figure of a chip, with standing and source",
           {},
           show_chip},
          {"catalog models", "", "models compiled in", {}, models},
          {"catalog models list", "", "the same", {}, models},
          {"catalog models show", "MODEL", "each figure of a model", {}, show_model},
          {"catalog sites", "", "sites and pools compiled in", {}, sites},
          {"catalog sites list", "", "the same", {}, sites},
          {"catalog sites show", "SITE", "the pools of a site", {}, show_site}};
}

}  // namespace granary::cli
