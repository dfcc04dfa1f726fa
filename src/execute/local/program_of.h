#pragma once
// From a launch to a program: what is executed, with which arguments and environment. There is no
// shell anywhere: an argument reaches the program as it was written, whatever it contains.

#include <string>
#include <vector>

#include "engine/engine.h"
#include "execute/local/attempt_files.h"

namespace granary {

struct Places {
  std::vector<std::string> program_folders;  // where a plain program name is looked up first
  std::string job_folder, attempt_folder;    // absolute
  bool several_nodes = false;                // one process on each is possible
};

// G1060 for a recipe that cannot be launched: no or an unusable argv, a variable with a bad name or
// one that is ours to set, a health path or checkpoint folder that is none. G2010 for a program
// that is not there. G4041 for chips on several nodes, unless that is possible: then
// GRANARY_WORLD_SIZE is their number, and GRANARY_RANK and the visible chips are those of a process
// on the first.
//
// The environment holds nothing but: PATH, HOME, LANG, what the recipe says, CUDA_VISIBLE_DEVICES,
// and GRANARY_ JOB ATTEMPT POOL NODES VISIBLE_CHIPS CHIPS SHARE LAYOUT DATA_PARALLEL
// TENSOR_PARALLEL PIPELINE_PARALLEL MICRO_BATCH WEIGHTS RANK WORLD_SIZE PROGRESS CHECKPOINT
// CHECKPOINT_EVERY (seconds, if any) RESUME DATA PORT (0: choose one; services only).
Result<Program> program_of(const Launch&, const Places&);

}  // namespace granary
