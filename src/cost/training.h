#pragma once
// Training for people: the terms of a whole run with their formulas and sources, and the floating-
// point operations of a run under the counts that papers use.

#include <optional>
#include <string>
#include <vector>

#include "cost/cost.h"
#include "cost/training_step.h"

namespace granary {

// Bytes on the fullest chip of a training run: weights, gradients, optimiser state by ZeRO stage;
// activations as the itemised list of activations.h; logits; runtime and workspace.
Memory training_memory(const Model&, const Layout&, const StepSize&, const Conditions& = {});

// Flop of one token, forward and backward, as tables count them: 6 N + 12 L h s, attention counted
// without the causal mask (Narayanan et al. 2021), N what multiplies. With `recomputed` a third
// more.
FlopsPerToken training_flops(const Model&, int sequence, bool recomputed);

// What a training run may use of a chip: what was measured, else 98.5 % of the rated memory.
Bytes training_usable(const Chip&);

// Of times of steps: the practice's, wider for a mixture of experts and for adapters, because no
// such step was measured.
Band step_band(const Practice&, const Model&, Tuning);

// Steps that `tokens` take.
double steps_of(Tokens tokens, const StepSize&);

// The terms of the whole run: steps_of() times step_seconds(), the zero ones left out.
std::vector<Term> training_terms(const Model&, const Practice&, const Links&, const Layout&,
                                 const StepSize&, Tokens tokens);

// The null model: constant utilisation of a family of chips, the median over published rows
// (notes 2.7). Always printed beside ours.
struct NullModel {
  double utilisation = 0;
  std::string source;
};
NullModel null_model(const Chip&, Precision);

// What is trained at: bf16 where the chip has it, else fp16, else fp32. Nothing when it has none.
std::optional<Precision> training_precision(const Chip&);

}  // namespace granary
