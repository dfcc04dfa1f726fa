#pragma once
// Where the words of a plot go, so that none covers another or a mark.

#include <optional>
#include <vector>

namespace granary::cli {

// In pixels, y downwards.
struct Box {
  double left = 0, top = 0, right = 0, bottom = 0;

  bool overlaps(const Box& other) const {
    return left < other.right && other.left < right && top < other.bottom && other.top < bottom;
  }
  bool holds(const Box& other) const {
    return left <= other.left && other.right <= right && top <= other.top && other.bottom <= bottom;
  }
};

// A text of this size that names the mark at (x, y).
struct Label {
  double x = 0, y = 0, width = 0, height = 0;
};

struct Surroundings {
  Box frame;               // labels stay inside
  double gap = 0;          // between a mark's middle and its label
  std::vector<Box> marks;  // and other labels: never covered
  std::vector<Box> lines;  // crossed only where no place beside the mark is free of them
};

// The place of a label beside, above or below its mark; nothing where all places are taken.
std::optional<Box> place_of(const Label&, const Surroundings&);

}  // namespace granary::cli
