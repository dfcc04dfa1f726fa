#pragma once
// Spans of time and groups of chips on nodes: the arithmetic that the files of this module share.

#include <algorithm>

#include "stock/stock.h"

namespace granary {

// The first instant after [from, from + span); an empty span still takes an instant.
inline Instant end_of(Instant from, Span span) {
  const Span least = std::max(span, Span(1));
  return from > Instant::max() - least ? Instant::max() : from + least;
}

// `wanted` as groups: `whole` of `together` chips each, then one of `rest` chips.
struct Groups {
  int whole = 0, rest = 0;
};

inline bool is_possible(const Wanted& wanted) {
  return wanted.chips > 0 && wanted.together > 0 && wanted.share > 0 && wanted.share <= whole_chip;
}

inline Groups groups_of(const Wanted& wanted) {
  return {wanted.chips / wanted.together, wanted.chips % wanted.together};
}

// Nodes, one after the other, until there is room for what is wanted.
class Room {
 public:
  explicit Room(const Wanted& wanted) : groups_(groups_of(wanted)), together_(wanted.together) {}
  void add(int chips) {
    const int groups = chips < together_ ? 0 : chips / together_;
    whole_ += groups;
    rest_ = rest_ || chips - groups * together_ >= groups_.rest;
  }
  bool suffices() const { return whole_ > groups_.whole || (whole_ == groups_.whole && rest_); }

 private:
  Groups groups_;
  int together_;
  int whole_ = 0;
  bool rest_ = groups_.rest == 0;
};

// Without so much free there is no room, wherever it is.
inline FreeCounts::Least least_of(const Wanted& wanted) {
  return {wanted.chips, groups_of(wanted).whole, wanted.together};
}

}  // namespace granary
