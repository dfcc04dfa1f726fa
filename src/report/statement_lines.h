#pragma once
// Every posting of one party in a period, whichever of its accounts it touches: a tenant's, a
// programme's, a site's or a funder's.

#include <map>
#include <string>
#include <vector>

#include "report/money_fold.h"
#include "report/period.h"

namespace granary {

struct StatementOf {
  enum class Kind { tenant, programme, site, funder } kind = Kind::tenant;
  std::string name;
};

struct StatementLine {
  Instant at{};
  std::uint64_t entry = 0;
  std::string account, with;  // of the party; the other side
  Reason reason = Reason::grant;
  std::string owner, memo, asset;
  Money debit, credit, balance;  // of the account, after it
};

class StatementFold {
 public:
  StatementFold(StatementOf, const Period&);

  // Each event with the state before it. False once there are more lines than a statement may have
  // (most_lines): what came before is kept.
  bool add(const State& before, const Event&, Instant at, std::uint64_t entry);
  const std::vector<StatementLine>& lines() const { return lines_; }
  bool known() const { return known_; }  // an account of the party was seen

  static constexpr std::size_t most_lines = 20'000;

 private:
  bool is_of(const State&, const Account&) const;
  void line(const State&, const Transfer&, const Account& account, const Account& with,
            Money amount);

  StatementOf of_;
  Period period_;
  MoneyFold money_;  // for the origins of accounts
  std::map<Id<Account>, Money> balances_;
  std::vector<StatementLine> lines_;
  Instant at_{};
  std::uint64_t entry_ = 0;
  bool known_ = false;
};

// What was left and held on a voucher at the end of each day (UTC) in which either changed.
struct BurnDownPoint {
  Instant at{};  // of the day's last entry that changed it
  Money balance, held;
};
class BurnDownFold {
 public:
  explicit BurnDownFold(Id<Voucher> voucher) : voucher_(voucher) {}
  // After each entry.
  void add(const State&, Instant at);
  const std::vector<BurnDownPoint>& points() const { return points_; }

 private:
  Id<Voucher> voucher_;
  std::vector<BurnDownPoint> points_;
};

}  // namespace granary
