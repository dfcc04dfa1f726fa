#pragma once
// What a journal folds to, and what an auditor is told of it: the answer of GET /v1/ledger/verify
// and of `granary voucher verify --journal`.

#include <map>
#include <nlohmann/json_fwd.hpp>

#include "engine/engine.h"

namespace granary {

class Verification {
 public:
  // Folds the next entry.
  void take(const Entry&);
  std::uint64_t entries() const { return head_.sequence; }
  const State& state() const { return state_; }
  Instant last() const { return last_; }
  // G9001 when a law of the books is broken, G9040 when a voucher is not what its certificate says;
  // holds are as old as they are at `now`.
  Result<nlohmann::json> answer(Instant now) const;

 private:
  struct Head {
    std::uint64_t sequence = 0;
    Hash chain;
  };
  nlohmann::json holds(Instant now) const;

  State state_;
  Head head_;
  Instant last_{};
  std::map<Id<Hold>, Instant> opened_;  // open holds
  std::uint64_t certificates_ = 0;      // checked again
  std::optional<Error> wrong_;          // the first that does not say what was granted
};

}  // namespace granary
