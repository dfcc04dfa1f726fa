#pragma once
// `granary scenario`: a recorded situation, run from its file.

#include <string>
#include <vector>

#include "apps/cli.h"

namespace granary {

// `arguments` are those after the word scenario. Returns the exit status.
int run_scenario(const std::vector<std::string>& arguments, CliContext&);

}  // namespace granary
