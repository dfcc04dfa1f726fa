#pragma once
// Fits judged on what they did not see. What the model takes from published rows is fitted again
// without some of them, from a start that owes nothing to the shipped figures, and those are
// predicted with it. Pure and deterministic; a fit to some hundred rows takes below 0.1 s.

#include <string>
#include <vector>

#include "apps/validate/inference_row.h"
#include "apps/validate/training_row.h"
#include "apps/validate/validate.h"
#include "cost/serving_practice.h"

namespace granary::validation {

// Ten for each of the three numbers of a training curve: with fewer rows only its share of the peak
// is fitted, and the rest is of the general curve.
inline constexpr std::size_t fewest_for_curve = 30;
// With fewer rows a set of serving figures is not fitted.
inline constexpr std::size_t fewest_for_serving = 6;

// One step that was measured.
struct KnownStep {
  std::string source;
  TrainingRow row;
};

// The catalogue as it would be, had nobody seen `source`: the training curves of every family of
// chips that has its own and that the source has rows of, fitted to the rows of the others, each
// of which weighs the same. 8 bits have their own share of the peak and the rest of the curve of 16
// bits. Without any other row: the general curve; 8 bits: that of 16 bits. Layouts that the rows
// leave out stay those of the given catalogue while it is fitted. "" leaves out none: the curves
// that the catalogue should have.
Catalog without_source(const Catalog&, const std::vector<KnownStep>&, const std::string& source);

// One figure of serving that was measured, without a request rate.
struct KnownService {
  InferenceRow row;
  ServingPractice practice;
};

// Figures by set of fitted numbers: native decode and prefill by family of kernels, each kind of
// card left out in turn; the compiled class, each model left out. Of each set the mean error over
// what was left out, the worst of it and the median over rows; a remark where nothing can be left
// out.
void add_left_out(const std::vector<KnownService>&, Findings&);

}  // namespace granary::validation
