#pragma once
// The tables account, hold and leg: what the events say of money, as rows under CHECKs of their
// own. An independent guard: a law of the books that the ledger let through fails the append here
// (G9003). Internal to store.

#include <string>

#include "engine/engine.h"
#include "store/sqlite_database.h"

namespace granary {

// Of a new journal.
std::string mirror_schema();
// Makes the mirror of a journal of schema 1 that of schema 2, in which accounts have credit lines.
std::string mirror_from_1_to_2();

class Mirror {
 public:
  static Result<Mirror> prepare(const Database&);
  // Within the transaction that adds the entry, after its row.
  Result<void> write(const Entry&);

 private:
  Result<void> open(const Account&);
  Result<void> set_credit_line(const CreditLineSet&);
  Result<void> post(std::uint64_t entry, int& ordinal, const Transfer&);
  Result<void> move_hold(const Leg&, const std::string& owner);

  Statement insert_account_, move_account_, set_credit_line_, insert_leg_, insert_hold_, move_hold_;
};

// What a leg does to the four counters of its two accounts.
struct Counters {
  Wide debits_pending = 0, debits_posted = 0, credits_pending = 0, credits_posted = 0;
};
void add_leg(Counters& debit, Counters& credit, LegKind, Money);

}  // namespace granary
