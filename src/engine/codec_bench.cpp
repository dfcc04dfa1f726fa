// How long do encoding and decoding one entry take? Typical: a start on `chips` chips with its
// hold.

#include <benchmark/benchmark.h>

#include "engine/codec.h"

namespace granary {
namespace {
Entry start_on(int chips) {
  Started started;
  started.job = {1061};
  started.attempt = 1;
  started.claim.owner = Id<Job>{1061};
  started.claim.pool = {3};
  for (int i = 0; i < chips; ++i) {
    started.claim.held.push_back({{static_cast<std::uint64_t>(100 + i / 8)}, i % 8});
  }
  started.claim.until = Instant(std::chrono::hours(500'000));
  started.because = Fits{{3}, 512};
  Transfer hold{Reason::hold, {}, "j-1061/1", "64 x a800-sxm-80 9.5 h"};
  hold.legs.push_back({LegKind::hold, {7}, {4}, Money::units(7'296), {9'001}});
  Entry entry;
  entry.sequence = 123'456;
  entry.at = Instant(std::chrono::hours(499'990));
  entry.request.actor = "clock";
  entry.events = {Posted{hold}, started};
  return entry;
}

void encode_start(benchmark::State& state) {
  const Entry entry = start_on(static_cast<int>(state.range(0)));
  std::string bytes;
  for (auto _ : state) benchmark::DoNotOptimize(bytes = encode(entry));
  state.counters["bytes"] = static_cast<double>(bytes.size());
}
void decode_start(benchmark::State& state) {
  const std::string bytes = encode(start_on(static_cast<int>(state.range(0))));
  for (auto _ : state) {
    const auto entry = decode(bytes);
    if (!entry || entry->sequence != 123'456) state.SkipWithError("decoded wrongly");
  }
}
BENCHMARK(encode_start)->Arg(2)->Arg(64);
BENCHMARK(decode_start)->Arg(2)->Arg(64);
}  // namespace
}  // namespace granary
