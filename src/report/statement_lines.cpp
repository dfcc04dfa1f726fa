#include "report/statement_lines.h"

namespace granary {
namespace {

// "v-3" of V:v-3, V:v-3/<funder>, DUE:v-3 and PROMISE:v-3.
std::string subject_of(const Account& account) {
  const std::string rest = account.name.substr(account.name.find(':') + 1);
  return rest.substr(0, rest.find('/'));
}

bool moves(const Leg& leg) { return leg.kind == LegKind::post || leg.kind == LegKind::capture; }

}  // namespace

StatementFold::StatementFold(StatementOf of, const Period& period)
    : of_(std::move(of)), period_(period) {}

bool StatementFold::is_of(const State& state, const Account& account) const {
  const auto origin = money_.origins().find(account.id);
  const bool from_programme = origin != money_.origins().end();
  switch (of_.kind) {
    case StatementOf::Kind::tenant: {
      if (account.kind == AccountClass::cash || account.kind == AccountClass::owed) {
        return subject_of(account) == of_.name;
      }
      if (account.kind != AccountClass::voucher && account.kind != AccountClass::due) return false;
      const auto id = parse_id<Voucher>(subject_of(account));
      const auto voucher = id ? state.books.vouchers.find(*id) : state.books.vouchers.end();
      return voucher != state.books.vouchers.end() && voucher->second.holder == of_.name;
    }
    case StatementOf::Kind::programme:
      return from_programme && origin->second.programme == of_.name;
    case StatementOf::Kind::site:
      return account.kind == AccountClass::revenue && subject_of(account) == of_.name;
    case StatementOf::Kind::funder:
      return account.name == "CITY:" + of_.name ||
             (from_programme && origin->second.issuer == of_.name);
  }
  return false;
}

void StatementFold::line(const State& state, const Transfer& transfer, const Account& account,
                         const Account& with, Money amount) {
  Money& balance = balances_[account.id];
  balance += amount;
  if (!is_of(state, account)) return;
  known_ = true;
  if (at_ < period_.from || at_ >= period_.until) return;
  StatementLine one;
  one.at = at_;
  one.entry = entry_;
  one.account = account.name;
  one.with = with.name;
  one.reason = transfer.reason;
  one.owner = transfer.owner;
  one.memo = transfer.memo;
  one.asset = account.asset;
  (amount < Money{} ? one.debit : one.credit) = amount < Money{} ? -amount : amount;
  one.balance = balance;
  lines_.push_back(std::move(one));
}

bool StatementFold::add(const State& before, const Event& event, Instant at, std::uint64_t entry) {
  at_ = at;
  entry_ = entry;
  money_.add(before, event);
  const auto* const posted = std::get_if<Posted>(&event);
  if (posted == nullptr) return true;
  for (const Leg& leg : posted->transfer.legs) {
    if (!moves(leg)) continue;
    const Account& debit = before.books.accounts.at(leg.debit);
    const Account& credit = before.books.accounts.at(leg.credit);
    line(before, posted->transfer, debit, credit, -leg.amount);
    line(before, posted->transfer, credit, debit, leg.amount);
  }
  return lines_.size() <= most_lines;
}

void BurnDownFold::add(const State& state, Instant at) {
  const auto found = state.books.vouchers.find(voucher_);
  if (found == state.books.vouchers.end()) return;
  BurnDownPoint now{at, {}, {}};
  // Its account, or those of its several funders.
  const std::string name = "V:" + to_text(voucher_);
  for (auto one = state.books.by_name.lower_bound(name);
       one != state.books.by_name.end() && one->first.starts_with(name); ++one) {
    if (one->first.size() > name.size() && one->first[name.size()] != '/') continue;
    const Account& account = state.books.accounts.at(one->second);
    now.balance += account.balance();
    now.held += account.debits_pending;
  }
  if (!points_.empty()) {
    BurnDownPoint& last = points_.back();
    if (last.balance == now.balance && last.held == now.held) return;
    const auto day = [](Instant t) { return std::chrono::floor<std::chrono::days>(t); };
    if (day(last.at) == day(at)) {
      last = now;
      return;
    }
  }
  points_.push_back(now);
}

}  // namespace granary
