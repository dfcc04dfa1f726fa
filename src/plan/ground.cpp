#include <algorithm>
#include <limits>

#include "ledger/agreed.h"
#include "plan/search.h"

namespace granary {

bool is_inference(const Work& work) {
  return std::holds_alternative<Serve>(work.what) || std::holds_alternative<Batch>(work.what);
}

int largest_node(const Pool& pool) {
  int most = 0;
  for (const Node& node : pool.nodes) most = std::max(most, node.chips);
  return most;
}

int Ground::capacity(int together) const {
  int chips = 0;
  for (const Node& node : pool.nodes) chips += node.chips / together * together;
  return chips;
}

bool Ground::accepted(int chips) const {
  if (request.accept.empty()) return true;
  return std::any_of(request.accept.begin(), request.accept.end(),
                     [&](const Accept& accept) { return accepts(accept, pool, catalog, chips); });
}

int Ground::most_accepted() const {
  const int held = pool.chips();
  if (request.accept.empty()) return held;
  int most = 0;
  for (const Accept& accept : request.accept) {
    if (!accepts(accept, pool, catalog, accept.least)) continue;
    most = std::max(most, std::min(held, accept.most.value_or(held)));
  }
  return most;
}

void Failures::add(const MemoryShort& why) {
  if (!memory_ || why.needed < memory_->needed) memory_ = why;
}

void Failures::add(const TooFewChips& why) {
  if (!chips_ || why.needed < chips_->needed) chips_ = why;
}

void Failures::add(const FirstTokenMissed& why) {
  if (!first_token_ || why.takes < first_token_->takes) first_token_ = why;
}

void Failures::add(const TokenMissed& why) {
  if (!token_ || why.takes < token_->takes) token_ = why;
}

void Failures::add(const TooSlow& why) {
  if (!slow_ || why.duration < slow_->duration) slow_ = why;
}

WhyExcluded Failures::furthest() const {
  if (slow_) return *slow_;
  if (chips_) return *chips_;
  if (token_) return *token_;
  if (first_token_) return *first_token_;
  if (memory_) return *memory_;
  return NotAccepted{};
}

std::vector<int> powers_of_two(int most) {
  std::vector<int> powers;
  for (int power = 1; power <= most && power > 0; power *= 2) powers.push_back(power);
  return powers;
}

std::vector<int> divisors(int number, int most) {
  std::vector<int> found;
  for (int d = 1; d <= std::min(number, most); ++d) {
    if (number % d == 0) found.push_back(d);
  }
  return found;
}

std::optional<Money> price_at(const Pool& pool, int chips, Span span, Instant at) {
  const std::int64_t shares = static_cast<std::int64_t>(chips) * whole_chip;
  if (span.count() > std::numeric_limits<std::int64_t>::max() / std::max<std::int64_t>(1, shares)) {
    return std::nullopt;
  }
  const Agreed price = extended({}, {{}, at, shares, ChipUse::running, pool.prices()});
  return price_of(price, ChipTime::of(shares, span));
}

bool dominates(const Option& b, const Option& a) {
  return b.chips <= a.chips && b.duration <= a.duration && b.price <= a.price &&
         (b.chips < a.chips || b.duration < a.duration || b.price < a.price);
}

}  // namespace granary
