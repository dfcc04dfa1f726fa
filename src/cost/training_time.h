#pragma once
// The numbers behind training_time(), without their words: what a search compares.

#include "cost/cost.h"

namespace granary {

struct TrainingSeconds {
  Seconds compute, tensor_traffic, bubble, data_traffic, optimiser;
  Seconds total() const { return compute + tensor_traffic + bubble + data_traffic + optimiser; }
};

// What is to be trained, and at which step size.
struct TrainingRun {
  Tokens tokens;
  int sequence = 0, global_batch = 0;
};

TrainingSeconds training_seconds(const Model&, const Chip&, const Achieved&, const Layout&,
                                 const TrainingRun&);

}  // namespace granary
