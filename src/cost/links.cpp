#include "cost/links.h"

#include <algorithm>
#include <cstdint>

namespace granary {
namespace {
constexpr BytesPerSecond assumed_host{16e9}, assumed_fabric{12.5e9};
constexpr double link_share = 0.78, host_share = 0.4, fabric_share = 0.6;

BytesPerSecond host_of(const Chip& chip) {
  return chip.host_bandwidth ? chip.host_bandwidth->value : assumed_host;
}
}  // namespace

Links links_of(const Chip& chip, int node_chips, BytesPerSecond fabric) {
  Links links;
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

Bytes ring_bytes(Bytes bytes, int group) { return 2.0 * (group - 1) / group * bytes; }

}  // namespace granary
