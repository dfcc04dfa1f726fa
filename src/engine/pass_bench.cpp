// How long is one step of a full house? Two pools of 1,024 chips, all in use by 512 jobs, and N
// jobs of 20 tenants that wait for one or both of them.
//
//   submit/N   one more job that must wait: a pass over all who wait
//   end/N      one job ends; another may start in its place
//
// Each step is made on a copy of the same state.

#include <benchmark/benchmark.h>

#include <random>

#include "engine/codec.h"
#include "engine/engine.h"

namespace granary {
namespace {
using namespace std::chrono_literals;
const Instant t0 = parse_instant("2026-11-21T00:00:00Z").value();

Configure full_house() {
  const std::string made_up = "standing = \"assumed\"\nsource = \"made-up\"\n";
  const auto pool = [](const std::string& chip) {
    return "[[pools]]\nchip = \"" + chip +
           "\"\nnodes = 128\nchips_per_node = 8\nprice = \"1.20 CNY per chip-hour\"\n"
           "replaceable = true\n";
  };
  const auto chip = [](const std::string& id) {
    return "id = \"" + id + "\"\nname = \"" + id + "\"\nvendor = \"any\"\norigin = \"imported\"\n";
  };
  const std::vector<Document> documents = {
      {"sources.toml", "[made-up]\nwhat = \"invented for a benchmark\"\nread = true\n"},
      {"chips/big.toml", chip("big")},
      {"chips/cpu.toml", chip("cpu")},
      {"sites/local.toml",
       "id = \"local\"\nname = \"Here\"\nrunner = \"local\"\nasset = \"CNY\"\n" + made_up +
           pool("big") + pool("cpu")},
      {"programmes/city.toml",
       "id = \"city\"\nname = \"City\"\nissuer = \"city\"\nfund = \"900000000 CNY\"\n"
       "purposes = [\"run\"]\n" +
           made_up}};
  Configure configure;
  for (const Document& d : documents)
    configure.documents.push_back({d.name, sha256(d.text), d.text});
  return configure;
}

constexpr std::size_t running_jobs = 512;

class House {
 public:
  explicit House(int waiting) {
    ask(full_house());
    for (int i = 0; i < 20; ++i) {
      ask(GrantVoucher{{"city", tenant(i), Money::units(9'000'000), {}, t0 + 24h * 365}});
    }
    for (std::size_t i = 0; i < running_jobs; ++i) ask(job_of(4, 2));
    for (int i = 0; i < waiting; ++i) ask(some_job());
  }

  Command some_job() { return job_of(4 << random_() % 4, 1 + random_() % 2); }
  Command job_of(int chips, std::uint64_t pools) {
    JobRequest job;
    const Wanted wanted{chips, 4, whole_chip};
    const Layout layout{.data = chips / 4, .tensor = 4};
    const std::uint64_t first = random_() % 2;
    const Span span = std::chrono::minutes(60 + random_() % 3000);
    for (std::uint64_t i = 0; i < pools; ++i) {
      const char* const pool = (first + i) % 2 == 0 ? "local/big" : "local/cpu";
      job.choices.push_back({state_.pool_ids.at(pool), wanted, layout, span});
    }
    job.payer = tenant(static_cast<int>(random_() % 20));
    job.purpose = "run";
    job.what = "bench";
    job.recipe.argv = {"/bin/true"};
    return Submit{job};
  }

  const State& state() const { return state_; }
  Request request(Command command) {
    const Hash body = body_hash(command);
    return {"k" + std::to_string(++keys_), body, "bench", std::move(command)};
  }
  Instant now() const { return now_; }

 private:
  void ask(Command command) {
    now_ += 1s;
    step_onto(state_, request(std::move(command)), now_);
  }
  static std::string tenant(int i) { return "tenant-" + std::to_string(i); }

  std::mt19937_64 random_{1};
  State state_;
  Instant now_ = t0;
  int keys_ = 0;
};

std::size_t running(const State& s) {
  std::size_t count = 0;
  for (const Id<Job> id : s.active) count += s.jobs.at(id).claim ? 1 : 0;
  return count;
}

template <class Check>
void step_of(benchmark::State& state, const House& house, const Request& request, Check check) {
  bool good = running(house.state()) == running_jobs;
  for (auto _ : state) {
    state.PauseTiming();
    auto draft = std::make_unique<State>(house.state());
    state.ResumeTiming();
    step_onto(*draft, request, house.now() + 1min);
    state.PauseTiming();
    good = good && check(*draft);
    draft.reset();
    state.ResumeTiming();
  }
  if (!good) state.SkipWithError("not the house that was meant");
}

void submit(benchmark::State& state) {
  House house(static_cast<int>(state.range(0)));
  const std::size_t active = house.state().active.size();
  step_of(state, house, house.request(house.some_job()), [&](const State& s) {
    return running(s) == running_jobs && s.active.size() == active + 1;
  });
}

void end(benchmark::State& state) {
  House house(static_cast<int>(state.range(0)));
  step_of(state, house, house.request(WorkerFinished{{1}, 1, 0, 0, house.now()}),
          [&](const State& s) {
            return s.jobs.at({1}).state == JobState::finished && running(s) + 1 >= running_jobs;
          });
}

BENCHMARK(submit)->Arg(0)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(end)->Arg(0)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);
}  // namespace
}  // namespace granary
