// The fitted figures of serving, fitted again without one kind of card or one model.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "apps/validate/refit.h"
#include "cost/simplex.h"

namespace granary::validation {
namespace {

constexpr double microsecond = 1e-6;
constexpr int rounds = 100;

// One row with a practice whose fitted figures are written over.
struct Sample {
  const KnownService* known = nullptr;
  ServingPractice practice;
  std::string unit;  // what is left out together: a kind of card, a model
};

using At = Coordinates<3>;

// Three numbers that are fitted together.
struct Set {
  std::string_view unit;
  void (*write)(const At&, Sample&);
  At start, step, least, most;
};

// Share of the memory rate for weights, us of a layer, share of the memory rate for the cache.
void write_decode(const At& at, Sample& sample) {
  const ServingPractice& before = sample.known->practice;
  ServingPractice& after = sample.practice;
  const double changed = at[0] / before.wide.gemm.memory_share;
  after.wide.gemm.memory_share = at[0];
  // Keeps what unpacking costs.
  after.products.gemm.memory_share = changed * before.products.gemm.memory_share;
  after.framework.decode_layer = Seconds(at[1] * microsecond);
  after.framework.cache_share = at[2];
}

// Share of the peak, part of it with quantised weights, us of a layer.
void write_prefill(const At& at, Sample& sample) {
  ServingPractice& after = sample.practice;
  const bool quantised = after.stored.layers < 2;
  after.wide.gemm.compute_share = at[0];
  after.products.gemm.compute_share = at[0] * (quantised ? at[1] : 1);
  after.framework.prefill_layer = Seconds(at[2] * microsecond);
}

// us of a layer in prefill, of a pass, of a small all-reduce inside a link domain.
void write_compiled(const At& at, Sample& sample) {
  const ServingPractice& before = sample.known->practice;
  ServingPractice& after = sample.practice;
  const Seconds beyond = before.all_reduce - before.framework.all_reduce;  // through the host
  after.framework.prefill_layer = Seconds(at[0] * microsecond);
  after.framework.step = Seconds(at[1] * microsecond);
  after.framework.all_reduce = Seconds(at[2] * microsecond);
  after.all_reduce = after.framework.all_reduce + beyond;
}

const Set native_decode{"card",           write_decode,    {0.7, 100, 0.4},
                        {-0.1, 20, -0.1}, {0.02, 0, 0.02}, {1, 5'000, 1}};
const Set native_prefill{"card",          write_prefill,   {0.6, 0.8, 200}, {-0.1, -0.1, 100},
                         {0.02, 0.05, 0}, {2, 1.5, 10'000}};
const Set compiled{"model",       write_compiled, {40, 500, 15},
                   {30, 300, 15}, {0, 0, 0},      {10'000, 100'000, 10'000}};

double log_error(const Sample& sample) {
  const InferenceRow& row = sample.known->row;
  return std::log(predicted(row, sample.practice) / row.measured);
}

// The least mean |log(predicted / measured)| over all rows but those of `without`.
At fitted(const Set& set, std::vector<Sample>& samples, const std::string& without) {
  const auto cost = [&](const At& at) {
    for (std::size_t i = 0; i < at.size(); ++i) {
      if (at[i] < set.least[i] || at[i] > set.most[i]) return out_of_bounds;
    }
    double sum = 0;
    std::size_t seen = 0;
    for (Sample& sample : samples) {
      if (sample.unit == without) continue;
      set.write(at, sample);
      sum += std::abs(log_error(sample));
      ++seen;
    }
    return sum / static_cast<double>(seen);
  };
  return minimum<3>(cost, {set.start}, set.step, rounds);
}

// Errors of the rows of one unit by a fit to the others.
std::vector<double> errors_of(const Set& set, std::vector<Sample>& samples,
                              const std::string& unit) {
  const At at = fitted(set, samples, unit);
  std::vector<double> errors;
  for (Sample& sample : samples) {
    if (sample.unit != unit) continue;
    set.write(at, sample);
    errors.push_back(std::abs(std::exp(log_error(sample)) - 1));
  }
  return errors;
}

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void add(const Set& set, const std::string& name, std::vector<Sample>& samples, Findings& out) {
  std::map<std::string, std::size_t> units;
  for (const Sample& sample : samples) ++units[sample.unit];
  std::vector<double> means, rows;
  double worst = -1;
  std::string worst_unit;
  for (const auto& [unit, n] : units) {
    if (samples.size() - n < fewest_for_serving) continue;
    const auto errors = errors_of(set, samples, unit);
    rows.insert(rows.end(), errors.begin(), errors.end());
    means.push_back(mean(errors));
    if (means.back() <= worst) continue;
    worst = means.back();
    worst_unit = unit;
  }
  if (means.empty()) {
    out.remarks.push_back(
        units.size() == 1
            ? fmt::format("{}: only {} was measured, so no {} can be left out of the fit", name,
                          units.begin()->first, set.unit)
            : fmt::format("{}: too few rows to leave a {} out of the fit", name, set.unit));
    return;
  }
  std::sort(rows.begin(), rows.end());
  const std::string left_out = fmt::format("{}, a {} left out, ", name, set.unit);
  out.figures[left_out + "mean error, %"] = 100 * mean(means);
  out.figures[left_out + "median error, %"] = 100 * rows[rows.size() / 2];
  out.figures[left_out + "worst: " + worst_unit + ", %"] = 100 * worst;
}

// Kernels that are one set of numbers; chips that nobody measured have no set.
using Family = std::tuple<std::string, double, double, double>;
Family family_of(const KnownService& known, bool prefill) {
  const NativeKernels kernels = native_kernels(*known.row.chip);
  const std::string& named = known.row.chip->family;
  if (prefill) return {named, kernels.compute_share, kernels.quantised_share, 0};
  return {named, kernels.memory_share, kernels.decode_layer.base(), kernels.cache_share};
}

// Families are named for the first of their cards: several share one name in the catalogue.
void add_native(const std::vector<KnownService>& all, bool prefill, Findings& out) {
  std::map<Family, std::vector<Sample>> families;
  for (const KnownService& known : all) {
    const InferenceRow& row = known.row;
    if (row.framework.kind != FrameworkClass::native || !known.practice.measured) continue;
    if (row.phase != (prefill ? Phase::prefill : Phase::decode)) continue;
    families[family_of(known, prefill)].push_back({&known, known.practice, row.chip->id});
  }
  std::map<std::string, std::vector<Sample>*> named;
  for (auto& [family, samples] : families) {
    const auto first =
        std::min_element(samples.begin(), samples.end(),
                         [](const Sample& a, const Sample& b) { return a.unit < b.unit; });
    named[first->unit] = &samples;
  }
  for (const auto& [first, samples] : named) {
    add(prefill ? native_prefill : native_decode,
        fmt::format("native {}, cards like {}", prefill ? "prefill" : "decode", first), *samples,
        out);
  }
}

void add_compiled(const std::vector<KnownService>& all, Findings& out) {
  std::vector<Sample> samples;
  for (const KnownService& known : all) {
    if (known.row.framework.kind != FrameworkClass::compiled) continue;
    samples.push_back({&known, known.practice, known.row.model->id});
  }
  if (!samples.empty()) add(compiled, "compiled", samples, out);
}

}  // namespace

void add_left_out(const std::vector<KnownService>& all, Findings& out) {
  add_native(all, false, out);
  add_native(all, true, out);
  add_compiled(all, out);
}

}  // namespace granary::validation
