#include "apps/cli/plot_axis.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "apps/cli/output.h"

namespace granary::cli {
namespace {

constexpr double widest_linear = 20;  // greatest over least that a linear axis still shows well
constexpr double margin = 0.08;       // of the axis, beyond what is shown, at either end
constexpr double fewest_steps = 4;    // of a linear axis
constexpr std::size_t most_ticks = 11;

struct Unit {
  double seconds;
  const char* brief;
  const char* name;
};
constexpr Unit units[] = {{1e-6, "µs", "microseconds"}, {1e-3, "ms", "milliseconds"},
                          {1, "s", "seconds"},          {60, "min", "minutes"},
                          {3600, "h", "hours"},         {86400, "d", "days"}};

// The ends of an axis, without its ticks.
Axis bare(double least, double greatest) {
  Axis axis;
  if (least > 0 && greatest / least > widest_linear) {
    const double room = std::pow(greatest / least, margin);
    axis.logarithmic = true;
    axis.low = least / room;
    axis.high = greatest * room;
    return axis;
  }
  if (greatest <= 0) return axis;
  // Values that hardly differ are not drawn as if they did.
  const double room = std::max((greatest - least) * margin, greatest * 0.03);
  const bool from_zero = least < 0.25 * greatest;
  axis.low = from_zero ? 0 : std::max(0.0, least - room);
  axis.high = greatest + room;
  return axis;
}

// The greatest step of 1, 2 or 5 times a power of ten that gives enough ticks.
double round_step(double range) {
  const double most = range / fewest_steps;
  const double power = std::pow(10.0, std::floor(std::log10(most)));
  for (const double factor : {5.0, 2.0}) {
    if (factor * power <= most) return factor * power;
  }
  return power;
}

// "4,000,000", "0.25": as many decimals as the step needs.
std::string number_text(double value, double step) {
  const int decimals = step >= 1 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - 1e-9));
  if (decimals == 0) return grouped(std::llround(value));
  return fmt::format("{:.{}f}", value, decimals);
}

// Multiples of a round step, both in units of `unit` seconds or currency.
void add_linear_ticks(Axis& axis, double unit) {
  const double step = round_step((axis.high - axis.low) / unit);
  for (double k = std::ceil(axis.low / unit / step - 1e-9);; ++k) {
    const double value = k * step;
    if (value * unit > axis.high * (1 + 1e-12)) break;
    axis.ticks.push_back({value * unit, number_text(value, step)});
  }
}

struct RoundValue {
  Tick tick;
  int rank = 0;  // 0: one or ten of a unit; the lower, the rounder
};

// Those within the axis; the rounder ones, then each second or third of them, when they crowd.
void add_logarithmic_ticks(Axis& axis, std::vector<RoundValue> values) {
  std::erase_if(values, [&](const RoundValue& v) {
    return v.tick.value < axis.low || v.tick.value > axis.high;
  });
  for (const int rank : {2, 1}) {
    if (values.size() <= most_ticks) break;
    std::erase_if(values, [&](const RoundValue& v) { return v.rank == rank; });
  }
  const std::size_t each = (values.size() + most_ticks - 1) / most_ticks;
  for (std::size_t i = 0; i < values.size(); i += each) axis.ticks.push_back(values[i].tick);
}

// Of 1, 2, 5, 12 or 30 times a power of ten.
int rank_of(int count) {
  while (count % 10 == 0 && count != 30) count /= 10;
  return count == 1 ? 0 : count == 2 ? 2 : 1;
}

std::vector<RoundValue> round_prices() {
  std::vector<RoundValue> values;
  for (int exponent = -6; exponent <= 12; ++exponent) {
    const double power = std::pow(10.0, exponent);
    for (const int factor : {1, 2, 5}) {
      values.push_back({{factor * power, number_text(factor * power, power)}, rank_of(factor)});
    }
  }
  return values;
}

std::vector<RoundValue> round_times() {
  std::vector<RoundValue> values;
  const auto add = [&](const Unit& unit, const std::vector<int>& counts) {
    for (const int count : counts) {
      const Tick tick{count * unit.seconds, fmt::format("{} {}", count, unit.brief)};
      values.push_back({tick, rank_of(count)});
    }
  };
  add(units[0], {1, 2, 5, 10, 20, 50, 100, 200, 500});
  add(units[1], {1, 2, 5, 10, 20, 50, 100, 200, 500});
  add(units[2], {1, 2, 5, 10, 20, 30});
  add(units[3], {1, 2, 5, 10, 20, 30});
  add(units[4], {1, 2, 5, 12});
  add(units[5], {1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000, 2'000, 5'000, 10'000, 20'000, 50'000});
  return values;
}

}  // namespace

double Axis::at(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

Axis time_axis(double least_seconds, double greatest_seconds) {
  Axis axis = bare(least_seconds, greatest_seconds);
  if (axis.logarithmic) {
    add_logarithmic_ticks(axis, round_times());
    return axis;
  }
  const Unit* unit = &units[0];
  for (const Unit& u : units) {
    if (axis.high >= 2 * u.seconds) unit = &u;
  }
  axis.unit = unit->name;
  add_linear_ticks(axis, unit->seconds);
  return axis;
}

Axis price_axis(double least, double greatest) {
  Axis axis = bare(least, greatest);
  if (axis.logarithmic) {
    add_logarithmic_ticks(axis, round_prices());
  } else {
    add_linear_ticks(axis, 1);
  }
  return axis;
}

}  // namespace granary::cli
