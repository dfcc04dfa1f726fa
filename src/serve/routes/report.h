#pragma once
// Private to routes: what the reports share.

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "report/period.h"
#include "serve/routes/routes.h"

namespace granary::routes {

// month=2026-11, or from=.. and until=.., or all of the journal. G1115, G1116.
Result<Period> period_of(const Call&);

// How far a report went.
struct Read {
  State state;
  Instant last{};
  std::uint64_t entries = 0;
  Hash chain;
  bool complete = false;  // the journal goes on after `until`
};

// Entries before `until` from the first one, a page at a time: each event with the state before it,
// until one gives false, and each entry with the state after it.
Result<Read> each_entry(const Call&, Instant until,
                        const std::function<bool(const State&, const Event&, const Entry&)>& event,
                        const std::function<void(const State&, const Entry&)>& entry = {});

Json heading_of(const Call&, const Read&, const char* schema);

}  // namespace granary::routes
