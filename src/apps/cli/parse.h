#pragma once
// From words to a verb and its arguments.

#include "apps/cli/session.h"

namespace granary::cli {

struct Parsed {
  const Verb* verb = nullptr;  // null: help was asked for
  std::string help;            // then: of which words
  Arguments arguments;
};

// G1000 names what is not known and the nearest that is. Never throws.
Result<Parsed> parse(const std::vector<std::string>& words);

// The overview, or what is said of a verb or noun.
std::string help_text(const std::string& words);

}  // namespace granary::cli
