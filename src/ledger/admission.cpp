#include "ledger/admission.h"

#include <fmt/core.h>

#include <limits>

namespace granary {
namespace {
constexpr Wide most = std::numeric_limits<std::int64_t>::max();

tl::unexpected<Error> broken(std::string what) {
  return fail(Error::Kind::bug, 9001, std::move(what));
}

std::string text(Wide micros) {
  const Wide within = micros > most ? most : micros < -most ? -most : micros;
  return to_grouped_text(Money{static_cast<std::int64_t>(within)});
}

bool is_closed(const Books& books, const Account& account) {
  if (account.kind != AccountClass::voucher || account.name.size() < 3) return false;
  const std::string_view name = account.name;  // "V:v-31", "V:v-31/province"
  const auto id = parse_id<Voucher>(name.substr(2, name.find('/') - 2));
  if (!id) return false;
  const auto voucher = books.vouchers.find(*id);
  return voucher != books.vouchers.end() && voucher->second.closed;
}
}  // namespace

Admission::Admission(const Books& books)
    : books_(books),
      next_hold_(books.next_hold),
      sum_debits_(books.sum_posted_debits.micros),
      sum_credits_(books.sum_posted_credits.micros) {}

void Admission::open(const Account& account) {
  Row opened;
  opened.id = account.id;
  opened.name = account.name;
  opened.asset = account.asset;
  opened.floor = account.floor();
  opened.credit_line = account.credit_line.micros;
  rows_.push_back(std::move(opened));
}

Admission::Row* Admission::row(Id<Account> id) {
  for (Row& known : rows_) {
    if (known.id == id) return &known;
  }
  const auto found = books_.accounts.find(id);
  if (found == books_.accounts.end()) return nullptr;
  const Account& account = found->second;
  rows_.push_back(Row{id, account.name, account.asset, account.floor(), is_closed(books_, account),
                      account.debits_pending.micros, account.debits_posted.micros,
                      account.credits_pending.micros, account.credits_posted.micros,
                      account.credit_line.micros});
  return &rows_.back();
}

Admission::Remainder* Admission::remainder(Id<Hold> id) {
  for (Remainder& known : remainders_) {
    if (known.hold == id) return &known;
  }
  const auto found = books_.holds.find(id);
  if (found == books_.holds.end()) return nullptr;
  const Hold& hold = found->second;
  const Wide open =
      static_cast<Wide>(hold.amount.micros) - hold.captured.micros - hold.released.micros;
  remainders_.push_back({id, hold.debit, hold.credit, open});
  return &remainders_.back();
}

Result<void> Admission::add(const Transfer& transfer) {
  if (transfer.legs.empty() || transfer.legs.size() > max_legs) {
    return broken(
        fmt::format("a transfer of {} legs; it has 1 to {}", transfer.legs.size(), max_legs));
  }
  for (const Leg& leg : transfer.legs) {
    if (auto done = add(leg); !done) return done;
  }
  return {};
}

Result<void> Admission::add(const Leg& leg) {
  if (leg.amount.micros <= 0) {
    return broken(fmt::format("a leg of {}; an amount is more than zero", text(leg.amount.micros)));
  }
  if (leg.debit == leg.credit) {
    return broken(fmt::format("a leg from account {} to itself", leg.debit.value));
  }
  Row* const debit = row(leg.debit);
  Row* const credit = row(leg.credit);
  if (debit == nullptr || credit == nullptr) {
    return broken(fmt::format("a leg names account {}, which is not open",
                              (debit == nullptr ? leg.debit : leg.credit).value));
  }
  if (debit->asset != credit->asset) {
    return broken(fmt::format("a leg from {} in {} to {} in {}; a transfer stays within one asset",
                              debit->name, debit->asset, credit->name, credit->asset));
  }
  switch (leg.kind) {
    case LegKind::post:
      if (leg.hold) return broken(fmt::format("a post names hold {}", to_text(leg.hold)));
      debit->debits_posted += leg.amount.micros;
      credit->credits_posted += leg.amount.micros;
      sum_debits_ += leg.amount.micros;
      sum_credits_ += leg.amount.micros;
      return check(*debit, *credit, leg.amount.micros);
    case LegKind::hold:
      return set_aside(leg, *debit, *credit);
    case LegKind::capture:
    case LegKind::release:
      return settle(leg, *debit, *credit);
  }
  return broken("a leg of no known kind");
}

Result<void> Admission::set_aside(const Leg& leg, Row& debit, Row& credit) {
  if (leg.hold.value != next_hold_) {
    return broken(fmt::format("a hold is to be opened as {}, the next is {}", to_text(leg.hold),
                              to_text(Id<Hold>{next_hold_})));
  }
  if (debit.closed) {
    return fail(Error::Kind::refused, 4001,
                fmt::format("{} is closed and has 0.00 left, {} is needed", debit.name,
                            text(leg.amount.micros)));
  }
  ++next_hold_;
  debit.debits_pending += leg.amount.micros;
  credit.credits_pending += leg.amount.micros;
  remainders_.push_back({leg.hold, leg.debit, leg.credit, leg.amount.micros});
  return check(debit, credit, leg.amount.micros);
}

Result<void> Admission::settle(const Leg& leg, Row& debit, Row& credit) {
  if (!leg.hold || leg.hold.value >= next_hold_) {
    return broken(fmt::format("hold {} was never opened", to_text(leg.hold)));
  }
  const bool captures = leg.kind == LegKind::capture;
  const Wide amount = leg.amount.micros;
  Remainder* const hold = remainder(leg.hold);
  // A settled hold is forgotten, here as in the books: nothing is open.
  if (hold != nullptr && hold->open > 0 &&
      (hold->debit != leg.debit || hold->credit != leg.credit)) {
    return broken(
        fmt::format("hold {} is not from {} to {}", to_text(leg.hold), debit.name, credit.name));
  }
  const Wide open = hold == nullptr ? 0 : hold->open;
  if (amount > open) {
    return fail(
        Error::Kind::refused, 4003,
        fmt::format("hold {} of {} has {} open, the {} wants {}", to_text(leg.hold), debit.name,
                    text(open), captures ? "capture" : "release", text(amount)));
  }
  if (debit.debits_pending < amount || credit.credits_pending < amount) {
    return broken(fmt::format("hold {} has {} open, but {} has {} pending and {} has {}",
                              to_text(leg.hold), text(open), debit.name, text(debit.debits_pending),
                              credit.name, text(credit.credits_pending)));
  }
  hold->open -= amount;
  debit.debits_pending -= amount;
  credit.credits_pending -= amount;
  if (!captures) return {};
  debit.debits_posted += amount;
  credit.credits_posted += amount;
  sum_debits_ += amount;
  sum_credits_ += amount;
  return check(debit, credit, amount);
}

// Pending and posted of a side together fit 64 bits, so that a hold can always be captured and
// available() never overflows.
Result<void> Admission::check(const Row& debit, const Row& credit, Wide amount) const {
  const Wide out = debit.debits_pending + debit.debits_posted;
  const Wide in = credit.credits_pending + credit.credits_posted;
  const Wide most_out = debit.credits_posted + debit.credit_line;
  if (debit.floor && out > most_out) {
    const Wide left = most_out - out + amount;
    return fail(Error::Kind::refused, 4001,
                fmt::format("{} has {} left, {} is needed (short by {})", debit.name, text(left),
                            text(amount), text(amount - left)));
  }
  if (out > most || in > most) {
    return fail(Error::Kind::refused, 4007,
                fmt::format("{} more would take {} past {}, the most an account can count",
                            text(amount), out > most ? debit.name : credit.name, text(most)));
  }
  if (sum_debits_ > most || sum_credits_ > most) {
    return fail(Error::Kind::refused, 4007,
                fmt::format("{} more would take all postings together past {}, the most the books "
                            "can count",
                            text(amount), text(most)));
  }
  return {};
}

}  // namespace granary
