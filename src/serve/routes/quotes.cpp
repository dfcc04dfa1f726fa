// Quotes: a menu with a price promise. POST /v1/quotes, GET /v1/quotes/{id}.
#include <nlohmann/json.hpp>

#include "engine/explain.h"
#include "serve/routes/planned.h"

namespace granary::routes {
namespace {

Json quote_json(const State& state, const Quote& quote, Instant now) {
  Json options = Json::array();
  for (const PricedChoice& option : quote.options) {
    const Choice& choice = option.choice;
    const Pool* pool = find_pool(state.configuration->pools, choice.pool);
    Json shown{{"n", options.size() + 1},
               {"pool", pool ? pool->name() : "a former pool"},
               {"chips", choice.wanted.chips},
               {"layout", to_text(choice.layout)},
               {"duration_s", seconds(choice.span)},
               {"price", money(option.price, choice.firm->asset)}};
    if (pool) shown["chip"] = pool->chip;
    put(shown, "start", option.start);
    options.push_back(std::move(shown));
  }
  Json json{{"schema", "granary.quote/1"}, {"id", to_text(quote.id)},
            {"payer", quote.payer},        {"purpose", quote.purpose},
            {"what", quote.what},          {"open", is_open(quote, now)},
            {"made", to_text(quote.made)}, {"until", to_text(quote.until)},
            {"options", options}};
  if (quote.instead_of) json["instead_of"] = to_text(*quote.instead_of);
  if (quote.taken_by) json["job"] = to_text(*quote.taken_by);
  return json;
}

Result<Json> show(Core& core, Id<Quote> id) {
  return look(core, [&](const State& state, Instant now) -> Result<Json> {
    const auto found = state.quotes.find(id);
    if (found != state.quotes.end()) return quote_json(state, found->second, now);
    return fail(Error::Kind::not_found, 2100,
                "No quote " + to_text(id) + ": there never was, or it ended too long ago.",
                "granary plan ... --payer TENANT makes one");
  });
}

// A job file's options, each where it could start.
Result<MakeQuote> of_job(const Call& call) {
  if (auto good = only(call.body, {"job"}); !good) return fail(good.error());
  const Json& job = call.body.at("job");
  if (!job.is_object()) return fail(Error::Kind::invalid, 1001, "\"job\" must be an object.");
  const auto file = read_job(job);
  if (!file) return fail(file.error());
  if (!file->quote.empty() || !file->inside.empty()) {
    return fail(Error::Kind::invalid, 1100,
                "A job of a quote, or inside a reservation, has its price already.",
                "leave out quote and inside");
  }
  std::shared_ptr<const Configuration> c;
  Instant asked_at{};
  call.core.read([&](const State& state, Instant now) {
    c = state.configuration;
    asked_at = now;
  });
  if (!c) return fail(Error::Kind::unavailable, 7006, "The stock is not configured yet.");
  auto request = to_request(*file, c->catalog, c->pools, asked_at);
  if (!request) return fail(request.error());
  MakeQuote asked{request->payer, request->purpose, request->what, request->service, {}};
  call.core.read([&](const State& state, Instant now) {
    const auto forecasts = forecast(state, *request, now);
    for (std::size_t i = 0; i < request->choices.size(); ++i) {
      asked.choices.push_back({request->choices[i], forecasts[i].start.value_or(now)});
    }
  });
  return asked;
}

}  // namespace

Result<Json> post_quote(const Call& call) {
  const auto before = answered_before(call);
  if (!before) return fail(before.error());
  if (*before) return show(call.core, *parse_id<Quote>(**before));
  Result<Planned> asked = Planned{};
  if (call.body.contains("job")) {
    const auto of = of_job(call);
    if (!of) return fail(of.error());
    asked->quote = *of;
  } else {
    asked = planned(call);
    if (!asked) return fail(asked.error());
    if (asked->quote.payer.empty()) {
      return fail(Error::Kind::invalid, 1001, "\"payer\" is missing: a quote is for one tenant.");
    }
  }
  const auto made = command(call, asked->quote);
  if (!made) return fail(made.error());
  const auto entry = entry_of(call);
  if (!entry) return fail(entry.error());
  auto json = show(call.core, *parse_id<Quote>(*made));
  if (!json) return json;
  (*json)["entry"] = *entry;
  if (asked->menu.is_null()) return json;
  // At the prices that were promised: the tariff may have changed since it was planned.
  for (std::size_t i = 0; i < asked->menu["options"].size(); ++i) {
    asked->menu["options"][i]["price"] = json->at("options").at(i).at("price");
  }
  (*json)["menu"] = std::move(asked->menu);
  return json;
}

Result<Json> get_quote(const Call& call) {
  const auto id = parse_id<Quote>(call.id);
  if (!id) return fail(id.error());
  return show(call.core, *id);
}

}  // namespace granary::routes
