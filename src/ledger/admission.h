#pragma once
// Checks transfers against books without changing them: what admit() and the proposers share. It
// remembers what it has let through, so several transfers of one entry are checked in order.
// Internal to ledger.

#include <deque>
#include <string>
#include <vector>

#include "ledger/books.h"

namespace granary {

inline constexpr std::size_t max_legs = 64;  // of one transfer

class Admission {
 public:
  explicit Admission(const Books&);  // the books must outlive it

  // An account that the same entry opens; its counters are zero.
  void open(const Account&);

  // Each leg in order, each law after each leg. After a refusal the object is of no further use.
  Result<void> add(const Transfer&);

 private:
  // Counters as they would be. Their sums are checked to fit 64 bits, in 128.
  struct Row {
    Id<Account> id;
    std::string name, asset;
    bool floor = false, closed = false;
    Wide debits_pending = 0, debits_posted = 0, credits_pending = 0, credits_posted = 0;
    Wide credit_line = 0;
  };
  struct Remainder {
    Id<Hold> hold;
    Id<Account> debit, credit;
    Wide open = 0;
  };

  Row* row(Id<Account>);
  Remainder* remainder(Id<Hold>);
  Result<void> add(const Leg&);
  Result<void> settle(const Leg&, Row& debit, Row& credit);
  Result<void> set_aside(const Leg&, Row& debit, Row& credit);
  Result<void> check(const Row& debit, const Row& credit, Wide amount) const;

  const Books& books_;
  std::deque<Row> rows_;  // rows stay where they are while a leg is looked at
  std::vector<Remainder> remainders_;
  std::uint64_t next_hold_;
  Wide sum_debits_, sum_credits_;
};

}  // namespace granary
