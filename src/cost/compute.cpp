// Floating-point operations of training, and the rate at which chips do them in practice: the null
// model, constant utilisation of a family of chips, as the median over published measurements.

#include <string_view>

#include "cost/cost.h"

namespace granary {
namespace {
struct Family {
  double utilisation;
  std::string_view source;
};

bool begins(std::string_view id, std::initializer_list<std::string_view> stems) {
  for (const std::string_view stem : stems) {
    if (id.starts_with(stem)) return true;
  }
  return false;
}

// Medians over published training rows, flop counted as in training_flops(). p10 to p90 is 0.45 to
// 0.68 for A100/A800 and 0.35 to 0.56 for H100/H800.
Family family_of(const Chip& chip, Precision precision) {
  if (precision == Precision::fp32) return {0.25, "utilisation of fp32 units: assumed"};
  if (begins(chip.id, {"a100", "a800"})) {
    return {0.562, "median of 222 published A100/A800 training rows (llm-foundry, InternEvo, ...)"};
  }
  if (begins(chip.id, {"h100", "h800", "h200", "h20"})) {
    return {0.418, "median of 80 published H100/H800 training rows; assumed for H20 and H200"};
  }
  if (begins(chip.id, {"ascend"})) {
    return {0.40, "median of 4 published Ascend training rows (FlagPerf): weak"};
  }
  if (chip.origin == Origin::domestic) return {0.40, "assumed as for Ascend"};
  return {0.40, "assumed: no published training rows of this family"};
}
}  // namespace

// 6 N + 12 L h s: Narayanan et al. 2021 (arXiv:2104.04473) without recomputation; attention counted
// without the causal mask. Full recomputation repeats the forward pass, a third of the whole.
FlopsPerToken training_flops(const Model& model, int sequence, bool recompute) {
  const Shape& s = model.shape.value;
  const double plain =
      6 * model.counted.flops + 12.0 * s.layers * static_cast<double>(s.hidden) * sequence;
  return FlopsPerToken(recompute ? plain * 4 / 3 : plain);
}

std::optional<Achieved> achieved_rate(const Chip& chip) {
  for (const Precision precision : {Precision::bf16, Precision::fp16, Precision::fp32}) {
    const auto dense = chip.dense.find(precision);
    if (dense == chip.dense.end()) continue;
    const Family family = family_of(chip, precision);
    return Achieved{family.utilisation * dense->second.value, family.utilisation, precision,
                    std::string(family.source)};
  }
  return std::nullopt;
}

Seconds sum(const std::vector<Term>& terms) {
  Seconds total;
  for (const Term& term : terms) total += term.amount;
  return total;
}

}  // namespace granary
