#pragma once
// One published training step, read and predicted.

#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "apps/validate/validate.h"
#include "cost/training.h"

namespace granary::validation {

struct TrainingRow {
  const Chip* chip = nullptr;
  Model model;
  Practice practice;
  Links links;
  Layout layout;  // what the row left out: the fastest that fits
  StepSize size;
  Conditions conditions;
  bool out_of_memory = false;
  std::optional<Seconds> measured;  // of one step
  std::optional<Bytes> peak;        // measured, of the fullest chip
  Seconds predicted, null_predicted;
  Memory memory;

  bool fits() const { return memory.total() <= training_usable(*chip); }
  // What was measured as a peak holds what the allocator keeps of what was freed: 6 % (assumed).
  Bytes expected_peak() const { return 1.06 * memory.total(); }
  double tokens_of_step() const { return static_cast<double>(size.sequence) * size.global_batch; }
};

// Or why the row is not judged: one sentence that does not name the row.
tl::expected<TrainingRow, std::string> read_training_row(const Row&, const Catalog&);

}  // namespace granary::validation
