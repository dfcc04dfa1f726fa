#include "cost/cost.h"

namespace granary {
namespace {
// Drivers, page granularity and fragmentation take the rest: ours, from 60.3 of 64 GiB usable on
// Ascend and 63.7 of 64 on BI-V150 (FlagPerf).
constexpr double usable_share = 0.95;
}  // namespace

Seconds sum(const std::vector<Term>& terms) {
  Seconds total;
  for (const Term& term : terms) total += term.amount;
  return total;
}

Bytes usable_memory(const Chip& chip) {
  return chip.memory ? usable_share * chip.memory->value : Bytes{};
}

}  // namespace granary
