#pragma once
// The entries of a journal, one after the other, into what the reports of a period need. Memory is
// that of a state and of the sums, however long the journal is.

#include "engine/engine.h"
#include "report/money_fold.h"
#include "report/occupancy.h"
#include "report/period.h"

namespace granary {

class Fold {
 public:
  explicit Fold(const Period& period) : period_(period), occupancy_(period) {}

  // Entries in order from the first. False for one that is after the period: it and what follows it
  // change nothing, so a report of a period that is over is the same for ever.
  bool add(const Entry&);
  // At the end: what was summed before the period, when no entry was in it.
  void finish();

  const Period& period() const { return period_; }
  bool complete() const { return complete_; }  // an entry after the period was seen
  Instant last() const { return last_; }       // of the last entry that was folded
  // Until when the report goes: the period's end, or as far as the journal does.
  Instant as_of() const { return complete_ ? period_.until : std::min(last_, period_.until); }
  std::uint64_t entries() const { return entries_; }
  const Hash& chain() const { return chain_; }
  const State& state() const { return state_; }
  const MoneyFold& money() const { return money_; }
  const Totals& opening() const { return opening_; }
  const Totals& closing() const { return money_.totals(); }
  // Of the period alone: what the sums have grown by.
  Uses uses() const;
  std::map<PoolKey, Occupancy> occupancy() const { return occupancy_.until(as_of()); }

 private:
  Period period_;
  State state_;
  MoneyFold money_;
  OccupancyFold occupancy_;
  Totals opening_;
  bool begun_ = false, complete_ = false;
  Instant last_{};
  std::uint64_t entries_ = 0;
  Hash chain_;
};

}  // namespace granary
