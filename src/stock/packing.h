#pragma once
// Which nodes give the chips: so that full nodes fill first.

#include <cstddef>
#include <vector>

#include "stock/stock.h"

namespace granary {

// The chips of each node that are free enough, and how many of them are taken.
struct Rooms {
  std::vector<int> free;   // chips by node that are left
  std::vector<int> taken;  // chips by node
  // Where parts of chips are wanted: the chips that are free enough, node by node, the fullest
  // first; those of a node begin at `begin`. Empty: whole chips.
  struct Part {
    int share;  // that is free of it
    int chip;
  };
  std::vector<Part> parts;
  std::vector<std::size_t> begin;  // by node
};

// Takes all groups that are wanted, or says that there is no room. O(nodes) for each number of free
// chips that nodes have.
bool pack(Rooms&, const Wanted&);

}  // namespace granary
