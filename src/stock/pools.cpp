#include <fmt/core.h>

#include <algorithm>

#include "stock/shape.h"
#include "stock/stock.h"

namespace granary {
namespace {
constexpr std::uint64_t nodes_per_pool =
    1'000'000;  // node ids of a pool: its id x this + 1, 2, ...

// The width of the number is not that of the last one, so that a pool that grows renames nothing.
std::vector<Node> nodes_of(const Site& site, const PoolFacts& facts, Id<Pool> pool) {
  std::vector<Node> nodes;
  for (int i = 1; i <= facts.nodes; ++i) {
    nodes.push_back({.id = {pool.value * nodes_per_pool + static_cast<std::uint64_t>(i)},
                     .name = facts.node_names.empty()
                                 ? fmt::format("{}-{}-{:02}", site.id, facts.chip, i)
                                 : facts.node_names.at(static_cast<std::size_t>(i - 1)),
                     .chips = facts.chips_per_node});
  }
  return nodes;
}
}  // namespace

int Pool::chips() const {
  int sum = 0;
  for (const Node& node : nodes) sum += node.chips;
  return sum;
}

std::vector<Pool> pools_of(const Catalog& catalog, const std::map<std::string, Id<Pool>>& known) {
  std::uint64_t last = 0;
  for (const auto& [name, id] : known) last = std::max(last, id.value);
  std::vector<Pool> pools;
  for (const auto& [site_id, site] : catalog.sites) {
    for (const PoolFacts& facts : site.pools) {
      Pool pool{.id = {},
                .site = site.id,
                .chip = facts.chip,
                .runner = site.runner,
                .asset = site.asset,
                .rate = facts.rate,
                .tariff = facts.tariff,
                .replaceable = facts.replaceable,
                .fabric = facts.fabric,
                .held_since = facts.held_since,
                .held_from = facts.held_from,
                .nodes = {}};
      const auto old = known.find(pool.name());
      pool.id = old != known.end() ? old->second : Id<Pool>{++last};
      pool.nodes = nodes_of(site, facts, pool.id);
      pools.push_back(std::move(pool));
    }
  }
  return pools;
}

const Pool* find_pool(const std::vector<Pool>& pools, Id<Pool> id) {
  for (const Pool& pool : pools) {
    if (pool.id == id) return &pool;
  }
  return nullptr;
}

const Pool* find_pool(const std::vector<Pool>& pools, const std::string& name) {
  for (const Pool& pool : pools) {
    if (pool.name() == name) return &pool;
  }
  return nullptr;
}

std::string to_text(const Owner& owner) {
  return std::visit([](auto id) { return to_text(id); }, owner);
}

bool fits_empty(const Pool& pool, const Wanted& wanted) {
  if (!is_possible(wanted)) return false;
  Room room(wanted);
  for (const Node& node : pool.nodes) room.add(node.chips);
  return room.suffices();
}

}  // namespace granary
