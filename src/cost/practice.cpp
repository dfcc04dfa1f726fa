#include "cost/practice.h"

#include <algorithm>
#include <vector>

namespace granary {
namespace {
// Of the precision, else of a neighbour: shares differ little, the peak carries the difference.
template <class Curve>
const Fact<Curve>* curve_of(const std::map<Precision, Fact<Curve>>& known, Precision precision) {
  for (const Precision p : {precision, Precision::bf16, Precision::fp16, Precision::fp32}) {
    const auto found = known.find(p);
    if (found != known.end()) return &found->second;
  }
  return nullptr;
}

template <class T>
struct Found {
  const Fact<T>* fact = nullptr;  // nothing was found
  const Calibration* of = nullptr;
  explicit operator bool() const { return fact != nullptr; }
};

// What the first calibration of the chain that has it says: the chip's, its family's, the general.
class Chain {
 public:
  Chain(const Catalog& catalog, const Chip& chip) {
    for (const std::string& id : {chip.id, chip.family, std::string("any")}) {
      const auto found = catalog.calibrations.find(id);
      if (found != catalog.calibrations.end()) known_.push_back(&found->second);
    }
  }

  template <class T>
  Found<T> first(std::optional<Fact<T>> Calibration::*member) const {
    for (const Calibration* const one : known_) {
      if (one->*member) return {&*(one->*member), one};
    }
    return {};
  }
  template <class Curve>
  Found<Curve> first(std::map<Precision, Fact<Curve>> Calibration::*member,
                     Precision precision) const {
    for (const Calibration* const one : known_) {
      if (const auto* const fact = curve_of(one->*member, precision)) return {fact, one};
    }
    return {};
  }

 private:
  std::vector<const Calibration*> known_;
};

// Of steps on a chip whose family was measured on others of its chips: the spread between chips of
// one family is not known; assumed.
constexpr Band borrowed{0.85, 1.2};

bool is_narrow(Precision precision) {
  return precision == Precision::fp8 || precision == Precision::int8 ||
         precision == Precision::int4;
}
void take_training(Practice& practice, const Chain& chain, const Chip& chip) {
  const auto curve = chain.first(&Calibration::training, practice.precision);
  if (!curve || (is_narrow(practice.precision) && !curve.of->training.contains(practice.precision)))
    return;
  practice.training = curve.fact->value;
  practice.training_source = curve.fact->source;
  const std::vector<std::string>& fitted_on = curve.of->training_chips;
  practice.own_training = curve.of->id == chip.id ||
                          std::find(fitted_on.begin(), fitted_on.end(), chip.id) != fitted_on.end();
  const auto band = chain.first(&Calibration::training_band);
  if (!band) return;
  practice.training_band = band.fact->value;
  if (practice.own_training || band.fact->standing != Standing::measured) return;
  practice.training_band.low *= borrowed.low;
  practice.training_band.high *= borrowed.high;
}
}  // namespace

std::optional<Practice> practice_of(const Catalog& catalog, const Chip& chip, Precision precision) {
  const auto dense = chip.dense.find(precision);
  if (dense == chip.dense.end() || !chip.memory_bandwidth) return std::nullopt;
  const Chain chain(catalog, chip);
  const auto gemm = chain.first(&Calibration::gemm, precision);
  const auto attention = chain.first(&Calibration::attention);
  const auto elementwise = chain.first(&Calibration::elementwise);
  if (!gemm || !attention || !elementwise) return std::nullopt;

  Practice practice;
  practice.precision = precision;
  practice.peak = dense->second.value;
  practice.memory = chip.memory_bandwidth->value;
  practice.gemm = gemm.fact->value;
  // What was measured above the declared rates takes their place: the shares are shares of it.
  if (practice.gemm.peak > FlopsPerSecond{}) practice.peak = practice.gemm.peak;
  if (practice.gemm.memory > BytesPerSecond{}) practice.memory = practice.gemm.memory;
  practice.source = gemm.fact->source;
  practice.own_gemm = gemm.of->id == chip.id && gemm.fact->standing == Standing::measured;
  practice.attention = attention.fact->value;
  practice.elementwise = elementwise.fact->value;
  if (const auto launch = chain.first(&Calibration::launch)) practice.launch = launch.fact->value;
  if (const auto fabric = chain.first(&Calibration::node_fabric)) {
    practice.node_fabric = fabric.fact->value;
  }
  practice.processor = precision == Precision::fp32 && chip.backends &&
                       chip.backends->value == std::vector<std::string>{"cpu"};
  take_training(practice, chain, chip);
  return practice;
}

}  // namespace granary
