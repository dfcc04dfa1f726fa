// Training curves fitted again without one source.

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "apps/validate/refit.h"
#include "cost/simplex.h"

namespace granary::validation {
namespace {

// Where a fit starts, and what is not fitted when there is no general curve: round figures that
// fit no family best.
constexpr TrainingCurve neutral{0.7, 150, 0.25};
constexpr int rounds = 120;

bool is_narrow(Precision precision) {
  return precision == Precision::fp8 || precision == Precision::int8 ||
         precision == Precision::int4;
}

bool in_bounds(const TrainingCurve& c) {
  return c.compute_share > 0.02 && c.compute_share <= 1 && c.edge >= 0 && c.edge <= 2000 &&
         c.attention > 0.02 && c.attention <= 1;
}

// Steps that one curve is fitted to.
class Steps {
 public:
  void add(const KnownStep& step) {
    ++rows_of_[step.source];
    steps_.push_back({&step, step.row.practice, std::log(step.row.measured->base())});
  }
  std::size_t size() const { return steps_.size(); }

  // All three numbers, or the share alone.
  TrainingCurve fitted(const TrainingCurve& rest, bool share_only) {
    if (share_only) {
      const auto cost = [&](const Coordinates<1>& at) {
        return error({at[0], rest.edge, rest.attention});
      };
      const auto best = minimum<1>(cost, {{neutral.compute_share}}, {-0.1}, rounds);
      return {best[0], rest.edge, rest.attention};
    }
    const auto cost = [&](const Coordinates<3>& at) { return error({at[0], at[1], at[2]}); };
    const auto best = minimum<3>(cost, {{neutral.compute_share, neutral.edge, neutral.attention}},
                                 {-0.1, 60, -0.05}, rounds);
    return {best[0], best[1], best[2]};
  }

 private:
  struct One {
    const KnownStep* step;
    Practice practice;
    double log_measured;
  };

  // Mean |log(predicted / measured)|, over the rows of a source and then over sources.
  double error(const TrainingCurve& curve) {
    if (!in_bounds(curve)) return out_of_bounds;
    double sum = 0;
    for (One& one : steps_) {
      one.practice.training = curve;
      const TrainingRow& row = one.step->row;
      const Seconds predicted =
          step_seconds(row.model, one.practice, row.links, row.layout, row.size, row.conditions)
              .total();
      sum += std::abs(std::log(predicted.base()) - one.log_measured) /
             static_cast<double>(rows_of_.at(one.step->source));
    }
    return sum / static_cast<double>(rows_of_.size());
  }

  std::vector<One> steps_;
  std::map<std::string, std::size_t> rows_of_;
};

using Curves = std::map<Precision, Fact<TrainingCurve>>;

std::optional<TrainingCurve> general_curve(const Catalog& catalog) {
  const auto any = catalog.calibrations.find("any");
  if (any == catalog.calibrations.end() || any->second.training.empty()) return std::nullopt;
  return any->second.training.begin()->second.value;
}

// The curves of one family, whatever they were before.
void refit(Curves& curves, Steps& wide, Steps& narrow, const TrainingCurve& general) {
  TrainingCurve curve = general;
  if (wide.size() > 0) curve = wide.fitted(general, wide.size() < fewest_for_curve);
  Curves fitted;
  for (const auto& [precision, fact] : curves) {
    Fact<TrainingCurve> changed = fact;
    changed.value = curve;
    if (is_narrow(precision) && narrow.size() > 0) changed.value = narrow.fitted(curve, true);
    fitted[precision] = changed;
  }
  curves = fitted;
}

}  // namespace

Catalog without_source(const Catalog& catalog, const std::vector<KnownStep>& steps,
                       const std::string& source) {
  Catalog out = catalog;
  const TrainingCurve general = general_curve(catalog).value_or(neutral);
  for (auto& [family, calibration] : out.calibrations) {
    if (family == "any" || calibration.training.empty()) continue;
    bool concerned = source.empty();
    Steps wide, narrow;
    for (const KnownStep& step : steps) {
      if (step.row.chip->family != family || !step.row.practice.training) continue;
      if (step.source == source) {
        concerned = true;
      } else {
        (is_narrow(step.row.practice.precision) ? narrow : wide).add(step);
      }
    }
    if (concerned) refit(calibration.training, wide, narrow, general);
  }
  return out;
}

}  // namespace granary::validation
