// POST /v1/plans: a menu, with start times where a stock is in use.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "catalog/printable.h"
#include "cost/training.h"
#include "engine/explain.h"
#include "engine/job_file.h"
#include "serve/routes/planned.h"

namespace granary::routes {
namespace {

constexpr const char* excluded_codes[] = {
    "memory_short", "too_few_chips",     "rate_unknown", "too_slow",     "first_token_missed",
    "not_accepted", "precision_missing", "no_engine",    "token_missed", "share_not_enforced"};

Json memory_json(const Memory& m) {
  Json parts = Json::array();
  const std::pair<const char*, Bytes> all[] = {
      {"weights", m.weights},         {"gradients", m.gradients}, {"optimiser", m.optimiser},
      {"activations", m.activations}, {"kv cache", m.kv_cache},   {"context", m.context}};
  for (const auto& [name, bytes] : all) {
    if (bytes.base() > 0) parts.push_back({{"name", name}, {"bytes", bytes.base()}});
  }
  return parts;
}

void add_service(Json& json, const ServiceLevel& level) {
  put(json, "sustained_per_s", level.sustained.base());
  put(json, "headroom", level.headroom);
  put(json, "first_token_s", level.first_token.base());
  put(json, "first_token_p95_s", level.first_token_p95.likely.base());
  put(json, "first_token_p95_low_s", level.first_token_p95.low.base());
  put(json, "first_token_p95_high_s", level.first_token_p95.high.base());
  put(json, "token_p95_s", level.token_p95.likely.base());
  put(json, "token_p95_low_s", level.token_p95.low.base());
  put(json, "token_p95_high_s", level.token_p95.high.base());
  put(json, "per_million_tokens", level.million_tokens.likely);
  put(json, "per_million_tokens_low", level.million_tokens.low);
  put(json, "per_million_tokens_high", level.million_tokens.high);
}

Json option_json(const Option& option, int number, const Configuration& c) {
  const Pool& pool = *find_pool(c.pools, option.pool);
  const Chip& chip = c.catalog.chips.at(pool.chip);
  Json terms = Json::array();
  for (const Term& term : option.terms) {
    Json shown{{"name", term.name}, {"formula", term.formula}, {"source", term.source}};
    put(shown, "seconds", term.amount.base());
    terms.push_back(std::move(shown));
  }
  const ChipTime use = ChipTime::of(std::int64_t{option.chips} * whole_chip, option.duration);
  Json json{{"n", number},
            {"pool", pool.name()},
            {"site", pool.site},
            {"chip", pool.chip},
            {"chips", option.chips},
            {"layout", to_text(option.layout)},
            {"weights", to_text(option.layout.weights)},
            {"memory_per_chip_bytes", option.memory.total().base()},
            {"usable_bytes", option.usable.base()},
            {"memory", memory_json(option.memory)},
            {"duration_s", seconds(option.duration)},
            {"chip_hours", use.chip_hours()},
            {"price", money(option.price, pool.asset)},
            {"terms", terms}};
  if (chip.memory) put(json, "rated_bytes", chip.memory->value.base());
  if (option.high > Span::zero()) {
    json["low_s"] = seconds(option.low);
    json["high_s"] = seconds(option.high);
  }
  if (option.engine) {
    json["engine"] = option.engine->name;
    json["engine_source"] = option.engine->source;
    json["framework"] = to_text(option.engine->framework);
    json["cache"] = to_text(option.cache);
    json["replicas"] = option.layout.data;
    json["batch"] = option.layout.micro_batch;
  }
  if (option.service) add_service(json, *option.service);
  if (option.outputs) put(json, "output_tokens_per_s", option.outputs->base());
  return json;
}

Result<Sort> read_sort(const std::string& text) {
  if (text == "price") return Sort::price;
  if (text == "time") return Sort::time;
  if (text == "chips") return Sort::chips;
  return fail(Error::Kind::invalid, 1005,
              "--sort " + printable(text, 40) + ": use price, time or chips.");
}

// The menu's own order, but by price where that has changed with the start.
std::vector<std::size_t> order_of(const Menu& menu, Sort sort, bool frontier) {
  std::vector<std::size_t> order(menu.options.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (sort != Sort::price || frontier) return order;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return menu.options[a].price < menu.options[b].price;
  });
  return order;
}

}  // namespace

Result<Planned> planned(const Call& call) {
  if (auto good = only(call.body, {"work", "accept", "sort", "payer", "team", "limit", "frontier"});
      !good) {
    return fail(good.error());
  }
  const auto work = text_map(call.body, "work");
  const auto accept_texts = texts(call.body, "accept");
  const auto sort_text = text_or(call.body, "sort", "price");
  const auto payer = text_or(call.body, "payer", "");
  const auto team = text_or(call.body, "team", "");
  const auto limit = number_or(call.body, "limit", 12);
  const auto frontier = flag(call.body, "frontier");
  for (const auto* error :
       {work ? nullptr : &work.error(), accept_texts ? nullptr : &accept_texts.error(),
        sort_text ? nullptr : &sort_text.error(), payer ? nullptr : &payer.error(),
        team ? nullptr : &team.error(), limit ? nullptr : &limit.error(),
        frontier ? nullptr : &frontier.error()}) {
    if (error) return fail(*error);
  }
  if (*limit < 1 || *limit > 100) {
    return fail(Error::Kind::invalid, 1005,
                "\"limit\" " + std::to_string(*limit) + ": write a whole number from 1 to 100.");
  }
  const auto sort = read_sort(*sort_text);
  if (!sort) return fail(sort.error());
  const auto accepts = read_accepts(*accept_texts);
  if (!accepts) return fail(accepts.error());
  std::shared_ptr<const Configuration> c;
  Instant asked_at{};
  Result<void> known_team;
  call.core.read([&](const State& state, Instant now) {
    c = state.configuration;
    asked_at = now;
    known_team = check_team(state.books, *payer, *team);
  });
  if (!known_team) return fail(known_team.error());
  if (!c) return fail(Error::Kind::unavailable, 7006, "The stock is not configured yet.");
  auto request = read_work(*work, c->catalog);
  if (!request) return fail(request.error());
  request->accept = *accepts;
  request->sort = *sort;
  request->frontier = *frontier;
  request->limit = static_cast<std::size_t>(*limit);
  request->at = asked_at;
  auto menu = plan(*request, c->catalog, c->pools);
  if (!menu) return fail(menu.error());
  if (menu->options.empty()) return fail(nothing_fits(*request, *menu, c->catalog, c->pools));

  JobRequest asked;
  asked.payer = *payer;
  asked.team = *team;
  asked.purpose = purpose_of(request->work);
  for (const Option& option : menu->options) {
    asked.choices.push_back({option.pool, option.wanted(), option.layout, option.duration});
  }
  std::vector<Forecast> forecasts;
  Instant as_of{};
  call.core.read([&](const State& state, Instant now) {
    forecasts = forecast(state, asked, now);
    as_of = now;
  });
  // Where each could start, at the price of then.
  for (std::size_t i = 0; i < forecasts.size(); ++i) {
    const bool known = forecasts[i].span > Span(0);  // else its pool has gone meanwhile
    if (known) menu->options[i].price = forecasts[i].price;
  }
  MakeQuote quote{*payer,
                  asked.purpose,
                  describe(request->work),
                  std::holds_alternative<Serve>(request->work.what),
                  {}};
  Json options = Json::array();
  for (const std::size_t i : order_of(*menu, request->sort, request->frontier)) {
    quote.choices.push_back({asked.choices[i], forecasts[i].start.value_or(as_of)});
    Json shown = option_json(menu->options[i], static_cast<int>(options.size()) + 1, *c);
    if (forecasts[i].start) put(shown, "start", *forecasts[i].start);
    shown["start_reason"] = forecasts[i].reason;
    if (!payer->empty()) shown["fundable"] = forecasts[i].fundable;
    options.push_back(std::move(shown));
  }
  Json excluded = Json::array();
  for (const Excluded& e : menu->excluded) {
    const Pool& pool = *find_pool(c->pools, e.pool);
    excluded.push_back({{"pool", pool.name()},
                        {"chips_held", pool.chips()},
                        {"reason", to_text(e.why)},
                        {"code", excluded_codes[e.why.index()]}});
  }
  Json json{{"schema", "granary.menu/1"},
            {"work", describe(request->work)},
            {"conditions", conditions(request->work)},
            {"as_of", to_text(as_of)},
            {"asset", find_pool(c->pools, menu->options.front().pool)->asset},
            {"options", options},
            {"excluded", excluded},
            {"considered", menu->considered}};
  if (const auto* train = std::get_if<Pretrain>(&request->work.what)) {
    put(json, "flop",
        (training_flops(request->work.model, train->sequence, false) * train->tokens).base());
  } else if (const auto* tune = std::get_if<FineTune>(&request->work.what);
             tune != nullptr && tune->tuning == Tuning::full) {
    put(json, "flop",
        (training_flops(request->work.model, tune->sequence, false) * tune->tokens).base());
  }
  return Planned{std::move(json), std::move(quote)};
}

Result<Json> post_plan(const Call& call) {
  auto made = planned(call);
  if (!made) return fail(made.error());
  return std::move(made->menu);
}

}  // namespace granary::routes
