#pragma once
// What if our own history had met another policy? The commands of people are fed again at their
// instants; what workers reported is replaced by pretended work that takes as long as it really
// took. What followed sites ran is fed as if it had been submitted here: Granary decides there, on
// credit, as those sites ask nobody for money.

#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "simulate/assumption.h"

namespace granary {

// What a run of the books and the queue amounts to.
struct Summary {
  std::string policy;
  int jobs = 0, started = 0, finished = 0, unfinished = 0, refused = 0, preemptions = 0;
  Span wait_p50{}, wait_p95{};                // submit to first start, over jobs that started
  Span makespan{};                            // first submit to last end
  Money spent;                                // captured less refunded
  std::map<std::string, Money> by_programme;  // of it, or due because of it; vouchers and subsidies
  double chip_hours_used = 0;                 // paid for, after refunds
  double chip_hours_lost = 0;                 // refunded: work since the last checkpoint
  std::map<std::string, double> utilisation;  // per pool: claimed / (chips x makespan)
};

// Of entries as they are (a journal, or a simulation's).
Summary summarize(const std::vector<Entry>&, const State& final_state);

struct WhatIf {
  std::string policy;
  Instant horizon = Instant::max();          // default: a year after the last entry
  std::vector<Assumption> assumptions = {};  // of what programmes do not know
  std::vector<Grant> grants = {};            // made when the history begins
};

// G2003 for an unknown policy, G1108 and G2105 for assumptions, and what a grant that is not in the
// history is refused with. Deterministic: the same entries give the same bytes.
struct WhatIfResult {
  Summary summary;
  std::vector<Entry> entries;
};
Result<WhatIfResult> what_if(const std::vector<Entry>& history, const WhatIf&);

}  // namespace granary
