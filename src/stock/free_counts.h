#pragma once
// How many whole chips of a pool are free at each instant, and how many groups of 2, 4 and 8 of a
// node. It does not say which, so it tells when chips cannot be had, not that they can.

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "units/time.h"

namespace granary {

// Groups of 1, 2, 4 and 8 chips that share a node; of each size as if there were no other.
using GroupCounts = std::array<int, 4>;
// Of one node with so many chips.
GroupCounts groups_among(int chips);

class FreeCounts {
 public:
  explicit FreeCounts(const GroupCounts& always) : steps_{{Instant::min(), always, 0, 0}} {}

  // Something that is counted here begins or ends at `at`; `falls`: chips may be taken then.
  void mark(Instant at, bool falls);
  void unmark(Instant at, bool falls);
  // Between marks.
  void add(Instant from, Instant until, const GroupCounts& by);

  // What must be free at each instant.
  struct Least {
    int chips = 0;
    int groups = 0;
    int together = 1;  // chips in a group
  };
  // Whether no instant of [from, until) has less. O(log marks + marks in between).
  bool enough(const Least&, Instant from, Instant until) const;
  // The first instant at or after `from`, itself or a mark, from which there is enough until its
  // span is over. O(log marks + marks until then).
  std::optional<Instant> first(const Least&, Span span, Instant from) const;
  // The first mark after `at`.
  std::optional<Instant> next(Instant at) const;
  // Marks after `from`.
  std::vector<Instant> marks(Instant from) const;
  // Chips that are free for all of [from, until), where none may be taken in between.
  std::optional<int> lasting(Instant from, Instant until) const;

  friend bool operator==(const FreeCounts&, const FreeCounts&) = default;

 private:
  struct Step {
    Instant at;
    GroupCounts free;
    int marks, falls;
    friend bool operator==(const Step&, const Step&) = default;
  };
  class Test;
  std::size_t step_at(Instant) const;

  std::vector<Step> steps_;
};

}  // namespace granary
