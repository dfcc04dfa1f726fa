#pragma once
// Folds the events of a journal into Totals. Each event is given together with the state before it.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "engine/state.h"
#include "report/totals.h"

namespace granary {

// Where the money on an account is from: a part of a programme.
struct MoneyOrigin {
  std::string programme, issuer;
};

class MoneyFold {
 public:
  void add(const State& before, const Event&);
  const Totals& totals() const { return totals_; }
  // Accounts of programmes by what they hold: FUND, SUBS, PROMISE, V, DUE and EXPIRED.
  const std::map<Id<Account>, MoneyOrigin>& origins() const { return origins_; }
  const std::map<std::string, std::string>& operators() const { return operators_; }  // by site

 private:
  // What an owner's money and use are for; the payer is said by the account.
  std::optional<UseKey> key_of(const State&, const std::string& owner) const;
  void configured(const State&);
  void leg(const State&, const Transfer&, const Leg&);
  void learn_origin(const Account& debit, const Account& credit);
  void revenue(const State&, const Transfer&, const Account& payer, const Account& site,
               Money amount);
  void within_programmes(const Account& debit, const Account& credit, Money amount);
  void through_bank(const Account& debit, const Account& credit, Money amount);
  void owes(const Account& payer, const std::string& to, Money amount);
  void granted(const State&, const Voucher&);
  void ended(const State&, const Ended&);
  void progressed(const State&, const Progressed&);
  void metered(const State&, const Line&);
  void left_unpaid(const State&, const std::string& owner, const std::string& paid_by);

  // Of an attempt or a reservation: what came since its use was last shared out.
  struct Open {
    std::map<UseKey, Money> paid;  // all of one sign
    std::int64_t share_millis = 0;
    std::int64_t tokens = 0, reports = 0;
  };

  Totals totals_;
  std::shared_ptr<const Configuration> known_;  // whose sites are in operators_
  std::map<Id<Account>, MoneyOrigin> origins_;
  std::map<std::string, std::string> operators_;
  std::map<std::string, std::set<std::string>> declared_;  // by tenant
  std::map<std::string, Open> open_;                       // by owner
  std::map<Id<Job>, std::int64_t> tokens_;                 // the most that was reported
};

}  // namespace granary
