// What a document about an export rule set must say.
#include <fmt/core.h>

#include <limits>

#include "catalog/parse.h"
#include "catalog/printable.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

const std::pair<const char*, Measure> measures[] = {{"tpp", Measure::tpp},
                                                    {"density", Measure::density},
                                                    {"io", Measure::io},
                                                    {"dram", Measure::dram}};

// A whole day; the first instant of it in UTC.
Instant read_day(Reader& reader, std::string_view key) {
  const std::string text = reader.date(key);
  if (text.size() == 10) return parse_instant(text).value_or(Instant{});
  reader.report(1026, key, "must be a day.", fmt::format("write {} = \"2023-11-17\"", key));
  return {};
}

Bounds read_bounds(Reading& reading, Reader& test, const char* key) {
  Bounds bounds;
  const TomlNode* const table = test.required(key, Type::table, "{ at_least = 4800 }");
  if (table == nullptr) return bounds;
  Reader reader(reading, *table, fmt::format("tests.{}.", key), "a bound", {"at_least", "below"});
  constexpr double most = 1e12;
  if (reader.has("at_least")) bounds.at_least = reader.number("at_least", 0, most);
  if (reader.has("below")) bounds.below = reader.number("below", 0, most);
  if (!bounds.at_least && !bounds.below) {
    test.report(1022, key, "has no bound.", fmt::format("write {}.at_least = 4800", key));
  } else if (bounds.at_least && bounds.below && *bounds.at_least >= *bounds.below) {
    test.report(1028, key, "can never be met: at_least is not under below.", "swap the two");
  }
  return bounds;
}

RuleTest read_test(Reading& reading, const TomlNode& table) {
  Reader reader(reading, table, "tests.", "a test",
                {"name", "datacentre_only", "tpp", "density", "io", "dram"});
  RuleTest test;
  test.name = reader.text("name", "\"3A090.a.1\"");
  test.datacentre_only = reader.flag_or("datacentre_only", false);
  for (const auto& [key, measure] : measures) {
    if (reader.has(key)) test.bounds[measure] = read_bounds(reading, reader, key);
  }
  if (test.bounds.empty()) {
    reader.report(1022, "name", "the test asks nothing.", "write tpp.at_least = 4800");
  }
  return test;
}

void read_tests(Reading& reading, Reader& reader, Rule& rule) {
  const TomlNode* const list =
      reader.required("tests", Type::list, "a list: [[tests]] with name and bounds");
  if (list == nullptr) return;
  for (const TomlNode& node : list->items) {
    if (node.type != Type::table) {
      reader.report(1026, "tests", "must hold tables.", "write [[tests]] with name and bounds");
      return;
    }
    rule.tests.push_back(read_test(reading, node));
  }
  if (rule.tests.empty() || (rule.kind == Rule::Kind::review && rule.tests.size() != 1)) {
    reader.report(1028, "tests",
                  fmt::format("a {} has {}, not {}.", to_text(rule.kind),
                              rule.kind == Rule::Kind::review ? "one test" : "at least one test",
                              rule.tests.size()),
                  "write [[tests]] with name and bounds");
  }
}

void read_list(Reading& reading, Reader& reader, Rule& rule) {
  rule.chips = reader.words("chips", names(reading.catalog.chips));
  if (reader.has("similar_memory_rate")) {
    rule.similar_dram = reader.number("similar_memory_rate", 1, 1e9);
  }
}

void read_review(Reading& reading, Reader& reader, Rule& rule) {
  rule.after = reader.text("after", "\"us-2023-10\"");
  rule.from_country = reader.text("from_country", "\"US\"");
  const auto& rules = reading.catalog.rules;
  const auto found = rules.find(rule.after);
  if (found == rules.end() || found->second.kind != Rule::Kind::arithmetic) {
    reader.report(1029, "after",
                  fmt::format("no arithmetic rule set \"{}\" is described before.{}",
                              printable(rule.after), hint(rule.after, names(rules))),
                  "use the id of a file in rules/ that comes first by name");
  }
}
}  // namespace

void read_rule(Reading& reading, const TomlNode& root, Catalog& into) {
  Reader reader(
      reading, root, "", "a rule set",
      {"id", "name", "citation", "kind", "effective", "until", "tests", "chips", "after",
       "from_country", "similar_memory_rate", "not_datacentre", "note", "standing", "source"});
  Rule rule;
  rule.id = reader.id();
  rule.name = reader.text("name", "\"Advanced computing rule of October 2023\"");
  rule.citation = reader.text("citation", "\"88 FR 73458\"", 200);
  rule.kind =
      static_cast<Rule::Kind>(reader.word("kind", {"arithmetic", "list", "memory", "review"}));
  rule.effective = read_day(reader, "effective");
  if (reader.has("until")) {
    rule.until = read_day(reader, "until");
    if (*rule.until <= rule.effective) {
      reader.report(1028, "until", "is not after effective.", "correct one of the two");
    }
  }
  const bool tested = rule.kind == Rule::Kind::arithmetic || rule.kind == Rule::Kind::review;
  if (tested) read_tests(reading, reader, rule);
  if (rule.kind == Rule::Kind::list) read_list(reading, reader, rule);
  if (rule.kind == Rule::Kind::review) read_review(reading, reader, rule);
  const auto only = [&](std::string_view key, bool said) {
    if (reader.has(key) && !said) {
      reader.report(1021, key, fmt::format("a rule set of kind {} has none.", to_text(rule.kind)),
                    "remove it");
    }
  };
  only("tests", tested);
  only("chips", rule.kind == Rule::Kind::list);
  only("similar_memory_rate", rule.kind == Rule::Kind::list);
  only("after", rule.kind == Rule::Kind::review);
  only("from_country", rule.kind == Rule::Kind::review);
  only("not_datacentre", rule.kind == Rule::Kind::arithmetic);
  if (reader.has("not_datacentre")) {
    rule.not_datacentre = reader.text("not_datacentre", "\"an exception may apply\"", 300);
  }
  if (reader.has("note")) rule.note = reader.text("note", "\"what else is to be said\"", 500);
  rule.standing = reader.standing();
  rule.source = reader.source();
  keep(reading, reader, std::move(rule), into.rules, "rule set");
}

}  // namespace granary
