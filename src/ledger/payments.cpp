#include "ledger/payments.h"

#include <fmt/core.h>

#include "ledger/admission.h"
#include "ledger/posting.h"

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

Account fresh(std::uint64_t id, std::string name, AccountClass kind, const std::string& asset) {
  Account account;
  account.id = Id<Account>{id};
  account.name = std::move(name);
  account.kind = kind;
  account.asset = asset;
  return account;
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
}  // namespace

Result<std::vector<BooksEvent>> pay(const Books& books, const BankPayment& payment) {
  const Way way = way_of(payment.reason);
  const Money amount = payment.amount;
  if (amount <= Money{} || amount.micros % hundredth != 0) {
    return fail(Error::Kind::invalid, 1008,
                fmt::format("a payment of {}: a bank moves whole hundredths, and more than zero.",
                            to_grouped_text(amount)));
  }
  if (payment.asset.size() != 3 || payment.asset[0] < 'A' || payment.asset[0] > 'Z') {
    return fail(Error::Kind::invalid, 1017,
                fmt::format("\"{}\" is not a currency: a bank moves CNY, USD, ....",
                            payment.asset.substr(0, 40)));
  }
  std::vector<BooksEvent> events;
  Admission admission(books);
  std::uint64_t next = books.next_account;
  const auto open = [&](Account account) {
    admission.open(account);
    events.push_back(Opened{account});
    ++next;
    return account.id;
  };
  const Account* const known = find_account(books, way.prefix + payment.party);
  if (known == nullptr && payment.reason != Reason::top_up) {
    return fail(Error::Kind::not_found, 2018,
                fmt::format("no {} \"{}\" has an account.", way.party, payment.party));
  }
  if (known != nullptr && known->asset != payment.asset) {
    return fail(
        Error::Kind::refused, 4024,
        fmt::format("{} counts in {}, not in {}.", known->name, known->asset, payment.asset));
  }
  if (known != nullptr) {
    if (const auto bound = bound_of(payment, *known); bound && amount > bound->most) {
      return fail(Error::Kind::refused, 4024,
                  fmt::format("{}; {} is more than that.", bound->text, to_grouped_text(amount)));
    }
  }
  const Id<Account> party =
      known != nullptr
          ? known->id
          : open(fresh(next, way.prefix + payment.party, AccountClass::cash, payment.asset));
  const std::string bank_name = "BANK:" + payment.asset;
  const Account* const bank_known = find_account(books, bank_name);
  const Id<Account> bank = bank_known != nullptr
                               ? bank_known->id
                               : open(fresh(next, bank_name, AccountClass::source, payment.asset));
  Transfer transfer{
      payment.reason,
      {{LegKind::post, way.from_bank ? bank : party, way.from_bank ? party : bank, amount, {}}},
      {},
      way.memo + payment.party};
  if (auto admitted = admission.add(transfer); !admitted) return fail(admitted.error());
  events.push_back(Posted{std::move(transfer)});
  return events;
}

}  // namespace granary
