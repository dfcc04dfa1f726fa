#include "engine/alerts.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "engine/overloaded.h"
#include "engine/stepper.h"

namespace granary {
namespace {
using Kind = Alert::Kind;

// What an alert measures: captured so far, of how much.
struct Measure {
  Money used, of, held, left;
  bool reaches(int level) const {
    return of > Money{} &&
           static_cast<Wide>(used.micros) * 100 >= static_cast<Wide>(of.micros) * level;
  }
};

// Of what a voucher has been given so far: later tranches count from their release.
Measure measure_of(const Books& books, const Voucher& voucher) {
  const Account account = account_of(books, voucher);
  Money given = voucher.face;
  for (const Purse& purse : purses_of(voucher)) {
    const auto* const promise =
        find_account(books, "PROMISE:" + to_text(voucher.id) + purse.suffix);
    if (promise != nullptr) given -= promise->available();
  }
  return {given - account.balance(), given, account.debits_pending, account.available()};
}

Measure measure_of(const Account& cash) {
  return {cash.drawn(), cash.credit_line, cash.debits_pending, cash.spendable()};
}

Measure measure_of(const BudgetView& budget) {
  return {budget.used, budget.amount.value_or(Money{}), budget.held, budget.left};
}

Instant warning_at(const Voucher& voucher, int days) {
  return voucher.expires - std::chrono::hours(24) * days;
}

// "lab/vision/CNY/2026-11" of an account's name, from the right: a tenant's name may have slashes.
std::optional<std::pair<BudgetKey, std::string>> budget_of(const std::string& account) {
  std::string rest = account.substr(account.find(':') + 1);
  std::string parts[3];  // window, asset, team
  for (std::string& part : parts) {
    const std::size_t slash = rest.rfind('/');
    if (slash == std::string::npos) return std::nullopt;
    part = rest.substr(slash + 1);
    rest.resize(slash);
  }
  const auto per = parts[0] == "ever" ? Budget::Per::ever : Budget::Per::month;
  return std::pair(BudgetKey{rest, parts[2] == "*" ? "" : parts[2], parts[1], per}, parts[0]);
}

Budget budget_named(const BudgetKey& key) {
  return {std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key), std::nullopt};
}

// The alerts that one subject has passed and that are not raised yet.
void raise_used(const State& s, std::vector<Event>& events, Alert alert, const Measure& measure) {
  for (const int level : used_levels) {
    if (!measure.reaches(level)) break;
    const auto known = s.alerts.find({alert.kind, alert.subject, level});
    // What is metered late of a month that is over raises nothing of the next one again.
    if (known != s.alerts.end() && known->second.window >= alert.window) continue;
    alert.level = level;
    alert.used = measure.used;
    alert.of = measure.of;
    events.push_back(Alerted{alert});
  }
}

// Those that are over, because what they are measured against has changed or credit was paid back.
void lower(const State& s, std::vector<Event>& events, Kind kind, const std::string& subject,
           const Measure& measure) {
  for (const int level : used_levels) {
    if (s.alerts.count({kind, subject, level}) != 0 && !measure.reaches(level)) {
      events.push_back(AlertOver{kind, subject, level});
    }
  }
}

void raise_expiry(const State& s, std::vector<Event>& events, const Voucher& voucher, Instant now) {
  const Account account = account_of(s.books, voucher);
  if (voucher.closed || voucher.expires <= now || account.balance() <= Money{}) return;
  for (const int days : expiry_days) {
    const Instant at = warning_at(voucher, days);
    if (at > now || at <= voucher.granted) continue;
    if (s.alerts.count({Kind::voucher_expires, to_text(voucher.id), days}) != 0) continue;
    events.push_back(Alerted{{Kind::voucher_expires,
                              to_text(voucher.id),
                              days,
                              {},
                              account.available(),
                              voucher.face,
                              now}});
  }
}

// What an account that money moved on is about.
void raise_for(const State& s, std::vector<Event>& events, const Account& account, Instant now) {
  if (account.kind == AccountClass::voucher) {
    const std::string_view name = account.name;  // "V:v-31", "V:v-31/province"
    const auto id = parse_id<Voucher>(name.substr(2, name.find('/') - 2));
    const auto voucher = id ? s.books.vouchers.find(*id) : s.books.vouchers.end();
    if (voucher == s.books.vouchers.end() || voucher->second.expires <= now) return;
    raise_used(s, events, {Kind::voucher_used, to_text(*id), 0, {}, {}, {}, now},
               measure_of(s.books, voucher->second));
    raise_expiry(s, events, voucher->second, now);
  } else if (account.kind == AccountClass::cash && account.credit_line > Money{}) {
    raise_used(s, events, {Kind::credit_drawn, account.name.substr(5), 0, {}, {}, {}, now},
               measure_of(account));
  } else if (account.name.starts_with("BUDGETUSED:")) {
    const auto budget = budget_of(account.name);
    if (!budget || s.books.budgets.count(budget->first) == 0) return;
    const Money amount = s.books.budgets.at(budget->first);
    raise_used(s, events,
               {Kind::budget_used,
                alert_subject(budget_named(budget->first)),
                0,
                budget->second,
                {},
                {},
                now},
               {account.balance(), amount, {}, {}});
  }
}
}  // namespace

std::string alert_subject(const Budget& budget) {
  return fmt::format("{}/{}/{}/{}", budget.tenant, budget.team.empty() ? "*" : budget.team,
                     budget.asset, budget.per == Budget::Per::ever ? "ever" : "month");
}

std::optional<Instant> next_warning(const Voucher& voucher, Instant now) {
  for (const int days : expiry_days) {
    const Instant at = warning_at(voucher, days);
    if (at > now && at > voucher.granted) return at;
  }
  return std::nullopt;
}

// Looks at what moved in this step only, and at all expiries when time has passed.
void Stepper::alert(const Command& command) {
  std::vector<Event> found;
  const auto lower_cash = [&](const std::string& tenant) {
    const Account* const cash = find_account(s_.books, "CASH:" + tenant);
    if (cash == nullptr) return;
    lower(s_, found, Kind::credit_drawn, tenant, measure_of(*cash));
    if (cash->credit_line > Money{}) raise_for(s_, found, *cash, now_);
  };
  if (const auto* paid = std::get_if<MoveMoney>(&command)) lower_cash(paid->payment.party);
  if (const auto* credit = std::get_if<SetCreditLine>(&command)) lower_cash(credit->credit.tenant);
  if (const auto* set = std::get_if<SetBudget>(&command); set && set->budget.amount) {
    const Budget& b = set->budget;
    const BudgetView view = budget_at(s_.books, {b.tenant, b.team, b.asset, b.per}, now_);
    lower(s_, found, Kind::budget_used, alert_subject(b), measure_of(view));
    raise_used(s_, found, {Kind::budget_used, alert_subject(b), 0, view.window, {}, {}, now_},
               measure_of(view));
  }
  if (const auto* tranche = std::get_if<ReleaseTranche>(&command)) {
    const Voucher& voucher = s_.books.vouchers.at(tranche->voucher);
    lower(s_, found, Kind::voucher_used, to_text(voucher.id), measure_of(s_.books, voucher));
  }
  if (std::holds_alternative<Tick>(command)) {
    for (const auto& [id, voucher] : s_.books.vouchers) raise_expiry(s_, found, voucher, now_);
  }
  for (const Event& event : found) emit(event);
  std::set<Id<Account>> moved;
  for (const Event& event : events_) {
    const auto* const posted = std::get_if<Posted>(&event);
    if (posted == nullptr) continue;
    for (const Leg& leg : posted->transfer.legs) {
      if (leg.kind == LegKind::post || leg.kind == LegKind::capture) {
        moved.insert({leg.debit, leg.credit});
      }
    }
  }
  for (const Id<Account> id : moved) {
    found.clear();
    raise_for(s_, found, s_.books.accounts.at(id), now_);
    for (const Event& event : found) emit(event);
  }
}

namespace {
std::string percent(const Measure& m) {
  const Wide points = m.of > Money{} ? static_cast<Wide>(m.used.micros) * 1000 / m.of.micros : 0;
  return fmt::format("{}.{} %", static_cast<std::int64_t>(points / 10),
                     static_cast<std::int64_t>(points % 10));
}

std::string used_sentence(const std::string& what, const Measure& m) {
  return fmt::format("{} is {} used: {} of {}{}", what, percent(m), to_grouped_text(m.used),
                     to_grouped_text(m.of),
                     m.held > Money{} ? ", and " + to_grouped_text(m.held) + " held" : "");
}

std::optional<AlertView> of_voucher(const State& s, const Alert& alert, Instant now) {
  const auto id = parse_id<Voucher>(alert.subject);
  const auto found = id ? s.books.vouchers.find(*id) : s.books.vouchers.end();
  if (found == s.books.vouchers.end() || found->second.expires <= now) return std::nullopt;
  const Voucher& voucher = found->second;
  const Measure m = measure_of(s.books, voucher);
  const std::string name = "voucher " + alert.subject + " of " + voucher.holder;
  const bool expires = alert.kind == Kind::voucher_expires;
  if (expires && m.left + m.held <= Money{}) return std::nullopt;
  const std::string sentence =
      expires ? fmt::format("{} expires on {} with {} left{}", name, to_text(voucher.expires),
                            to_grouped_text(m.left),
                            m.held > Money{} ? " and " + to_grouped_text(m.held) + " held" : "")
              : used_sentence(name, m);
  return AlertView{alert,
                   voucher.holder,
                   s.books.accounts.at(voucher.account).asset,
                   m.used,
                   m.of,
                   m.held,
                   m.left,
                   voucher.expires,
                   sentence};
}

std::optional<AlertView> of_budget(const State& s, const Alert& alert, Instant now) {
  const auto named = budget_of("BUDGET:" + alert.subject);
  if (!named || s.books.budgets.count(named->first) == 0) return std::nullopt;
  const BudgetView view = budget_at(s.books, named->first, now);
  if (view.window != alert.window) return std::nullopt;
  const Measure m = measure_of(view);
  const std::string name =
      fmt::format("the budget of {}{}{}", view.team.empty() ? "" : "team " + view.team + " of ",
                  view.tenant, view.until ? " for " + view.window : std::string());
  return AlertView{alert,      view.tenant,           view.asset, m.used, m.of, m.held, m.left,
                   view.until, used_sentence(name, m)};
}

std::optional<AlertView> of_credit(const State& s, const Alert& alert) {
  const Account* const cash = find_account(s.books, "CASH:" + alert.subject);
  if (cash == nullptr) return std::nullopt;
  const Measure m = measure_of(*cash);
  return AlertView{alert,  alert.subject, cash->asset,
                   m.used, m.of,          m.held,
                   m.left, std::nullopt,  used_sentence("the credit line of " + alert.subject, m)};
}
}  // namespace

std::vector<AlertView> alerts_in_force(const State& s, Instant now) {
  std::vector<AlertView> views;
  for (const auto& [key, alert] : s.alerts) {
    auto view = alert.kind == Kind::budget_used    ? of_budget(s, alert, now)
                : alert.kind == Kind::credit_drawn ? of_credit(s, alert)
                                                   : of_voucher(s, alert, now);
    if (!view) continue;
    // Keys ascend by kind, subject and level; of days the fewest are the most urgent.
    if (!views.empty() && views.back().alert.kind == alert.kind &&
        views.back().alert.subject == alert.subject) {
      if (alert.kind != Kind::voucher_expires) views.back() = std::move(*view);
      continue;
    }
    views.push_back(std::move(*view));
  }
  std::stable_sort(views.begin(), views.end(), [](const AlertView& a, const AlertView& b) {
    return a.alert.since < b.alert.since;
  });
  return views;
}

}  // namespace granary
