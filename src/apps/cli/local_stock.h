#pragma once
// Planning without a daemon: the routes answer over a stock read from documents, on which nothing
// runs.

#include <string>
#include <vector>

#include "apps/cli/output.h"

namespace granary::cli {

// What POST /v1/plans answers over the catalogue compiled in, or over the sites of `stocks` (files
// or folders, as granaryd --stock reads them), without the starts: nothing is known of who waits.
Result<Json> plan_locally(const std::vector<std::string>& stocks, const Json& body);

}  // namespace granary::cli
