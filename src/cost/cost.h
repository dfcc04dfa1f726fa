#pragma once
// What every part of the cost model speaks of: a time as a sum of terms, each with its formula and
// source; the bytes on one chip. Training is in training.h, inference in service.h.

#include <string>
#include <vector>

#include "cost/work.h"

namespace granary {

// One addend of a time. Terms of a time sum to it.
struct Term {
  std::string name;  // "matrix products", "pipeline bubble", "optimiser"
  Seconds amount;
  std::string formula;  // "6 N + 12 L h s flop per token at 0.562 of 312 TFLOPS"
  std::string source;   // paper, table, or "ours, unproven"
};
Seconds sum(const std::vector<Term>&);

// Bytes on the fullest chip.
struct Memory {
  Bytes weights{}, gradients{}, optimiser{}, activations{}, kv_cache{};
  Bytes context{};  // runtime, collective buffers, workspace
  Bytes total() const { return weights + gradients + optimiser + activations + kv_cache + context; }
};

}  // namespace granary
