#pragma once
// Time of a training step of nanotrain, the program that trains on ordinary processors, from the
// calibration of the processor it runs on: the one place where every reader can check the model.

#include "cost/training_step.h"

namespace granary {

// One process of one core. Matrix products by the core's own curve (the probe times the very
// routine that nanotrain calls), everything else by the bytes it moves. fp32 throughout.
StepSeconds cpu_step_seconds(const Model&, const Practice&, const StepSize&);

// Weights, gradients, two moments and the activations of all layers, 4 bytes each; while a
// checkpoint is written, weights and moments once more. The program itself takes some 4 MB beside.
Bytes cpu_step_memory(const Model&, const StepSize&);

}  // namespace granary
