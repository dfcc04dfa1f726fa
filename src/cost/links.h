#pragma once
// How fast groups of chips exchange data. One tier at a time, no latency model: a first estimate.

#include "catalog/catalog.h"

namespace granary {

// One direction of one chip in a group: its link when the group lies inside the link's domain, else
// the way to the host. 16 GB/s (PCIe 3 x16) is assumed where neither is known.
BytesPerSecond group_bandwidth(const Chip&, int group);

// Between nodes: the host link's rate for each chip, assumed, without overlap.
BytesPerSecond fabric_bandwidth(const Chip&);

// Bytes that a ring all-reduce of `bytes` moves through one chip: 2 (n - 1) / n.
Bytes ring_bytes(Bytes bytes, int group);

// Latency of one small all-reduce: 7 to 66 us were measured on A100 nodes; 20 us inside a link
// domain and 40 us through the host are assumed.
Seconds all_reduce_latency(const Chip&, int group);

// The link of the A800, the slowest among the chips whose utilisation was measured: what it takes
// is part of that utilisation.
inline constexpr BytesPerSecond measured_link{200e9};
// Seconds a byte takes in the group beyond what it takes at measured_link; at least 0.
double extra_seconds_per_byte(const Chip&, int group);

}  // namespace granary
