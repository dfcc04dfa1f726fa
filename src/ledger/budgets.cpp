#include "ledger/budgets.h"

#include <fmt/core.h>

#include <algorithm>

#include "ledger/posting.h"
#include "units/text.h"

namespace granary {
namespace {
std::chrono::year_month_day day_of(Instant at) {
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(at));
}

// One segment of an account's name, so that no two budgets share one.
bool names_a_team(const std::string& team) {
  return !team.empty() && team.size() <= 64 && std::all_of(team.begin(), team.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

Result<void> check_amount(const char* what, Money amount, const std::string& asset) {
  if (amount < Money{} || amount > most_budget) {
    return fail(Error::Kind::invalid, 1111,
                fmt::format("a {} of {}: at least 0.00, and at most {}.", what,
                            to_grouped_text(amount), to_grouped_text(most_budget)));
  }
  if (is_currency(asset)) return {};
  return fail(Error::Kind::invalid, 1017,
              fmt::format("\"{}\" is not a currency: a {} is in CNY, USD, ....",
                          asset.substr(0, 40), what));
}

std::string whose(const std::string& tenant, const std::string& team) {
  return team.empty() ? tenant : fmt::format("team {} of {}", team, tenant);
}
}  // namespace

Instant start_of_next_month(Instant at) {
  const auto day = day_of(at);
  return Instant(std::chrono::sys_days((day.year() / day.month() + std::chrono::months(1)) / 1));
}

std::string window_of(Budget::Per per, Instant at) {
  if (per == Budget::Per::ever) return "ever";
  const auto day = day_of(at);
  return fmt::format("{:04}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()));
}

std::string budget_account(const BudgetKey& key, Instant at) {
  const auto& [tenant, team, asset, per] = key;
  return fmt::format("BUDGET:{}/{}/{}/{}", tenant, team.empty() ? "*" : team, asset,
                     window_of(per, at));
}

BudgetView budget_at(const Books& books, const BudgetKey& key, Instant at) {
  const auto& [tenant, team, asset, per] = key;
  BudgetView view{tenant, team, asset, window_of(per, at), std::nullopt, {}, {}, {}, std::nullopt};
  if (per == Budget::Per::month) view.until = start_of_next_month(at);
  const auto budget = books.budgets.find(key);
  if (budget == books.budgets.end()) return view;
  view.amount = budget->second;
  std::string name = budget_account(key, at);
  if (const Account* const left = find_account(books, name)) view.held = left->debits_pending;
  name.insert(name.find(':'), "USED");
  if (const Account* const used = find_account(books, name)) view.used = used->balance();
  // What was counted so far, whatever the budget was then.
  view.left = std::max(Money{}, *view.amount - view.used - view.held);
  return view;
}

std::vector<BudgetView> budgets_at(const Books& books, Instant at) {
  std::vector<BudgetView> views;
  for (const auto& [key, amount] : books.budgets) views.push_back(budget_at(books, key, at));
  return views;
}

std::string to_text(const BudgetView& view) {
  const std::string of = whose(view.tenant, view.team);
  if (!view.amount) return fmt::format("{} has no budget in {}", of, view.asset);
  std::string text = fmt::format("the budget of {}{} has {} of {} left", of,
                                 view.until ? " for " + view.window : std::string(),
                                 to_grouped_text(view.left), to_grouped_text(*view.amount));
  if (view.held > Money{}) text += fmt::format(" and {} held", to_grouped_text(view.held));
  if (view.until) text += "; that of the next month begins on " + to_text(*view.until);
  return text;
}

Result<std::vector<BooksEvent>> set_budget(const Books& books, const Budget& budget) {
  if (!budget.team.empty() && !names_a_team(budget.team)) {
    return fail(Error::Kind::invalid, 1110,
                "a team's name is 1 to 64 letters, digits, '-', '_' or '.', without spaces.");
  }
  if (auto good = check_amount("budget", budget.amount.value_or(Money{}), budget.asset); !good) {
    return fail(good.error());
  }
  const BudgetKey key{budget.tenant, budget.team, budget.asset, budget.per};
  const bool known = books.budgets.count(key) != 0;
  if (!budget.amount && !known) {
    return fail(
        Error::Kind::not_found, 2110,
        fmt::format("{} has no budget {} in {} that could be lifted.",
                    whose(budget.tenant, budget.team),
                    budget.per == Budget::Per::ever ? "for ever" : "per month", budget.asset),
        "granary account budgets");
  }
  if (!known && books.budgets.size() >= most_budgets) {
    return fail(Error::Kind::refused, 4111,
                fmt::format("there are {} budgets, as many as allowed.", books.budgets.size()),
                "lift some that are not needed any more");
  }
  return std::vector<BooksEvent>{BudgetSet{budget}};
}

Result<void> check_team(const Books& books, const std::string& tenant, const std::string& team) {
  if (team.empty()) return {};
  std::vector<std::string> teams;
  const BudgetKey first{tenant, "", "", Budget::Per::month};
  for (auto at = books.budgets.lower_bound(first);
       at != books.budgets.end() && std::get<0>(at->first) == tenant; ++at) {
    if (std::get<1>(at->first) == team) return {};
    const std::string& known = std::get<1>(at->first);
    if (!known.empty() && (teams.empty() || teams.back() != known)) teams.push_back(known);
  }
  const std::string shown = team.substr(0, 64);
  const std::string meant = nearest(shown, teams);
  return fail(Error::Kind::not_found, 2110,
              fmt::format("{} has no team \"{}\" with a budget ({} teams).{}", tenant, shown,
                          teams.size(), meant.empty() ? "" : " Did you mean " + meant + "?"),
              fmt::format("granary account budget --tenant {} --team TEAM --per month --amount "
                          "AMOUNT gives it one",
                          tenant));
}

Result<std::vector<BooksEvent>> set_credit_line(const Books& books, const CreditLine& credit) {
  if (auto good = check_amount("credit line", credit.line, credit.asset); !good) {
    return fail(good.error());
  }
  std::vector<BooksEvent> events;
  const Account cash =
      opened(books, events, "CASH:" + credit.tenant, AccountClass::cash, credit.asset);
  if (cash.asset != credit.asset) {
    return fail(Error::Kind::refused, 4112,
                fmt::format("{} counts in {}, so its credit cannot be in {}.", cash.name,
                            cash.asset, credit.asset));
  }
  const Money used = std::max(Money{}, -cash.available());
  if (credit.line < used) {
    const Money held = used - std::min(used, cash.drawn());
    return fail(
        Error::Kind::refused, 4110,
        fmt::format("{} uses {} of its credit, {} of it held; a line of {} is less.", credit.tenant,
                    to_grouped_text(used), to_grouped_text(held), to_grouped_text(credit.line)),
        fmt::format("--amount {} stops new use; lower it again as it is paid back", to_text(used)));
  }
  events.push_back(CreditLineSet{cash.id, credit.line});
  return events;
}

}  // namespace granary
