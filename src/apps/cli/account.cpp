// account: the books' accounts, and money that a bank has moved.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "apps/cli/postings.h"

namespace granary::cli {
namespace {
using A = Align;

Result<int> list(Session& session) {
  const auto answer = session.get("/v1/accounts");
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  Table table({{"ACCOUNT", A::left, true},
               {"CLASS"},
               {"BALANCE", A::right},
               {"HELD", A::right},
               {"LEFT", A::right},
               {"CREDIT", A::right},
               {"DRAWN", A::right},
               {"IN"}});
  for (const Json& account : answer->at("accounts")) {
    table.add({plain(text_in(account, "name")), text_in(account, "class"),
               exact_amount(account.value("balance", Json())),
               exact_amount(account.value("held", Json())),
               exact_amount(account.value("left", Json())),
               account.contains("credit_line") ? exact_amount(account.at("credit_line")) : "-",
               account.contains("drawn") ? exact_amount(account.at("drawn")) : "-",
               plain(text_in(account.value("balance", Json::object()), "asset"))});
  }
  if (table.empty()) {
    session.print("  There is no account.\n");
  } else {
    session.print(table);
  }
  return 0;
}

Result<int> statement(Session& session) {
  const auto name = only_word(session, "account");
  if (!name) return fail(name.error());
  const auto answer = session.get("/v1/accounts/statement?account=" + escaped(*name));
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  const Json& account = answer->at("account");
  session.print(fmt::format("{}: balance {}, of which {} held\n", plain(*name),
                            exact_amount(account.value("balance", Json())),
                            exact_amount(account.value("held", Json()))));
  print_postings(session, *answer, true);
  return 0;
}

Result<int> move(Session& session, const char* kind, const char* party) {
  const auto name = only_word(session, party);
  if (!name) return fail(name.error());
  const Arguments& arguments = session.arguments;
  if (auto amount = read_amount("amount", arguments.text("amount")); !amount) {
    return fail(amount.error());
  }
  const Json body{{"kind", kind},
                  {"party", *name},
                  {"amount", arguments.text("amount")},
                  {"asset", arguments.text("asset", "CNY")}};
  const auto answer = session.dry_run ? session.ask("/v1/payments?dry_run=1", body)
                                      : session.post("/v1/payments", body);
  if (!answer) return fail(answer.error());
  if (session.json) return session.print_json(*answer);
  session.print(fmt::format(
      "{}{} {}: {} has {}, of which {} held.{}\n", session.dry_run ? "would be: " : "", kind,
      exact_amount(answer->value("amount", Json())), plain(text_in(*answer, "name")),
      exact_amount(answer->value("balance", Json())), exact_amount(answer->value("held", Json())),
      session.dry_run ? "" : "       entry " + counted(*answer, "entry")));
  return 0;
}

Result<int> top_up(Session& session) { return move(session, "top-up", "tenant"); }
Result<int> withdraw(Session& session) { return move(session, "withdraw", "tenant"); }
Result<int> pay_out(Session& session) { return move(session, "pay-out", "site"); }
Result<int> settle(Session& session) { return move(session, "settle", "issuer"); }

}  // namespace

std::vector<Verb> account_verbs() {
  const std::vector<Flag> flags{{"amount", "AMOUNT", "5000.00: whole hundredths", false, true},
                                {"asset", "ASSET", "the currency; CNY if not given"}};
  return {
      {"account list", "", "every account of the books with its balance", {}, list},
      {"account statement", "NAME", "each posting of an account, with its balance", {}, statement},
      {"account top-up", "TENANT", "a tenant has paid in", flags, top_up},
      {"account withdraw", "TENANT", "a tenant has been paid back", flags, withdraw},
      {"account pay-out", "SITE", "a site has been paid what it earned", flags, pay_out},
      {"account settle", "ISSUER", "an issuer has paid for use of its vouchers", flags, settle}};
}

}  // namespace granary::cli
