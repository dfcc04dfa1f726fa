#include "ledger/holder_caps.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "ledger/posting.h"

namespace granary {
namespace {
std::chrono::year year_of(Instant at) {
  return std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(at)).year();
}

bool declared_one(const std::vector<std::string>& declared, const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(declared.begin(), declared.end(), word) != declared.end();
  });
}

Money balance_of(const Books& books, const std::string& name) {
  const Account* const account = find_account(books, name);
  return account == nullptr ? Money{} : account->balance();
}

// Opens accounts and numbers them from the next one of the books.
class Opener {
 public:
  Opener(const Books& books, std::vector<BooksEvent>& events)
      : books_(books), events_(events), next_(books.next_account) {}

  Id<Account> account(const std::string& name, AccountClass kind) {
    if (const Account* const known = find_account(books_, name)) return known->id;
    const auto [place, fresh] = opened_.try_emplace(name, Id<Account>{next_});
    if (!fresh) return place->second;
    ++next_;
    Account account;
    account.id = place->second;
    account.name = name;
    account.kind = kind;
    account.asset = "limit";
    events_.push_back(Opened{std::move(account)});
    return place->second;
  }

 private:
  const Books& books_;
  std::vector<BooksEvent>& events_;
  std::uint64_t next_;
  std::map<std::string, Id<Account>> opened_;
};
}  // namespace

Instant start_of_next_year(Instant at) {
  using std::chrono::January;
  return Instant(std::chrono::sys_days((year_of(at) + std::chrono::years(1)) / January / 1));
}

HolderCaps::HolderCaps(const Books& books) : books_(books) {}

std::vector<Id<Account>> HolderCaps::of(const Programme& programme, const Voucher& voucher,
                                        Instant at) {
  std::vector<Id<Account>> caps;
  for (const HolderCap& cap : programme.caps) {
    if (declared_one(voucher.declared, cap.except)) continue;
    const std::string window = cap.per == HolderCap::Per::ever
                                   ? "ever"
                                   : fmt::format("{:04}", static_cast<int>(year_of(at)));
    const std::string key = fmt::format("{}/{}/{}", programme.id, voucher.holder, window);
    const Account* const account = find_account(books_, "CAP:" + key);
    // Ids of this object count down from the largest, where no account of the books is.
    const Id<Account> id =
        account != nullptr
            ? account->id
            : ids_.try_emplace(key,
                               Id<Account>{std::numeric_limits<std::uint64_t>::max() - ids_.size()})
                  .first->second;
    // What was counted so far, whatever the cap was then.
    const Money held = account == nullptr ? Money{} : account->debits_pending;
    const Money used = balance_of(books_, "CAPUSED:" + key) + held;
    known_[id] = Cap{key, cap.amount, std::max(Money{}, cap.amount - used)};
    caps.push_back(id);
  }
  return caps;
}

std::vector<BooksEvent> HolderCaps::openings(std::map<Id<Account>, Id<Account>>& used) const {
  std::vector<BooksEvent> events;
  Opener opener(books_, events);
  struct Growth {
    Id<Account> limits, cap;
    Money amount;
  };
  std::vector<Growth> growths;
  for (auto& [id, becomes] : used) {
    const auto found = known_.find(id);
    if (found == known_.end()) continue;
    const Cap& cap = found->second;
    const Id<Account> limits = opener.account("LIMITS", AccountClass::source);
    becomes = opener.account("CAP:" + cap.key, AccountClass::limit);
    opener.account("CAPUSED:" + cap.key, AccountClass::limit);
    const Money funded =
        balance_of(books_, "CAP:" + cap.key) + balance_of(books_, "CAPUSED:" + cap.key);
    if (cap.most > funded) growths.push_back({limits, becomes, cap.most - funded});
  }
  for (const Growth& growth : growths) {
    append(events, {Reason::limit,
                    {{LegKind::post, growth.limits, growth.cap, growth.amount, {}}},
                    {},
                    "cap"});
  }
  return events;
}

}  // namespace granary
