#pragma once
// The catalogue compiled into the program: every file of data/ at build time, so that `plan` needs
// neither a daemon nor files.

#include <vector>

#include "catalog/catalog.h"

namespace granary {

// Documents of data/ in the order of their names, "chips/a100-sxm-40.toml" first.
const std::vector<Document>& built_in_documents();

}  // namespace granary
