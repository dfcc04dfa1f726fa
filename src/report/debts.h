#pragma once
// What issuers owe for the use of their programmes, and to whom. The books know what an issuer has
// paid in all, not for which operator; here each payment is shared out among all that the issuer
// owes at that moment, in proportion, and what it pays beyond that is an advance which the next use
// is taken from. Sums are exact: what is left to pay, less the advance, is the use less what was
// paid.

#include <map>
#include <string>

#include "units/money.h"

namespace granary {

// To whom: an operator for its chips, or tenants who are paid back.
struct Creditor {
  std::string programme;
  std::string to;  // id of an operator; empty: tenants
  friend auto operator<=>(const Creditor&, const Creditor&) = default;
};

struct Debt {
  Money used;     // less what was refunded
  Money settled;  // of it
  Money left() const { return used - settled; }
};

// Of one issuer in one currency. An advance is only kept when nothing is left to pay.
struct Debtor {
  std::map<Creditor, Debt> debts;
  Money advance;

  Money left() const;
  // Use of a programme's money; negative: a refund, which what was paid for it follows into the
  // advance.
  void use(const Creditor&, Money amount);
  void settle(Money amount);

 private:
  void spread();
};

}  // namespace granary
