// account budget, account credit and alerts: what a tenant lets itself spend, and what it is told.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/postings.h"

namespace granary::cli {
namespace {
using A = Align;

std::string shown(const Json& object, const char* key) {
  return exact_amount(object.value(key, Json()));
}

Result<Json> send(Session& session, const std::string& route, const Json& body) {
  return session.dry_run ? session.ask(route + "?dry_run=1", body) : session.post(route, body);
}

std::string entry_of(const Session& session, const Json& answer) {
  return session.dry_run ? "" : "       entry " + counted(answer, "entry");
}

Result<int> budget(Session& session) {
  const Arguments& arguments = session.arguments;
  const bool lift = arguments.has("lift");
  if (lift == arguments.has("amount")) {
    return usage("A budget has an --amount, or is lifted with --lift.",
                 "granary account budget --tenant lab --team vision --per month --amount 5000");
  }
  Json body{{"tenant", arguments.text("tenant")},
            {"team", arguments.text("team")},
            {"per", arguments.text("per", "month")},
            {"asset", arguments.text("asset", "CNY")}};
  if (lift) {
    body["lift"] = true;
  } else {
    if (auto amount = read_amount("amount", arguments.text("amount")); !amount) {
      return fail(amount.error());
    }
    body["amount"] = arguments.text("amount");
  }
  const auto answer = send(session, "/v1/budgets", body);
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  const std::string team = text_in(*answer, "team");
  const std::string whose =
      (team.empty() ? "" : "team " + team + " of ") + plain(text_in(*answer, "tenant"));
  if (lift) {
    session.print(fmt::format("{}the budget of {} per {} is lifted.{}\n",
                              session.dry_run ? "would be: " : "", whose, text_in(*answer, "per"),
                              entry_of(session, *answer)));
    return 0;
  }
  session.print(fmt::format("{}{} may spend {} {}: {} used, {} held, {} left{}.{}\n",
                            session.dry_run ? "would be: " : "", whose, shown(*answer, "amount"),
                            text_in(*answer, "per") == "ever" ? "in all" : "a month",
                            shown(*answer, "used"), shown(*answer, "held"), shown(*answer, "left"),
                            answer->contains("until") ? " of " + text_in(*answer, "window") : "",
                            entry_of(session, *answer)));
  return 0;
}

Result<int> budgets(Session& session) {
  std::string target = "/v1/budgets";
  if (session.arguments.has("tenant")) {
    target += "?tenant=" + escaped(session.arguments.text("tenant"));
  }
  const auto answer = session.get(target);
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  Table table({{"TENANT", A::left, true},
               {"TEAM"},
               {"PER"},
               {"WINDOW"},
               {"BUDGET", A::right},
               {"USED", A::right},
               {"HELD", A::right},
               {"LEFT", A::right},
               {"IN"}});
  for (const Json& one : answer->at("budgets")) {
    table.add({plain(text_in(one, "tenant")), one.contains("team") ? text_in(one, "team") : "all",
               text_in(one, "per"), text_in(one, "window"), shown(one, "amount"),
               shown(one, "used"), shown(one, "held"), shown(one, "left"),
               plain(text_in(one.value("amount", Json::object()), "asset"))});
  }
  if (table.empty()) {
    session.print("  There is no budget.\n");
  } else {
    session.print(table);
  }
  return 0;
}

Result<int> credit(Session& session) {
  const Arguments& arguments = session.arguments;
  if (auto amount = read_amount("amount", arguments.text("amount")); !amount) {
    return fail(amount.error());
  }
  const auto answer = send(session, "/v1/credit",
                           {{"tenant", arguments.text("tenant")},
                            {"amount", arguments.text("amount")},
                            {"asset", arguments.text("asset", "CNY")}});
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  session.print(
      fmt::format("{}{} has a credit line of {}: {} drawn, {} left with its own money.{}\n",
                  session.dry_run ? "would be: " : "", plain(arguments.text("tenant")),
                  answer->contains("credit_line") ? shown(*answer, "credit_line") : "0.00",
                  answer->contains("drawn") ? shown(*answer, "drawn") : "0.00",
                  shown(*answer, "left"), entry_of(session, *answer)));
  return 0;
}

Result<int> alerts(Session& session) {
  std::string target = "/v1/alerts";
  if (session.arguments.has("tenant")) {
    target += "?tenant=" + escaped(session.arguments.text("tenant"));
  }
  const auto answer = session.get(target);
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  Table table({{"AT"}, {"SINCE (UTC)"}, {"WHAT", A::left, true}});
  for (const Json& alert : answer->at("alerts")) {
    const std::string since = text_in(alert, "since");
    const std::string level = alert.contains("days")
                                  ? fmt::format("{} d", counted(alert, "days"))
                                  : fmt::format("{} %", counted(alert, "percent"));
    table.add({level, date_of(since, since), plain(text_in(alert, "sentence"))});
  }
  if (table.empty()) {
    session.print("  There is no alert.\n");
  } else {
    session.print(table);
  }
  return 0;
}

}  // namespace

std::vector<Verb> budget_verbs() {
  const Flag tenant{"tenant", "TENANT", "whose", false, true};
  const Flag asset{"asset", "ASSET", "the currency; CNY if not given"};
  const Flag only_of{"tenant", "TENANT", "only of this tenant"};
  return {
      {"account budget",
       "",
       "what a tenant or one of its teams may spend",
       {tenant,
        {"team", "TEAM", "of the tenant; else all that it pays"},
        {"per", "WINDOW", "month (calendar month, UTC) or ever; else month"},
        {"amount", "AMOUNT", "5000.00"},
        asset,
        {"lift", "", "there is no such budget any more"}},
       budget},
      {"account budgets", "", "all budgets, and what is left of them", {only_of}, budgets},
      {"account credit",
       "",
       "how much a tenant may spend before it has paid in",
       {tenant, {"amount", "AMOUNT", "10000.00; 0 ends it", false, true}, asset},
       credit},
      {"alerts", "", "what is nearly used up or expires soon, and since when", {only_of}, alerts}};
}

}  // namespace granary::cli
