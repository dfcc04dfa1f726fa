#include "apps/cli/plot_labels.h"

#include <algorithm>
#include <cstddef>

namespace granary::cli {
namespace {

// Below left first: on a frontier that falls to the right nothing else lies there.
std::vector<Box> candidates(const Label& label, double gap) {
  const double near = gap * 0.75;  // at a corner the text may come closer
  const double w = label.width, h = label.height, x = label.x, y = label.y;
  const double lefts[] = {x - near - w, x + near, x - w / 2, x - gap - w, x + gap};
  const double above = y - near - h, below = y + near, level = y - h / 2;
  const auto box = [&](double left, double top) { return Box{left, top, left + w, top + h}; };
  return {box(lefts[0], below), box(lefts[1], above),   box(lefts[1], below),
          box(lefts[0], above), box(lefts[2], y + gap), box(lefts[2], y - gap - h),
          box(lefts[4], level), box(lefts[3], level)};
}

}  // namespace

std::optional<Box> place_of(const Label& label, const Surroundings& around) {
  std::optional<Box> best;
  std::ptrdiff_t fewest = 0;
  for (const Box& box : candidates(label, around.gap)) {
    const auto crosses = [&](const Box& other) { return box.overlaps(other); };
    if (!around.frame.holds(box)) continue;
    if (std::any_of(around.marks.begin(), around.marks.end(), crosses)) continue;
    const auto lines = std::count_if(around.lines.begin(), around.lines.end(), crosses);
    if (best && lines >= fewest) continue;
    best = box;
    fewest = lines;
  }
  return best;
}

}  // namespace granary::cli
