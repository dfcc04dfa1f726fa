#pragma once
// What nanoserve was asked to do, from its flags and environment.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "nano/options.h"
#include "nano/result.h"

namespace nano {

inline constexpr const char* kServeEnvironment[] = {"GRANARY_PROGRESS", "GRANARY_CHECKPOINT",
                                                    "GRANARY_PORT"};

// The text that --help prints.
extern const char* const kServeUsage;

struct ServeOptions {
  std::string folder = "ckpt";  // whose newest whole checkpoint is served
  std::uint64_t port = 0;       // 0: any free one
  std::string model = "nano";   // the name clients ask for
  std::uint64_t wait = 0;       // seconds that the first checkpoint may be missing
  std::string progress;         // empty: standard output only
};

// Nothing when --help was asked for.
Result<std::optional<ServeOptions>> serve_options(std::span<const std::string> arguments,
                                                  const Environment&);

}  // namespace nano
