// catalog rules: export rule sets as dated data, and what their arithmetic says of a chip.
#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/cli/catalog_figures.h"
#include "apps/cli/session.h"
#include "catalog/rules.h"
#include "serve/clock.h"

namespace granary::cli {
namespace {

using A = Align;

std::string day(Instant at) { return to_text(at).substr(0, 10); }

const char* unit_of(Measure measure) {
  switch (measure) {
    case Measure::tpp:
      return "TOPS x bits";
    case Measure::density:
      return "TPP/mm2";
    case Measure::io:
    case Measure::dram:
      return "GB/s";
  }
  return "";
}

const char* key_of(Measure measure) {
  switch (measure) {
    case Measure::tpp:
      return "tpp";
    case Measure::density:
      return "density";
    case Measure::io:
      return "io";
    case Measure::dram:
      return "dram";
  }
  return "";
}

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? "" : "; ") + one;
  return text;
}

std::string bounds_text(const RuleTest& test) {
  std::string text = test.datacentre_only ? "for datacentres" : "";
  for (const auto& [measure, bounds] : test.bounds) {
    std::string one = to_text(measure);
    if (bounds.at_least) one = fmt::format("{:g} <= {}", *bounds.at_least, one);
    if (bounds.below) one += fmt::format(" < {:g}", *bounds.below);
    text += (text.empty() ? "" : " and ") + one;
  }
  return text;
}

Json json_of(const Rule& rule) {
  Json tests = Json::array();
  for (const RuleTest& test : rule.tests) {
    Json bounds = Json::object();
    for (const auto& [measure, one] : test.bounds) {
      Json limits = Json::object();
      if (one.at_least) limits["at_least"] = *one.at_least;
      if (one.below) limits["below"] = *one.below;
      bounds[key_of(measure)] = limits;
    }
    tests.push_back(
        {{"name", test.name}, {"datacentre_only", test.datacentre_only}, {"bounds", bounds}});
  }
  Json object = {{"id", rule.id},
                 {"name", rule.name},
                 {"citation", rule.citation},
                 {"kind", to_text(rule.kind)},
                 {"effective", day(rule.effective)},
                 {"tests", tests},
                 {"chips", rule.chips},
                 {"note", rule.note},
                 {"standing", to_text(rule.standing)},
                 {"source", rule.source}};
  if (rule.until) object["until"] = day(*rule.until);
  if (!rule.after.empty()) object["after"] = rule.after;
  return object;
}

std::string period(const Rule& rule) {
  return day(rule.effective) + (rule.until ? " to " + day(*rule.until) : "");
}

Result<int> list(Session& session) {
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  if (session.json) {
    Json all = Json::array();
    for (const auto& [id, rule] : catalog->rules) all.push_back(json_of(rule));
    return session.print_json({{"schema", "granary.rules/1"}, {"rules", all}});
  }
  Table table({{"RULE SET"},
               {"NAME", A::left, true},
               {"KIND"},
               {"IN FORCE FROM"},
               {"STANDING"},
               {"CITATION", A::left, true}});
  for (const auto& [id, rule] : catalog->rules) {
    table.add(
        {id, rule.name, to_text(rule.kind), period(rule), to_text(rule.standing), rule.citation});
  }
  session.print(table);
  return 0;
}

Result<int> show(Session& session) {
  const auto id = only_word(session, "rule set");
  if (!id) return fail(id.error());
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  const auto found = find_rule(*catalog, *id);
  if (!found) return fail(found.error());
  const Rule& rule = **found;
  if (session.json) {
    Json object = json_of(rule);
    object["schema"] = "granary.rule/1";
    return session.print_json(object);
  }
  const auto source = catalog->sources.find(rule.source);
  session.print(rule.id + ": " + rule.name + "\n");
  Table table({{""}, {""}});
  table.add({"citation", rule.citation});
  table.add({"in force from", period(rule)});
  table.add({"kind", to_text(rule.kind)});
  for (const RuleTest& test : rule.tests) table.add({test.name, bounds_text(test)});
  if (!rule.after.empty()) table.add({"of what is controlled by", rule.after});
  if (!rule.chips.empty()) table.add({"names", joined(rule.chips)});
  if (!rule.not_datacentre.empty()) table.add({"otherwise", rule.not_datacentre});
  if (!rule.note.empty()) table.add({"note", rule.note});
  table.add({"standing", to_text(rule.standing)});
  table.add({"source",
             rule.source + ": " + (source == catalog->sources.end() ? "" : source->second.what)});
  session.print(table);
  session.print(fmt::format("  {}\n", classification_disclaimer()));
  return 0;
}

std::string value_text(const MeasureRange& range) {
  if (!std::isfinite(range.most)) {
    return range.least > 0 ? fmt::format("{:.5g} or more", range.least) : "not known";
  }
  return fmt::format("{:.5g}", range.least);
}

Json json_of(const Classification& c, const Rule& rule) {
  Json numbers = Json::array();
  for (const MeasureRange& range : c.numbers) {
    Json number = {{"name", key_of(range.measure)},
                   {"unit", unit_of(range.measure)},
                   {"at_least", range.least},
                   {"from", range.from}};
    number["known"] = std::isfinite(range.most);
    if (std::isfinite(range.most)) number["value"] = range.most;
    numbers.push_back(number);
  }
  Json object = {{"rule", c.rule},
                 {"effective", day(rule.effective)},
                 {"on", day(c.on)},
                 {"in_force", c.in_force},
                 {"result", to_text(c.outcome)},
                 {"why", c.why},
                 {"numbers", numbers},
                 {"missing", c.missing},
                 {"remarks", c.remarks}};
  if (rule.until) object["until"] = day(*rule.until);
  return object;
}

// The day of --on, else today.
Result<Instant> day_asked(const Session& session) {
  if (session.arguments.has("on")) {
    const auto on = parse_instant(session.arguments.text("on"));
    if (!on) return fail(on.error());
    return *on;
  }
  return SystemClock().now();
}

void print_numbers(Session& session, const Chip& chip) {
  Table table({{"FIGURE"}, {"VALUE", A::right}, {"UNIT"}, {"FROM", A::left, true}});
  for (const MeasureRange& range : measure(chip, chip.packages ? chip.packages->value.count : 1)) {
    table.add({to_text(range.measure), value_text(range), unit_of(range.measure),
               range.from.empty() ? "-" : joined(range.from)});
  }
  session.print(table);
}

void print_classes(Session& session, const std::vector<Classification>& all,
                   const Catalog& catalog) {
  Table table({{"RULE SET"}, {"IN FORCE FROM"}, {"SAYS"}, {"WHY", A::left, true}});
  std::vector<std::string> remarks;
  for (const Classification& c : all) {
    const std::string off = c.in_force ? "" : fmt::format(" (not in force on {})", day(c.on));
    const Colour colour = c.outcome == RuleClass::controlled     ? Colour::red
                          : c.outcome == RuleClass::undetermined ? Colour::yellow
                                                                 : Colour::none;
    const std::string missing = c.missing.empty() ? "" : "missing: " + joined(c.missing) + "; ";
    table.add({c.rule,
               period(catalog.rules.at(c.rule)),
               {to_text(c.outcome), colour},
               missing + c.why + off});
    for (const std::string& remark : c.remarks) {
      if (std::find(remarks.begin(), remarks.end(), remark) == remarks.end()) {
        remarks.push_back(remark);
      }
    }
  }
  session.print(table);
  for (const std::string& remark : remarks) session.print("  note: " + plain(remark) + "\n");
}

Result<int> check(Session& session) {
  const auto id = only_word(session, "chip");
  if (!id) return fail(id.error());
  const auto catalog = built_in();
  if (!catalog) return fail(catalog.error());
  const auto chip = find_chip(*catalog, *id);
  if (!chip) return fail(chip.error());
  const auto on = day_asked(session);
  if (!on) return fail(on.error());
  std::vector<Classification> all;
  if (session.arguments.has("rule")) {
    const auto rule = find_rule(*catalog, session.arguments.text("rule"));
    if (!rule) return fail(rule.error());
    all.push_back(classify(*catalog, **chip, **rule, *on));
  } else {
    for (const auto& [name, rule] : catalog->rules) {
      all.push_back(classify(*catalog, **chip, rule, *on));
    }
  }
  if (session.json) {
    Json results = Json::array();
    for (const Classification& c : all) results.push_back(json_of(c, catalog->rules.at(c.rule)));
    return session.print_json({{"schema", "granary.classification/1"},
                               {"chip", (*chip)->id},
                               {"name", (*chip)->name},
                               {"on", day(*on)},
                               {"results", results},
                               {"disclaimer", std::string(classification_disclaimer())}});
  }
  session.print(fmt::format("{} ({}) on {}, per packaged IC by declared figures:\n",
                            plain((*chip)->name), (*chip)->id, day(*on)));
  print_numbers(session, **chip);
  print_classes(session, all, *catalog);
  session.print(fmt::format("  {}\n", classification_disclaimer()));
  return 0;
}

}  // namespace

std::vector<Verb> catalog_rule_verbs() {
  return {{"catalog rules", "", "export rule sets compiled in, with their dates", {}, list},
          {"catalog rules list", "", "the same", {}, list},
          {"catalog rules show", "RULE", "the tests of a rule set, with its citation", {}, show},
          {"catalog rules check",
           "CHIP",
           "what the arithmetic of the rule sets says of a chip",
           {{"on", "DATE", "the day that is asked for"}, {"rule", "RULE", "only this rule set"}},
           check}};
}

}  // namespace granary::cli
