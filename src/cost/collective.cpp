#include "cost/collective.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <span>
#include <tuple>

namespace granary {
namespace {

// Shares of the declared rate that collectives reach, assumed where nothing was measured: A100 on
// DGX nodes 0.52 to 0.58 of its link at 64 MiB (Vidur) and more at larger sizes; FlagPerf's A100-40
// between servers 19.3 of 25 GB/s. Through the host both cards share the root complex.
constexpr double link_share = 0.65, host_share = 0.5, fabric_share = 0.77;
constexpr Seconds link_latency{3e-6},
    host_latency{6e-6};                       // of one step; a bridged pair took 3.5 us
constexpr BytesPerSecond unknown_host{16e9};  // PCIe 3 x16

struct Tier {
  BytesPerSecond rate;
  Seconds step;
};

Tier inside(const Chip& chip, int group) {
  if (chip.link_bandwidth && group <= chip.link_domain) {
    return {link_share * chip.link_bandwidth->value, link_latency};
  }
  const BytesPerSecond host = chip.host_bandwidth ? chip.host_bandwidth->value : unknown_host;
  return {host_share * host, host_latency};
}

int doublings(int n) {
  int steps = 0;
  for (int reached = 1; reached < n; reached *= 2) ++steps;
  return steps;
}

// Steps that wait for each other: of a ring, or of a tree where that is shorter.
int steps_of(Collective kind, int n) {
  switch (kind) {
    case Collective::all_reduce:
      return std::min(2 * (n - 1), 4 * doublings(n));
    case Collective::all_gather:
    case Collective::reduce_scatter:
    case Collective::all_to_all:
      return std::min(n - 1, 2 * doublings(n));
    case Collective::send_receive:
      return 1;
  }
  return 1;
}

using Points = std::span<const CollectivePoint>;

Points of_group(Points all, int nodes, int chips) {
  const auto key = std::pair(nodes, chips);
  const auto first = std::partition_point(
      all.begin(), all.end(), [&](const auto& p) { return std::pair(p.nodes, p.chips) < key; });
  const auto last = std::partition_point(
      first, all.end(), [&](const auto& p) { return std::pair(p.nodes, p.chips) <= key; });
  return {first, last};
}

// The measured group nearest to the one asked: inside one node by chips, else by chips per node,
// then by nodes; the first of two as near.
Points nearest_group(Points all, Members group) {
  Points best;
  auto least = std::tuple(1e300, 1e300);
  const auto apart = [](int a, int b) {
    return std::abs(std::log(static_cast<double>(a) / static_cast<double>(b)));
  };
  for (auto at = all.begin(); at != all.end();) {
    const Points here = of_group(all, at->nodes, at->chips);
    if ((at->nodes == 1) == (group.nodes == 1)) {
      const auto far =
          std::tuple(apart(at->chips / at->nodes, group.per_node()), apart(at->nodes, group.nodes));
      if (far < least) {
        least = far;
        best = here;
      }
    }
    at += static_cast<std::ptrdiff_t>(here.size());
  }
  return best;
}

// Straight lines in log size and log time; constant below the first point; beyond the last at its
// rate.
Seconds interpolated(Points points, Bytes bytes) {
  const auto above = std::partition_point(points.begin(), points.end(),
                                          [&](const auto& p) { return p.bytes < bytes; });
  if (above == points.begin()) return points.front().time;
  if (above == points.end()) return points.back().time * (bytes / points.back().bytes);
  const auto below = above - 1;
  const double share = std::log(bytes / below->bytes) / std::log(above->bytes / below->bytes);
  return Seconds(below->time.base() * std::pow(above->time / below->time, share));
}

// What a measured group takes, re-scaled to another size of group: the start stays, the rest grows
// with the bytes that cross the slowest tier.
Seconds rescaled(Points points, Bytes bytes, Members group) {
  const Seconds whole = interpolated(points, bytes);
  const CollectivePoint& like = points.front();
  const bool across = group.nodes > 1;
  const double there = ring_share(Collective::all_reduce, across ? like.nodes : like.chips);
  const double here = ring_share(Collective::all_reduce, across ? group.nodes : group.chips);
  const Seconds start = std::min(points.front().time, whole);
  return start + (here / there) * (whole - start);
}

Seconds inside_time(const Network& network, Collective kind, Bytes bytes, int chips) {
  const Tier tier = inside(network.chip, chips);
  return ring_share(kind, chips) * bytes / tier.rate + steps_of(kind, chips) * tier.step;
}

Fabric fabric_of(const Network& network, int per_node) {
  if (network.fabric) {
    return {fabric_share * network.fabric->per_node, network.fabric->latency};
  }
  const Chip& chip = network.chip;
  const BytesPerSecond host = chip.host_bandwidth ? chip.host_bandwidth->value : unknown_host;
  return {host_share * per_node * host, Fabric{}.latency};
}

// What all groups of one node send out of it together.
Bytes leaving(Collective kind, Bytes bytes, Members group) {
  const double nodes = group.nodes;
  switch (kind) {
    case Collective::send_receive:
      return group.concurrent * bytes;
    case Collective::all_to_all:
      return group.concurrent * group.per_node() * (nodes - 1) / nodes * bytes;
    case Collective::all_reduce:
    case Collective::all_gather:
    case Collective::reduce_scatter:
      break;  // the rings of a node's chips share the bytes among them
  }
  return group.concurrent * ring_share(kind, group.nodes) * bytes;
}

// From the all-reduce of the same bytes: half the bytes, half the steps.
double part_of_all_reduce(Collective kind) { return kind == Collective::all_reduce ? 1 : 0.5; }

std::optional<Seconds> measured(const Network& network, Collective kind, Bytes bytes,
                                Members group) {
  if (group.nodes > 1 && (network.fabric || group.concurrent > 1)) return std::nullopt;
  if (kind == Collective::send_receive) {
    const Points points = nearest_group(network.measured.send_receive, group);
    if (points.empty()) return std::nullopt;
    return interpolated(points, bytes);
  }
  if (kind == Collective::all_to_all && group.nodes > 1) return std::nullopt;
  const Points points = nearest_group(network.measured.all_reduce, group);
  if (points.empty()) return std::nullopt;
  return part_of_all_reduce(kind) * rescaled(points, bytes, group);
}

}  // namespace

double ring_share(Collective kind, int chips) {
  const double n = chips;
  switch (kind) {
    case Collective::all_reduce:
      return 2 * (n - 1) / n;
    case Collective::all_gather:
    case Collective::reduce_scatter:
    case Collective::all_to_all:
      return (n - 1) / n;
    case Collective::send_receive:
      return 1;
  }
  return 1;
}

Network network_of(const Catalog& catalog, const Chip& chip, std::optional<Fabric> fabric) {
  Network network{.chip = chip, .measured = {}, .fabric = fabric};
  const auto own = catalog.calibrations.find(chip.id);
  if (own != catalog.calibrations.end()) network.measured = own->second;
  return network;
}

Seconds collective_time(const Network& network, Collective kind, Bytes bytes, Members group) {
  assert(group.nodes >= 1 && group.chips >= group.nodes);
  if (group.chips <= 1 || bytes.base() <= 0) return Seconds{};
  if (const auto known = measured(network, kind, bytes, group)) return *known;
  if (group.nodes == 1) return inside_time(network, kind, bytes, group.chips);
  // The pieces are sent on as they come, so the slowest tier is what takes time; the steps of the
  // outer tier come on top.
  const Fabric fabric = fabric_of(network, group.per_node() * group.concurrent);
  const Seconds between = leaving(kind, bytes, group) / fabric.per_node;
  Seconds within;
  if (group.per_node() > 1 && kind != Collective::send_receive) {
    within = collective_time(network, kind, bytes, {group.per_node(), 1, group.concurrent});
  }
  return std::max(within, between) + steps_of(kind, group.nodes) * fabric.latency;
}

}  // namespace granary
