// What a document about a site and its pools must say.
#include <fmt/core.h>

#include "catalog/parse.h"
#include "catalog/printable.h"
#include "units/text.h"

namespace granary {
namespace {
using Type = TomlNode::Type;

constexpr Money largest_price = Money::units(1'000'000);

// 1 Gbit/s to 100 Tbit/s: whole systems of 8 chips have 3.2 Tbit/s.
constexpr BytesPerSecond slowest_fabric{0.125e9}, fastest_fabric{12.5e12};

BytesPerSecond read_fabric(Reader& reader) {
  const std::string text = reader.text("fabric", "\"400 Gbit/s\"");
  const Result<BytesPerSecond> rate = parse_bytes_per_second(text);
  if (!rate) {
    reader.report(1024, "fabric", rate.error().what,
                  "write fabric = \"400 Gbit/s\" or \"50 GB/s\"");
  } else if (*rate < slowest_fabric || *rate > fastest_fabric) {
    reader.report(1028, "fabric",
                  fmt::format("{} is outside 1 Gbit/s to 100 Tbit/s.", printable(text)),
                  "say what one node sends, in one direction");
  } else {
    return *rate;
  }
  return {};
}

PoolFacts read_pool(Reading& reading, const TomlNode& table, const std::string& asset) {
  Reader reader(reading, table, "pools.", "a pool",
                {"chip", "nodes", "chips_per_node", "price", "replaceable", "held_since",
                 "held_from", "fabric"});
  PoolFacts pool;
  pool.chip = reader.text("chip", "\"a800-sxm-80\"");
  if (!reading.catalog.chips.contains(pool.chip)) {
    reader.report(1029, "chip",
                  fmt::format("no chip \"{}\" is described.{}", printable(pool.chip),
                              hint(pool.chip, names(reading.catalog.chips))),
                  "use the id of a file in chips/, or add one");
  }
  pool.nodes = reader.whole("nodes", 1, 1'000'000);
  pool.chips_per_node = reader.whole("chips_per_node", 1, 1'000);
  const std::string text = reader.text("price", "\"12.00 CNY per chip-hour\"");
  const Result<PricedRate> price = parse_price(text);
  if (!price) {
    const bool negative = text.starts_with('-');
    reader.report(negative ? 1028 : 1024, "price",
                  negative ? "a price is not negative." : price.error().what,
                  "write price = \"12.00 CNY per chip-hour\"");
  } else if (price->asset != asset) {
    reader.report(1024, "price",
                  fmt::format("is in {}, the site's asset is {}.", price->asset, asset),
                  "a site has one asset; correct one of the two");
  } else if (price->rate.per_chip_hour > largest_price) {
    reader.report(1028, "price", "is above 1000000 per chip-hour.", "check the figure");
  } else {
    pool.rate = price->rate;
  }
  pool.replaceable = reader.flag("replaceable");
  if (reader.has("held_since")) pool.held_since = reader.date("held_since");
  if (reader.has("held_from")) pool.held_from = reader.text("held_from", "\"a reseller in ...\"");
  if (reader.has("fabric")) pool.fabric = read_fabric(reader);
  return pool;
}

void read_pools(Reading& reading, Reader& reader, const TomlNode& list, Site& site) {
  std::map<std::string, std::uint32_t> seen;
  for (const TomlNode& node : list.items) {
    if (node.type != Type::table) {
      reader.report(1026, "pools", "must hold tables.", "write [[pools]] with chip, nodes, ...");
      return;
    }
    site.pools.push_back(read_pool(reading, node, site.asset));
    const std::string& chip = site.pools.back().chip;
    const auto [first, fresh] = seen.emplace(chip, node.line);
    if (!fresh) {
      reading.report(1025, node.line,
                     fmt::format("pool {}/{} is described twice, first in line {}.", site.id, chip,
                                 first->second),
                     "add their nodes together");
    }
  }
  if (list.items.empty()) {
    reader.report(1022, "pools", "a site has at least one pool.",
                  "write [[pools]] with chip, nodes, ...");
  }
}

}  // namespace

void read_site(Reading& reading, const TomlNode& root, Catalog& into) {
  Reader reader(reading, root, "", "a site",
                {"id", "name", "operator", "runner", "asset", "standing", "source", "pools"});
  Site site;
  site.id = reader.id();
  site.name = reader.text("name", "\"Guian\"");
  site.operated_by = reader.has("operator") ? reader.id("operator", "\"west-computing\"") : site.id;
  site.runner = static_cast<Runner>(reader.word("runner", {"local", "simulated"}));
  site.asset = reader.text("asset", "\"CNY\"");
  if (!is_currency(site.asset)) {
    reader.report(1026, "asset", "must be three capital letters.", "write asset = \"CNY\"");
  }
  site.standing = reader.standing();
  site.source = reader.source();
  const TomlNode* const pools =
      reader.required("pools", Type::list, "a list: [[pools]] with chip, nodes, ...");
  if (pools != nullptr) read_pools(reading, reader, *pools, site);
  keep(reading, reader, std::move(site), into.sites, "site");
}

}  // namespace granary
