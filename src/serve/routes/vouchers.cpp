#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "serve/routes/routes.h"

namespace granary::routes {
namespace {

constexpr std::size_t page = 200;  // entries read at once

const char* reason_name(Reason reason) {
  static constexpr const char* names[] = {"appropriate", "grant",  "hold",  "capture",
                                          "release",     "refund", "expire"};
  return names[static_cast<int>(reason)];
}

Result<Voucher> find_voucher(const State& state, const std::string& text) {
  const auto id = parse_id<Voucher>(text);
  if (!id) return fail(id.error());
  const auto found = state.books.vouchers.find(*id);
  if (found != state.books.vouchers.end()) return found->second;
  return fail(Error::Kind::not_found, 2011, "No voucher " + to_text(*id) + ".");
}

// One leg as the voucher's holder sees it.
Json line_of(const Entry& entry, const Transfer& transfer, const Leg& leg, const Account& account,
             const std::string& asset) {
  Json line{{"at", to_text(entry.at)},
            {"entry", entry.sequence},
            {"reason", reason_name(transfer.reason)},
            {"owner", transfer.owner},
            {"memo", transfer.memo},
            {"balance", money(account.balance(), asset)},
            {"held", money(account.debits_pending, asset)}};
  const bool moves = leg.kind == LegKind::post || leg.kind == LegKind::capture;
  if (moves) line[leg.debit == account.id ? "debit" : "credit"] = money(leg.amount, asset);
  return line;
}

// Folds the transfer leg by leg, so that each line shows the balance after its own leg.
void add_lines(Books& books, const Entry& entry, const Transfer& transfer, Id<Account> account,
               Json& lines) {
  for (const Leg& leg : transfer.legs) {
    Transfer one = transfer;
    one.legs = {leg};
    evolve(books, Posted{one});
    if (leg.debit != account && leg.credit != account) continue;
    const Account& now = books.accounts.at(account);
    lines.push_back(line_of(entry, transfer, leg, now, now.asset));
  }
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
  if (const Account* fund = find_account(state.books, "FUND:" + v.programme)) {
    json["fund_left"] = money(fund->available(), fund->asset);
    json["fund"] = money(fund->credits_posted, fund->asset);
  }
  return json;
}

Result<Json> get_vouchers(const Call& call) {
  const auto holder = call.query.find("holder");
  return look(call.core, [&](const State& state, Instant) -> Result<Json> {
    Json all = Json::array();
    for (const auto& [id, v] : state.books.vouchers) {
      if (holder == call.query.end() || holder->second == v.holder) {
        all.push_back(voucher_json(state, v));
      }
    }
    return Json{{"schema", "granary.vouchers/1"}, {"vouchers", all}};
  });
}

Result<Json> post_voucher(const Call& call) {
  if (auto good = only(call.body, {"to", "amount", "programme", "purposes", "expires"}); !good) {
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
  const auto amount = parse_money(*amount_text);
  if (!amount) return fail(amount.error());
  const auto expires = parse_instant(*expires_text);
  if (!expires) return fail(expires.error());
  const Grant wanted{*programme, *to, *amount, *purposes, *expires};
  if (call.dry_run()) {
    Answer answer;
    const auto after = rehearse(call, GrantVoucher{wanted}, answer);
    if (!after) return fail(after.error());
    if (answer.refused) return fail(*answer.refused);
    const auto voucher = find_voucher(*after, answer.made);
    if (!voucher) return fail(voucher.error());
    Json json = voucher_json(*after, *voucher);
    json["schema"] = "granary.voucher/1";
    return json;
  }
  const auto made = command(call, GrantVoucher{wanted});
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

Result<Json> voucher_statement(const Call& call) {
  Id<Account> account;
  State folded;  // its books only: the voucher is shown as of the last line
  Books& books = folded.books;
  const auto found = look(call.core, [&](const State& state, Instant) -> Result<Json> {
    const auto v = find_voucher(state, call.id);
    if (!v) return fail(v.error());
    account = v->account;
    folded.configuration = state.configuration;
    return Json();
  });
  if (!found) return found;
  const std::uint64_t head = call.core.head().sequence;  // has the voucher
  Json lines = Json::array();
  std::uint64_t last = 0;
  Hash chain;
  while (last < head) {
    const auto entries = call.core.entries(last, page);
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& entry : *entries) {
      for (const Event& event : entry.events) {
        if (const auto* posted = std::get_if<Posted>(&event)) {
          add_lines(books, entry, posted->transfer, account, lines);
        } else if (const auto* opened = std::get_if<Opened>(&event)) {
          evolve(books, *opened);
        } else if (const auto* granted = std::get_if<Granted>(&event)) {
          evolve(books, *granted);
        } else if (const auto* closed = std::get_if<Closed>(&event)) {
          evolve(books, *closed);
        }
      }
      last = entry.sequence;
      chain = entry.chain;
    }
  }
  if (auto good = audit(books); !good) return fail(good.error());
  const auto voucher = find_voucher(folded, call.id);
  if (!voucher) return fail(voucher.error());
  const std::string& asset = books.accounts.at(account).asset;
  return Json{{"schema", "granary.statement/1"},
              {"voucher", voucher_json(folded, *voucher)},
              {"lines", lines},
              {"books",
               {{"legs", books.legs},
                {"sum", money(books.sum_posted_debits - books.sum_posted_credits, asset)},
                {"chain_head", to_text(chain)},
                {"entries", last},
                {"balanced", true}}}};
}

}  // namespace granary::routes
