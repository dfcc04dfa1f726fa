#include "plan/frontier.h"

#include <algorithm>
#include <cstdint>
#include <tuple>

namespace granary {
namespace {

std::int64_t hundredths(Money price) {
  return price.micros / 10'000 + (price.micros % 10'000 >= 5'000 ? 1 : 0);
}

auto tie_break(const Option& o) {
  const Layout& l = o.layout;
  return std::tuple(o.chips, o.pool, l.tensor, l.pipeline, l.context, l.expert, l.micro_batch,
                    l.interleave, l.recompute, l.sharding, l.weights);
}

}  // namespace

TimeAndPrice time_and_price(const Option& option) {
  if (option.service) return {option.service->first_token_p95.likely, option.price};
  return {Seconds(static_cast<double>(option.duration.count()) / 1e3), option.price};
}

bool beats(const TimeAndPrice& a, const TimeAndPrice& other) {
  const std::int64_t price = hundredths(a.price), other_price = hundredths(other.price);
  return a.time <= other.time && price <= other_price &&
         (a.time < other.time || price < other_price);
}

std::vector<std::size_t> frontier_of(const std::vector<TimeAndPrice>& all) {
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const auto key = [&](std::size_t i) {
      return std::tuple(all[i].time, hundredths(all[i].price), i);
    };
    return key(a) < key(b);
  });
  // In this order whatever beats one stands before it, and so does the last one kept.
  std::vector<std::size_t> kept;
  for (const std::size_t i : order) {
    if (kept.empty() || !beats(all[kept.back()], all[i])) kept.push_back(i);
  }
  return kept;
}

std::vector<Option> frontier_of(std::vector<Option> options) {
  std::sort(options.begin(), options.end(),
            [](const Option& a, const Option& b) { return tie_break(a) < tie_break(b); });
  std::vector<TimeAndPrice> all;
  all.reserve(options.size());
  for (const Option& option : options) all.push_back(time_and_price(option));
  std::vector<Option> kept;
  for (const std::size_t i : frontier_of(all)) kept.push_back(std::move(options[i]));
  return kept;
}

}  // namespace granary
