#pragma once
// How fast groups of chips exchange data: chip link -> host -> fabric between nodes. A group runs
// at the slowest tier it crosses; the fabric of a node is shared by its chips.

#include <span>

#include "catalog/catalog.h"

namespace granary {

// The tiers that chips of one pool exchange data by, one direction each.
struct Links {
  BytesPerSecond link;    // of one chip inside its link domain; 0: none
  int domain = 1;         // chips that the link joins
  BytesPerSecond host;    // of one chip to its host
  BytesPerSecond fabric;  // of one node, shared by its chips
  int node_chips = 8;
  // Measured on this very chip, within a node; of the catalogue, which must outlive this.
  std::span<const AllReducePoint> all_reduce;
};

// Of a chip in nodes of `node_chips`. A host link of 16 GB/s (PCIe 3 x16) is assumed where none is
// known; `fabric` 0: assumed, 12.5 GB/s a node (100 Gbit/s). Measured all-reduces are the chip's
// own, never its family's: links differ within one.
Links links_of(const Catalog&, const Chip&, int node_chips, BytesPerSecond fabric);

// Chips `stride` apart that exchange data, numbered node by node: {8, 1} is one full node of 8,
// {4, 8} one chip of each of four such nodes.
struct Group {
  int size = 1, stride = 1;
};

// What each member's data moves at in a ring of the group when all such groups of a node are at it
// together, with the share of each tier that long collectives reach: link 0.78 (fits tensor
// parallel training rows; Vidur's A100 profiles reach 0.58 of 300 GB/s at 64 MiB and rise), host
// 0.4 (both directions share the root complex: assumed), fabric 0.6 (fits InternEvo's table with
// its stated 4 x 100 Gbit/s a node).
BytesPerSecond group_rate(const Links&, Group);

// True where the times below are those measured: the group is neighbours within one node, on a chip
// that has been measured.
bool is_measured(const Links&, Group);

// Time in which `through` bytes pass each member of a ring of the group: as measured, else 15 us
// and the bytes at group_rate. Requires a group of two or more.
Seconds exchange_time(const Links&, Group, Bytes through);

// Bytes that a ring all-reduce of `bytes` moves through one chip: 2 (n - 1) / n.
Bytes ring_bytes(Bytes bytes, int group);

}  // namespace granary
