#include "ledger/payments.h"

#include <fmt/core.h>

#include <algorithm>

#include "ledger/posting.h"
#include "units/text.h"

namespace granary {
namespace {
constexpr std::int64_t hundredth = 10'000;  // micro-units

struct Way {
  const char* prefix;  // of the party's account
  const char* party;   // what it is called
  bool from_bank;
  const char* memo;
};

Way way_of(Reason reason) {
  switch (reason) {
    case Reason::withdraw:
      return {"CASH:", "tenant", false, "paid back to "};
    case Reason::pay_out:
      return {"REV:", "site", false, "paid out to "};
    case Reason::settle:
      return {"CITY:", "issuer", true, "paid by "};
    default:
      return {"CASH:", "tenant", true, "paid in by "};
  }
}

// What the payment may be at most, and how that is said; nothing for money that is paid in.
struct Bound {
  Money most;
  std::string text;
};
std::optional<Bound> bound_of(const BankPayment& payment, const Account& account) {
  if (payment.reason == Reason::top_up) return std::nullopt;
  const bool issuer = payment.reason == Reason::settle;
  const Money most = issuer ? -account.balance() : account.available();
  return Bound{
      most, fmt::format("{} {} {}", payment.party, issuer ? "owes" : "has", to_grouped_text(most))};
}

// Of what has come in, and no more: a credit line is for what comes next.
void repay(const Books& books, const Account& cash, Money paid_in,
           std::vector<BooksEvent>& events) {
  const std::string tenant = cash.name.substr(cash.name.find(':') + 1);
  const Account* const owed = find_account(books, "OWED:" + tenant + "/" + cash.asset);
  if (owed == nullptr) return;
  const Money amount =
      std::min({-owed->balance(), paid_in, std::max(Money{}, cash.available() + paid_in)});
  if (amount <= Money{}) return;
  append(events, {Reason::repay,
                  {{LegKind::post, cash.id, owed->id, amount, {}}},
                  {},
                  "what " + tenant + " owed"});
}
}  // namespace

Result<std::vector<BooksEvent>> pay(const Books& books, const BankPayment& payment) {
  const Way way = way_of(payment.reason);
  const Money amount = payment.amount;
  if (amount <= Money{} || amount.micros % hundredth != 0) {
    return fail(Error::Kind::invalid, 1008,
                fmt::format("a payment of {}: a bank moves whole hundredths, and more than zero.",
                            to_grouped_text(amount)));
  }
  if (!is_currency(payment.asset)) {
    return fail(Error::Kind::invalid, 1017,
                fmt::format("\"{}\" is not a currency: a bank moves CNY, USD, ....",
                            payment.asset.substr(0, 40)));
  }
  std::vector<BooksEvent> events;
  const std::string name = way.prefix + payment.party;
  if (find_account(books, name) == nullptr && payment.reason != Reason::top_up) {
    return fail(Error::Kind::not_found, 2018,
                fmt::format("no {} \"{}\" has an account.", way.party, payment.party));
  }
  const Account party = opened(books, events, name, AccountClass::cash, payment.asset);
  if (party.asset != payment.asset) {
    return fail(Error::Kind::refused, 4024,
                fmt::format("{} counts in {}, not in {}.", name, party.asset, payment.asset));
  }
  if (const auto bound = bound_of(payment, party); bound && amount > bound->most) {
    return fail(Error::Kind::refused, 4024,
                fmt::format("{}; {} is more than that.", bound->text, to_grouped_text(amount)));
  }
  const Account bank =
      opened(books, events, "BANK:" + payment.asset, AccountClass::source, payment.asset);
  append(events, {payment.reason,
                  {{LegKind::post,
                    way.from_bank ? bank.id : party.id,
                    way.from_bank ? party.id : bank.id,
                    amount,
                    {}}},
                  {},
                  way.memo + payment.party});
  if (payment.reason == Reason::top_up) repay(books, party, amount, events);
  if (auto admitted = admit(books, events); !admitted) return fail(admitted.error());
  return events;
}

}  // namespace granary
