#include "cost/collective.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace granary {
namespace {
using Points = std::span<const AllReducePoint>;

double share_moved(int chips) { return 2.0 * (chips - 1) / chips; }

// The measured group nearest in chips; the smaller of two as near.
Points nearest_group(Points all, int chips) {
  Points best;
  double least = 1e300;
  for (auto at = all.begin(); at != all.end();) {
    const int here = at->chips;
    const auto end = std::find_if(at, all.end(), [&](const auto& p) { return p.chips != here; });
    const double far = std::abs(std::log(static_cast<double>(here) / chips));
    if (far < least) {
      least = far;
      best = Points(at, end);
    }
    at = end;
  }
  return best;
}

// Measured times fall now and then from one size to the next; the line never does.
Seconds beyond(const AllReducePoint& last, const AllReducePoint& before, Bytes bytes) {
  const Bytes further = bytes - last.bytes;
  const double slope =
      std::max(0.0, (last.time - before.time).base()) / (last.bytes - before.bytes).base();
  return last.time + Seconds(slope * further.base());
}

Seconds interpolated(Points points, Bytes bytes) {
  const auto above = std::partition_point(points.begin(), points.end(),
                                          [&](const auto& p) { return p.bytes < bytes; });
  if (above == points.begin()) return points.front().time;
  if (above == points.end()) {
    if (points.size() == 1) return points.back().time * (bytes / points.back().bytes);
    return beyond(points.back(), points[points.size() - 2], bytes);
  }
  const auto below = above - 1;
  const double share = std::log(bytes / below->bytes) / std::log(above->bytes / below->bytes);
  return Seconds(below->time.base() * std::pow(above->time / below->time, share));
}
}  // namespace

Seconds all_reduce_time(std::span<const AllReducePoint> all, int chips, Bytes bytes) {
  assert(!all.empty() && chips >= 2);
  const Points points = nearest_group(all, chips);
  const Seconds whole = interpolated(points, bytes);
  const Seconds start = std::min(points.front().time, whole);
  const double more = share_moved(chips) / share_moved(points.front().chips);
  return start + more * (whole - start);
}

}  // namespace granary
