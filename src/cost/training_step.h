#pragma once
// Time of one training step on one kind of chip, as numbers: what a search compares, some hundred
// nanoseconds a call, no allocation. training.h gives the same with words.

#include <optional>

#include "cost/links.h"
#include "cost/practice.h"
#include "cost/work.h"

namespace granary {

// What is trained in one step, whatever the layout.
struct StepSize {
  int sequence = 0, global_batch = 0;  // tokens of a sequence; sequences of a step
  Tuning tuning = Tuning::full;
  int rank = 0;  // of low-rank adapters
};

// How the framework goes about it; a published table may say otherwise than the defaults.
struct Conditions {
  bool fused_attention = true;  // the s x s scores never reach memory (FlashAttention)
  bool fused_kernels = true;    // norms, activations and rotations each in one kernel
  bool causal = true;           // fused attention skips the masked half
  bool wide_gradients = true;   // kept in 32 bits between micro-batches; else in 16
  int sharding_ranks = 0;       // that share out the state among themselves; 0: all data ranks
};

// Seconds of one step on the slowest stage. They sum to the step.
struct StepSeconds {
  Seconds products;       // matrix products of the layers, forward and backward
  Seconds attention;      // scores and weighted values
  Seconds elementwise;    // norms, activations, rotations, residuals
  Seconds ends;           // output head and loss
  Seconds recomputation;  // of layers or of the attention core
  Seconds tensor_traffic, expert_traffic, context_traffic;
  Seconds bubble;         // of the pipeline: filling and draining
  Seconds stage_traffic;  // between stages
  Seconds data_traffic;   // of gradients and parameters, what is not hidden behind the backward
  Seconds optimiser;      // and the rest that comes once a step

  Seconds total() const {
    return products + attention + elementwise + ends + recomputation + tensor_traffic +
           expert_traffic + context_traffic + bubble + stage_traffic + data_traffic + optimiser;
  }
};

// Requires a layout that divides: heads, experts and batch (see plan/training.cpp), and a practice
// that has a training curve or is a processor's.
StepSeconds step_seconds(const Model&, const Practice&, const Links&, const Layout&,
                         const StepSize&, const Conditions& = {});

// Sequences that one data-parallel rank passes through its pipeline in a step, in micro-batches.
int micro_batches(const Layout&, int global_batch);
// Layers of the fullest stage.
int stage_layers(const Shape&, const Layout&);

// Parameters of one chip on the fullest stage: split by tensor and pipeline; the experts' also by
// expert. Of the low-rank adapters on every matrix where only they are trained.
struct ChipParameters {
  double dense = 0, experts = 0, ends = 0, adapters = 0;
  double all() const { return dense + experts + ends; }
};
ChipParameters parameters_of_chip(const Model&, const Layout&, const StepSize&);

}  // namespace granary
