// How many legs a second are durable through the daemon's own path: commands in the queue, stepped
// on the draft, encoded, chained, appended to SQLite (WAL, synchronous=FULL) with their mirror
// rows, folded for the readers, answered? Beside it, on the same disk in the same run, one write of
// 4 kB and one fdatasync: `raw_sync`.
//
//   captures/N  N workers report a checkpoint at once: N commands, one transaction, one capture
//               each. Time is from the report to the last answer, so it is the latency of the
//               slowest leg of the batch.
//   holds/N     N clients submit a job each at once: N holds, each with its start. What waits
//               together is stored together, as the loop takes it.
//   metering/N  one tick meters N services that run: N captures in one entry.
//
// Each run checks its end: the books balance, every capture is the price of its use, and the
// journal verifies with as many postings as legs were asked for. Files go to TMPDIR.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <barrier>
#include <filesystem>
#include <mutex>
#include <thread>

#include "engine/codec.h"
#include "serve/clock.h"
#include "serve/loop.h"
#include "store/sqlite_journal.h"
#include "store/verify.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;
using Micro = std::chrono::duration<double, std::micro>;

const Instant t0 = parse_instant("2026-11-21T00:00:00Z").value();
constexpr int most_jobs = 1'000;

std::vector<Document> documents() {
  const std::string made_up = "standing = \"assumed\"\nsource = \"made-up\"\n";
  return {{"sources.toml", "[made-up]\nwhat = \"invented for a benchmark\"\nread = true\n"},
          {"chips/cpu.toml",
           "id = \"cpu\"\nname = \"CPU core\"\nvendor = \"any\"\norigin = \"imported\"\n"},
          {"sites/local.toml",
           "id = \"local\"\nname = \"Here\"\nrunner = \"local\"\nasset = \"CNY\"\n" + made_up +
               "[[pools]]\nchip = \"cpu\"\nnodes = 256\nchips_per_node = 8\n"
               "price = \"1.20 CNY per chip-hour\"\nreplaceable = true\n"},
          {"programmes/city.toml",
           "id = \"city\"\nname = \"City\"\nissuer = \"city\"\nfund = \"900000000 CNY\"\n"
           "purposes = [\"pretrain\", \"finetune\", \"serve\", \"run\"]\n" +
               made_up}};
}

// Launches nothing; reports what it is given.
class Reporter final : public Executor {
 public:
  Result<void> launch(const Launch&) override { return {}; }
  Result<void> stop(Id<Job>, int) override { return {}; }
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override {
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
  }
  void see(std::vector<Observed> seen) {
    const std::lock_guard lock(mutex_);
    seen_ = std::move(seen);
  }

 private:
  std::mutex mutex_;
  std::vector<Observed> seen_;
};

// A daemon's loop on a journal of its own, with as many tenants as jobs.
class Centre {
 public:
  explicit Centre(bool services) : services_(services) {
    std::string name = (std::filesystem::temp_directory_path() / "granary-legs-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    path_ = folder_ + "/journal.db";
    writer_ = std::move(*open_journal({.path = path_}));
    reader_ = std::move(*open_journal({path_, Access::read_only}));
    Loop::Options options;
    options.manual = true;
    loop_ = std::move(*Loop::open({*writer_, executor_, clock_, reader_.get()}, options));
    Configure configure;
    for (Document& d : documents()) {
      configure.documents.push_back({d.name, sha256(d.text), d.text});
    }
    configure.limits.batch = most_jobs;
    // A fast disk meters months: nobody is asked meanwhile whether the work still runs.
    configure.limits.ask_every = configure.limits.hold_lapse = 24h * 3650;
    ask(configure);
  }
  ~Centre() {
    loop_->stop();
    loop_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Centre(const Centre&) = delete;
  Centre& operator=(const Centre&) = delete;

  void ask(Command command) {
    const Hash body = body_hash(command);
    const auto answer =
        loop_->submit({"k" + std::to_string(++keys_), body, "bench", std::move(command)});
    if (!answer || answer->refused) broken_ = answer ? answer->refused->what : answer.error().what;
  }
  void grant(int tenants) {
    for (int i = 0; i < tenants; ++i) {
      ask(GrantVoucher{{"city", tenant(i), Money::units(90'000), {}, t0 + 24h * 365}});
      ++legs_;
    }
    ++legs_;  // of the fund
  }
  Command wanted(int i) {
    JobRequest job;
    loop_->read([&](const State& s, Instant) {
      job.choices = {{s.pool_ids.at("local/cpu"), {1, 1, whole_chip}, {}, 24h * 300}};
    });
    job.payer = tenant(i);
    job.purpose = services_ ? "serve" : "run";
    job.what = "bench";
    job.service = services_;
    job.recipe.argv = {"/bin/true"};
    return Submit{job};
  }
  void start(int jobs) {
    for (int i = 0; i < jobs; ++i) ask(wanted(i));
    legs_ += static_cast<std::uint64_t>(jobs);
    std::vector<Observed> all;
    for (int i = 1; i <= jobs; ++i) {
      all.push_back({WorkerRunning{{static_cast<std::uint64_t>(i)}, 1, ""}});
    }
    executor_.see(std::move(all));
    loop_->quiesce();
  }

  // They have used nothing: their holds are released.
  void end(std::uint64_t first, int jobs) {
    std::vector<Observed> all;
    for (int i = 0; i < jobs; ++i) {
      all.push_back({WorkerFinished{{first + static_cast<std::uint64_t>(i)}, 1, 0, 0, t0}});
    }
    executor_.see(std::move(all));
    loop_->quiesce();
  }

  static std::string tenant(int i) { return "tenant-" + std::to_string(i % 100); }
  Loop& loop() { return *loop_; }
  Reporter& executor() { return executor_; }
  ManualClock& clock() { return clock_; }
  void add_legs(std::size_t legs) { legs_ += legs; }

  // What is wrong at the end; empty if nothing is. `use`: of each of the jobs, in time.
  std::string check(int jobs, Span use) {
    if (!broken_.empty()) return broken_;
    std::string wrong;
    loop_->read([&](const State& s, Instant) {
      if (const auto good = audit(s); !good) wrong = good.error().what;
      const Rate rate = s.configuration->pools.front().rate;
      Money expected;
      for (int i = 0; i < jobs; ++i) expected += *price_of(rate, ChipTime::of(whole_chip, use));
      const Account* const revenue = find_account(s.books, "REV:local");
      const Money earned = revenue ? revenue->balance() : Money{};
      if (earned != expected || !s.books.holds.empty() != (jobs > 0)) {
        wrong = fmt::format("{} captured, not {}", to_text(earned), to_text(expected));
      }
      if (s.books.legs != legs_) wrong = fmt::format("{} legs, not {}", s.books.legs, legs_);
    });
    const auto whole = verify(path_);
    if (!whole) return whole.error().what;
    if (whole->postings != 2 * legs_) {
      return fmt::format("{} postings in the journal, not {}", whole->postings, 2 * legs_);
    }
    return wrong;
  }

 private:
  bool services_;
  std::string folder_, path_, broken_;
  std::unique_ptr<Journal> writer_, reader_;
  Reporter executor_;
  ManualClock clock_{t0};
  std::unique_ptr<Loop> loop_;
  std::uint64_t keys_ = 0, legs_ = 0;
};

void report(benchmark::State& state, std::vector<double> micros, std::size_t batch) {
  if (micros.empty()) return;
  std::sort(micros.begin(), micros.end());
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batch));
  state.counters["p50_ms"] = micros[micros.size() / 2] / 1e3;
  state.counters["p99_ms"] = micros[micros.size() * 99 / 100] / 1e3;
}

void raw_sync(benchmark::State& state) {
  std::string name = (std::filesystem::temp_directory_path() / "granary-sync-XXXXXX").string();
  const int file = mkstemp(name.data());
  const std::string page(4096, 'x');
  std::vector<double> times;
  for (auto _ : state) {
    const auto from = Steady::now();
    if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) {
      state.SkipWithError("the disk failed");
    }
    times.push_back(Micro(Steady::now() - from).count());
    state.SetIterationTime(times.back() / 1e6);
  }
  ::close(file);
  ::unlink(name.c_str());
  report(state, std::move(times), 1);
}

void captures(benchmark::State& state) {
  const auto batch = static_cast<int>(state.range(0));
  Centre centre(false);
  centre.grant(100);
  centre.start(batch);
  std::vector<double> times;
  std::uint64_t line = 0;
  for (auto _ : state) {
    ++line;
    const Instant at = t0 + 10s * static_cast<std::int64_t>(line);
    centre.clock().set(at);
    std::vector<Observed> reports;
    for (int i = 1; i <= batch; ++i) {
      reports.push_back({WorkerProgress{{static_cast<std::uint64_t>(i)},
                                        1,
                                        line,
                                        static_cast<std::int64_t>(line),
                                        0,
                                        1.5,
                                        "c" + std::to_string(line),
                                        at}});
    }
    const auto from = Steady::now();
    centre.executor().see(std::move(reports));
    centre.loop().quiesce();
    times.push_back(Micro(Steady::now() - from).count());
    state.SetIterationTime(times.back() / 1e6);
    centre.add_legs(static_cast<std::size_t>(batch));
  }
  report(state, std::move(times), static_cast<std::size_t>(batch));
  const std::string wrong = centre.check(batch, 10s * static_cast<std::int64_t>(line));
  if (!wrong.empty()) state.SkipWithError(wrong.c_str());
}

void metering(benchmark::State& state) {
  const auto batch = static_cast<int>(state.range(0));
  Centre centre(true);
  centre.grant(100);
  centre.start(batch);
  std::vector<double> times;
  std::int64_t minutes = 0;
  for (auto _ : state) {
    ++minutes;
    centre.clock().set(t0 + 1min * minutes);
    const auto from = Steady::now();
    if (!centre.loop().tick()) state.SkipWithError("a tick failed");
    times.push_back(Micro(Steady::now() - from).count());
    state.SetIterationTime(times.back() / 1e6);
    centre.add_legs(static_cast<std::size_t>(batch));
  }
  report(state, std::move(times), static_cast<std::size_t>(batch));
  const std::string wrong = centre.check(batch, 1min * minutes);
  if (!wrong.empty()) state.SkipWithError(wrong.c_str());
}

// All clients at once, each waiting for its own answer; the jobs end before the next iteration.
void holds(benchmark::State& state) {
  const auto batch = static_cast<int>(state.range(0));
  Centre centre(false);
  centre.grant(100);
  std::vector<double> times;
  std::uint64_t first = 1;  // job of this iteration
  for (auto _ : state) {
    std::vector<double> each(static_cast<std::size_t>(batch));
    std::barrier gate(batch + 1);
    std::vector<std::thread> clients;
    for (int i = 0; i < batch; ++i) {
      Command command = centre.wanted(i);
      const Hash body = body_hash(command);
      Request request{fmt::format("h{}-{}", first, i), body, "bench", std::move(command)};
      clients.emplace_back([&centre, &gate, &time = each[static_cast<std::size_t>(i)],
                            request = std::move(request)]() mutable {
        gate.arrive_and_wait();
        const auto from = Steady::now();
        const auto answer = centre.loop().submit(std::move(request));
        time = Micro(Steady::now() - from).count();
        if (!answer || answer->refused) std::abort();
      });
    }
    const auto from = Steady::now();
    gate.arrive_and_wait();
    for (std::thread& client : clients) client.join();
    state.SetIterationTime(Micro(Steady::now() - from).count() / 1e6);
    times.insert(times.end(), each.begin(), each.end());
    centre.end(first, batch);
    first += static_cast<std::uint64_t>(batch);
    centre.add_legs(2 * static_cast<std::size_t>(batch));
  }
  report(state, std::move(times), static_cast<std::size_t>(batch));
  const std::string wrong = centre.check(0, 0s);
  if (!wrong.empty()) state.SkipWithError(wrong.c_str());
}

BENCHMARK(raw_sync)->UseManualTime()->Iterations(300);
BENCHMARK(captures)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseManualTime();
BENCHMARK(metering)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseManualTime();
BENCHMARK(holds)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->UseManualTime();

}  // namespace
}  // namespace granary
