#pragma once
// Analytic memory and time of a layout on one kind of chip: closed formulas, every term named with
// its formula and source. A first honest model: compute at the null model's utilisation, decode
// from memory bandwidth. Pure arithmetic on doubles, microseconds per call, no allocation except
// the returned terms.

#include <optional>
#include <string>
#include <vector>

#include "cost/work.h"

namespace granary {

// One addend of a time. Terms of a time sum to it.
struct Term {
  std::string name;  // "compute", "pipeline bubble", "optimiser"
  Seconds amount;
  std::string formula;  // "6 N + 12 L h s flop per token at 0.562 of 312 TFLOPS"
  std::string source;   // paper, table, or "ours, unproven"
};

// Bytes on the fullest chip.
struct Memory {
  Bytes weights, gradients, optimiser, activations, kv_cache;
  Bytes context;  // runtime, collective buffers, workspace
  Bytes total() const { return weights + gradients + optimiser + activations + kv_cache + context; }
};

// What a program may use of a chip's rated memory: 95 % (drivers, fragmentation; notes 6.4).
Bytes usable_memory(const Chip&);

Memory training_memory(const Model&, const Layout&, int sequence, int global_batch);
// `sequences` decoded together, each of at most prompt + output tokens.
Memory serving_memory(const Model&, const Layout&, int sequences, int tokens_per_sequence);

// Key and value bytes that one token leaves in a fp16 cache, over all layers and heads.
BytesPerToken kv_bytes_per_token(const Shape&);
Bytes weight_bytes(const Model&, WeightKind);

// Floating-point operations of training one token, forward and backward: 6 N + 12 L h s, a third
// more with full recomputation.
FlopsPerToken training_flops(const Model&, int sequence, bool recompute);

// The rate at which the chip does the given precision's arithmetic in practice: its dense rate
// times the null model's utilisation of its family (notes 2.7). Nothing when the rate is unknown.
struct Achieved {
  FlopsPerSecond rate;
  double utilisation = 0;
  Precision precision = Precision::fp16;
  std::string source;
};
std::optional<Achieved> achieved_rate(const Chip&);

// Time of the whole training run: terms for compute, pipeline bubble, tensor-parallel traffic,
// data-parallel traffic, optimiser. Requires achieved_rate(chip).
std::vector<Term> training_time(const Model&, const Chip&, const Layout&, Tokens tokens,
                                int sequence, int global_batch);

// One replica of a service: what one request costs and how many it sustains.
struct ServingStep {
  Seconds prefill;          // of one prompt
  Seconds decode;           // of one token of each of `batch` sequences
  PerSecond sustained;      // requests per second of this replica at that batch
  std::vector<Term> terms;  // of one request alone: prefill and decode; they sum to its time
};
ServingStep serving_step(const Model&, const Chip&, const Layout&, int batch, int prompt,
                         int output);

Seconds sum(const std::vector<Term>&);

}  // namespace granary
