#pragma once
// Time of collectives: interpolated between measured points of the chip where there are some, else
// from the rates of the tiers that the group crosses. A single latency plus rate misses measured
// times by 8 to 38 % because libraries switch protocols with size; so points come first.
// Nanoseconds per call, no allocation.

#include <optional>

#include "catalog/catalog.h"
#include "units/quantity.h"

namespace granary {

enum class Collective { all_reduce, all_gather, reduce_scatter, send_receive, all_to_all };

// What joins the nodes of a pool: one direction of one node, shared by the groups that use it at
// once.
struct Fabric {
  BytesPerSecond per_node;
  Seconds latency{5e-6};
};

// `chips` over `nodes` nodes, as many on each. `concurrent`: such groups on the same nodes at once
// (data-parallel groups of a tensor-parallel layout: as many as a node has chips per group).
struct Members {
  int chips = 1, nodes = 1, concurrent = 1;
  int per_node() const { return chips / nodes; }
};

struct Network {
  Chip chip;  // its link, link domain and way to the host
  Calibration measured;
  // Nothing: between nodes as measured, else the way to the host of each chip, assumed.
  std::optional<Fabric> fabric;
};
// Of a chip with its own measured points; a family's are not borrowed, links differ within it.
Network network_of(const Catalog&, const Chip&, std::optional<Fabric> = std::nullopt);

// `bytes`: of the whole tensor that each chip holds before (all-reduce, reduce-scatter) or after
// (all-gather); of the message (send_receive: chips is 2); of what each chip gives away and keeps
// together (all-to-all). Zero for a group of one.
Seconds collective_time(const Network&, Collective, Bytes bytes, Members);

// Bytes times this are what a ring moves through each chip: 2 (n - 1) / n for an all-reduce, half
// of it for gather, scatter and all-to-all, 1 for a send.
double ring_share(Collective, int chips);

}  // namespace granary
