#pragma once
// From measured kernels to a chip's curve. Pure and deterministic: the same points give the same
// curve. Fitting 1,000 points takes below a second, judging a fit on left-out groups a fit a group.

#include <string>
#include <vector>

#include "cost/gemm.h"

namespace granary {

// One timed matrix product. Points of one group are left out together when a fit is judged: those
// of one model, of one number of rows.
struct GemmPoint {
  Gemm gemm;
  Seconds time;
  std::string group;
};

// What the times are compared with.
struct Peaks {
  FlopsPerSecond compute;
  BytesPerSecond memory;
  int cores = 0;  // 0: not known
};

// Of |predicted / measured - 1|, as fractions; bias keeps the sign.
struct FitError {
  std::size_t points = 0;
  double mean = 0, p95 = 0, bias = 0;
};

// Points of the same m, n, k and widths as one, with the mean of their times, in their first order.
std::vector<GemmPoint> without_repeats(const std::vector<GemmPoint>&);

// The curve with the least mean |log(predicted / measured)| within its bounds: shares up to 1,
// floors up to 1 ms, exponent 1 to 4. Nelder-Mead from fixed starts. Needs points.
GemmCurve fit_gemm(const std::vector<GemmPoint>&, const Peaks&);
Seconds predicted(const GemmCurve&, const Peaks&, const Gemm&);
FitError error_of(const GemmCurve&, const std::vector<GemmPoint>&, const Peaks&);

// Each group predicted by a curve fitted to the others. Groups in the order of their names; the
// mean over groups beside it. Empty when there are fewer than two groups.
struct LeftOut {
  struct Group {
    std::string name;
    FitError error;
  };
  std::vector<Group> groups;
  double mean = 0;  // over groups, of their means
};
LeftOut leave_group_out(const std::vector<GemmPoint>&, const Peaks&);
// The same points in `folds` groups, the i-th in group i mod folds.
std::vector<GemmPoint> in_folds(std::vector<GemmPoint>, int folds);

// One timed kernel that moves bytes and hardly computes.
struct ElementwisePoint {
  Bytes bytes;
  Seconds time;
};

// time = bytes / (share W) + launch, by the least mean |log error|, share in (0, 1].
struct ElementwiseCurve {
  double share = 0;
  Seconds launch;
  FitError error;
};
ElementwiseCurve fit_elementwise(const std::vector<ElementwisePoint>&, BytesPerSecond);

}  // namespace granary
