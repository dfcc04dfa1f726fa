#pragma once
// Money that crosses the border of the books, as a bank moves it: tenants pay in, sites are paid,
// issuers pay for what was used of their vouchers. BANK:<asset> is minus what is held for others.

#include <string>
#include <vector>

#include "ledger/vouchers.h"

namespace granary {

// reason: top_up or withdraw (party: a tenant), pay_out (a site), settle (an issuer).
struct BankPayment {
  Reason reason = Reason::top_up;
  std::string party;
  Money amount;
  std::string asset = "CNY";
};

// What a tenant owes is repaid first of what it pays in (CASH>OWED).
//
// Banks move whole hundredths: G1008 for an amount that is none, or not positive; G1017
// for what is no currency. G2018: nobody of
// that name has such an account. G4024: in another currency than theirs, or more than a site
// earned, a tenant has or an issuer owes.
Result<std::vector<BooksEvent>> pay(const Books&, const BankPayment&);

}  // namespace granary
