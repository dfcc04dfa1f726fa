#include "cost/links.h"

#include <algorithm>

namespace granary {
namespace {
constexpr BytesPerSecond assumed_host{16e9};

bool joined(const Chip& chip, int group) {
  return chip.link_bandwidth && group <= chip.link_domain;
}
}  // namespace

BytesPerSecond group_bandwidth(const Chip& chip, int group) {
  return joined(chip, group) ? chip.link_bandwidth->value : fabric_bandwidth(chip);
}

BytesPerSecond fabric_bandwidth(const Chip& chip) {
  return chip.host_bandwidth ? chip.host_bandwidth->value : assumed_host;
}

Bytes ring_bytes(Bytes bytes, int group) { return 2.0 * (group - 1) / group * bytes; }

Seconds all_reduce_latency(const Chip& chip, int group) {
  if (group == 1) return Seconds{};
  return Seconds(joined(chip, group) ? 20e-6 : 40e-6);
}

double extra_seconds_per_byte(const Chip& chip, int group) {
  return std::max(0.0, 1 / group_bandwidth(chip, group).base() - 1 / measured_link.base());
}

}  // namespace granary
