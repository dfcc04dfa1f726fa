// How long is one backfill pass? 1,000 jobs wait for one or more of 6 full pools of 64 to 320
// chips; 64 of them hold a place in time.

#include <benchmark/benchmark.h>

#include <random>
#include <set>

#include "schedule/schedule.h"

namespace granary {
namespace {
using namespace std::chrono_literals;
const Instant t0 = Instant(24h * 20'000);

std::vector<Pool> six_pools() {
  std::vector<Pool> pools;
  for (std::uint64_t p = 1; p <= 6; ++p) {
    Pool pool;
    pool.id = {p};
    const std::uint64_t nodes = p == 1 ? 8 : 8 * (p - 1);
    for (std::uint64_t n = 1; n <= nodes; ++n) {
      pool.nodes.push_back({{p * 1'000'000 + n}, "node", 8});
    }
    pools.push_back(std::move(pool));
  }
  return pools;
}

// Running jobs until nearly every chip is taken; a third of them may be stopped.
void fill(View& view, std::mt19937_64& random) {
  std::uint64_t id = 10'000;
  for (const Pool& pool : view.pools) {
    Timeline line(pool, {}, t0);
    for (int tries = 0; tries < 100; ++tries) {
      const Wanted wanted{1 << (random() % 5), 1};
      const Claim claim{Id<Job>{++id},
                        pool.id,
                        line.place(wanted, t0 - 5h, 10h).value_or(std::vector<Held>{}),
                        t0 - 5h,
                        t0 + std::chrono::minutes(5 + random() % 3000),
                        {}};
      if (claim.held.empty()) continue;
      line.add(claim);
      view.claims.push_back(claim);
      view.running.push_back({{id}, 0, id % 3 == 0, false, t0 - 5h, t0 - 1h, t0 - 4h});
    }
  }
}

View thousand_waiting() {
  std::mt19937_64 random(1);
  View view;
  view.pools = six_pools();
  fill(view, random);
  for (std::uint64_t j = 1; j <= 1000; ++j) {
    Waiting job{{j}, "tenant", j <= 10 ? 5 : 0, t0 - 1h, {}, {}};
    const std::uint64_t offers = 1 + random() % 6, first = random() % 6;
    const int chips = 1 << (random() % 7);
    for (std::uint64_t o = 0; o < offers; ++o) {
      job.offers.push_back({{1 + (first + o) % 6},
                            {chips, std::min(chips, 8)},
                            std::chrono::minutes(10 + random() % 2000),
                            Money::units(10),
                            true});
    }
    view.waiting.push_back(std::move(job));
  }
  return view;
}

// Every job is decided once, 64 hold a place, and no chip is started on twice.
bool is_sound(const std::vector<Decision>& decisions) {
  std::size_t decided = 0, places = 0;
  std::set<std::pair<Id<Node>, int>> chips;
  std::size_t held = 0;
  for (const Decision& decision : decisions) {
    if (!std::holds_alternative<Preempt>(decision)) ++decided;
    if (std::holds_alternative<Reserve>(decision)) ++places;
    if (const auto* start = std::get_if<Start>(&decision)) {
      held += start->held.size();
      for (const Held& h : start->held) chips.insert({h.node, h.chip});
    }
  }
  return decided == 1000 && places == 64 && held == chips.size();
}

void pass(benchmark::State& state, Policy policy, bool with_places) {
  const View view = thousand_waiting();
  std::vector<Decision> decisions;
  for (auto _ : state) {
    decisions = policy(view, t0);
    benchmark::DoNotOptimize(decisions);
  }
  if (with_places && !is_sound(decisions)) state.SkipWithError("unsound decisions");
}
void backfill_pass(benchmark::State& state) { pass(state, backfill, true); }
void fifo_pass(benchmark::State& state) { pass(state, fifo, false); }
BENCHMARK(backfill_pass)->Unit(benchmark::kMillisecond);
BENCHMARK(fifo_pass)->Unit(benchmark::kMillisecond);
}  // namespace
}  // namespace granary
