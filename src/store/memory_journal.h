#pragma once
// A journal that ends with the process: for simulations, tests and `--memory`. It keeps bytes and
// chains, and checks and refuses exactly as the one on disk does.

#include <memory>

#include "engine/ports.h"

namespace granary {

std::unique_ptr<Journal> memory_journal();

}  // namespace granary
