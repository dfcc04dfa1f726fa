#pragma once
// A city's stock of six pools for tests and benchmarks, by hand, so that it does not move when
// data/ does. Prices are invented.

#include <string>
#include <vector>

#include "cost/known.h"
#include "plan/plan.h"

namespace granary::demo {

struct Stock {
  Catalog catalog;
  std::vector<Pool> pools;
};

// One pool as a table row says it.
struct Row {
  std::string site;
  Chip chip;
  int nodes = 0, chips_per_node = 0;
  int price = 0;  // units a chip-hour
};

inline Pool pool(std::uint64_t id, const Row& row) {
  Pool made{.id = {id},
            .site = row.site,
            .chip = row.chip.id,
            .runner = Runner::simulated,
            .asset = "CNY",
            .rate = Rate{Money::units(row.price)},
            .replaceable = true,
            .nodes = {}};
  for (int i = 1; i <= row.nodes; ++i) {
    const std::string name = made.site + "-" + made.chip + "-" + std::to_string(i);
    made.nodes.push_back({{id * 1000 + static_cast<std::uint64_t>(i)}, name, row.chips_per_node});
  }
  return made;
}

inline Stock stock(const std::vector<Row>& rows) {
  Stock made;
  made.catalog.calibrations = known::calibrations();
  for (const Row& row : rows) {
    made.catalog.chips[row.chip.id] = row.chip;
    made.pools.push_back(pool(made.pools.size() + 1, row));
  }
  return made;
}

inline Stock city() {
  return stock({{"guian", known::a800_80(), 64, 8, 18},
                {"guian", known::a100_40(), 16, 8, 15},
                {"ulanqab", known::ascend910b2(), 80, 8, 12},
                {"ulanqab", known::br104(), 12, 4, 6},
                {"wuhu", known::rtx4090(), 52, 8, 3},
                {"wuhu", known::rtx2080ti(), 30, 8, 1}});
}

inline PlanRequest pretraining_of(Model model) {
  PlanRequest request;
  request.work = {std::move(model), Pretrain{Tokens(400e9)}};
  return request;
}
inline PlanRequest serving_of(Model model, double per_second) {
  PlanRequest request;
  request.work = {std::move(model), Serve{PerSecond(per_second)}};
  return request;
}

}  // namespace granary::demo
