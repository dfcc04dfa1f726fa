#pragma once
// What the arithmetic of a rule set says of a chip: a fact about declared figures, a rule set and a
// date, and nothing more. It never says "allowed": a vendor's own classification, end use, end
// user, lists and letters overrule it. What is not known stays undetermined.

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace granary {

enum class RuleClass { controlled, outside, undetermined };

// A figure of the arithmetic, per packaged IC: from `least` to `most`, which differ when only a
// part of what it is computed from is known. `most` is infinite where nothing bounds it.
struct MeasureRange {
  Measure measure = Measure::tpp;
  double least = 0, most = 0;
  std::vector<std::string> from{};  // "int8 624 TOPS (declared, arthurchiao-2023)"
};

struct Classification {
  std::string rule;  // id
  Instant on{};
  bool in_force = false;  // on that day; the arithmetic is done either way
  RuleClass outcome = RuleClass::undetermined;
  std::string why{};                    // the test that is met, the letter, or what was not met
  std::vector<MeasureRange> numbers{};  // those that the rule set asks for
  std::vector<std::string> missing{};   // what would decide
  std::vector<std::string> remarks{};   // letters that name the chip, disputes, the vendor's class
};

// The measures of a chip per packaged IC, all four, where its card holds `packages` of them.
std::vector<MeasureRange> measure(const Chip&, int packages);

// What the rule set says of the chip on a day. The catalogue gives the rule set that a review comes
// after, and the lists in force that name the chip (remarks).
Classification classify(const Catalog&, const Chip&, const Rule&, Instant on);

// Printed with every answer.
std::string_view classification_disclaimer();

std::string to_text(RuleClass);

}  // namespace granary
