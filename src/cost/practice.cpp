#include "cost/practice.h"

#include <array>

namespace granary {
namespace {
// Of the precision, else of a neighbour: shares differ little, the peak carries the difference. The
// 8-bit formats have their own or none.
template <class Curve>
const Fact<Curve>* curve_of(const std::map<Precision, Fact<Curve>>& known, Precision precision) {
  for (const Precision p : {precision, Precision::bf16, Precision::fp16, Precision::fp32}) {
    const auto found = known.find(p);
    if (found != known.end()) return &found->second;
  }
  return nullptr;
}

// What the first calibration of the chain that has it says.
class Chain {
 public:
  Chain(const Catalog& catalog, const Chip& chip) {
    for (const std::string& id : {chip.id, chip.family, std::string("any")}) {
      const auto found = catalog.calibrations.find(id);
      if (found != catalog.calibrations.end()) known_.push_back(&found->second);
    }
  }

  template <class T>
  const Fact<T>* first(std::optional<Fact<T>> Calibration::*member) const {
    for (const Calibration* const one : known_) {
      if (one->*member) return &*(one->*member);
    }
    return nullptr;
  }
  template <class Curve>
  const Fact<Curve>* first(std::map<Precision, Fact<Curve>> Calibration::*member,
                           Precision precision) const {
    for (const Calibration* const one : known_) {
      if (const auto* const fact = curve_of(one->*member, precision)) return fact;
    }
    return nullptr;
  }

 private:
  std::vector<const Calibration*> known_;
};
}  // namespace

std::optional<Practice> practice_of(const Catalog& catalog, const Chip& chip, Precision precision) {
  const auto dense = chip.dense.find(precision);
  if (dense == chip.dense.end() || !chip.memory_bandwidth) return std::nullopt;
  const Chain chain(catalog, chip);
  const auto* const gemm = chain.first(&Calibration::gemm, precision);
  const auto* const training = chain.first(&Calibration::training, precision);
  const auto* const attention = chain.first(&Calibration::attention);
  const auto* const elementwise = chain.first(&Calibration::elementwise);
  if (!gemm || !training || !attention || !elementwise) return std::nullopt;

  Practice practice;
  practice.precision = precision;
  practice.peak = dense->second.value;
  practice.memory = chip.memory_bandwidth->value;
  practice.gemm = gemm->value;
  // What was measured above the declared rates takes their place: the shares are shares of it.
  if (gemm->value.peak > FlopsPerSecond{}) practice.peak = gemm->value.peak;
  if (gemm->value.memory > BytesPerSecond{}) practice.memory = gemm->value.memory;
  practice.training = training->value;
  practice.attention = attention->value;
  practice.elementwise = elementwise->value;
  if (const auto* const launch = chain.first(&Calibration::launch)) practice.launch = launch->value;
  if (const auto* const band = chain.first(&Calibration::training_band)) {
    practice.training_band = band->value;
  }
  if (const auto* const fabric = chain.first(&Calibration::node_fabric)) {
    practice.node_fabric = fabric->value;
  }
  const auto own = catalog.calibrations.find(chip.id);
  practice.own = own != catalog.calibrations.end() && !own->second.gemm.empty();
  practice.source = training->source;
  practice.processor = precision == Precision::fp32 && chip.backends &&
                       chip.backends->value == std::vector<std::string>{"cpu"};
  if (practice.processor) practice.source = gemm->source;
  return practice;
}

}  // namespace granary
