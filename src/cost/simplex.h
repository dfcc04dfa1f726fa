#pragma once
// The least of a function of a few numbers, without derivatives: what curves are fitted with. Pure
// and deterministic. A start takes some `rounds` of one to N + 2 calls of the function.

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace granary {

// What a function says of a place that is out of its bounds.
inline constexpr double out_of_bounds = 1e300;

// One value for each of the N numbers.
template <std::size_t N>
using Coordinates = std::array<double, N>;

// Nelder and Mead (1965) with the usual factors 1, 2, 1/2, 1/2; ties keep the older corner.
template <std::size_t N, class Cost>
struct Simplex {
  struct Corner {
    Coordinates<N> at;
    double cost;
  };

  Simplex(const Cost& of, const Coordinates<N>& start, const Coordinates<N>& step) : cost_of(of) {
    add(start);
    for (std::size_t i = 0; i < N; ++i) {
      Coordinates<N> at = start;
      at[i] += step[i];
      add(at);
    }
  }

  Coordinates<N> least(int rounds) {
    for (int round = 0; round < rounds; ++round) {
      std::stable_sort(corners.begin(), corners.end(),
                       [](const Corner& a, const Corner& b) { return a.cost < b.cost; });
      if (corners.back().cost - corners.front().cost < 1e-9) break;
      move_worst();
    }
    return std::min_element(corners.begin(), corners.end(),
                            [](const Corner& a, const Corner& b) { return a.cost < b.cost; })
        ->at;
  }

 private:
  void add(const Coordinates<N>& at) { corners.push_back({at, cost_of(at)}); }

  // From the worst corner through the centre of the others: 1 reflects, 2 goes further, -1/2 back.
  Corner towards(const Coordinates<N>& centre, double factor) const {
    Coordinates<N> at;
    for (std::size_t i = 0; i < N; ++i) {
      at[i] = centre[i] + factor * (centre[i] - corners.back().at[i]);
    }
    return {at, cost_of(at)};
  }

  void move_worst() {
    Coordinates<N> centre{};
    for (std::size_t c = 0; c + 1 < corners.size(); ++c) {
      for (std::size_t i = 0; i < N; ++i) centre[i] += corners[c].at[i] / static_cast<double>(N);
    }
    const Corner reflected = towards(centre, 1);
    if (reflected.cost < corners.front().cost) {
      const Corner further = towards(centre, 2);
      corners.back() = further.cost < reflected.cost ? further : reflected;
    } else if (reflected.cost < corners[corners.size() - 2].cost) {
      corners.back() = reflected;
    } else if (const Corner back = towards(centre, -0.5); back.cost < corners.back().cost) {
      corners.back() = back;
    } else {
      for (std::size_t c = 1; c < corners.size(); ++c) {
        for (std::size_t i = 0; i < N; ++i) {
          corners[c].at[i] = (corners[0].at[i] + corners[c].at[i]) / 2;
        }
        corners[c].cost = cost_of(corners[c].at);
      }
    }
  }

  const Cost& cost_of;
  std::vector<Corner> corners;
};

// The best that is found from any of the starts, of which there is one at least; `step` is how far
// the first corners lie from a start. Each is searched twice, the second time in steps of an
// eighth.
template <std::size_t N, class Cost>
Coordinates<N> minimum(const Cost& cost, const std::vector<Coordinates<N>>& starts,
                       const Coordinates<N>& step, int rounds = 400) {
  Coordinates<N> best{};
  double least = 2 * out_of_bounds;
  for (const Coordinates<N>& start : starts) {
    Coordinates<N> at = Simplex<N, Cost>(cost, start, step).least(rounds);
    Coordinates<N> finer = step;
    for (double& s : finer) s /= 8;
    at = Simplex<N, Cost>(cost, at, finer).least(rounds * 3 / 4);
    if (const double found = cost(at); found < least) {
      least = found;
      best = at;
    }
  }
  return best;
}

}  // namespace granary
