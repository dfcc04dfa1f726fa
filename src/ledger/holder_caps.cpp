#include "ledger/holder_caps.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <set>

#include "ledger/budgets.h"
#include "ledger/posting.h"

namespace granary {
namespace {
std::chrono::year year_of(Instant at) {
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(at)).year();
}

Money balance_of(const Books& books, const std::string& name) {
  const Account* const account = find_account(books, name);
  return account == nullptr ? Money{} : account->balance();
}

// CAPUSED:x of CAP:x.
std::string used_name(std::string name) { return name.insert(name.find(':'), "USED"); }

}  // namespace

Instant start_of_next_year(Instant at) {
  using std::chrono::January;
  return Instant(std::chrono::sys_days((year_of(at) + std::chrono::years(1)) / January / 1));
}

HolderCaps::HolderCaps(const Books& books) : books_(books) {}

std::vector<Id<Account>> HolderCaps::of(const Programme& programme, const Voucher& voucher,
                                        Instant at) {
  std::vector<Id<Account>> caps;
  std::set<HolderCap::Per> counted;
  for (const HolderCap& cap : programme.caps) {
    if (declared_one(voucher.declared, cap.except)) continue;
    if (!cap.holders.empty() && !declared_one(voucher.declared, cap.holders)) continue;
    if (!counted.insert(cap.per).second) continue;
    const std::string window = cap.per == HolderCap::Per::ever
                                   ? "ever"
                                   : fmt::format("{:04}", static_cast<int>(year_of(at)));
    const std::string tier = cap.holders.empty() ? "" : ":" + cap.holders.front();
    caps.push_back(know(fmt::format("CAP:{}{}/{}/{}", programme.id, tier, voucher.holder, window),
                        cap.amount));
  }
  return caps;
}

std::vector<Id<Account>> HolderCaps::of(const std::string& tenant, const std::string& team,
                                        const std::string& asset, Instant at) {
  std::vector<Id<Account>> caps;
  for (const std::string& of_whom : {team, std::string()}) {
    for (const Budget::Per per : {Budget::Per::month, Budget::Per::ever}) {
      const BudgetKey key{tenant, of_whom, asset, per};
      const auto budget = books_.budgets.find(key);
      if (budget == books_.budgets.end()) continue;
      caps.push_back(know(budget_account(key, at), budget->second));
      budgets_.try_emplace(caps.back(), budget_at(books_, key, at));
    }
    if (team.empty()) break;
  }
  return caps;
}

// What is known of that account, when it is funded with `most`.
Id<Account> HolderCaps::know(const std::string& name, Money most) {
  const Account* const account = find_account(books_, name);
  // Ids of this object count down from the largest, where no account of the books is.
  const Id<Account> id =
      account != nullptr
          ? account->id
          : ids_.try_emplace(name,
                             Id<Account>{std::numeric_limits<std::uint64_t>::max() - ids_.size()})
                .first->second;
  // What was counted so far, whatever the cap was then.
  const Money held = account == nullptr ? Money{} : account->debits_pending;
  const Money used = balance_of(books_, used_name(name)) + held;
  known_[id] = Cap{name, most, std::max(Money{}, most - used)};
  return id;
}

std::vector<BooksEvent> HolderCaps::openings(std::map<Id<Account>, Id<Account>>& used) const {
  std::vector<BooksEvent> openings;
  std::vector<Leg> growths;
  for (auto& [id, becomes] : used) {
    const auto found = known_.find(id);
    if (found == known_.end()) continue;
    const Cap& cap = found->second;
    const auto open = [&](const std::string& name, AccountClass kind) {
      return opened(books_, openings, name, kind, "limit").id;
    };
    const Id<Account> limits = open("LIMITS", AccountClass::source);
    becomes = open(cap.name, AccountClass::limit);
    open(used_name(cap.name), AccountClass::limit);
    const Money funded = balance_of(books_, cap.name) + balance_of(books_, used_name(cap.name));
    if (cap.most > funded) {
      growths.push_back({LegKind::post, limits, becomes, cap.most - funded, {}});
    }
  }
  append(openings, {Reason::limit, std::move(growths), {}, "cap"});
  return openings;
}

}  // namespace granary
