#pragma once
// What a journal folds to, and what an auditor is told of it: the answer of GET /v1/ledger/verify
// and of `granary voucher verify --journal`.

#include <map>
#include <nlohmann/json_fwd.hpp>

#include "engine/engine.h"
#include "engine/entry_laws.h"

namespace granary {

class Verification {
 public:
  // Folds the next entry, whoever wrote it. After one that is not what it should be nothing more is
  // looked at.
  void take(const Entry&);
  // Why the first such entry is not; absent: all are.
  const std::optional<Error>& wrong() const { return wrong_; }
  std::uint64_t entries() const { return head_.sequence; }
  const State& state() const { return state_; }
  Instant last() const { return last_; }
  // G9001 when a law of the books is broken, G9040 when a voucher is not what its certificate says,
  // G9041 and G9042 when an entry does not follow or breaks a law of entry_laws.h; holds are as old
  // as they are at `now`.
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
  VoucherUse use_;
  std::uint64_t certificates_ = 0;  // checked again
  std::optional<Error> wrong_;      // of the first entry that is not what it should be
};

}  // namespace granary
