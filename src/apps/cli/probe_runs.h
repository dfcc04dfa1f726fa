#pragma once
// The whole steps that a probe timed, against what the model says of them with the curves that were
// fitted to its kernels: the first thing to look at after a calibration. Nothing is fitted to them.

#include <optional>
#include <string>
#include <vector>

#include "apps/cli/probe_file.h"
#include "catalog/catalog.h"

namespace granary::cli {

struct JudgedRun {
  Probe::Run run;
  // Nothing: the line does not say the model's shape, or the chip has no rate or curve for it.
  std::optional<Seconds> predicted;
};

// `catalog` holds the new calibration of the chip.
std::vector<JudgedRun> judge_runs(const Catalog&, const Chip&, const Probe&);

// "Decode of a token, fp16, 8 layers of width 4096, batch 32, length 1024: measured 3.1 ms,
// predicted 2.9 ms (-6.5 %)."
std::string to_text(const JudgedRun&);

}  // namespace granary::cli
