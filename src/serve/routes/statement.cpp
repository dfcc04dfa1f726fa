// Every posting of an account, or of those of one voucher, from the first entry.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "engine/codec_names.h"
#include "serve/routes/routes.h"

namespace granary::routes {
namespace {
constexpr std::size_t page = 200;  // entries read at once

// The other side of a leg: for a voucher the site it paid, for a site who paid it.
std::string other_side(const Books& books, const Leg& leg, const Account& account) {
  const Id<Account> other = leg.debit == account.id ? leg.credit : leg.debit;
  return books.accounts.at(other).name;
}

// What is on accounts together.
struct Together {
  Money balance, held;
};
Together together(const Books& books, const std::vector<std::string>& names) {
  Together all;
  for (const std::string& name : names) {
    const Account* const one = find_account(books, name);
    if (one == nullptr) continue;
    all.balance += one->balance();
    all.held += one->debits_pending;
  }
  return all;
}

// One leg as the owner of the account sees it.
Json line_of(const Books& books, const Entry& entry, const Transfer& transfer, const Leg& leg,
             const Account& account, const Together& all) {
  Json line{{"at", to_text(entry.at)},
            {"entry", entry.sequence},
            {"reason", name_of(transfer.reason)},
            {"owner", transfer.owner},
            {"memo", transfer.memo},
            {"with", other_side(books, leg, account)},
            {"balance", money(all.balance, account.asset)},
            {"held", money(all.held, account.asset)}};
  const bool moves = leg.kind == LegKind::post || leg.kind == LegKind::capture;
  if (moves) line[leg.debit == account.id ? "debit" : "credit"] = money(leg.amount, account.asset);
  return line;
}

// Folds the transfer leg by leg, so that each line shows the balance after its own leg.
void add_lines(Books& books, const Entry& entry, const Transfer& transfer,
               const std::vector<std::string>& names, Json& lines) {
  for (const Leg& leg : transfer.legs) {
    Transfer one = transfer;
    one.legs = {leg};
    evolve(books, Posted{one});
    for (const std::string& name : names) {
      const Account* const account = find_account(books, name);
      if (account == nullptr || (leg.debit != account->id && leg.credit != account->id)) continue;
      lines.push_back(line_of(books, entry, transfer, leg, *account, together(books, names)));
      if (names.size() > 1) lines.back()["account"] = name;
    }
  }
}

void fold(Books& books, const Entry& entry, const std::vector<std::string>& names, Json& lines) {
  for (const Event& event : entry.events) {
    if (const auto* posted = std::get_if<Posted>(&event)) {
      add_lines(books, entry, posted->transfer, names, lines);
      continue;
    }
    std::visit(
        [&](const auto& one) {
          if constexpr (requires { evolve(books, one); }) evolve(books, one);
        },
        event);
  }
}
}  // namespace

Result<Json> statement_of(const Call& call, const std::vector<std::string>& accounts,
                          State& folded) {
  const auto looked = look(call.core, [&](const State& state, Instant) -> Result<Json> {
    folded.configuration = state.configuration;
    return Json();
  });
  if (!looked) return fail(looked.error());
  const std::uint64_t head = call.core.head().sequence;
  Json lines = Json::array();
  std::uint64_t last = 0;
  Hash chain;
  while (last < head) {
    const auto entries = call.core.entries(last, page);
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& entry : *entries) {
      fold(folded.books, entry, accounts, lines);
      last = entry.sequence;
      chain = entry.chain;
    }
  }
  const Books& books = folded.books;
  if (auto good = audit(books); !good) return fail(good.error());
  const Account* const found = find_account(books, accounts.front());
  if (found == nullptr) {
    return fail(Error::Kind::not_found, 2018, "There is no account \"" + accounts.front() + "\".",
                "granary account list");
  }
  return Json{{"lines", std::move(lines)},
              {"books",
               {{"legs", books.legs},
                {"sum", money(books.sum_posted_debits - books.sum_posted_credits, found->asset)},
                {"chain_head", to_text(chain)},
                {"entries", last},
                {"balanced", true}}}};
}

}  // namespace granary::routes
