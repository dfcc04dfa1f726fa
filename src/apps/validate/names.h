#pragma once
// Which chip or model of the catalogue a published table means. Tables name them freely ("A100 SXM
// 80GB", "NVIDIA H100-80GB-HBM3", "meta-llama/Meta-Llama-3-8B-Instruct"); spelling, vendors' words
// and packaging are ignored, but nothing is guessed: a name that fits none or several is nothing.

#include <optional>
#include <string_view>

#include "catalog/catalog.h"

namespace granary::validation {

// What other columns say about the chip.
struct ChipHints {
  std::optional<double> memory_gb;    // as printed: GB or GiB
  std::optional<double> peak_tflops;  // dense, 16 bits
};

// Absent: none or several. One convention: "H100" without a form is the SXM board where both are
// known, because tables of servers leave it out and those of PCIe cards do not.
const Chip* chip_named(std::string_view text, const Catalog&, const ChipHints& = {});

// Absent: none, or one whose size is not `params_b` billion within 10 %. Tunings ("Instruct") and
// releases of the same shape are the same model.
const Model* model_named(std::string_view text, const Catalog&,
                         std::optional<double> params_b = std::nullopt);

}  // namespace granary::validation
