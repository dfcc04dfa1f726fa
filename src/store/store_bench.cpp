// How many entries a second are durable, by the size of the batch? Entries are typical: a start
// with its hold, the capture and the release of the one before (three legs, about 1.3 kB). They go
// to the temporary folder (TMPDIR); raw_sync is what its disk can do at most: one write of 4 kB and
// one fdatasync.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "store/entries_for_tests.h"
#include "store/folder_for_tests.h"
#include "store/memory_journal.h"
#include "store/sqlite_journal.h"
#include "store/verify.h"

namespace granary {
namespace {
using Seconds_ = std::chrono::duration<double>;

// Time of each append; the entries are made outside it.
void run(benchmark::State& state, Journal& journal) {
  const auto batch = static_cast<std::size_t>(state.range(0));
  EntryMaker maker;
  if (!journal.append(maker.next(1))) return state.SkipWithError("the first append failed");
  std::vector<double> times;
  for (auto _ : state) {
    const auto entries = maker.next(batch);
    const auto from = std::chrono::steady_clock::now();
    if (!journal.append(entries)) return state.SkipWithError("an append failed");
    times.push_back(Seconds_(std::chrono::steady_clock::now() - from).count());
    state.SetIterationTime(times.back());
  }
  std::sort(times.begin(), times.end());
  state.SetItemsProcessed(static_cast<std::int64_t>(times.size() * batch));
  state.counters["p50_ms"] = 1e3 * times[times.size() / 2];
  state.counters["p99_ms"] = 1e3 * times[times.size() * 99 / 100];
  if (journal.head().sequence != 1 + times.size() * batch) state.SkipWithError("wrong count");
}

void sqlite(benchmark::State& state) {
  Folder folder;
  const std::string path = folder.path("journal.db");
  {
    auto journal = open_journal({.path = path});
    if (!journal) return state.SkipWithError(journal.error().what.c_str());
    run(state, **journal);
  }
  const auto whole = verify(path);
  if (!whole) return state.SkipWithError(whole.error().what.c_str());
}
void memory(benchmark::State& state) { run(state, *memory_journal()); }

void raw_sync(benchmark::State& state) {
  Folder folder;
  const int file = ::open(folder.path("raw").c_str(), O_RDWR | O_CREAT, 0600);
  std::array<char, 4096> page{};
  std::vector<double> times;
  for (auto _ : state) {
    const auto from = std::chrono::steady_clock::now();
    if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) {
      state.SkipWithError("the disk failed");
    }
    times.push_back(Seconds_(std::chrono::steady_clock::now() - from).count());
    state.SetIterationTime(times.back());
  }
  ::close(file);
  std::sort(times.begin(), times.end());
  state.SetItemsProcessed(static_cast<std::int64_t>(times.size()));
  state.counters["p50_ms"] = 1e3 * times[times.size() / 2];
  state.counters["p99_ms"] = 1e3 * times[times.size() * 99 / 100];
}

// How long is a whole check, per entry?
void verify_all(benchmark::State& state) {
  Folder folder;
  const std::string path = folder.path("journal.db");
  constexpr std::size_t count = 20'000;
  {
    auto journal = open_journal({.path = path});
    if (!journal || !(*journal)->append(EntryMaker().next(count))) {
      return state.SkipWithError("the journal could not be made");
    }
  }
  for (auto _ : state) {
    const auto whole = verify(path);
    if (!whole || whole->entries != count) state.SkipWithError("wrong count");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(count));
}

BENCHMARK(raw_sync)->UseManualTime();
BENCHMARK(sqlite)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseManualTime();
BENCHMARK(memory)->Arg(1)->Arg(100)->UseManualTime();
BENCHMARK(verify_all)->Unit(benchmark::kMillisecond);
}  // namespace
}  // namespace granary
