#pragma once
// The frontier of a set of options: those that no other beats in both time and price, so that only
// the tenant's taste decides between them.

#include <cstddef>
#include <vector>

#include "plan/plan.h"

namespace granary {

// What an option asks of a tenant.
struct TimeAndPrice {
  Seconds time;
  Money price;
};

// The time is that of the whole work. Services all last as asked and all meet the rate, so theirs
// is the 95th percentile of the first token at that rate: what a dearer option makes better.
TimeAndPrice time_and_price(const Option&);

// No worse in both, and better in one. Prices are compared in whole hundredths: replicas that share
// the work evenly cost the same however many they are, but for the rounding of their time.
bool beats(const TimeAndPrice&, const TimeAndPrice& other);

// Indices of those that none of the others beats, by time, then price, then index.
// Of equal ones all are kept. O(n log n).
std::vector<std::size_t> frontier_of(const std::vector<TimeAndPrice>&);

// The same of options. Ties in time and price are ordered by chips, pool and layout, whatever the
// order given.
std::vector<Option> frontier_of(std::vector<Option>);

}  // namespace granary
