#include "catalog/rules.h"

#include <fmt/core.h>

#include <algorithm>

namespace granary {
namespace {

enum class Met { yes, no, unknown };

Met within(const Bounds& bounds, const MeasureRange& range) {
  if (bounds.at_least && range.most < *bounds.at_least) return Met::no;
  if (bounds.below && range.least >= *bounds.below) return Met::no;
  const bool low = !bounds.at_least || range.least >= *bounds.at_least;
  const bool high = !bounds.below || range.most < *bounds.below;
  return low && high ? Met::yes : Met::unknown;
}

// Whether a chip counts as one for datacentres. A workstation card is a question of fact.
Met for_datacentres(const Chip& chip) {
  if (!chip.market || chip.market->value == Market::workstation) return Met::unknown;
  const bool datacentre =
      chip.market->value == Market::datacentre || chip.market->value == Market::cpu;
  return datacentre ? Met::yes : Met::no;
}

const std::string datacentre_question = "whether it is designed or marketed for datacentres";

// What would have to be known for a measure to be a number.
std::vector<std::string> wanting(const Chip& chip, const MeasureRange& range) {
  std::vector<std::string> all;
  switch (range.measure) {
    case Measure::density:
      if (chip.process && chip.process->value.planar) return {"a density: its dies are planar"};
      if (!chip.die_mm2) all.push_back("logic die area");
      if (!chip.process) all.push_back("planar or non-planar process");
      if (!all.empty()) return all;
      [[fallthrough]];
    case Measure::tpp:
      all.push_back("dense rates of 16 bits or fewer");
      break;
    case Measure::io:
      if (!chip.link_bandwidth && !(chip.link_name && chip.link_name->value == "none")) {
        all.push_back("link rate");
      }
      if (!chip.host_bandwidth) all.push_back("host link rate");
      break;
    case Measure::dram:
      all.push_back("memory rate");
      break;
  }
  return all;
}

void add_new(std::vector<std::string>& all, const std::string& one) {
  if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
}

struct Tested {
  Met met = Met::no;
  std::vector<std::string> missing;
};

// Every bound holds: yes; one cannot: no; else what is missing.
Tested test(const RuleTest& test, const Chip& chip, const std::vector<MeasureRange>& numbers) {
  Tested tested{Met::yes, {}};
  const auto weigh = [&](Met met, const std::vector<std::string>& missing) {
    if (met == Met::no) tested.met = Met::no;
    if (met != Met::unknown) return;
    if (tested.met == Met::yes) tested.met = Met::unknown;
    for (const std::string& one : missing) add_new(tested.missing, one);
  };
  if (test.datacentre_only) weigh(for_datacentres(chip), {datacentre_question});
  for (const auto& [asked, bounds] : test.bounds) {
    const MeasureRange& range = numbers[static_cast<std::size_t>(asked)];
    weigh(within(bounds, range), wanting(chip, range));
  }
  return tested;
}

struct Verdict {
  RuleClass outcome = RuleClass::outside;
  std::string why;
  std::vector<std::string> missing;
};

// The first test that is met; undetermined while one of them may be.
Verdict tests(const Rule& rule, const Chip& chip, const std::vector<MeasureRange>& numbers) {
  Verdict verdict{RuleClass::outside, "none of its tests is met", {}};
  for (const RuleTest& each : rule.tests) {
    const Tested tested = test(each, chip, numbers);
    if (tested.met == Met::yes) return {RuleClass::controlled, each.name, {}};
    if (tested.met == Met::no) continue;
    verdict.why = verdict.outcome == RuleClass::outside ? "perhaps " + each.name
                                                        : verdict.why + " or " + each.name;
    verdict.outcome = RuleClass::undetermined;
    for (const std::string& one : tested.missing) add_new(verdict.missing, one);
  }
  return verdict;
}

// Where sources count the packaged ICs of a card differently, both counts must say the same.
Verdict arithmetic(const Rule& rule, const Chip& chip) {
  const Packages packages = chip.packages ? chip.packages->value : Packages{};
  const Verdict first = tests(rule, chip, measure(chip, packages.count));
  if (packages.disputed == 0) return first;
  const Verdict second = tests(rule, chip, measure(chip, packages.disputed));
  if (first.outcome == second.outcome && first.why == second.why) return first;
  Verdict verdict{RuleClass::undetermined,
                  fmt::format("{} with {} packaged ICs a card, {} with {}", to_text(first.outcome),
                              packages.count, to_text(second.outcome), packages.disputed),
                  {"packaged ICs per card"}};
  for (const auto* one : {&first, &second}) {
    for (const std::string& fact : one->missing) add_new(verdict.missing, fact);
  }
  return verdict;
}

bool names(const Rule& rule, const Chip& chip) {
  return rule.kind == Rule::Kind::list &&
         std::find(rule.chips.begin(), rule.chips.end(), chip.id) != rule.chips.end();
}

bool in_force(const Rule& rule, Instant on) {
  return on >= rule.effective && (!rule.until || on < *rule.until);
}

// A vendor's own classification, where it is known, stands above the arithmetic.
void let_vendor_overrule(const Chip& chip, Classification& result) {
  if (!chip.vendor_class) return;
  const std::string& given = chip.vendor_class->value;
  result.remarks.push_back(
      fmt::format("by the figures alone: {} ({})", to_text(result.outcome), result.why));
  const bool controlled = given.starts_with("3A090") || given.starts_with("4A090");
  result.outcome = controlled ? RuleClass::controlled : RuleClass::outside;
  result.why = fmt::format("the vendor's class {} ({}, {})", given,
                           to_text(chip.vendor_class->standing), chip.vendor_class->source);
  result.missing.clear();
}

void classify_by_figures(const Chip& chip, const Rule& rule, Classification& result) {
  Verdict verdict = arithmetic(rule, chip);
  result.outcome = verdict.outcome;
  result.why = std::move(verdict.why);
  result.missing = std::move(verdict.missing);
  let_vendor_overrule(chip, result);
  const bool other_use = for_datacentres(chip) == Met::no;
  if (result.outcome == RuleClass::controlled && other_use && !rule.not_datacentre.empty()) {
    result.remarks.push_back(rule.not_datacentre);
  }
}

void classify_by_list(const Chip& chip, const Rule& rule, Classification& result) {
  const bool named = names(rule, chip);
  result.outcome = named ? RuleClass::controlled : RuleClass::outside;
  result.why = named ? "it is named" : "it is not named";
  const double rate = measure(chip, chip.packages ? chip.packages->value.count
                                                  : 1)[static_cast<std::size_t>(Measure::dram)]
                          .least;
  if (!named && rule.similar_dram > 0 && rate >= rule.similar_dram) {
    result.remarks.push_back(fmt::format(
        "its memory rate of {:.5g} GB/s reaches the {:.5g} of what is named: the words of this set "
        "speak of such circuits too",
        rate, rule.similar_dram));
  }
}

void classify_by_review(const Catalog& catalog, const Chip& chip, const Rule& rule,
                        Classification& result) {
  if (!chip.country.empty() && chip.country != rule.from_country) {
    result.outcome = RuleClass::outside;
    result.why = fmt::format("it is about exports from {}, the vendor is of {}", rule.from_country,
                             chip.country);
    return;
  }
  const auto first = classify(catalog, chip, catalog.rules.at(rule.after), result.on);
  result.outcome = first.outcome;
  result.missing = first.missing;
  result.why = fmt::format("{}: {}", rule.after, first.why);
  if (first.outcome != RuleClass::controlled) return;
  const RuleTest& limits = rule.tests.front();
  const Tested tested =
      test(limits, chip, measure(chip, chip.packages ? chip.packages->value.count : 1));
  result.missing = tested.missing;
  result.why += tested.met == Met::yes  ? "; " + limits.name
                : tested.met == Met::no ? "; over a limit"
                                        : "; the review is undetermined";
}

// The numbers that the tests of the rule set ask for.
std::vector<MeasureRange> asked(const Catalog& catalog, const Chip& chip, const Rule& rule) {
  std::vector<MeasureRange> numbers;
  std::map<Measure, bool> wanted;
  for (const RuleTest& each : rule.tests) {
    for (const auto& [one, bounds] : each.bounds) wanted[one] = true;
  }
  if (rule.kind == Rule::Kind::review) {
    for (const MeasureRange& one : asked(catalog, chip, catalog.rules.at(rule.after))) {
      wanted[one.measure] = true;
    }
  }
  if (rule.similar_dram > 0) wanted[Measure::dram] = true;
  for (MeasureRange& one : measure(chip, chip.packages ? chip.packages->value.count : 1)) {
    if (wanted.contains(one.measure)) numbers.push_back(std::move(one));
  }
  return numbers;
}
}  // namespace

Classification classify(const Catalog& catalog, const Chip& chip, const Rule& rule, Instant on) {
  Classification result{.rule = rule.id, .on = on, .in_force = in_force(rule, on)};
  result.numbers = asked(catalog, chip, rule);
  switch (rule.kind) {
    case Rule::Kind::arithmetic:
      classify_by_figures(chip, rule, result);
      break;
    case Rule::Kind::list:
      classify_by_list(chip, rule, result);
      break;
    case Rule::Kind::memory:
      result.outcome = RuleClass::outside;
      result.why = "it is about memory as such, not about an accelerator that contains it";
      break;
    case Rule::Kind::review:
      classify_by_review(catalog, chip, rule, result);
      break;
  }
  for (const auto& [id, other] : catalog.rules) {
    if (id != rule.id && names(other, chip) && in_force(other, on)) {
      result.remarks.push_back(
          fmt::format("{} ({}) names this chip and overrules the arithmetic", id, other.name));
    }
  }
  if (chip.packages && chip.packages->value.disputed > 0) {
    result.remarks.push_back(fmt::format(
        "sources count {} or {} packaged ICs on a card; the "
        "numbers are for {}",
        chip.packages->value.count, chip.packages->value.disputed, chip.packages->value.count));
  }
  return result;
}

std::string_view classification_disclaimer() {
  return "Arithmetic over declared figures, not legal advice. The vendor's classification, end "
         "use, "
         "end user, lists and letters overrule it.";
}

std::string to_text(RuleClass outcome) {
  switch (outcome) {
    case RuleClass::controlled:
      return "controlled";
    case RuleClass::outside:
      return "outside";
    case RuleClass::undetermined:
      return "undetermined";
  }
  return {};
}

}  // namespace granary
