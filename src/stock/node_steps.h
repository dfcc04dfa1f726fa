#pragma once
// What is taken of the chips of one node over time: steps from each instant at which something
// changes until the next, the first from the beginning of time. Neighbours differ, so equal claims
// in any order leave equal steps.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "units/time.h"

namespace granary {

inline constexpr int whole_chip = 1000;  // shares of one chip

class NodeSteps {
 public:
  // Of one chip. `claimed`: by whoever may claim here. `used`: by jobs, inside a reservation or
  // not; a job that outlives its reservation still uses its chips. Free is what the larger leaves.
  struct Taken {
    int claimed = 0, used = 0;
    int free() const;
    friend bool operator==(const Taken&, const Taken&) = default;
  };

  // Of each chip the same is taken for ever.
  NodeSteps(int chips, const Taken& always);

  // The node had so many wholly free chips over [from, until), and has now.
  struct Flip {
    Instant from, until;
    int before, now;
  };
  // Takes `by` more (or less) of a chip over [from, until); adds what flipped. O(steps x chips).
  void take(int chip, Instant from, Instant until, const Taken& by, std::vector<Flip>& flips);

  // Chips that are wholly free for all of [from, until). O(log steps + steps in between).
  int count_free(Instant from, Instant until) const;
  // The first `count` of them, in order; there must be so many.
  void list_free(Instant from, Instant until, int count, std::vector<int>& chips) const;
  // The share of a chip that is free for all of [from, until).
  int free_share(int chip, Instant from, Instant until) const;

  std::size_t size() const { return at_.size(); }
  Instant at(std::size_t step) const { return at_[step]; }
  int free(std::size_t step, int chip) const { return taken_[step * chips_ + index(chip)].free(); }
  std::size_t step_at(Instant) const;

  friend bool operator==(const NodeSteps&, const NodeSteps&) = default;

 private:
  using Bits = std::uint64_t;
  static constexpr std::size_t bits = 64;
  static std::size_t index(int chip) { return static_cast<std::size_t>(chip); }

  std::size_t split(Instant);
  void join(std::size_t step);
  int count_free(std::size_t step) const;
  Bits free_bits(std::size_t word, std::size_t step, Instant until) const;

  std::size_t chips_, words_;
  std::vector<Instant> at_;
  std::vector<Taken> taken_;  // by step, chip
  std::vector<Bits> free_;    // by step, 64 chips a word: whether the chip is wholly free
};

}  // namespace granary
