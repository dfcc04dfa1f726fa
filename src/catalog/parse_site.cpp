// What a document about a site and its pools must say.
#include <fmt/core.h>

#include <optional>
#include <set>

#include "catalog/parse.h"
#include "catalog/printable.h"
#include "units/node_list.h"
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

// The price of a pool or of a row of its tariff, in the site's asset.
Rate read_price(Reader& reader, const std::string& asset) {
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
    return price->rate;
  }
  return {};
}

// "22:00": hours and minutes since midnight; "24:00" is the next midnight.
std::optional<Span> parse_time_of_day(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] - '0'; };
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0U, 1U, 3U, 4U}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hours = digit(0) * 10 + digit(1), minutes = digit(3) * 10 + digit(4);
  if (hours > 24 || minutes > 59 || (hours == 24 && minutes > 0)) return std::nullopt;
  return std::chrono::hours(hours) + std::chrono::minutes(minutes);
}

void read_hours(Reader& reader, TariffRow& row) {
  const std::string text = reader.text("hours", "\"22:00..06:00\"");
  const std::size_t dots = text.find("..");
  const auto begins = parse_time_of_day(std::string_view(text).substr(0, dots));
  const auto ends = dots == std::string::npos
                        ? std::nullopt
                        : parse_time_of_day(std::string_view(text).substr(dots + 2));
  constexpr Span day = std::chrono::hours(24);
  if (!begins || !ends || *begins == day || *begins == *ends % day) {
    reader.report(1102, "hours",
                  fmt::format("\"{}\" is not a part of the day.", printable(text, 40)),
                  "write hours = \"22:00..06:00\", UTC; leave it out for all day");
    return;
  }
  row.begins = *begins;
  row.ends = *ends % day;  // "18:00..24:00" ends where the day begins
}

Instant read_day(Reader& reader, std::string_view key) {
  const std::string text = reader.date(key);
  const auto day = parse_instant(text);
  if (text.empty() || (day && text.size() == 10)) return day.value_or(Instant{});
  reader.report(1102, key, fmt::format("\"{}\" is not a day.", printable(text, 40)),
                "write a whole date: \"2026-12-01\"");
  return {};
}

// What a program that fails has for nothing.
Span read_free_if_failed(Reader& reader) {
  const std::string text = reader.text("free_if_failed", "\"10 min\"");
  const Result<Span> span = parse_span(text);
  if (!span) {
    reader.report(1024, "free_if_failed", span.error().what, "write free_if_failed = \"10 min\"");
  } else if (*span <= Span(0) || *span > std::chrono::hours(24)) {
    reader.report(1028, "free_if_failed",
                  fmt::format("{} is outside 1 ms to 24 h.", printable(text)),
                  "leave it out where nothing is free");
  } else {
    return *span;
  }
  return {};
}

TariffRow read_row(Reading& reading, const TomlNode& table, const std::string& asset) {
  Reader reader(reading, table, "tariff.", "a row of a tariff",
                {"price", "from", "until", "hours", "state"});
  TariffRow row;
  row.rate = read_price(reader, asset);
  if (reader.has("from")) row.from = read_day(reader, "from");
  if (reader.has("until")) row.until = read_day(reader, "until");
  if (row.from != Instant{} && row.until != Instant{} && row.until <= row.from) {
    reader.report(1102, "until", "is not after from: the row would never hold.",
                  "correct one of the two dates");
  }
  if (reader.has("hours")) read_hours(reader, row);
  if (reader.has("state")) {
    const bool running = reader.word("state", {"running", "reserved"}) == 0;
    row.of = running ? TariffRow::For::running : TariffRow::For::reserved;
  }
  return row;
}

void read_tariff(Reading& reading, Reader& reader, const std::string& asset, PoolFacts& pool) {
  const TomlNode* const list =
      reader.required("tariff", Type::list, "a list: [[pools.tariff]] with price, hours, ...");
  if (list == nullptr) return;
  if (list->items.size() > most_tariff_rows) {
    reader.report(1102, "tariff",
                  fmt::format("has {} rows; at most {}.", list->items.size(), most_tariff_rows),
                  "leave out rows that have ended");
    return;
  }
  for (const TomlNode& node : list->items) {
    if (node.type != Type::table) {
      reader.report(1026, "tariff", "must hold tables.",
                    "write [[pools.tariff]] with price, hours, ...");
      return;
    }
    pool.tariff.push_back(read_row(reading, node, asset));
  }
}

bool has_slurm(Runner runner) { return runner == Runner::followed || runner == Runner::slurm; }

// A key that only sites of some runners have.
void only_of(Reader& reader, const char* key, Runner runner, const char* runners) {
  // A site that is simulated may say what it says when it is none.
  if (!reader.has(key) || runner == Runner::simulated) return;
  reader.report(1021, key, fmt::format("is of a site whose runner is {}.", runners),
                "correct the runner, or leave it out");
}
constexpr const char* either = "followed or slurm";

std::vector<std::string> read_node_names(Reader& reader, int nodes) {
  const std::string list = reader.text("node_names", "\"a800-[1-4]\"", 4'000);
  if (list.empty()) return {};
  const auto names = expand_nodes(list, 1'000'000);
  if (!names) {
    reader.report(1026, "node_names", names.error().what, names.error().fix);
    return {};
  }
  const std::set<std::string> different(names->begin(), names->end());
  if (different.size() != names->size() || names->size() != static_cast<std::size_t>(nodes)) {
    reader.report(1026, "node_names",
                  fmt::format("names {} nodes; nodes = {}.", different.size(), nodes),
                  "name each node of the pool once");
  }
  return *names;
}

PoolFacts read_pool(Reading& reading, const TomlNode& table, const std::string& asset,
                    Runner runner) {
  Reader reader(reading, table, "pools.", "a pool",
                {"chip", "nodes", "chips_per_node", "price", "replaceable", "held_since",
                 "held_from", "fabric", "tariff", "gres", "node_names"});
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
  pool.rate = read_price(reader, asset);
  if (reader.has("tariff")) read_tariff(reading, reader, asset, pool);
  pool.replaceable = reader.flag("replaceable");
  if (reader.has("held_since")) pool.held_since = reader.date("held_since");
  if (reader.has("held_from")) pool.held_from = reader.text("held_from", "\"a reseller in ...\"");
  if (reader.has("fabric")) pool.fabric = read_fabric(reader);
  if (has_slurm(runner)) {
    pool.gres = reader.text("gres", "\"a800\"", 63);
    pool.node_names = read_node_names(reader, pool.nodes);
  } else {
    for (const char* const key : {"gres", "node_names"}) only_of(reader, key, runner, either);
  }
  return pool;
}

void read_pools(Reading& reading, Reader& reader, const TomlNode& list, Site& site) {
  std::map<std::string, std::uint32_t> seen;
  for (const TomlNode& node : list.items) {
    if (node.type != Type::table) {
      reader.report(1026, "pools", "must hold tables.", "write [[pools]] with chip, nodes, ...");
      return;
    }
    site.pools.push_back(read_pool(reading, node, site.asset, site.runner));
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

void read_accounts(Reading& reading, Reader& reader, Site& site) {
  const TomlNode* const list =
      reader.required("accounts", Type::list, "a list: [[accounts]] with account, tenant, ...");
  if (list == nullptr) return;
  std::set<std::string> seen;
  for (const TomlNode& node : list->items) {
    if (node.type != Type::table) {
      reader.report(1026, "accounts", "must hold tables.",
                    "write [[accounts]] with account, tenant, ...");
      return;
    }
    Reader one(reading, node, "accounts.", "an account of the site",
               {"account", "tenant", "team", "purpose"});
    SiteAccount account;
    account.account = one.text("account", "\"nlp\"", 63);
    account.tenant = one.id("tenant", "\"lab\"");
    if (one.has("team")) account.team = one.id("team", "\"nlp\"");
    static const Keys purposes{"pretrain", "finetune", "serve", "run"};
    account.purpose = one.has("purpose") ? purposes[one.word("purpose", purposes)] : "run";
    if (!seen.insert(account.account).second) {
      one.report(1025, "account", fmt::format("{} is named twice.", account.account),
                 "say once who pays for it");
    }
    site.accounts.push_back(std::move(account));
  }
}

}  // namespace

void read_site(Reading& reading, const TomlNode& root, Catalog& into) {
  Reader reader(reading, root, "", "a site",
                {"id", "name", "operator", "runner", "asset", "standing", "source",
                 "free_if_failed", "pools", "cluster", "accounts", "account", "partition"});
  Site site;
  site.id = reader.id();
  site.name = reader.text("name", "\"Guian\"");
  site.operated_by = reader.has("operator") ? reader.id("operator", "\"west-computing\"") : site.id;
  site.runner =
      static_cast<Runner>(reader.word("runner", {"local", "simulated", "followed", "slurm"}));
  site.asset = reader.text("asset", "\"CNY\"");
  if (!is_currency(site.asset)) {
    reader.report(1026, "asset", "must be three capital letters.", "write asset = \"CNY\"");
  }
  site.standing = reader.standing();
  site.source = reader.source();
  if (reader.has("free_if_failed")) site.free_if_failed = read_free_if_failed(reader);
  if (has_slurm(site.runner)) {
    site.cluster = reader.text("cluster", "\"east\"", 40);
  } else {
    only_of(reader, "cluster", site.runner, either);
  }
  if (site.runner != Runner::followed) {
    only_of(reader, "accounts", site.runner, "followed");
  } else if (reader.has("accounts")) {
    read_accounts(reading, reader, site);
  }
  for (const auto& [key, text] :
       {std::pair{"account", &site.account}, std::pair{"partition", &site.partition}}) {
    if (site.runner != Runner::slurm) {
      only_of(reader, key, site.runner, "slurm");
    } else if (reader.has(key)) {
      *text = reader.text(key, "\"research\"", 63);
    }
  }
  const TomlNode* const pools =
      reader.required("pools", Type::list, "a list: [[pools]] with chip, nodes, ...");
  if (pools != nullptr) read_pools(reading, reader, *pools, site);
  keep(reading, reader, std::move(site), into.sites, "site");
}

}  // namespace granary
