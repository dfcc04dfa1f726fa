// catalog: the facts that are compiled in, each with its standing and source.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/catalog_figures.h"
#include "apps/cli/session.h"
#include "units/text.h"

namespace granary::cli {
namespace {

using A = Align;

Json json_of(const std::vector<Figure>& figures) {
  Json all = Json::array();
  for (const Figure& f : figures) {
    all.push_back(
        {{"name", f.name}, {"value", f.value}, {"standing", f.standing}, {"source", f.source}});
  }
  return all;
}

// What is known of a thing beside its figures.
Json more_of(const Chip& chip) {
  Json more = {{"vendor", chip.vendor}, {"origin", to_text(chip.origin)}, {"family", chip.family}};
  if (!chip.country.empty()) more["country"] = chip.country;
  if (!chip.note.empty()) more["note"] = chip.note;
  return more;
}
template <class Thing>
Json more_of(const Thing&) {
  return Json::object();
}

template <class Thing>
int print_thing(Session& session, const char* kind, const Thing& thing,
                const std::map<std::string, Source>& sources) {
  const auto figures = figures_of(thing);
  if (session.json) {
    Json object = more_of(thing);
    object.update({{"schema", std::string("granary.") + kind + "/1"},
                   {"id", thing.id},
                   {"name", thing.name},
                   {"figures", json_of(figures)}});
    return session.print_json(object);
  }
  session.print(thing.id + ": " + thing.name + "\n");
  const Json more = more_of(thing);
  for (const auto& [key, value] : more.items()) {
    session.print(fmt::format("  {}: {}\n", key, value.template get<std::string>()));
  }
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

Result<int> chips(Session& session) {
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  if (session.json) return print_json_list(session, "chips", catalog->chips);
  Table table({{"CHIP"},
               {"NAME", A::left, true},
               {"CLASS"},
               {"MEMORY", A::right},
               {"RATE", A::right},
               {"DENSE", A::right},
               {"LINK", A::right},
               {"NOT READ", A::right}});
  for (const auto& [id, chip] : catalog->chips) {
    const bool no_link = chip.link_name && chip.link_name->value == "none";
    table.add({id, chip.name, chip.market ? to_text(chip.market->value) : "-",
               chip.memory ? to_text(chip.memory->value) : "-",
               chip.memory_bandwidth ? text_of(chip.memory_bandwidth->value) : "-", dense_of(chip),
               chip.link_bandwidth ? text_of(chip.link_bandwidth->value)
               : no_link           ? "none"
                                   : "-",
               unread_of(figures_of(chip))});
  }
  session.print(table);
  session.print(
      "  Not read: figures that are recalled or assumed; show CHIP marks each of them.\n");
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
               {"HELD SINCE"},
               {"STANDING"},
               {"SOURCE"}});
  for (const auto& [id, site] : catalog->sites) {
    for (const PoolFacts& pool : site.pools) {
      table.add({id + "/" + pool.chip, site.name, std::to_string(pool.nodes),
                 grouped(std::int64_t{pool.nodes} * pool.chips_per_node),
                 to_text(pool.rate.per_chip_hour),
                 pool.held_since.empty() ? "not declared" : pool.held_since, to_text(site.standing),
                 site.source});
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
// Whatever has the id: one of the models or sites, else a chip.
Result<int> show_any(Session& session) {
  const auto id = only_word(session, "chip, model or site");
  if (!id) return fail(id.error());
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  if (catalog->models.contains(*id)) return show_model(session);
  if (catalog->sites.contains(*id)) return show<Site>(session, "site", find_site);
  return show_chip(session);
}
Result<int> show_site(Session& session) { return show<Site>(session, "site", find_site); }

}  // namespace

std::vector<Verb> catalog_verbs() {
  std::vector<Verb> all = {
      {"catalog show", "ID", "each figure of a chip, model or site", {}, show_any},
      {"catalog chips", "", "kinds of chip compiled in", {}, chips},
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
  for (const auto& more : {catalog_rule_verbs(), catalog_add_verbs()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace granary::cli
