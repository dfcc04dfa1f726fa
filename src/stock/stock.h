#pragma once
// Pools, nodes and what is free when. Chips are counted one by one, in shares of a thousandth, so
// that an answer "64 are free" means 64 named chips that are free together for the whole span.

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "catalog/catalog.h"
#include "stock/free_counts.h"
#include "stock/node_steps.h"
#include "units/id.h"
#include "units/money.h"
#include "units/time.h"

namespace granary {

struct Node {
  Id<Node> id;
  std::string name;  // "guian-a800-sxm-80-01"
  int chips = 0;
};

// One kind of chip at one site.
struct Pool {
  Id<Pool> id;
  std::string site, chip;
  Runner runner = Runner::local;
  std::string asset;
  Rate rate;  // where no row of the tariff matches
  std::vector<TariffRow> tariff = {};
  bool replaceable = true;
  BytesPerSecond fabric{};                      // of a node, one direction; 0: not declared
  std::string held_since = {}, held_from = {};  // as declared; empty: not declared
  std::vector<Node> nodes;

  std::string name() const { return site + "/" + chip; }
  int chips() const;
  Tariff prices() const { return {rate, tariff}; }
};

// Pools in the order of the sites' ids and their files; ids count from 1 in that order, unless
// `known` names them already (a name keeps its id for ever).
std::vector<Pool> pools_of(const Catalog&, const std::map<std::string, Id<Pool>>& known);

const Pool* find_pool(const std::vector<Pool>&, Id<Pool>);
const Pool* find_pool(const std::vector<Pool>&, const std::string& name);

// One chip of one node, or a share of it.
struct Held {
  Id<Node> node;
  int chip = 0;  // 0 .. Node::chips - 1
  int share = whole_chip;
  friend bool operator==(const Held&, const Held&) = default;
};

// Whose the chips are: a job's, or a reservation's.
using Owner = std::variant<Id<Job>, Id<Reservation>>;
std::string to_text(const Owner&);

// Chips of one pool for one owner over [from, until): running now or reserved for later.
struct Claim {
  Owner owner;
  Id<Pool> pool;
  std::vector<Held> held;  // in order of node, chip
  Instant from{}, until{};
  // A job that runs on the chips of a reservation: its claim lies inside the reservation's and
  // takes nothing more from the pool.
  std::optional<Id<Reservation>> inside;
  friend bool operator==(const Claim&, const Claim&) = default;
};

// Chips wanted together.
struct Wanted {
  int chips = 0;
  int together = 1;  // groups of this many chips must share a node (tensor parallelism)
  int share = whole_chip;
};

struct Rooms;  // packing.h

// A job that runs past its claim is not assumed to be gone: it has this long at least.
inline constexpr Span allowed_overrun = std::chrono::minutes(1);

// Claims of one pool over time. Chips that nobody claims cost nothing but a place for their node.
class Timeline {
 public:
  // Nobody claims anything. `pool` must outlive the timeline.
  explicit Timeline(const Pool& pool) : Timeline(pool, {}) {}
  // With `within`, only the chips that reservation holds exist, and only during its interval. Jobs
  // whose claims are over have until `allowed_overrun` from now. O(claims).
  Timeline(const Pool& pool, const std::vector<Claim>& claims, Instant now,
           std::optional<Id<Reservation>> within = {});

  // One that begins as `base`, for what may be added or removed later. `base` must outlive it and
  // not change meanwhile. O(nodes + instants at which claims begin or end).
  static Timeline over(const Timeline& base);
  // What there is within a reservation, of the same claims. O(claims).
  Timeline within(Id<Reservation>) const;

  // O(chips of the claim x steps of their nodes).
  void add(const Claim&);
  void remove(const Owner&);
  // The job of a claim that is over keeps its chips until then.
  void prolong(const Claim& late, Instant until);

  // Those of an owner; and all, by owner, without those of the timeline that this one is over.
  std::vector<const Claim*> claims_of(const Owner&) const;
  const std::multimap<Owner, Claim>& claims() const { return claims_; }
  // Claims of jobs that are over and were not removed, likewise. O(those).
  std::vector<const Claim*> late(Instant now) const;

  // Whether there are enough chips that are free for all of [from, from + span). O(nodes + steps in
  // the span); less the sooner enough are found.
  bool fits(const Wanted&, Instant from, Span span) const;
  // The earliest instant at or after `from` when they fit; nothing if never. Candidates are `from`
  // and the ends of claims. O(instants until then), and where groups or shares make it matter which
  // chips are free, O(claims x chips).
  std::optional<Instant> first(const Wanted&, Span span, Instant from) const;

  // Named chips that are free for all of [from, from + span), packed so that full nodes fill
  // first (smallest sufficient remainder, then node order); nothing if there are not enough.
  // O(nodes + steps in the span).
  std::optional<std::vector<Held>> place(const Wanted&, Instant from, Span span) const;

  // Where they fit first.
  struct Slot {
    Instant from;
    std::vector<Held> held;
  };
  std::optional<Slot> earliest(const Wanted&, Span span, Instant from) const;

  // Whole chips free for all of [from, from + span), wherever they are.
  int free_chips(Instant from, Span span) const;

  // Whether as much is taken of each chip at each instant, so that both answer alike.
  friend bool operator==(const Timeline&, const Timeline&);

 private:
  Timeline(const Pool& pool, std::optional<Id<Reservation>> within);
  struct Search;

  void count(const Claim&, int sign);
  const NodeSteps* steps_of(std::size_t node) const;
  NodeSteps& own_steps_of(std::size_t node);
  Rooms whole_rooms(Instant from, Instant until) const;
  Rooms part_rooms(int share, Instant from, Instant until) const;
  int count_free(std::size_t node, int share, Instant from, Instant until) const;
  std::optional<Instant> sweep(const Wanted&, Span span, Instant from) const;
  void find_changes(std::size_t node, Search&) const;
  std::optional<Instant> first_fit(const Search&) const;

  const Pool* pool_;
  std::optional<Id<Reservation>> within_;
  const Timeline* base_ = nullptr;
  std::vector<int> own_;          // by node: index into steps_; -1: as base_ has it, or unclaimed
  std::vector<NodeSteps> steps_;  // of the nodes that differ
  FreeCounts counts_;
  std::multimap<Owner, Claim> claims_;        // what was counted
  std::set<std::pair<Instant, Owner>> ends_;  // of jobs
  std::set<Owner> removed_;                   // of base_
};

// Whether the shape fits the empty, healthy pool: never against not now.
bool fits_empty(const Pool&, const Wanted&);

}  // namespace granary
