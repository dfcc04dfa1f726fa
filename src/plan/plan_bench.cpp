// How long is one menu over a demo stock of six pools? Under 1 s for pretraining GLM-130B and under
// 100 ms for serving ChatGLM-6B or for a batch, at -O2; each run checks the menu it computed and
// fails when it took longer.

#include <benchmark/benchmark.h>

#include <chrono>

#include "plan/demo_stock.h"
#include "plan/plan.h"

namespace granary {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

// `pools` of the six must yield options that fit, within `limit` each time.
void menu(benchmark::State& state, const PlanRequest& request, std::size_t pools,
          Milliseconds limit) {
  const demo::Stock stock = demo::city();
  for (auto step : state) {
    const auto from = std::chrono::steady_clock::now();
    const auto menu = plan(request, stock.catalog, stock.pools);
    const Milliseconds took = std::chrono::steady_clock::now() - from;
    if (took > limit) state.SkipWithError("the menu took longer than it may");
    if (!menu || menu->excluded.size() != stock.pools.size() - pools) {
      state.SkipWithError("the menu has other pools than it should");
      break;
    }
    for (const Option& option : menu->options) {
      if (option.memory.total() > option.usable || option.terms.empty()) {
        state.SkipWithError("an option does not fit");
      }
    }
    state.counters["layouts"] = static_cast<double>(menu->considered);
    state.counters["options"] = static_cast<double>(menu->options.size());
  }
}

void pretrain_glm_130b(benchmark::State& state) {
  menu(state, demo::pretraining_of(known::glm_130b()), 4, Milliseconds(1000));
}
void serve_chatglm_6b(benchmark::State& state) {
  menu(state, demo::serving_of(known::chatglm_6b(), 50), 6, Milliseconds(100));
}
void batch_chatglm_6b(benchmark::State& state) {
  PlanRequest request;
  request.work = {known::chatglm_6b(), Batch{Tokens(1e9)}};
  menu(state, request, 6, Milliseconds(100));
}
BENCHMARK(pretrain_glm_130b)->Unit(benchmark::kMillisecond);
BENCHMARK(serve_chatglm_6b)->Unit(benchmark::kMillisecond);
BENCHMARK(batch_chatglm_6b)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace granary
