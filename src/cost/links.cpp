#include "cost/links.h"

#include <algorithm>
#include <cstdint>

#include "cost/collective.h"

namespace granary {
namespace {
constexpr BytesPerSecond assumed_host{16e9}, assumed_fabric{12.5e9};
constexpr Seconds start{15e-6};
constexpr double link_share = 0.78, host_share = 0.4, fabric_share = 0.6;

BytesPerSecond host_of(const Chip& chip) {
  return chip.host_bandwidth ? chip.host_bandwidth->value : assumed_host;
}
}  // namespace

Links links_of(const Catalog& catalog, const Chip& chip, int node_chips, BytesPerSecond fabric) {
  Links links;
  const auto own = catalog.calibrations.find(chip.id);
  if (own != catalog.calibrations.end()) links.all_reduce = own->second.all_reduce;
  if (chip.link_bandwidth) {
    links.link = chip.link_bandwidth->value;
    links.domain = chip.link_domain;
  }
  links.host = host_of(chip);
  links.fabric = fabric > BytesPerSecond{} ? fabric : assumed_fabric;
  links.node_chips = std::max(1, node_chips);
  return links;
}

BytesPerSecond group_rate(const Links& links, Group group) {
  const auto span = static_cast<std::int64_t>(group.size) * group.stride;
  if (links.link > BytesPerSecond{} && span <= links.domain) return link_share * links.link;
  const BytesPerSecond inside = host_share * links.host;
  if (span <= links.node_chips) return inside;
  // Members on one node pass their data on to each other and share one way out; the other groups of
  // the node have theirs.
  const int members = std::clamp(links.node_chips / std::max(1, group.stride), 1, group.size);
  const double groups = std::max(1.0, static_cast<double>(links.node_chips) / members);
  const BytesPerSecond out = fabric_share * links.fabric / groups;
  return std::min(out, links.link > BytesPerSecond{} ? link_share * links.link : inside);
}

bool is_measured(const Links& links, Group group) {
  return !links.all_reduce.empty() && group.stride == 1 && group.size > 1 &&
         group.size <= links.node_chips;
}

Seconds exchange_time(const Links& links, Group group, Bytes through) {
  if (is_measured(links, group)) {
    const double share = ring_bytes(Bytes(1), group.size).base();
    return all_reduce_time(links.all_reduce, group.size, Bytes(through.base() / share));
  }
  return start + through / group_rate(links, group);
}

Bytes ring_bytes(Bytes bytes, int group) { return 2.0 * (group - 1) / group * bytes; }

}  // namespace granary
