#pragma once
// One process of an attempt that runs on several nodes: what a batch system starts on each of them.
// It reads ranks.json in the attempt's folder (as launch.json, attempt_files.h), learns its rank
// from the batch system, and ends with the attempt: when the supervisor's lease is revoked or is
// not renewed any more, or the attempt has its exit.json, it kills its program.

#include <string>

#include "units/result.h"
#include "units/time.h"

namespace granary {

struct Rank {
  std::string folder;  // of the attempt
  int rank = 0;
  std::string visible_chips;  // of this node; empty: as ranks.json says
  Span lease{};               // zero: none is kept
  Span stop_grace = std::chrono::seconds(10);
};
// The status of its program, 128 and the signal; 77 when it was killed as above.
Result<int> run_rank(const Rank&);

}  // namespace granary
