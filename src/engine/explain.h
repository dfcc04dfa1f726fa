#pragma once
// Why a job is where it is, and what would make it start sooner. Numbers come from the policy's own
// evaluation of the present state; sentences are made here and nowhere else.

#include <optional>
#include <string>
#include <vector>

#include "engine/state.h"

namespace granary {

// Where and when a choice could start, the queue as it is and durations as declared.
struct Forecast {
  std::optional<Instant> start;
  Span span{};
  Money price;
  bool fundable = false;  // the payer could pay for it now
  std::string reason;     // one sentence
};

// For a job that is not submitted (a quote): each choice by itself, at the end of its priority.
std::vector<Forecast> forecast(const State&, const JobRequest&, Instant now);

// One pool that the job accepts, as things are.
struct Blocker {
  std::string pool;
  int wanted = 0, free = 0, total = 0;  // chips
  std::string reason;                   // "23 more needed; 32 more idle but reserved for r-18 ..."
};

// What would make it start sooner, evaluated by the core: with the change applied at once, the job
// starts at `start`.
struct Sooner {
  std::string change;  // "32 chips instead of 64"
  Instant start{};
  std::string effect;   // "2 x longer, same price"
  std::string command;  // what to type
};

struct Explanation {
  Id<Job> job;
  std::string headline;           // "j-7 (uni, 64 x a800-sxm-80, asked ...) waits: not now."
  std::vector<Blocker> blockers;  // waiting jobs: one per accepted pool
  int position = 0, waiting = 0;  // in the queue, from 1; zero when it does not wait
  std::optional<Instant> start;   // estimate
  std::vector<Sooner> sooner;
  std::string reason;  // the latest `because` in one sentence
  std::string code;    // "chips_short": counted in metrics, compared in tests
};

// G2008 for an unknown job. Cost: one pass of the policy per counterfactual, at most eight.
Result<Explanation> explain(const State&, Id<Job>, Instant now);

// "23 more needed at guian/a800-sxm-80: 41 of 64 free, expected 2026-11-28T06:00:00Z".
std::string sentence(const State&, const Because&);
// "fits", "chips_short", "funds_short", "outranked", "reserved".
std::string code_of(const Because&);

// Why each job that a followed site has not started waits, in our own words.
std::map<Id<Job>, Because> reasons_at_followed_sites(const State&, Instant now);

// When each waiting job would start, in queue order, if nothing else arrived; nothing if not in
// sight, or if it waits for money. One backfill pass with a place for everyone who can pay.
std::map<Id<Job>, Instant> estimated_starts(const State&, Instant now);

}  // namespace granary
