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

// What is on the accounts of that kind, of all purses of a voucher or all parts of a fund.
template <class Parts>
void add_sum(Json& json, const State& state, const char* key, const std::string& name,
             const Parts& parts) {
  Money sum;
  std::string asset;
  for (const auto& part : parts) {
    const Account* const account = find_account(state.books, name + part.suffix);
    if (account == nullptr) continue;
    sum += account->available();
    asset = account->asset;
  }
  if (!asset.empty()) json[key] = money(sum, asset);
}

void add_fund(Json& json, const State& state, const Programme& programme) {
  const bool subsidy = programme.kind == Programme::Kind::subsidy;
  const std::string name = (subsidy ? "SUBS:" : "FUND:") + programme.id;
  Money ever;
  for (const FundPart& part : fund_parts(programme)) {
    const Account* const account = find_account(state.books, name + part.suffix);
    if (account == nullptr) continue;
    ever += account->credits_posted;
    json["fund"] = money(ever, account->asset);
  }
  add_sum(json, state, "fund_left", name, fund_parts(programme));
}

// Who funds it, each with what is left of its part.
Json funders_of(const State& state, const Programme& programme) {
  Json all = Json::array();
  for (const Funder& funder : programme.funders) {
    Json one{{"issuer", funder.issuer},
             {"weight", funder.weight},
             {"fund", money(funder.fund, programme.asset)}};
    const std::string name = "FUND:" + programme.id + "/" + funder.issuer;
    if (const Account* const account = find_account(state.books, name)) {
      one["fund_left"] = money(account->available(), account->asset);
    }
    all.push_back(std::move(one));
  }
  return all;
}

Json exchange_of(const State& state, const Programme& programme) {
  Json all = Json::array();
  for (const ExchangeRate& rate : programme.exchange) {
    const Programme& from = state.configuration->programmes.at(rate.programme);
    Json one{{"programme", rate.programme},
             {"give", money(rate.give, from.asset)},
             {"get", money(rate.get, programme.asset)}};
    if (rate.from != Instant{}) one["from"] = to_text(rate.from);
    all.push_back(std::move(one));
  }
  return all;
}

Json purses_json(const State& state, const Voucher& v) {
  Json all = Json::array();
  for (const Purse& purse : v.purses) {
    const Account& account = state.books.accounts.at(purse.account);
    all.push_back({{"funder", purse.suffix.substr(1)},
                   {"account", account.name},
                   {"balance", money(account.balance(), account.asset)},
                   {"held", money(account.debits_pending, account.asset)}});
  }
  return all;
}
}  // namespace

Json voucher_json(const State& state, const Voucher& v) {
  const Account account = account_of(state.books, v);
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
  if (!v.contract.empty()) json["contract"] = v.contract;
  if (!v.purses.empty()) json["purses"] = purses_json(state, v);
  if (v.exchanged) json["exchanged_from"] = to_text(v.exchanged->from);
  add_sum(json, state, "promised", "PROMISE:" + to_text(v.id), purses_of(v));
  add_sum(json, state, "due", "DUE:" + to_text(v.id), purses_of(v));
  if (programme != state.configuration->programmes.end()) {
    add_fund(json, state, programme->second);
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
      add_fund(json, state, p);
      if (!p.funders.empty()) json["funders"] = funders_of(state, p);
      if (!p.exclusive.group.empty()) json["exclusive"] = p.exclusive.group;
      if (!p.exchange.empty()) json["exchange"] = exchange_of(state, p);
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
                                   "approved_by", "contract"});
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
  const auto contract = text_or(call.body, "contract", "");
  if (!contract) return fail(contract.error());
  const auto declared = texts(call.body, "declared");
  if (!declared) return fail(declared.error());
  const auto amount = parse_money(*amount_text);
  if (!amount) return fail(amount.error());
  const auto expires = parse_instant(*expires_text);
  if (!expires) return fail(expires.error());
  return made_voucher(call, GrantVoucher{{*programme, *to, *amount, *purposes, *expires, *declared,
                                          *approved_by, *contract}});
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

Result<Json> exchange_voucher(const Call& call) {
  const auto id = parse_id<Voucher>(call.id);
  if (!id) return fail(id.error());
  if (auto good = only(call.body, {"amount", "into", "back"}); !good) return fail(good.error());
  const auto given = text(call.body, "amount");
  const auto into = text_or(call.body, "into", "");
  const auto back = flag(call.body, "back");
  for (const auto* result : {&given, &into}) {
    if (!*result) return fail(result->error());
  }
  if (!back) return fail(back.error());
  if (*back != into->empty()) {
    return fail(Error::Kind::invalid, 1001,
                "An exchange is either into a programme or back to where the voucher came from.");
  }
  const auto amount = parse_money(*given);
  if (!amount) return fail(amount.error());
  const ExchangeVoucher asked{{*id, *amount, *into}};
  // What was got is on one voucher, what was given on the other.
  const auto show = [&](const State& state, const std::string& made) -> Result<Json> {
    const auto got = find_voucher(state, made);
    if (!got) return fail(got.error());
    Json json{{"schema", "granary.exchange/1"},
              {"got", voucher_json(state, *got)},
              {"given", voucher_json(state, state.books.vouchers.at(*id))}};
    return json;
  };
  if (call.dry_run()) {
    Answer answer;
    const auto after = rehearse(call, asked, answer);
    if (!after) return fail(after.error());
    if (answer.refused) return fail(*answer.refused);
    return show(*after, answer.made);
  }
  const auto made = command(call, asked);
  if (!made) return fail(made.error());
  const auto entry = entry_of(call);
  if (!entry) return fail(entry.error());
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    auto json = show(state, *made);
    if (json) (*json)["entry"] = *entry;
    return json;
  });
}

Result<Json> voucher_statement(const Call& call) {
  std::vector<std::string> accounts;
  const auto found = look(call.core, [&](const State& state, Instant) -> Result<Json> {
    const auto v = find_voucher(state, call.id);
    if (!v) return fail(v.error());
    for (const Purse& purse : purses_of(*v)) {
      accounts.push_back(state.books.accounts.at(purse.account).name);
    }
    return Json();
  });
  if (!found) return found;
  State folded;
  auto statement = statement_of(call, accounts, folded);
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
