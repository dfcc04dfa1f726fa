#pragma once
// Pools, nodes and what is free when. Chips are counted one by one, in shares of a thousandth, so
// that an answer "64 are free" means 64 named chips that are free together for the whole span.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "catalog/catalog.h"
#include "units/id.h"
#include "units/money.h"
#include "units/time.h"

namespace granary {

inline constexpr int whole_chip = 1000;  // shares of one chip

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
};

// Chips wanted together.
struct Wanted {
  int chips = 0;
  int together = 1;  // groups of this many chips must share a node (tensor parallelism)
  int share = whole_chip;
};

// Claims of one pool over time. Copyable; cost is linear in the claims of the pool.
class Timeline {
 public:
  // `pool` must outlive the timeline. With `within`, only the chips that reservation holds exist,
  // and only during its interval.
  Timeline(const Pool& pool, const std::vector<Claim>& claims, Instant now,
           std::optional<Id<Reservation>> within = {});

  void add(const Claim&);
  void remove(const Owner&);

  // Named chips that are free for all of [from, from + span), packed so that full nodes fill
  // first (smallest sufficient remainder, then node order); nothing if there are not enough.
  std::optional<std::vector<Held>> place(const Wanted&, Instant from, Span span) const;

  // The earliest instant at or after `from` when place() succeeds; nothing if never. Candidates
  // are `from` and the ends of claims. O(claims x chips).
  struct Slot {
    Instant from;
    std::vector<Held> held;
  };
  std::optional<Slot> earliest(const Wanted&, Span span, Instant from) const;

  // Whole chips free for all of [from, from + span), wherever they are.
  int free_chips(Instant from, Span span) const;

 private:
  // What is taken of a chip from `at` until the next step. `claimed`: by whoever may claim here.
  // `used`: by jobs, inside a reservation or not; a job that outlives its reservation still uses
  // its chips. Free is what the larger of the two leaves.
  struct Step {
    Instant at;
    int claimed, used;
    int free() const;
  };
  struct Line {
    std::size_t node;  // index into Pool::nodes
    int chip;
    std::vector<Step> steps;  // the first begins with time
  };
  struct Room {
    std::size_t line;
    int free;  // share, for the whole span
  };
  using Rooms = std::vector<std::vector<Room>>;  // by node

  // A change at candidate `at` of earliest(): chips of `node` that can begin there, or no more.
  struct Change {
    std::size_t at, node;
    int by;
  };
  struct Search {
    const Wanted& wanted;
    Span span;
    Instant from;
    std::vector<Instant> candidates;
    std::vector<Change> changes;
  };

  void count(const Claim&, int sign);
  static void take(Line&, Instant from, Instant until, Step by);
  static int free_share(const Line&, Instant from, Instant until);
  Rooms rooms(const Wanted&, Instant from, Instant until) const;
  static void find_changes(const Line&, Search&);
  std::optional<Instant> first_fit(const Search&) const;

  const Pool* pool_;
  std::optional<Id<Reservation>> within_;
  std::vector<Line> lines_;                              // in order of node, chip
  std::vector<std::size_t> first_;                       // line of chip 0, by index of node
  std::vector<std::pair<Id<Node>, std::size_t>> nodes_;  // id to index, sorted
  std::vector<Claim> claims_;                            // what was counted
  std::vector<Instant> rises_;  // sorted: when chips may become free; candidates for earliest()
};

// Whether the shape fits the empty, healthy pool: never against not now.
bool fits_empty(const Pool&, const Wanted&);

}  // namespace granary
