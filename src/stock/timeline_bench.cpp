// How long does one question to a full pool take? 1,024 chips on 128 nodes, 200 claims over five
// days, 64 chips wanted as 8 groups of 8.

#include <benchmark/benchmark.h>

#include <random>

#include "stock/stock.h"

namespace granary {
namespace {
using namespace std::chrono_literals;
const Instant t0 = Instant(24h * 20'000);

Pool big_pool() {
  Pool pool{.id = {1}, .site = "guian", .chip = "a800", .asset = "CNY", .rate = {}, .nodes = {}};
  for (std::uint64_t n = 1; n <= 128; ++n) pool.nodes.push_back({{n}, "node", 8});
  return pool;
}

// Each claim where it fits first, so that the pool is full for a long time.
Timeline full(const Pool& pool) {
  Timeline line(pool, {}, t0);
  std::mt19937_64 random(1);
  for (std::uint64_t j = 1; j <= 200; ++j) {
    const Wanted wanted{8 << (random() % 5), 8};
    const Span span = 1h + std::chrono::minutes(random() % 1200);
    auto slot = line.earliest(wanted, span, t0);
    line.add({Id<Job>{j}, {1}, slot->held, slot->from, slot->from + span, {}});
  }
  return line;
}

void earliest(benchmark::State& state) {
  const Pool pool = big_pool();
  const Timeline line = full(pool);
  std::optional<Timeline::Slot> slot;
  for (auto _ : state) {
    slot = line.earliest({64, 8}, 10h, t0);
    benchmark::DoNotOptimize(slot);
  }
  if (!slot || slot->held.size() != 64 || slot->from <= t0 ||
      line.place({64, 8}, slot->from - 1ms, 10h)) {
    state.SkipWithError("not the earliest");
  }
}
BENCHMARK(earliest)->Unit(benchmark::kMicrosecond);

void place(benchmark::State& state) {
  const Pool pool = big_pool();
  const Timeline line = full(pool);
  std::optional<std::vector<Held>> held;
  for (auto _ : state) {
    held = line.place({64, 8}, t0 + 24h * 60, 10h);
    benchmark::DoNotOptimize(held);
  }
  if (!held) state.SkipWithError("an idle pool has room");
}
BENCHMARK(place)->Unit(benchmark::kMicrosecond);
}  // namespace
}  // namespace granary
