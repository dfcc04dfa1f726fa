#pragma once
// What nanotrain was asked to do, from its flags and environment.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "nano/options.h"
#include "nano/result.h"
#include "nano/shape.h"
#include "nano/training.h"

namespace nano {

inline constexpr const char* kTrainEnvironment[] = {
    "GRANARY_PROGRESS",      "GRANARY_CHECKPOINT",      "GRANARY_RESUME",
    "GRANARY_DATA_PARALLEL", "GRANARY_TENSOR_PARALLEL", "GRANARY_PIPELINE_PARALLEL",
    "GRANARY_MICRO_BATCH"};

// The text that --help prints.
extern const char* const kTrainUsage;

struct TrainOptions {
  Shape shape;
  bool shape_given = false;  // a resumed model must then have this shape
  Settings settings;
  std::uint64_t steps = 100;  // where to stop, counted from the very first step
  std::uint64_t seed = 1;
  std::string data;  // empty: the text compiled in
  std::uint64_t checkpoint_every = 50;
  std::uint64_t report_every = 1;
  std::uint64_t step_pause = 0;  // milliseconds
  std::string folder = "ckpt";   // of the checkpoints
  std::string resume;            // name or path of a checkpoint; empty: the newest in the folder
  bool fresh = false;
  std::string progress;  // empty: standard output
};

// Nothing when --help was asked for.
Result<std::optional<TrainOptions>> train_options(std::span<const std::string> arguments,
                                                  const Environment&);

}  // namespace nano
