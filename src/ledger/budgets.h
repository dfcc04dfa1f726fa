#pragma once
// Budgets of teams and credit lines of tenants: what a tenant lets itself spend, and what it may
// spend before it has paid in. Both bind later holds; what is held already stays.
//
// A budget is counted as holder caps are, in accounts of asset limit: BUDGET:<tenant>/<team>/
// <currency>/<window> for what is left and BUDGETUSED:... for what is used; "*" stands for the
// whole tenant, the window is "2026-11" or "ever". A credit line is how far CASH:<tenant> may go
// below zero; it is repaid by paying in.

#include <string>
#include <vector>

#include "ledger/vouchers.h"

namespace granary {

inline constexpr std::size_t most_budgets = 10'000;                    // of all tenants
inline constexpr Money most_budget = Money::units(1'000'000'000'000);  // 10^12

// The first instant of the next calendar month, UTC.
Instant start_of_next_month(Instant);
// "2026-11", or "ever".
std::string window_of(Budget::Per, Instant);
// "lab/vision/CNY/2026-11": the account is BUDGET:..., what is used of it BUDGETUSED:....
std::string budget_account(const BudgetKey&, Instant);

// G1110 for what cannot be a team (1 to 64 letters, digits, '-', '_' or '.'), G1111 for an amount
// below zero or above 10^12, G1017 for what is no currency, G2110 when there is none to be lifted,
// G4111 for too many.
Result<std::vector<BooksEvent>> set_budget(const Books&, const Budget&);

// Whether that team of the tenant may be named: it has a budget. G2110 with the nearest, so that a
// slip does not escape the budget. No team is always right.
Result<void> check_team(const Books&, const std::string& tenant, const std::string& team);

// Every budget as it stands at that instant.
std::vector<BudgetView> budgets_at(const Books&, Instant);
BudgetView budget_at(const Books&, const BudgetKey&, Instant);

struct CreditLine {
  std::string tenant;
  std::string asset = "CNY";
  Money line;
};
// Opens CASH:<tenant> where missing. G1111, G1017; G4112 in another currency than the tenant's
// cash; G4110 below what is drawn and held already: credit that is used is paid back first.
Result<std::vector<BooksEvent>> set_credit_line(const Books&, const CreditLine&);

}  // namespace granary
