#pragma once
// Choosing who runs where and when. A policy is a pure function of a view and an instant: the same
// inputs give the same decisions. Prices and what a payer may still spend reach it as plain
// amounts; it knows no accounts.

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "stock/stock.h"

namespace granary {

// An option as a policy sees it.
struct Offer {
  Id<Pool> pool;
  Wanted wanted;
  Span span{};  // of the whole claim
  Money price;
  bool fundable = true;  // its payer could pay for it now
};

// A job that waits. Any one of its offers will do.
struct Waiting {
  Id<Job> job;
  std::string payer;
  int priority = 0;  // higher first; never crossed by age
  Instant submitted{};
  std::vector<Offer> offers;              // in the tenant's order of preference
  std::optional<Id<Reservation>> inside;  // only on the chips of that reservation
};

// A job that runs, as far as preemption may need to know.
struct Running {
  Id<Job> job;
  int priority = 0;
  bool preemptible = false;
  bool stopping = false;  // already asked to stop: its chips are on their way
  Instant started{};
  Instant last_checkpoint{};  // what would be lost is chips x (now - last_checkpoint)
  Instant not_before{};       // protected from preemption until then (minimum run, cool-down)
};

// All that is known of a stock at an instant, as plain data.
struct View {
  std::vector<Pool> pools;
  std::vector<Claim> claims;                    // running jobs and reservations, by from, owner
  std::vector<Running> running;                 // by job
  std::vector<Waiting> waiting;                 // by priority descending, submitted, job
  Span stop_notice = std::chrono::seconds(30);  // how long a preempted job may take to end
  int reservations_for = 64;                    // waiting jobs that hold a place in time (backfill)
};

// Who has which chips, by pool.
using Timelines = std::map<Id<Pool>, Timeline>;

// What a policy decides on: a view whose claims are counted already, so that a pass costs nothing
// for claims and chips that it has no question about. Nothing is owned: what it is made of must
// outlive it.
struct CountedView {
  // Counts the claims of the view, which must outlive it. O(claims): for questions asked once.
  CountedView(const View&);
  CountedView(const Timelines&, std::span<const Running>, std::span<const Waiting>);

  const Timelines& timelines() const { return *timelines_; }

  std::span<const Running> running;  // by job; of those that no waiting job outranks, only those
                                     // that are stopping are needed
  std::span<const Waiting> waiting;  // by priority descending, submitted, job
  Span stop_notice = View{}.stop_notice;
  int reservations_for = View{}.reservations_for;

 private:
  std::shared_ptr<const Timelines> counted_;  // shared by copies of the view that counted them
  const Timelines* timelines_;
};

// Why. Data, not text: which pool, how many, until when; sentences are made in engine/explain.cpp.
struct Fits {
  Id<Pool> pool;
  int free = 0;  // chips that were free there
};
struct ChipsShort {
  Id<Pool> pool;
  int wanted = 0, free = 0;
  std::optional<Instant> until;  // when enough are expected; absent: not in sight
};
struct FundsShort {
  Money wanted, left;
};
struct Outranked {
  Id<Job> by;  // whose place in time must not be delayed
  Id<Pool> pool;
  int free = 0;  // chips idle now but promised
};
struct HeldByReservation {
  Id<Reservation> by;
  Id<Pool> pool;
  int wanted = 0, free = 0;
};
using Because = std::variant<Fits, ChipsShort, FundsShort, Outranked, HeldByReservation>;

// Start now on these chips.
struct Start {
  Id<Job> job;
  std::size_t offer = 0;  // index into Waiting::offers
  std::vector<Held> held;
  Because because;
};
// A place in time: a forecast that later decisions must not delay.
struct Reserve {
  Id<Job> job;
  std::size_t offer = 0;
  std::vector<Held> held;
  Instant from{};
  Because because;
};
// Stop `victim` so that `job` can start.
struct Preempt {
  Id<Job> victim, job;
};
struct Wait {
  Id<Job> job;
  Because because;
};
using Decision = std::variant<Start, Reserve, Preempt, Wait>;

using Policy = std::vector<Decision> (*)(const CountedView&, Instant now);

// One decision (Start, Reserve or Wait) per waiting job, in the order of View::waiting, with
// Preempts before the job they are for.
//
// fifo: the first that cannot start now blocks all behind it that want a pool it accepts.
// backfill: the first View::reservations_for waiting jobs each hold the earliest place in time over
// their offers (conservative backfill); later ones may start only if that delays none of them. A
// job whose priority is higher than that of running preemptible ones may preempt them: the set with
// the least lost work (chips x time since checkpoint) that frees enough, nothing needless in it.
std::vector<Decision> fifo(const CountedView&, Instant now);
std::vector<Decision> backfill(const CountedView&, Instant now);

struct PolicyEntry {
  std::string name;
  Policy policy;
  std::string summary;
};
// fifo, backfill; the visible table of policies.
const std::vector<PolicyEntry>& policies();
// G2003 with the known names and the nearest one.
Result<Policy> find_policy(const std::string& name);

}  // namespace granary
