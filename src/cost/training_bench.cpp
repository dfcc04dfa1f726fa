// How many training layouts a second does one core judge, memory and time? At least 100,000 at -O2;
// the answer of each run is checked against the first.

#include <benchmark/benchmark.h>

#include <vector>

#include "cost/known.h"
#include "cost/training.h"

namespace granary {
namespace {
void training_layouts(benchmark::State& state) {
  const Model model = known::glm_130b();
  const Chip chip = known::a800_80();
  const Practice practice = known::practice(chip);
  const Links links = known::links(chip);
  const StepSize size{2048, 1024};
  std::vector<Layout> layouts;
  for (const int t : {1, 2, 4, 8}) {
    for (const int p : {1, 2, 5, 7, 10, 14}) {
      for (const int d : {1, 2, 4, 8, 16}) {
        for (const int b : {1, 2, 4}) {
          for (const Recompute r : {Recompute::none, Recompute::full}) {
            const Layout layout{.data = d,
                                .tensor = t,
                                .pipeline = p,
                                .micro_batch = b,
                                .sequence_parallel = t > 1,
                                .recompute = r};
            if (training_memory(model, layout, size).total() <= training_usable(chip)) {
              layouts.push_back(layout);
            }
          }
        }
      }
    }
  }
  const auto all = [&] {
    double total = 0;
    for (const Layout& layout : layouts) {
      total += training_memory(model, layout, size).total().base() * 1e-9 +
               step_seconds(model, practice, links, layout, size).total().base();
    }
    return total;
  };
  const double first = all();
  if (layouts.size() < 50 || !(first > 0)) state.SkipWithError("there are no valid layouts");
  for (auto step : state) {
    if (all() != first) state.SkipWithError("the answer changed");
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(layouts.size()));
}
BENCHMARK(training_layouts);
}  // namespace
}  // namespace granary
