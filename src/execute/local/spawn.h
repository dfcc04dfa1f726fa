#pragma once
#include <string>

#include "units/result.h"
#include "units/time.h"

namespace granary {

// Starts granary-supervise for an attempt: in a session of its own, with no descriptor, signal
// setting or variable of ours. When this returns well, a supervisor holds the attempt's lock or the
// attempt is over; what it complains about is in supervisor.log beside the attempt's files. G7022.
struct Supervisor {
  std::string program;  // path
  std::string folder;   // of the attempt
  Span stop_grace{};
};
Result<void> spawn_supervisor(const Supervisor&);

}  // namespace granary
