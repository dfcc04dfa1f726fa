#pragma once
// What a programme says about who may be granted what: of grants and of exchanges alike. Internal
// to ledger.

#include <string>
#include <vector>

#include "ledger/vouchers.h"

namespace granary {

Error unknown_voucher(Id<Voucher>);                                 // G2011
Error unknown_programme(const Programmes&, const std::string& id);  // G2005, with the nearest

// The purposes of a voucher, in the order of known_purposes(), each once; G4005 for one that the
// programme does not pay for.
Result<std::vector<std::string>> narrowed(const Programme&, const std::vector<std::string>& wanted);

// What the programme itself says about grants: G4023; G4106 and G4107 of those that exclude each
// other.
Result<void> may_grant(const Books&, const Programmes&, const Programme&, const Grant&,
                       Instant now);

// The voucher that was asked for, without its account.
Voucher voucher_of(const Grant&, Id<Voucher>, std::vector<std::string> purposes, Instant now);

}  // namespace granary
