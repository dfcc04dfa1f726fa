#include "stock/node_steps.h"

#include <algorithm>
#include <bit>

namespace granary {
namespace {
// std::popcount is a call where the processor is not known to have an instruction for it.
int count_bits(std::uint64_t bits) {
  bits -= bits >> 1 & 0x5555555555555555;
  bits = (bits & 0x3333333333333333) + (bits >> 2 & 0x3333333333333333);
  bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return static_cast<int>(bits * 0x0101010101010101 >> 56);
}
}  // namespace

int NodeSteps::Taken::free() const { return std::max(0, whole_chip - std::max(claimed, used)); }

NodeSteps::NodeSteps(int chips, const Taken& always)
    : chips_(index(chips)),
      words_((chips_ + bits - 1) / bits),
      at_{Instant::min()},
      taken_(chips_, always),
      free_(words_) {
  if (always.free() < whole_chip) return;
  for (std::size_t chip = 0; chip < chips_; ++chip) free_[chip / bits] |= Bits{1} << chip % bits;
}

// Halves without branches: where a question leads is not to be foreseen.
std::size_t NodeSteps::step_at(Instant at) const {
  std::size_t step = 0;
  for (std::size_t left = at_.size(); left > 1;) {
    const std::size_t half = left / 2;
    step = at_[step + half] <= at ? step + half : step;
    left -= half;
  }
  return step;
}

// The index of the step that begins at `at`, made if there is none.
std::size_t NodeSteps::split(Instant at) {
  const std::size_t step = step_at(at);
  if (at_[step] == at) return step;
  const auto past = static_cast<std::ptrdiff_t>(step + 1);
  at_.insert(at_.begin() + past, at);
  const auto repeat = [&](auto& values, std::size_t each) {
    const auto width = static_cast<std::ptrdiff_t>(each);
    values.insert(values.begin() + past * width, each, {});
    std::copy_n(values.begin() + (past - 1) * width, width, values.begin() + past * width);
  };
  repeat(taken_, chips_);
  repeat(free_, words_);
  return step + 1;
}

// A step that is like the one before is none.
void NodeSteps::join(std::size_t step) {
  if (step == 0 || step >= at_.size()) return;
  const auto here = static_cast<std::ptrdiff_t>(step);
  const auto width = static_cast<std::ptrdiff_t>(chips_);
  const auto chips = taken_.begin() + here * width;
  if (!std::equal(chips, chips + width, chips - width)) return;
  at_.erase(at_.begin() + here);
  taken_.erase(chips, chips + width);
  const auto words = static_cast<std::ptrdiff_t>(words_);
  free_.erase(free_.begin() + here * words, free_.begin() + (here + 1) * words);
}

void NodeSteps::take(int chip, Instant from, Instant until, const Taken& by,
                     std::vector<Flip>& flips) {
  const std::size_t begin = split(from);
  const std::size_t end = until == Instant::max() ? at_.size() : split(until);
  const std::size_t word = index(chip) / bits;
  const Bits bit = Bits{1} << index(chip) % bits;
  for (std::size_t step = begin; step < end; ++step) {
    Taken& taken = taken_[step * chips_ + index(chip)];
    taken.claimed += by.claimed;
    taken.used += by.used;
    Bits& free = free_[step * words_ + word];
    const bool is_free = taken.free() == whole_chip;
    if (is_free == ((free & bit) != 0)) continue;
    free ^= bit;
    const Instant next = step + 1 < at_.size() ? at_[step + 1] : Instant::max();
    const int now = count_free(step), before = is_free ? now - 1 : now + 1;
    if (!flips.empty() && flips.back().until == at_[step] && flips.back().before == before &&
        flips.back().now == now) {
      flips.back().until = next;
    } else {
      flips.push_back({at_[step], next, before, now});
    }
  }
  join(end);
  join(begin);
}

// Of 64 chips, those that are wholly free from the step until that instant.
NodeSteps::Bits NodeSteps::free_bits(std::size_t word, std::size_t step, Instant until) const {
  Bits free = free_[step * words_ + word];
  while (free != 0 && ++step < at_.size() && at_[step] < until) {
    free &= free_[step * words_ + word];
  }
  return free;
}

int NodeSteps::count_free(std::size_t step) const {
  int count = 0;
  for (std::size_t word = 0; word < words_; ++word) {
    count += count_bits(free_[step * words_ + word]);
  }
  return count;
}

int NodeSteps::count_free(Instant from, Instant until) const {
  const std::size_t step = step_at(from);
  int count = 0;
  for (std::size_t word = 0; word < words_; ++word) {
    count += count_bits(free_bits(word, step, until));
  }
  return count;
}

void NodeSteps::list_free(Instant from, Instant until, int count, std::vector<int>& chips) const {
  const std::size_t step = step_at(from);
  for (std::size_t word = 0; word < words_ && count > 0; ++word) {
    for (Bits free = free_bits(word, step, until); free != 0 && count > 0; free &= free - 1) {
      chips.push_back(static_cast<int>(word * bits) + std::countr_zero(free));
      --count;
    }
  }
}

int NodeSteps::free_share(int chip, Instant from, Instant until) const {
  std::size_t step = step_at(from);
  int least = free(step, chip);
  while (++step < at_.size() && at_[step] < until) least = std::min(least, free(step, chip));
  return least;
}

}  // namespace granary
