#pragma once
// What may still have to be given back: what open lines have captured. It is not paid out to a site
// nor paid back to a holder before the line is closed.

#include "ledger/settlement.h"

namespace granary {

// Captured into the account of that name by the line: REV:<site>, or DUE:<voucher>. O(holds x
// stretches).
Money refundable(const Books&, const Line&, const std::string& account);

}  // namespace granary
