#pragma once
// Small files that only their owner may read: tokens, and what the daemon writes beside its
// journal. Written whole or not at all. Errors are G7020.

#include <optional>
#include <string>
#include <string_view>

#include "units/result.h"

namespace granary {

// Mode 0600, in place of whatever was there; on disk when it returns.
Result<void> write_private(const std::string& path, std::string_view text);

// Nothing when there is none; an error for one that others may read, or of more than 1 MiB.
Result<std::optional<std::string>> read_private(const std::string& path);

}  // namespace granary
