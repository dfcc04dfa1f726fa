#pragma once
// Who pays for a claim: a subsidy, vouchers in draw order, cash; each its share, to the micro-unit.
//
// The price of the claim is a line from what is paid already to the price at its end, and is
// covered from left to right in stretches. Each stretch has one voucher at most, so no use is paid
// by two vouchers; it ends when a source runs dry, when the voucher expires, or when a rate or a
// cap changes. In a stretch of price x, with b_s and b_v the shares of subsidy and voucher
// in basis points:
//   S = floor(b_s x / 10^4)    V = floor(b_v (x - S) / 10^4)    cash = x - S - V
// (ours; the three are functions of the cumulative price, so captures are differences of them and
// always sum). A voucher therefore pays for use before its expiry only, and what is held covers
// every shorter use too.
//
// A voucher of a unit of its own (hours, credits) pays for all of a claim or for nothing of it, at
// its programme's price; such vouchers come first.
//
// What the holder gives is counted against the budgets of its team and of the whole holder
// (books.h), in stretches that end with the month; a subsidy's part and units in kind are not.
//
// Draw order: earliest expiry, then fewer purposes, then the lower id. A voucher that pays only a
// share is passed over when nothing pays the rest.

#include <string>
#include <vector>

#include "ledger/settlement.h"

namespace granary {

// What would be paid for: `shares` thousandths of chips from one instant to another.
struct Bill {
  std::string holder, purpose, asset;
  Agreed rate;  // of the line: `before` has its part of it
  std::int64_t shares = 0;
  Instant from{}, until{};
  ChipTime before{};  // use on the same line that has its money already
  std::string site, chip;
  Origin origin = Origin::imported;
  // What the line is paid with already, in `asset` at `rate`: money ("") or a unit; absent: any.
  std::optional<std::string> unit = {};
  std::string team = {};  // of the holder, whose budget counts it
  // Of use that nobody could forbid: what no voucher, cash or budget covers is owed by the holder,
  // on the account that open_owed() opens.
  bool on_account = false;
};

// The price of the bill: P(before + use) - P(before). Nothing when it does not fit 64 bits.
std::optional<Money> price_of(const Bill&);

// Holds for all of it, or what is lacking. O(vouchers of the holder x stretches).
tl::expected<Funding, Shortfall> fund(const Books&, const Programmes&, const Bill&);

// Opens OWED:<holder>/<currency>, where what the bill's holder has not paid counts; none when it
// is.
std::vector<BooksEvent> open_owed(const Books&, const Bill&);

// How much of the price could be paid, from the left.
Money affordable(const Books&, const Programmes&, const Bill&);

}  // namespace granary
