#pragma once
// Steps of a scenario that no command answers: small sums over the catalogue and the cost model,
// shown with their addends.

#include <map>
#include <string>

#include "catalog/catalog.h"
#include "units/result.h"

namespace granary {

// The sum `kind` of those figures, a line for each addend. Kinds and their figures, all required:
//   replicas   model, chip, weights, sequences, tokens: how many copies of a service one chip holds
//              by memory alone
//   training   model, chip, chips, tokens, sequence, utilisation (0.325), elapsed (60 d): the days
//              of arithmetic at a published utilisation, and what the elapsed time leaves of it
// G1001 for a missing or unknown figure, else the error of the figure that is wrong.
Result<std::string> computed(const std::string& kind,
                             const std::map<std::string, std::string>& figures, const Catalog&);

}  // namespace granary
