#pragma once
// Names of machines as Slurm writes them: "a800-[1-3,7],b-[01-10]".

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "units/result.h"

namespace granary {

// All names, in the order in which they are written; the width of a number is kept. G1130 for what
// cannot be read and for more than `most` names: "n[0-999999999]" costs nothing.
Result<std::vector<std::string>> expand_nodes(std::string_view list, std::size_t most = 100'000);

}  // namespace granary
