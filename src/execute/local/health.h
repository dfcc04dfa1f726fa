#pragma once
// Whether services on this machine answer.

#include <string>
#include <vector>

#include "units/time.h"

namespace granary {

struct Healthy {
  int port = 0;      // on 127.0.0.1
  std::string path;  // answers GET with 200; empty: it is enough that the port is open
};

// One answer for each, after at most `timeout` for all of them together. An answer that comes later
// is none.
std::vector<bool> check_health(const std::vector<Healthy>&, Span timeout);

}  // namespace granary
