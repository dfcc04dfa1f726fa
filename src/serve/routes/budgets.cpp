// Budgets of teams, credit lines of tenants, and alerts.
#include "ledger/budgets.h"

#include <nlohmann/json.hpp>

#include "engine/alerts.h"
#include "engine/codec_names.h"
#include "serve/routes/routes.h"
#include "units/text.h"

namespace granary::routes {
namespace {

Json budget_json(const Books& books, const BudgetKey& key, Instant now) {
  const BudgetView view = budget_at(books, key, now);
  Json json{{"tenant", view.tenant},
            {"per", name_of(std::get<3>(key))},
            {"window", view.window},
            {"amount", money(view.amount.value_or(Money{}), view.asset)},
            {"used", money(view.used, view.asset)},
            {"held", money(view.held, view.asset)},
            {"left", money(view.left, view.asset)}};
  if (!view.team.empty()) json["team"] = view.team;
  if (view.until) put(json, "until", *view.until);
  return json;
}

Result<Budget> read_budget(const Call& call) {
  if (auto good = only(call.body, {"tenant", "team", "per", "amount", "asset", "lift"}); !good) {
    return fail(good.error());
  }
  const auto tenant = text(call.body, "tenant");
  const auto team = text_or(call.body, "team", "");
  const auto per = text_or(call.body, "per", "month");
  const auto asset = text_or(call.body, "asset", "CNY");
  const auto lift = flag(call.body, "lift");
  if (!lift) return fail(lift.error());
  const auto amount = *lift ? text_or(call.body, "amount", "0") : text(call.body, "amount");
  for (const auto* result : {&tenant, &team, &per, &asset, &amount}) {
    if (!*result) return fail(result->error());
  }
  if (*per != "month" && *per != "ever") {
    return fail(Error::Kind::invalid, 1001,
                "\"" + per->substr(0, 40) + "\" is no window of a budget: use month or ever.");
  }
  if (*lift && call.body.contains("amount")) {
    return fail(Error::Kind::invalid, 1001, "A budget is lifted or has an amount, not both.");
  }
  const auto parsed = parse_money(*amount);
  if (!parsed) return fail(parsed.error());
  Budget budget{*tenant, *team, *asset, *per == "month" ? Budget::Per::month : Budget::Per::ever,
                *parsed};
  if (*lift) budget.amount.reset();
  return budget;
}

// What the command leads to, shown from the state after it: of a dry run, of a copy.
Result<Json> carried_out(const Call& call, const Command& asked,
                         const std::function<Json(const State&, Instant)>& show) {
  if (call.dry_run()) {
    Answer answer;
    const auto after = rehearse(call, asked, answer);
    if (!after) return fail(after.error());
    if (answer.refused) return fail(*answer.refused);
    return show(*after, answer.at);
  }
  const auto made = command(call, asked);
  if (!made) return fail(made.error());
  const auto entry = entry_of(call);
  if (!entry) return fail(entry.error());
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    Json json = show(state, now);
    json["entry"] = *entry;
    return json;
  });
}

}  // namespace

Result<Json> get_budgets(const Call& call) {
  const auto tenant = call.query.find("tenant");
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    Json all = Json::array();
    for (const auto& [key, amount] : state.books.budgets) {
      if (tenant != call.query.end() && tenant->second != std::get<0>(key)) continue;
      all.push_back(budget_json(state.books, key, now));
    }
    return Json{{"schema", "granary.budgets/1"}, {"budgets", all}};
  });
}

Result<Json> post_budget(const Call& call) {
  const auto budget = read_budget(call);
  if (!budget) return fail(budget.error());
  const BudgetKey key{budget->tenant, budget->team, budget->asset, budget->per};
  return carried_out(call, SetBudget{*budget}, [&](const State& state, Instant now) {
    Json json = budget_json(state.books, key, now);
    json["schema"] = "granary.budget/1";
    json["lifted"] = !budget->amount;
    return json;
  });
}

Result<Json> post_credit(const Call& call) {
  if (auto good = only(call.body, {"tenant", "amount", "asset"}); !good) return fail(good.error());
  const auto tenant = text(call.body, "tenant");
  const auto amount = text(call.body, "amount");
  const auto asset = text_or(call.body, "asset", "CNY");
  for (const auto* result : {&tenant, &amount, &asset}) {
    if (!*result) return fail(result->error());
  }
  const auto line = parse_money(*amount);
  if (!line) return fail(line.error());
  return carried_out(call, SetCreditLine{{*tenant, *asset, *line}},
                     [&](const State& state, Instant) {
                       Json json = account_json(*find_account(state.books, "CASH:" + *tenant));
                       json["schema"] = "granary.credit/1";
                       return json;
                     });
}

Result<Json> get_alerts(const Call& call) {
  const auto tenant = call.query.find("tenant");
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    Json all = Json::array();
    for (const AlertView& view : alerts_in_force(state, now)) {
      if (tenant != call.query.end() && tenant->second != view.tenant) continue;
      const bool days = view.alert.kind == Alert::Kind::voucher_expires;
      Json json{{"kind", name_of(view.alert.kind)},
                {"subject", view.alert.subject},
                {"tenant", view.tenant},
                {days ? "days" : "percent", view.alert.level},
                {"since", to_text(view.alert.since)},
                {"used", money(view.used, view.asset)},
                {"of", money(view.of, view.asset)},
                {"held", money(view.held, view.asset)},
                {"left", money(view.left, view.asset)},
                {"sentence", view.sentence}};
      if (!view.alert.window.empty()) json["window"] = view.alert.window;
      if (view.until) put(json, "until", *view.until);
      all.push_back(std::move(json));
    }
    return Json{{"schema", "granary.alerts/1"}, {"as_of", to_text(now)}, {"alerts", all}};
  });
}

}  // namespace granary::routes
