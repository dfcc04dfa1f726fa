#pragma once
// The only source of randomness: xoshiro256** (Blackman and Vigna, 2018), seeded by splitmix64. Its
// state is four words that a checkpoint holds, so a resumed run draws what it would have drawn.

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace nano {

struct Random {
  std::array<std::uint64_t, 4> state{};

  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state) {
      seed += 0x9e3779b97f4a7c15U;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
      z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
      word = z ^ (z >> 31U);
    }
  }

  std::uint64_t next() {
    const std::uint64_t scrambled = rotated(state[1] * 5, 7) * 9;
    const std::uint64_t shifted = state[1] << 17U;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotated(state[3], 45);
    return scrambled;
  }

  // In [0, 1), a multiple of 2^-53.
  double uniform() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  // In [0, bound); the bias of the remainder is below bound / 2^64.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  // Mean 0, deviation 1 (Box and Muller, 1958).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
  }

  friend bool operator==(const Random&, const Random&) = default;

 private:
  static std::uint64_t rotated(std::uint64_t word, unsigned by) {
    return (word << by) | (word >> (64U - by));
  }
};

}  // namespace nano
