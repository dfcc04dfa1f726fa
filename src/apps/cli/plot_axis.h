#pragma once
// The axes of a plot: which values they show, and ticks at round ones.

#include <string>
#include <vector>

namespace granary::cli {

struct Tick {
  double value = 0;
  std::string text;
};

// From `low` to `high`, logarithmic where what is shown spreads over more than a factor of 20.
struct Axis {
  double low = 0, high = 1;
  bool logarithmic = false;
  std::vector<Tick> ticks;  // rising, two to eleven of them, within the axis
  std::string unit;         // of all tick texts, "days"; empty where they carry their own

  // Where on the axis the value lies: 0 at its low end, 1 at its high one.
  double at(double value) const;
};

// An axis for values of which the least and the greatest are given; neither is negative.
Axis time_axis(double least_seconds, double greatest_seconds);
Axis price_axis(double least, double greatest);

}  // namespace granary::cli
