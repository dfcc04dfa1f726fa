#pragma once
// From a start to its settlement: hold, capture as used, release the rest, refund what was lost.
// Every amount is a difference of two values of price_of(rate, cumulative use), split among the
// layers of payers (split.h) and within a layer over its holds in draw order, so captures of a line
// sum to its price exactly however often it is metered.

#include <string>
#include <vector>

#include "ledger/vouchers.h"

namespace granary {

// The open side of one attempt of a job, or of a reservation: what has been captured so far.
struct Line {
  std::string owner;            // "j-1061/2" or "r-17"
  std::string site;             // whose revenue: REV:<site>
  Rate rate;                    // of the tariff, as it was at the hold
  std::vector<Id<Hold>> holds;  // in draw order; hold i draws on sources[i]
  std::vector<Id<Account>> sources;
  std::vector<Money> captured;  // per hold, so far (refunds subtracted)
  // Of each layer, basis points of what those before it leave; empty: one layer of the whole.
  std::vector<int> shares;
  std::vector<int> layers;  // of each hold, ascending within the start; empty: all of the first
  ChipTime metered;         // use that captures have paid for
};

// One payer: the most that may be taken from the account, in which layer of the line's shares.
struct Payer {
  Id<Account> account;
  Money amount;
  int layer = 0;
};

// Holds for the payers or draws; opens REV:<site> where missing. The line that goes with them,
// nothing captured. Errors are admit()'s.
struct Placed {
  std::vector<BooksEvent> events;
  Line line;
};
Result<Placed> place_hold(const Books&, const std::vector<Draw>&, Line line,
                          const std::string& asset, const std::string& memo);

Result<Placed> place_hold(const Books&, const std::vector<Payer>&, Line line,
                          const std::string& asset, const std::string& memo);

// More on the same line (the claim is extended); appends to its holds.
Result<Placed> extend_hold(const Books&, const std::vector<Draw>&, Line line,
                           const std::string& asset, const std::string& memo);
Result<Placed> extend_hold(const Books&, const std::vector<Payer>&, Line line,
                           const std::string& asset, const std::string& memo);

// Captures the price of use up to `used` (cumulative) less what is captured, each layer its share
// and from its holds in order, never above them. No events when nothing is due. `short_by` is what
// the holds could not cover: nonzero only if the caller let use outrun its hold.
struct Captured {
  std::vector<BooksEvent> events;
  Line line;
  Money amount, short_by;
};
Captured capture(const Books&, Line, ChipTime used, const std::string& memo);

// Releases all that is still open. What a closed or expired voucher gets back is swept by expire().
struct Released {
  std::vector<BooksEvent> events;
  Money amount;
};
Released release(const Books&, const Line&, const std::string& memo);

// Gives back the price of the use between `kept` and line.metered to the sources that paid it: each
// layer what its share of the price has fallen by, in reverse draw order, never more than was
// captured from each. Posted REV>V, so what happened stays visible.
struct Refunded {
  std::vector<BooksEvent> events;
  Line line;
  Money amount;
};
Refunded refund(const Books&, Line, ChipTime kept, const std::string& memo);

}  // namespace granary
