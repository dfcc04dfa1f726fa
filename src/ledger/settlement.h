#pragma once
// From a start to its settlement: hold, capture as used, release the rest, refund what was lost.
// Every amount is a difference of two values of price_of(agreed, cumulative use), shared out by the
// stretches of the line, so captures of a line sum to its price exactly however often it is
// metered.

#include <string>
#include <vector>

#include "ledger/agreed.h"
#include "ledger/vouchers.h"

namespace granary {

// What one stretch of a line's price is paid by: in order, each the share of what those before it
// leave, rounded down to a micro-unit; the last takes all that is left. A part beside the others
// leaves them everything: it is what becomes due to the payer. The parts of a longer
// stretch are never smaller, so holds for all of it cover every piece of it.
struct Part {
  // Positions in Line::holds: money first, then limits that go with it; -1 for a funder whose share
  // of it is nothing.
  std::vector<int> holds;
  int share = whole_share;
  bool beside = false;
  // Of as many first holds, when several funders pay the part together (divide() in split.h);
  // empty: the first hold pays it alone.
  std::vector<int> weights = {};
  friend bool operator==(const Part&, const Part&) = default;
};
struct Stretch {
  Money upto;  // of the line's cumulative price; ascending
  std::vector<Part> parts;
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

// The open side of one attempt of a job, or of a reservation: what has been captured so far.
struct Line {
  std::string owner;            // "j-1061/2" or "r-17"
  std::string site;             // whose revenue: REV:<site>
  std::string unit;             // what it is paid in kind with: USED:<site>/<unit>; empty: money
  Agreed rate;                  // what its use costs, as agreed at the hold
  std::vector<Id<Hold>> holds;  // in draw order; hold i draws on sources[i]
  std::vector<Id<Account>> sources;
  std::vector<Money> captured;     // per hold, so far (refunds subtracted)
  std::vector<Stretch> stretches;  // empty: each hold pays the whole until it is empty, in order
  ChipTime metered;                // use that captures have paid for
  Money paid = {};                 // by holds that are used up and left out: compacted()
};

// What the payers of a line have given, less refunds; limits and what is due are beside it.
Money paid_by(const Line&);

// What the line has captured into the account of that name (REV:<site>, DUE:<voucher>): it may
// still have to be given back, so it is not paid out before the line is closed.
Money refundable(const Books&, const Line&, const std::string& account);

// The most that may be taken from an account.
struct Payer {
  Id<Account> account;
  Money amount;
};

// Who pays for a line, or for more of it: from fund() in funding.h.
struct Funding {
  std::string asset;
  std::string unit;                  // Line::unit
  Agreed rate;                       // of the line: the bill's, or the unit's
  std::vector<BooksEvent> openings;  // of limits that are counted for the first time
  std::vector<Payer> payers;
  std::vector<Stretch> stretches;  // holds are positions in payers; empty: the whole, in order
};

// Holds for the payers; opens REV:<site> where missing. A hold on CAP:<x> counts towards
// CAPUSED:<x>, one on BUDGET:<x> towards BUDGETUSED:<x>, one beside the price towards
// DUE:<voucher>, every other towards the site. The line gets rate and unit of the funding, nothing
// is captured. Errors are admit()'s.
struct Placed {
  std::vector<BooksEvent> events;
  Line line;
};
Result<Placed> place_hold(const Books&, const Funding&, Line line, const std::string& memo);

// More on the same line (the claim is extended); appends to its holds.
Result<Placed> extend_hold(const Books&, const Funding&, Line line, const std::string& memo);

// Captures the price of use up to `used` (cumulative) less what is captured, each hold its part,
// never above what it has open. No events when nothing is due. `short_by` is what
// the holds could not cover: nonzero only if the caller let use outrun its hold.
struct Captured {
  std::vector<BooksEvent> events;
  Line line;
  Money amount, short_by;
};
Captured capture(const Books&, Line, ChipTime used, const std::string& memo);

// The line without its holds, all of which are used up: what it has paid and the use and the price
// that it goes on from. For use that is paid afterwards, a little at a time, so that a line does
// not grow. Nothing of it can be refunded any more.
Line compacted(const Books&, Line);

// Releases all that is still open. What a closed or expired voucher gets back is swept by expire().
struct Released {
  std::vector<BooksEvent> events;
  Money amount;
};
Released release(const Books&, const Line&, const std::string& memo);

// Gives back the price of the use between `kept` and line.metered to the sources that paid it: each
// what its part of the price has fallen by, in reverse draw order, never more than was captured
// from each; limits get theirs back too. Posted REV>V, so what happened stays visible.
struct Refunded {
  std::vector<BooksEvent> events;
  Line line;
  Money amount;
};
Refunded refund(const Books&, Line, ChipTime kept, const std::string& memo);

}  // namespace granary
