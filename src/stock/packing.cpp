#include "stock/packing.h"

#include <algorithm>
#include <utility>

#include "stock/shape.h"

namespace granary {
namespace {
constexpr std::size_t none = static_cast<std::size_t>(-1);

// What is free of the next `chips` of a node.
long shares_of(const Rooms& rooms, std::size_t node, int chips) {
  if (rooms.parts.empty()) return 0;  // whole chips: as much in each node
  long shares = 0;
  const std::size_t first = rooms.begin[node] + static_cast<std::size_t>(rooms.taken[node]);
  for (std::size_t i = 0; i < static_cast<std::size_t>(chips); ++i) {
    shares += rooms.parts[first + i].share;
  }
  return shares;
}

// The node that `chips` leave with the least: first in shares of the chips they take (parts fill
// chips that are in use already), then in chips, then the first in order.
std::size_t best_fit(const Rooms& rooms, int chips) {
  std::size_t best = none;
  std::pair<long, int> least;
  for (std::size_t node = 0; node < rooms.free.size(); ++node) {
    if (rooms.free[node] < chips) continue;
    const std::pair left(shares_of(rooms, node, chips), rooms.free[node]);
    if (best == none || left < least) {
      best = node;
      least = left;
    }
  }
  return best;
}

void take(Rooms& rooms, std::size_t node, int chips) {
  rooms.free[node] -= chips;
  rooms.taken[node] += chips;
}
}  // namespace

// While no node takes all groups that are left, the node that takes most of them; among equals the
// one with the fewest chips to spare, then the first in order.
bool pack(Rooms& rooms, const Wanted& wanted) {
  const Groups groups = groups_of(wanted);
  const int together = wanted.together;
  int left = groups.whole;
  while (left > 0) {
    const int most =
        rooms.free.empty() ? 0 : *std::max_element(rooms.free.begin(), rooms.free.end());
    if (most / together >= left) {
      take(rooms, best_fit(rooms, left * together), left * together);
      break;
    }
    const int fitting = most / together;
    if (fitting == 0) return false;
    int least = most;
    for (const int free : rooms.free) {
      if (free >= fitting * together) least = std::min(least, free);
    }
    // All of these come before any other, as long as none takes the rest by itself.
    for (std::size_t node = 0; node < rooms.free.size() && fitting < left; ++node) {
      if (rooms.free[node] != least) continue;
      take(rooms, node, fitting * together);
      left -= fitting;
    }
  }
  if (groups.rest == 0) return true;
  const std::size_t node = best_fit(rooms, groups.rest);
  if (node == none) return false;
  take(rooms, node, groups.rest);
  return true;
}

}  // namespace granary
