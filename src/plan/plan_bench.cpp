// How long is one menu over a demo stock of six pools? The answer must be under 200 ms for the
// largest pretraining and under 50 ms for a service, at -O2; each run checks the menu it computed.

#include <benchmark/benchmark.h>

#include "plan/demo_stock.h"
#include "plan/plan.h"

namespace granary {
namespace {

// `pools` of the six must yield options that fit.
void menu(benchmark::State& state, const PlanRequest& request, std::size_t pools) {
  const demo::Stock stock = demo::city();
  for (auto step : state) {
    const auto menu = plan(request, stock.catalog, stock.pools);
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
  menu(state, demo::pretraining_of(known::glm_130b()), 4);
}
void serve_chatglm_6b(benchmark::State& state) {
  menu(state, demo::serving_of(known::chatglm_6b(), 50), 6);
}
BENCHMARK(pretrain_glm_130b)->Unit(benchmark::kMillisecond);
BENCHMARK(serve_chatglm_6b)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace granary
