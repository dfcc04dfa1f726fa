#pragma once
// Vouchers of one programme for vouchers of another, at the dated rates that the other names, and
// back at the rate of then.
//
// Two legs: the amount goes from the voucher to XCHG:<giver>/<getter> in the unit that is given,
// and from XCHG:<getter>/<giver> to a voucher of the same holder in the unit that is got. What is
// got is rounded down to a micro-unit, and only what that is worth is taken: the residue stays
// where it was. So no way there and back makes value, whatever the rates become meanwhile.

#include <string>
#include <vector>

#include "ledger/vouchers.h"

namespace granary {

// Into a new voucher of that programme; without one, back to the voucher that this one came from.
struct Exchange {
  Id<Voucher> voucher;
  Money amount;      // at most, in the unit of the voucher
  std::string into;  // id of a programme; empty: back
};

// Refused: no such voucher (G2011) or programme (G2005), an amount not positive (G1008), no rate
// today (G4108), a voucher that has ended, has less or came from none, an amount that gives nothing
// (G4109), and what the programme refuses to grant (G4005, G4023, G4106, G4107). The new voucher
// expires with the old one, or as early as its programme asks.
Result<std::vector<BooksEvent>> exchange(const Books&, const Programmes&, const Exchange&,
                                         Instant now);

}  // namespace granary
