// Accounts, and money that a bank has moved.
#include <array>
#include <nlohmann/json.hpp>

#include "engine/codec_names.h"
#include "serve/routes/routes.h"
#include "units/text.h"

namespace granary::routes {

// What is left includes the credit, where there is any.
Json account_json(const Account& account) {
  Json json{{"name", account.name},
            {"class", name_of(account.kind)},
            {"balance", money(account.balance(), account.asset)},
            {"held", money(account.debits_pending, account.asset)},
            {"left", money(account.spendable(), account.asset)}};
  if (account.credit_line > Money{}) {
    json["credit_line"] = money(account.credit_line, account.asset);
    json["drawn"] = money(account.drawn(), account.asset);
  }
  return json;
}

namespace {

constexpr std::array<std::pair<std::string_view, Reason>, 4> kinds{{{"top-up", Reason::top_up},
                                                                    {"withdraw", Reason::withdraw},
                                                                    {"pay-out", Reason::pay_out},
                                                                    {"settle", Reason::settle}}};

std::string account_of(const BankPayment& payment) {
  const char* const prefix = payment.reason == Reason::pay_out  ? "REV:"
                             : payment.reason == Reason::settle ? "CITY:"
                                                                : "CASH:";
  return prefix + payment.party;
}

Result<BankPayment> read_payment(const Call& call) {
  if (auto good = only(call.body, {"kind", "party", "amount", "asset"}); !good) {
    return fail(good.error());
  }
  const auto kind = text(call.body, "kind");
  const auto party = text(call.body, "party");
  const auto amount = text(call.body, "amount");
  const auto asset = text_or(call.body, "asset", "CNY");
  for (const auto* result : {&kind, &party, &amount, &asset}) {
    if (!*result) return fail(result->error());
  }
  const auto parsed = parse_amount(*amount + " " + *asset);
  if (!parsed) return fail(parsed.error());
  for (const auto& [name, reason] : kinds) {
    if (*kind == name) return BankPayment{reason, *party, parsed->money, parsed->asset};
  }
  return fail(Error::Kind::invalid, 1001,
              "\"" + kind->substr(0, 40) +
                  "\" is no kind of payment: use top-up, withdraw, pay-out or settle.");
}

}  // namespace

Result<Json> get_accounts(const Call& call) {
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    Json all = Json::array();
    for (const auto& [id, account] : state.books.accounts) all.push_back(account_json(account));
    return Json{{"schema", "granary.accounts/1"}, {"accounts", all}};
  });
}

Result<Json> post_payment(const Call& call) {
  const auto payment = read_payment(call);
  if (!payment) return fail(payment.error());
  const auto show = [&](const State& state) {
    Json json = account_json(*find_account(state.books, account_of(*payment)));
    json["schema"] = "granary.payment/1";
    json["amount"] = money(payment->amount, payment->asset);
    return json;
  };
  if (call.dry_run()) {
    Answer answer;
    const auto after = rehearse(call, MoveMoney{*payment}, answer);
    if (!after) return fail(after.error());
    if (answer.refused) return fail(*answer.refused);
    return show(*after);
  }
  const auto made = command(call, MoveMoney{*payment});
  if (!made) return fail(made.error());
  const auto entry = entry_of(call);
  if (!entry) return fail(entry.error());
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    Json json = show(state);
    json["entry"] = *entry;
    return json;
  });
}

Result<Json> account_statement(const Call& call) {
  const auto name = call.query.find("account");
  if (name == call.query.end()) {
    return fail(Error::Kind::invalid, 1001, "A statement is of an account: ?account=CASH:lab.");
  }
  State folded;
  auto statement = statement_of(call, {name->second}, folded);
  if (!statement) return fail(statement.error());
  (*statement)["schema"] = "granary.account_statement/1";
  (*statement)["account"] = account_json(*find_account(folded.books, name->second));
  return statement;
}

}  // namespace granary::routes
