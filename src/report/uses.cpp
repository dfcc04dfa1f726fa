#include "report/uses.h"

#include <cassert>
#include <vector>

namespace granary {

Use& Use::operator+=(const Use& more) {
  earned += more.earned;
  refunded += more.refunded;
  chip_time = chip_time + more.chip_time;
  tokens += more.tokens;
  reports += more.reports;
  return *this;
}

Use& Use::operator-=(const Use& less) {
  earned -= less.earned;
  refunded -= less.refunded;
  chip_time = chip_time - less.chip_time;
  tokens -= less.tokens;
  reports -= less.reports;
  return *this;
}

std::vector<std::int64_t> shared_out(std::int64_t whole, const std::vector<Money>& weights) {
  Wide sum = 0;
  for (const Money weight : weights) sum += weight.micros;
  assert(sum > 0 && "something must be paid for the whole");
  const bool negative = whole < 0;
  const Wide size = negative ? -static_cast<Wide>(whole) : static_cast<Wide>(whole);
  std::vector<std::int64_t> parts;
  Wide before = 0, cumulative = 0;
  for (const Money weight : weights) {
    cumulative += weight.micros;
    const Wide upto = size * cumulative / sum;
    const auto part = static_cast<std::int64_t>(upto - before);
    parts.push_back(negative ? -part : part);
    before = upto;
  }
  return parts;
}

}  // namespace granary
