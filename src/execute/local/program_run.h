#pragma once
// Runs one program to its end, with everything it starts, and keeps what it writes.

#include "execute/local/attempt_files.h"
#include "execute/local/supervise.h"

namespace granary {

// Starts the program in a session of its own and returns when it and all its descendants are gone.
// Records `pid` and `start_ticks` before the program's first instruction. SIGTERM to this process,
// or a file `stop` in the folder, asks it to end: SIGTERM to its group, SIGKILL after the grace.
// A program that cannot be executed ends with 127 and says why on its stderr.
Result<Exit> run_program(const Program&, const Supervision&, int folder);

}  // namespace granary
