#pragma once
// What a programme pays at most for one holder in a year, or ever, and what a tenant lets itself
// and its teams spend in a month, or ever: counted in accounts of their own,
// CAP:<programme>/<holder>/<year> for what is left and CAPUSED:... for what is used, likewise
// CAP:<programme>:<word>/... of a cap for holders that declared a word and BUDGET:... (budgets.h),
// by legs beside those of the money. Internal to ledger.

#include <map>
#include <string>
#include <vector>

#include "ledger/vouchers.h"

namespace granary {

// The first instant of the next calendar year, UTC.
Instant start_of_next_year(Instant);

class HolderCaps {
 public:
  explicit HolderCaps(const Books&);  // the books must outlive it

  // Accounts of the caps (of each window one) that bind this voucher's use at that instant. Those
  // that are not in the books have ids of this object only, until openings() names them.
  std::vector<Id<Account>> of(const Programme&, const Voucher&, Instant at);
  // The budgets that bind what that team of the tenant pays at that instant: its own and those of
  // the whole tenant.
  std::vector<Id<Account>> of(const std::string& tenant, const std::string& team,
                              const std::string& asset, Instant at);
  // How a budget stood before anything of this object.
  const BudgetView& budget(Id<Account> id) const { return budgets_.at(id); }
  Money left(Id<Account> cap) const { return known_.at(cap).left; }

  // Opens and funds those of `used` that have to be, as the first events on the books; `used`
  // becomes the ids that they have then.
  std::vector<BooksEvent> openings(std::map<Id<Account>, Id<Account>>& used) const;

 private:
  struct Cap {
    std::string name;  // "CAP:city/lab/2026"
    Money most, left;
  };
  Id<Account> know(const std::string& name, Money most);

  const Books& books_;
  std::map<std::string, Id<Account>> ids_;
  std::map<Id<Account>, Cap> known_;
  std::map<Id<Account>, BudgetView> budgets_;
};

}  // namespace granary
