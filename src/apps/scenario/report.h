#pragma once
// A scenario's run as one HTML file that needs nothing else: readable in light and dark, no script,
// no request to anywhere, the same bytes for the same run.

#include <string>

#include "apps/scenario/run.h"

namespace granary {

std::string html_report(const ScenarioRun&);

}  // namespace granary
