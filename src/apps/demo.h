#pragma once
// `granary demo`: a city's computing centre in miniature, played on a real daemon.

#include <string>
#include <vector>

#include "apps/cli.h"

namespace granary {

// Plays the demo and then keeps the daemon running until SIGINT; with --once it ends instead.
// --dir DIR keeps journal and runs there (default: a fresh folder under the temporary one).
int run_demo(const std::vector<std::string>& arguments, CliContext&);

}  // namespace granary
