#pragma once
// The HTTP side: one event loop with a coroutine per connection. Everything has a bound: 64
// connections, 8 KiB of header, 64 KiB of body, 16 completions waiting, 512 tokens each, 10 s for
// a request to arrive, for a piece to be written and for the next token to come.

#include "nano/progress.h"
#include "nano/result.h"
#include "nanoserve/options.h"

namespace nano {

// Serves until SIGTERM or SIGINT, then takes no new connection, gives those with a request under
// way two seconds and returns. Fails if the port is taken or there is nothing to serve. Writes
// {"listening":"127.0.0.1:PORT"} to `progress` and to standard output before the first request,
// then {"requests":n,"tokens":n} to `progress`, at most once a second, when they changed.
Result<void> serve(const ServeOptions&, Progress& progress);

}  // namespace nano
