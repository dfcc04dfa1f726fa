// The folding of money asserts in every build: wrong books must stop the loop, not spread.
#undef NDEBUG
#include "ledger/books.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "ledger/admission.h"

namespace granary {
namespace {
void raise(Money& counter, Money by) {
  const auto sum = checked_add(counter, by);
  assert(sum && "a counter passes 64 bits");
  counter = *sum;
}

void lower(Money& counter, Money by) {
  assert(counter >= by && "a counter falls below zero");
  counter -= by;
}

Account& at(Books& books, Id<Account> id) {
  const auto found = books.accounts.find(id);
  assert(found != books.accounts.end() && "the account is not open");
  return found->second;
}

void keep_floor(const Account& account) {
  const Wide out = static_cast<Wide>(account.debits_pending.micros) + account.debits_posted.micros;
  const Wide in = static_cast<Wide>(account.credits_posted.micros) + account.credit_line.micros;
  assert((!account.floor() || out <= in) && "below the floor");
}

void post(Books& books, Account& debit, Account& credit, Money amount) {
  raise(debit.debits_posted, amount);
  raise(credit.credits_posted, amount);
  raise(books.sum_posted_debits, amount);
  raise(books.sum_posted_credits, amount);
}

void open_hold(Books& books, const Leg& leg, const std::string& owner) {
  assert(leg.hold.value == books.next_hold && "holds are numbered in order");
  ++books.next_hold;
  Hold hold;
  hold.id = leg.hold;
  hold.debit = leg.debit;
  hold.credit = leg.credit;
  hold.amount = leg.amount;
  hold.owner = owner;
  books.holds.emplace(leg.hold, std::move(hold));
}

void settle_hold(Books& books, const Leg& leg) {
  const auto found = books.holds.find(leg.hold);
  assert(found != books.holds.end() && "the hold is not open");
  Hold& hold = found->second;
  assert(hold.debit == leg.debit && hold.credit == leg.credit && "the hold is of other accounts");
  assert(leg.amount <= hold.open() && "more than is open");
  raise(leg.kind == LegKind::capture ? hold.captured : hold.released, leg.amount);
  if (hold.open() == Money{}) books.holds.erase(found);
}

void fold(Books& books, const Leg& leg, const std::string& owner) {
  assert(leg.amount > Money{} && "a leg moves more than zero");
  Account& debit = at(books, leg.debit);
  Account& credit = at(books, leg.credit);
  switch (leg.kind) {
    case LegKind::post:
      post(books, debit, credit, leg.amount);
      break;
    case LegKind::hold:
      open_hold(books, leg, owner);
      raise(debit.debits_pending, leg.amount);
      raise(credit.credits_pending, leg.amount);
      break;
    case LegKind::capture:
    case LegKind::release:
      settle_hold(books, leg);
      lower(debit.debits_pending, leg.amount);
      lower(credit.credits_pending, leg.amount);
      if (leg.kind == LegKind::capture) post(books, debit, credit, leg.amount);
      break;
  }
  keep_floor(debit);
  ++books.legs;
}
}  // namespace

Money Account::spendable() const {
  const Wide most = static_cast<Wide>(available().micros) + credit_line.micros;
  constexpr Wide largest = std::numeric_limits<std::int64_t>::max();
  return Money{static_cast<std::int64_t>(std::min(most, largest))};
}

Result<void> admit(const Books& books, const Transfer& transfer) {
  return Admission(books).add(transfer);
}

void evolve(Books& books, const Opened& event) {
  const Account& account = event.account;
  assert(account.id.value == books.next_account && "accounts are numbered in order");
  assert(account.debits_pending == Money{} && account.debits_posted == Money{} &&
         account.credits_pending == Money{} && account.credits_posted == Money{} &&
         "an account opens empty");
  const bool unique = books.by_name.emplace(account.name, account.id).second;
  assert(unique && "the name is taken");
  books.accounts.emplace(account.id, account);
  ++books.next_account;
}

void evolve(Books& books, const Posted& event) {
  for (const Leg& leg : event.transfer.legs) fold(books, leg, event.transfer.owner);
}

void evolve(Books& books, const Granted& event) {
  assert(event.voucher.id.value == books.next_voucher && "vouchers are numbered in order");
  for (const Purse& purse : purses_of(event.voucher)) {
    assert(at(books, purse.account).kind == AccountClass::voucher);
  }
  books.vouchers.emplace(event.voucher.id, event.voucher);
  if (!event.voucher.contract.empty()) {
    books.by_contract[event.voucher.contract].push_back(event.voucher.id);
  }
  books.held_by[event.voucher.holder].push_back(event.voucher.id);
  if (const auto& c = event.voucher.certified) {
    books.registered[{c->issuer, c->serial}] = event.voucher.id;
  }
  ++books.next_voucher;
}

void evolve(Books& books, const TrancheReleased& event) {
  const auto found = books.vouchers.find(event.voucher);
  assert(found != books.vouchers.end() && "the voucher was granted");
  ++found->second.tranches;
}

void evolve(Books& books, const Closed& event) {
  const auto found = books.vouchers.find(event.voucher);
  assert(found != books.vouchers.end() && "the voucher was granted");
  for (const Purse& purse : purses_of(found->second)) {
    assert(at(books, purse.account).debits_pending == Money{} && "nothing is held");
  }
  found->second.closed = true;
}

void evolve(Books& books, const BudgetSet& event) {
  const Budget& budget = event.budget;
  const BudgetKey key{budget.tenant, budget.team, budget.asset, budget.per};
  if (budget.amount) {
    books.budgets[key] = *budget.amount;
  } else {
    books.budgets.erase(key);
  }
}

void evolve(Books& books, const CreditLineSet& event) {
  assert(event.line >= Money{} && "a credit line is not below zero");
  Account& account = at(books, event.account);
  assert(account.kind == AccountClass::cash && "credit is of cash");
  account.credit_line = event.line;
  keep_floor(account);
}

std::vector<Purse> purses_of(const Voucher& voucher) {
  if (!voucher.purses.empty()) return voucher.purses;
  return {{voucher.account, "", 1}};
}

const Account* find_account(const Books& books, const std::string& name) {
  const auto id = books.by_name.find(name);
  if (id == books.by_name.end()) return nullptr;
  const auto account = books.accounts.find(id->second);
  return account == books.accounts.end() ? nullptr : &account->second;
}

Account account_of(const Books& books, const Voucher& voucher) {
  const std::vector<Purse> purses = purses_of(voucher);
  Account all = books.accounts.at(purses.front().account);
  for (std::size_t i = 1; i < purses.size(); ++i) {
    const Account& one = books.accounts.at(purses[i].account);
    raise(all.debits_pending, one.debits_pending);
    raise(all.debits_posted, one.debits_posted);
    raise(all.credits_pending, one.credits_pending);
    raise(all.credits_posted, one.credits_posted);
  }
  all.name = "V:" + to_text(voucher.id);
  return all;
}

std::vector<Hold> orphans(const Books& books, const std::vector<std::string>& live) {
  std::vector<Hold> found;
  for (const auto& [id, hold] : books.holds) {
    if (!std::binary_search(live.begin(), live.end(), hold.owner)) found.push_back(hold);
  }
  return found;
}

}  // namespace granary
