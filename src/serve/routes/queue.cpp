// The queue and the stock as they are.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "engine/explain.h"
#include "serve/routes/routes.h"

namespace granary::routes {
namespace {

constexpr std::size_t closed_shown = 20;

Json row_of(const State& state, const Job& job, Instant now,
            const std::map<Id<Job>, Because>& followed) {
  const Json full = job_json(state, job, std::nullopt);
  const bool runs = job.claim.has_value();
  const Instant since = runs ? job.started : job.submitted;
  const Instant until = job.state == JobState::waiting || runs ? now : job.ended;
  const auto expected = followed.find(job.id);
  const Because& because = expected == followed.end() ? job.because : expected->second;
  std::string reason = sentence(state, because);
  if (expected != followed.end() && std::holds_alternative<Fits>(because)) {
    reason = "enough chips are free; its site has not started it";
  }
  if (job.state == JobState::stopping) {
    reason = "stopping: " + to_text(*job.stop_cause) +
             (job.stopped_for ? " for " + to_text(*job.stopped_for) : "");
  } else if (job.state != JobState::waiting && !runs) {
    reason = job.ended_why.empty() ? to_text(job.state) : job.ended_why;
  } else if (runs && job.request.followed) {
    reason = "as " + to_text(*job.request.followed) + ", started by its site";
  } else if (runs && job.request.inside) {
    reason = "inside " + to_text(*job.request.inside) + "; " + reason;
  }
  std::string wants;
  for (const Json& want : full["wants"])
    wants += (wants.empty() ? "" : " or ") + want.get<std::string>();
  if (runs) {
    wants = fmt::format("{} x {}", job.claim->held.size(), full["pool"].get<std::string>());
  }
  return {
      {"id", to_text(job.id)},           {"name", job.request.name}, {"what", job.request.what},
      {"payer", job.request.payer},      {"wants", wants},           {"state", to_text(job.state)},
      {"age_s", seconds(until - since)}, {"reason", reason},         {"code", code_of(because)},
      {"priority", job.request.priority}};
}

Json pool_json(const State& state, const Pool& pool, Instant now) {
  const Use use = use_of(state, pool, now);
  return {{"pool", pool.name()},
          {"chips", use.chips},
          {"busy", use.busy},
          {"reserved", use.reserved},
          {"free", use.free}};
}

}  // namespace

Use use_of(const State& state, const Pool& pool, Instant now) {
  std::map<std::pair<Id<Node>, int>, int> running, reserved;  // shares per chip
  for (const Id<Job> id : state.active) {
    const Job& job = state.jobs.at(id);
    if (!job.claim || job.claim->pool != pool.id) continue;
    for (const Held& held : job.claim->held) running[{held.node, held.chip}] += held.share;
  }
  for (const auto& [id, reservation] : state.reservations) {
    const Claim& claim = reservation.claim;
    if (!reservation.open || claim.pool != pool.id || claim.from > now || claim.until <= now) {
      continue;
    }
    for (const Held& held : claim.held) reserved[{held.node, held.chip}] += held.share;
  }
  Use use;
  use.chips = pool.chips();
  use.busy = static_cast<int>(running.size());
  for (const auto& [chip, share] : reserved) use.reserved += running.count(chip) == 0;
  use.free = use.chips - use.busy - use.reserved;
  return use;
}

Result<Json> get_queue(const Call& call) {
  const std::uint64_t entry = call.core.head().sequence;
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    Json pools = Json::array();
    for (const Pool& pool : state.configuration->pools) {
      pools.push_back(pool_json(state, pool, now));
    }
    const auto starts = estimated_starts(state, now);
    const auto followed = reasons_at_followed_sites(state, now);
    Json jobs = Json::array();
    for (const Id<Job> id : state.active) {
      if (state.jobs.at(id).claim) jobs.push_back(row_of(state, state.jobs.at(id), now, followed));
    }
    int position = 0;
    Span oldest{};
    for (const Waiting& waiting : view_of(state, now).waiting) {
      const Job& job = state.jobs.at(waiting.job);
      Json row = row_of(state, job, now, followed);
      row["position"] = ++position;
      const bool lacks_money = std::holds_alternative<FundsShort>(job.because);
      if (const auto at = starts.find(job.id); at != starts.end() && !lacks_money) {
        put(row, "start", at->second);
      }
      oldest = std::max(oldest, now - job.submitted);
      jobs.push_back(row);
    }
    std::size_t shown = 0;
    for (auto id = state.finished.rbegin(); id != state.finished.rend(); ++id) {
      if (++shown > closed_shown) break;
      jobs.push_back(row_of(state, state.jobs.at(*id), now, followed));
    }
    return Json{{"schema", "granary.queue/1"},
                {"as_of", to_text(now)},
                {"entry", entry},
                {"pools", pools},
                {"waiting", position},
                {"oldest_wait_s", seconds(oldest)},
                {"jobs", jobs}};
  });
}

namespace {
Json row_json(const TariffRow& row, const std::string& asset) {
  Json json{{"price", money(row.rate.per_chip_hour, asset)}, {"text", to_text(row, asset)}};
  if (row.from != Instant{}) put(json, "from", row.from);
  if (row.until != Instant{}) put(json, "until", row.until);
  if (row.begins != row.ends) {
    json["begins_s"] = seconds(row.begins);
    json["ends_s"] = seconds(row.ends);
  }
  if (row.of == TariffRow::For::running) json["state"] = "running";
  if (row.of == TariffRow::For::reserved) json["state"] = "reserved";
  return json;
}
}  // namespace

Result<Json> get_stock(const Call& call) {
  const std::uint64_t entry = call.core.head().sequence;
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    Json pools = Json::array();
    for (const Pool& pool : state.configuration->pools) {
      const Catalog& catalog = state.configuration->catalog;
      Json json = pool_json(state, pool, now);
      json["site"] = pool.site;
      json["operator"] = catalog.sites.at(pool.site).operated_by;
      json["chip"] = pool.chip;
      json["origin"] = to_text(catalog.chips.at(pool.chip).origin);
      json["runner"] = to_text(pool.runner);
      const Tariff tariff = pool.prices();
      const Rate running = rate_at(tariff, ChipUse::running, now);
      const Rate reserved = rate_at(tariff, ChipUse::reserved, now);
      json["price"] = money(running.per_chip_hour, pool.asset);
      if (reserved != running) json["price_reserved"] = money(reserved.per_chip_hour, pool.asset);
      for (const TariffRow& row : tariff.rows) json["tariff"].push_back(row_json(row, pool.asset));
      if (!tariff.rows.empty()) json["price_else"] = money(tariff.rate.per_chip_hour, pool.asset);
      json["replaceable"] = pool.replaceable;
      if (pool.fabric > BytesPerSecond{}) put(json, "fabric_bytes_per_s", pool.fabric.base());
      if (!pool.held_since.empty()) json["held_since"] = pool.held_since;
      if (!pool.held_from.empty()) json["held_from"] = pool.held_from;
      json["standing"] = to_text(catalog.sites.at(pool.site).standing);
      pools.push_back(json);
    }
    return Json{
        {"schema", "granary.stock/1"}, {"as_of", to_text(now)}, {"entry", entry}, {"pools", pools}};
  });
}

}  // namespace granary::routes
