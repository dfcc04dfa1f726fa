#pragma once
// `granary demo`: a city's computing centre in miniature, played on a real daemon.

#include <string>
#include <vector>

#include "apps/cli.h"

namespace granary {

// Plays the demo and then keeps the daemon running until SIGINT; with --once it ends instead.
// --dir DIR keeps journal and runs there (default: a fresh folder under the temporary one). --slurm
// DIR: the work runs on the clusters "east" (rtx4090 2x2, a800 2x8) and "west" (ascend910b 2x8)
// that tools/slurm-sandbox keeps there, instead of on this machine's cores.
int run_demo(const std::vector<std::string>& arguments, CliContext&);

}  // namespace granary
