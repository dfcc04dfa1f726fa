#pragma once
// The whole journal checked from its first entry, beside a writer or alone.

#include <functional>
#include <string>

#include "engine/engine.h"

namespace granary {

struct Verified {
  std::uint64_t entries = 0, postings = 0;  // two postings a leg
  Hash head;                                // chain of the last entry
};

// Every chain matches its bytes from the zero chain on, every entry decodes, every leg moves an
// amount above zero between two accounts of one asset that were opened before, and the tables leg,
// hold and account are what the legs of the entries fold to; tables, CHECKs and triggers are those
// that a new journal gets. `visit` is called with each good entry, in order, in one pass.
//
// G9002 names the first entry that was altered, moved or removed; G9003 the leg, hold or account
// of the mirror, or the table or trigger, that differs. Errors of opening as open_journal().
// O(entries), memory O(accounts + holds).
Result<Verified> verify(const std::string& path,
                        const std::function<void(const Entry&)>& visit = {});

}  // namespace granary
