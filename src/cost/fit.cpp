#include "cost/fit.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <tuple>

#include "cost/simplex.h"
#include "cost/waves.h"

namespace granary {
namespace {

constexpr double microsecond = 1e-6, longest_floor = 1e-3;

// compute_share, memory_share, compute_floor and memory_floor in us, exponent.
GemmCurve curve_at(const Coordinates<5>& at, int cores) {
  return {.compute_share = at[0],
          .memory_share = at[1],
          .compute_floor = Seconds(at[2] * microsecond),
          .memory_floor = Seconds(at[3] * microsecond),
          .exponent = at[4],
          .cores = cores};
}

bool in_bounds(const GemmCurve& c) {
  const auto share = [](double s) { return s >= 0.001 && s <= 1; };
  const auto floor = [](Seconds s) { return s.base() >= 0 && s.base() <= longest_floor; };
  return share(c.compute_share) && share(c.memory_share) && floor(c.compute_floor) &&
         floor(c.memory_floor) && c.exponent >= 1 && c.exponent <= 4;
}

Practice practice_with(const GemmCurve& curve, const Peaks& peaks) {
  Practice practice;
  practice.peak = peaks.compute;
  practice.memory = peaks.memory;
  practice.gemm = curve;
  return practice;
}

// Everything of a point that no candidate changes.
struct Prepared {
  Flops flops;
  Bytes bytes;
  double log_time;
};

FitError error_from(std::vector<double> errors) {
  FitError error;
  error.points = errors.size();
  if (errors.empty()) return error;
  for (double& e : errors) {
    error.bias += e / static_cast<double>(errors.size());
    e = std::abs(e);
    error.mean += e / static_cast<double>(errors.size());
  }
  std::sort(errors.begin(), errors.end());
  const double rank = 0.95 * static_cast<double>(errors.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, errors.size() - 1);
  error.p95 = errors[below] + (rank - static_cast<double>(below)) * (errors[above] - errors[below]);
  return error;
}

}  // namespace

std::vector<GemmPoint> without_repeats(const std::vector<GemmPoint>& points) {
  using Key = std::tuple<std::string, double, double, double, double, double>;
  std::map<Key, std::size_t> first;
  std::vector<GemmPoint> out;
  std::vector<int> seen;
  for (const GemmPoint& p : points) {
    const Key key{
        p.group, p.gemm.m, p.gemm.n, p.gemm.k, p.gemm.activation_bytes, p.gemm.weight_bytes};
    const auto [at, fresh] = first.emplace(key, out.size());
    if (fresh) {
      out.push_back(p);
      seen.push_back(1);
    } else {
      out[at->second].time += p.time;
      ++seen[at->second];
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i].time = out[i].time / seen[i];
  return out;
}

Seconds predicted(const GemmCurve& curve, const Peaks& peaks, const Gemm& gemm) {
  const Practice practice = practice_with(curve, peaks);
  return roofline(practice, occupied_flops(practice, gemm), gemm.bytes());
}

GemmCurve fit_gemm(const std::vector<GemmPoint>& points, const Peaks& peaks) {
  assert(!points.empty());
  std::vector<Prepared> prepared;
  prepared.reserve(points.size());
  GemmCurve blank;
  blank.cores = peaks.cores;
  Practice practice = practice_with(blank, peaks);
  for (const GemmPoint& p : points) {
    prepared.push_back({occupied_flops(practice, p.gemm), p.gemm.bytes(), std::log(p.time.base())});
  }
  const auto cost = [&](const Coordinates<5>& at) {
    practice.gemm = curve_at(at, peaks.cores);
    if (!in_bounds(practice.gemm)) return out_of_bounds;
    double sum = 0;
    for (const Prepared& p : prepared) {
      sum += std::abs(std::log(roofline(practice, p.flops, p.bytes).base()) - p.log_time);
    }
    return sum / static_cast<double>(prepared.size());
  };
  // A chip that does as it says, one that does half of it, one with slow starts.
  const std::vector<Coordinates<5>> starts{
      {0.8, 0.8, 3, 3, 2}, {0.45, 0.5, 1, 1, 1.5}, {0.7, 0.7, 12, 12, 2.5}};
  return curve_at(minimum<5>(cost, starts, {-0.1, -0.1, 2, 2, 0.5}), peaks.cores);
}

FitError error_of(const GemmCurve& curve, const std::vector<GemmPoint>& points,
                  const Peaks& peaks) {
  std::vector<double> errors;
  errors.reserve(points.size());
  for (const GemmPoint& p : points) errors.push_back(predicted(curve, peaks, p.gemm) / p.time - 1);
  return error_from(std::move(errors));
}

LeftOut leave_group_out(const std::vector<GemmPoint>& points, const Peaks& peaks) {
  std::map<std::string, std::vector<GemmPoint>> groups;
  for (const GemmPoint& p : points) groups[p.group].push_back(p);
  LeftOut out;
  if (groups.size() < 2) return out;
  for (const auto& [name, left] : groups) {
    std::vector<GemmPoint> rest;
    for (const GemmPoint& p : points) {
      if (p.group != name) rest.push_back(p);
    }
    out.groups.push_back({name, error_of(fit_gemm(rest, peaks), left, peaks)});
    out.mean += out.groups.back().error.mean / static_cast<double>(groups.size());
  }
  return out;
}

std::vector<GemmPoint> in_folds(std::vector<GemmPoint> points, int folds) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i].group = "fold " + std::to_string(i % static_cast<std::size_t>(folds) + 1);
  }
  return points;
}

ElementwiseCurve fit_elementwise(const std::vector<ElementwisePoint>& points,
                                 BytesPerSecond memory) {
  assert(!points.empty());
  const auto time_at = [&](const Coordinates<2>& at, const ElementwisePoint& p) {
    return (p.bytes / (at[0] * memory)).base() + at[1] * microsecond;
  };
  const auto cost = [&](const Coordinates<2>& at) {
    if (at[0] < 0.001 || at[0] > 1 || at[1] < 0 || at[1] * microsecond > longest_floor) {
      return out_of_bounds;
    }
    double sum = 0;
    for (const ElementwisePoint& p : points)
      sum += std::abs(std::log(time_at(at, p) / p.time.base()));
    return sum / static_cast<double>(points.size());
  };
  const Coordinates<2> best = minimum<2>(cost, {{0.7, 5}, {0.3, 2}}, {-0.1, 2});
  std::vector<double> errors;
  for (const ElementwisePoint& p : points) errors.push_back(time_at(best, p) / p.time.base() - 1);
  return {best[0], Seconds(best[1] * microsecond), error_from(std::move(errors))};
}

}  // namespace granary
