#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "serve/routes/routes.h"

namespace granary::routes {
namespace {

Result<Voucher> find_voucher(const State& state, const std::string& text) {
  const auto id = parse_id<Voucher>(text);
  if (!id) return fail(id.error());
  const auto found = state.books.vouchers.find(*id);
  if (found != state.books.vouchers.end()) return found->second;
  return fail(Error::Kind::not_found, 2011, "No voucher " + to_text(*id) + ".");
}

// The voucher that the command makes, or in a dry run would make.
Result<Json> made_voucher(const Call& call, Command asked) {
  if (call.dry_run()) {
    Answer answer;
    const auto after = rehearse(call, asked, answer);
    if (!after) return fail(after.error());
    if (answer.refused) return fail(*answer.refused);
    const auto voucher = find_voucher(*after, answer.made);
    if (!voucher) return fail(voucher.error());
    Json json = voucher_json(*after, *voucher);
    json["schema"] = "granary.voucher/1";
    return json;
  }
  const auto made = command(call, std::move(asked));
  if (!made) return fail(made.error());
  const auto entry = entry_of(call);
  if (!entry) return fail(entry.error());
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    const auto voucher = find_voucher(state, *made);
    if (!voucher) return fail(voucher.error());
    Json json = voucher_json(state, *voucher);
    json["schema"] = "granary.voucher/1";
    json["entry"] = *entry;
    return json;
  });
}

}  // namespace

Json voucher_json(const State& state, const Voucher& v) {
  const Account& account = state.books.accounts.at(v.account);
  const auto programme = state.configuration->programmes.find(v.programme);
  Json json{{"id", to_text(v.id)},
            {"holder", v.holder},
            {"programme", v.programme},
            {"issuer",
             programme == state.configuration->programmes.end() ? "" : programme->second.issuer},
            {"face", money(v.face, account.asset)},
            {"balance", money(account.balance(), account.asset)},
            {"held", money(account.debits_pending, account.asset)},
            {"left", money(account.available(), account.asset)},
            {"expires", to_text(v.expires)},
            {"purposes", v.purposes},
            {"closed", v.closed}};
  if (!v.declared.empty()) json["declared"] = v.declared;
  if (v.certified) {
    json["certificate"] = {{"issuer", v.certified->issuer},
                           {"serial", v.certified->serial},
                           {"keys", v.certified->keys},
                           {"contents", to_text(v.certified->contents)}};
  }
  if (const Account* promise = find_account(state.books, "PROMISE:" + to_text(v.id))) {
    json["promised"] = money(promise->available(), promise->asset);
  }
  if (const Account* due = find_account(state.books, "DUE:" + to_text(v.id))) {
    json["due"] = money(due->available(), due->asset);
  }
  if (const Account* fund = find_account(state.books, "FUND:" + v.programme)) {
    json["fund_left"] = money(fund->available(), fund->asset);
    json["fund"] = money(fund->credits_posted, fund->asset);
  }
  return json;
}

Result<Json> get_programmes(const Call& call) {
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    Json all = Json::array();
    for (const auto& [id, p] : state.configuration->programmes) {
      const bool subsidy = p.kind == Programme::Kind::subsidy;
      Json json{{"id", id},
                {"name", p.name},
                {"kind", subsidy ? "subsidy" : "vouchers"},
                {"issuer", p.issuer},
                {"asset", p.asset},
                {"purposes", p.purposes},
                {"standing", to_text(p.standing)},
                {"source", p.source},
                {"unknown", p.unknown}};
      if (const Account* a = find_account(state.books, (subsidy ? "SUBS:" : "FUND:") + id)) {
        json["fund_left"] = money(a->available(), a->asset);
        json["fund"] = money(a->credits_posted, a->asset);
      }
      all.push_back(std::move(json));
    }
    return Json{{"schema", "granary.programmes/1"}, {"programmes", all}};
  });
}

Result<Json> get_vouchers(const Call& call) {
  const auto holder = call.query.find("holder");
  const auto forecast = call.query.find("forecast");
  Result<SpentLately> spent = SpentLately{};
  if (forecast != call.query.end()) {
    if (forecast->second != "1") {
      return fail(Error::Kind::invalid, 1005, "write forecast=1, or leave it out.");
    }
    spent = spent_lately(call);
    if (!spent) return fail(spent.error());
  }
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    Json all = Json::array();
    for (const auto& [id, v] : state.books.vouchers) {
      if (holder == call.query.end() || holder->second == v.holder) {
        all.push_back(voucher_json(state, v));
        if (forecast != call.query.end()) add_end(all.back(), state, v, *spent, now);
      }
    }
    return Json{{"schema", "granary.vouchers/1"}, {"vouchers", all}};
  });
}

Result<Json> post_voucher(const Call& call) {
  if (auto good = only(call.body, {"to", "amount", "programme", "purposes", "expires", "declared",
                                   "approved_by"});
      !good) {
    return fail(good.error());
  }
  const auto to = text(call.body, "to");
  const auto amount_text = text(call.body, "amount");
  const auto programme = text(call.body, "programme");
  const auto expires_text = text(call.body, "expires");
  for (const auto* result : {&to, &amount_text, &programme, &expires_text}) {
    if (!*result) return fail(result->error());
  }
  const auto purposes = texts(call.body, "purposes");
  if (!purposes) return fail(purposes.error());
  const auto approved_by = text_or(call.body, "approved_by", "");
  if (!approved_by) return fail(approved_by.error());
  const auto declared = texts(call.body, "declared");
  if (!declared) return fail(declared.error());
  const auto amount = parse_money(*amount_text);
  if (!amount) return fail(amount.error());
  const auto expires = parse_instant(*expires_text);
  if (!expires) return fail(expires.error());
  return made_voucher(
      call, GrantVoucher{{*programme, *to, *amount, *purposes, *expires, *declared, *approved_by}});
}

// The file as the issuer made it: {"grant":{..texts..},"signatures":[{"key":..,"signature":..}]}.
Result<Json> register_certificate(const Call& call) {
  if (auto good = only(call.body, {"grant", "signatures", "schema"}); !good) {
    return fail(good.error());
  }
  const auto grant = call.body.find("grant");
  const auto list = call.body.find("signatures");
  if (grant == call.body.end() || !grant->is_object() || list == call.body.end() ||
      !list->is_array() || list->size() > most_items) {
    return fail(Error::Kind::invalid, 1120,
                "a certificate is an object \"grant\" of texts and a list \"signatures\".",
                "send the file that granary certificate sign wrote");
  }
  SignedCertificate certificate{grant->dump(-1, ' ', false, Json::error_handler_t::replace), {}};
  for (const Json& one : *list) {
    if (!one.is_object()) {
      return fail(Error::Kind::invalid, 1120, "a signature is an object with key and signature.");
    }
    if (auto good = only(one, {"key", "signature"}); !good) return fail(good.error());
    const auto key = text(one, "key");
    const auto signature = text(one, "signature");
    if (!key) return fail(key.error());
    if (!signature) return fail(signature.error());
    certificate.signatures.push_back({*key, *signature});
  }
  return made_voucher(call, RegisterCertificate{std::move(certificate)});
}

namespace {
Result<Json> changed(const Call& call, Id<Voucher> id, Command asked) {
  const auto made = command(call, std::move(asked));
  if (!made) return fail(made.error());
  const auto entry = entry_of(call);
  if (!entry) return fail(entry.error());
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    Json json = voucher_json(state, state.books.vouchers.at(id));
    json["schema"] = "granary.voucher/1";
    json["entry"] = *entry;
    return json;
  });
}
}  // namespace

Result<Json> release_voucher(const Call& call) {
  const auto id = parse_id<Voucher>(call.id);
  if (!id) return fail(id.error());
  if (auto good = only(call.body, {}); !good) return fail(good.error());
  return changed(call, *id, ReleaseTranche{*id});
}

Result<Json> reimburse_voucher(const Call& call) {
  const auto id = parse_id<Voucher>(call.id);
  if (!id) return fail(id.error());
  if (auto good = only(call.body, {"amount", "refuse"}); !good) return fail(good.error());
  const auto given = text(call.body, "amount");
  if (!given) return fail(given.error());
  const auto amount = parse_money(*given);
  if (!amount) return fail(amount.error());
  const auto refuse = flag(call.body, "refuse");
  if (!refuse) return fail(refuse.error());
  return changed(call, *id, DecideReimbursement{{*id, *amount, !*refuse}});
}

Result<Json> voucher_statement(const Call& call) {
  std::string account;
  const auto found = look(call.core, [&](const State& state, Instant) -> Result<Json> {
    const auto v = find_voucher(state, call.id);
    if (!v) return fail(v.error());
    account = state.books.accounts.at(v->account).name;
    return Json();
  });
  if (!found) return found;
  State folded;
  auto statement = statement_of(call, account, folded);
  if (!statement) return fail(statement.error());
  const auto voucher = find_voucher(folded, call.id);
  if (!voucher) return fail(voucher.error());
  (*statement)["schema"] = "granary.statement/1";
  (*statement)["voucher"] = voucher_json(folded, *voucher);
  const auto spent = spent_lately(call);
  if (!spent) return fail(spent.error());
  return look(call.core, [&](const State& state, Instant now) -> Result<Json> {
    add_end((*statement)["voucher"], state, state.books.vouchers.at(voucher->id), *spent, now);
    return *statement;
  });
}

}  // namespace granary::routes
