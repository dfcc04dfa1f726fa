// The timeline against an oracle that looks at every chip at every tick.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "stock/stock.h"

namespace granary {
namespace {
constexpr Span tick = std::chrono::seconds(30);
constexpr int horizon = 60;  // ticks; nothing is claimed later
const Instant t0 = Instant(std::chrono::hours(24 * 20'000));

Instant at(int ticks) { return t0 + ticks * tick; }

struct Case {
  Pool pool;
  std::vector<Claim> claims;
  std::optional<Id<Reservation>> within;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  int below(int n) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(n)); }
  int share() { return below(3) != 0 ? whole_chip : 1 + below(whole_chip); }

 private:
  std::mt19937_64 engine_;
};

// Claims may contradict each other: the answers must still be those of the oracle.
Case random_case(Random& random) {
  Case c;
  c.pool.id = {1};
  const int nodes = 1 + random.below(4);
  for (int n = 0; n < nodes; ++n) {
    c.pool.nodes.push_back({{static_cast<std::uint64_t>(10 - n)}, "n", 1 + random.below(5)});
  }
  const int count = random.below(12);
  for (int i = 0; i < count; ++i) {
    Claim claim;
    const auto id = static_cast<std::uint64_t>(1 + random.below(6));
    claim.owner = Id<Job>{id};
    if (random.below(3) == 0) {
      claim.owner = Id<Reservation>{1 + id % 2};
    } else if (random.below(3) == 0) {
      claim.inside = Id<Reservation>{1 + id % 2};
    }
    claim.pool = {random.below(10) == 0 ? 2u : 1u};
    const int from = random.below(30) - 10;
    claim.from = at(from);
    claim.until = at(from + 1 + random.below(25));
    const int share = random.share();
    for (const Node& node : c.pool.nodes) {
      for (int chip = 0; chip < node.chips; ++chip) {
        if (random.below(3) == 0) claim.held.push_back({node.id, chip, share});
      }
    }
    c.claims.push_back(claim);
  }
  if (random.below(3) == 0)
    c.within = Id<Reservation>{static_cast<std::uint64_t>(1 + random.below(2))};
  return c;
}

// What is free of one chip during one tick, straight from the sentences of the header.
int free_at(const Case& c, Id<Node> node, int chip, int t) {
  int given = 0, claimed = 0, used = 0;
  for (const Claim& claim : c.claims) {
    const bool is_job = std::holds_alternative<Id<Job>>(claim.owner);
    Instant until = claim.until;
    if (is_job && until <= t0) until = t0 + std::chrono::minutes(1);
    if (claim.pool != c.pool.id || at(t) < claim.from || at(t) >= until) continue;
    for (const Held& held : claim.held) {
      if (held.node != node || held.chip != chip) continue;
      if (is_job) used += held.share;
      if (c.within) {
        if (claim.owner == Owner(*c.within)) given += held.share;
        if (claim.inside == c.within) claimed += held.share;
      } else if (!claim.inside) {
        claimed += held.share;
      }
    }
  }
  return std::max(0, std::min((c.within ? given : whole_chip) - claimed, whole_chip - used));
}

using Free = std::vector<std::vector<std::vector<int>>>;  // by node, chip, tick
Free free_of(const Case& c) {
  Free free;
  for (const Node& node : c.pool.nodes) {
    free.emplace_back();
    for (int chip = 0; chip < node.chips; ++chip) {
      free.back().emplace_back();
      for (int t = 0; t < 2 * horizon; ++t)
        free.back().back().push_back(free_at(c, node.id, chip, t));
    }
  }
  return free;
}

bool is_free(const std::vector<int>& chip, int share, int from, int ticks) {
  for (int t = from; t < from + ticks; ++t) {
    if (chip[static_cast<std::size_t>(t)] < share) return false;
  }
  return true;
}

bool fits(const Free& free, const Wanted& wanted, int from, int ticks) {
  int groups = 0, largest_rest = 0;
  for (const auto& node : free) {
    int chips = 0;
    for (const auto& chip : node) chips += is_free(chip, wanted.share, from, ticks) ? 1 : 0;
    groups += chips / wanted.together;
    largest_rest = std::max(largest_rest, chips % wanted.together);
  }
  const int whole = wanted.chips / wanted.together, rest = wanted.chips % wanted.together;
  return groups > whole || (groups == whole && largest_rest >= rest);
}

// The chips are different ones, free for the whole span, and come in groups that share a node.
void expect_sound(const Case& c, const Free& free, const Wanted& wanted,
                  const std::vector<Held>& held, int from, int ticks) {
  ASSERT_EQ(held.size(), static_cast<std::size_t>(wanted.chips));
  std::set<std::pair<Id<Node>, int>> different;
  std::map<Id<Node>, int> on_node;
  for (const Held& h : held) {
    different.insert({h.node, h.chip});
    ++on_node[h.node];
    EXPECT_EQ(h.share, wanted.share);
    for (std::size_t n = 0; n < free.size(); ++n) {
      if (c.pool.nodes[n].id != h.node) continue;
      EXPECT_TRUE(is_free(free[n][static_cast<std::size_t>(h.chip)], wanted.share, from, ticks));
    }
  }
  EXPECT_EQ(different.size(), held.size());
  int groups = 0;
  for (const auto& [node, count] : on_node) groups += count / wanted.together;
  EXPECT_EQ(groups, wanted.chips / wanted.together);
}

void compare(const Case& c, Random& random) {
  const Timeline line(c.pool, c.claims, t0, c.within);
  const Free free = free_of(c);
  for (int i = 0; i < 6; ++i) {
    const Wanted wanted{1 + random.below(8), 1 + random.below(4), random.share()};
    const int from = random.below(20), ticks = 1 + random.below(12);
    const auto placed = line.place(wanted, at(from), ticks * tick);
    ASSERT_EQ(placed.has_value(), fits(free, wanted, from, ticks));
    if (placed) expect_sound(c, free, wanted, *placed, from, ticks);
    int first = from;
    while (first <= horizon && !fits(free, wanted, first, ticks)) ++first;
    const auto slot = line.earliest(wanted, ticks * tick, at(from));
    ASSERT_EQ(slot.has_value(), first <= horizon);
    if (slot) {
      EXPECT_EQ(slot->from, at(first));
      expect_sound(c, free, wanted, slot->held, first, ticks);
    }
    int whole = 0;
    for (const auto& node : free) {
      for (const auto& chip : node) whole += is_free(chip, whole_chip, from, ticks) ? 1 : 0;
    }
    ASSERT_EQ(line.free_chips(at(from), ticks * tick), whole);
  }
}

int sequences() {
  const char* const text = std::getenv("GRANARY_SEQUENCES");
  return text != nullptr ? std::atoi(text) : 3'000;
}

TEST(TimelineProperty, AnswersAsAnOracleThatLooksAtEveryChipAtEveryTick) {
  for (int seed = 1; seed <= sequences(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(static_cast<std::uint64_t>(seed));
    compare(random_case(random), random);
    if (HasFatalFailure()) return;
  }
}

TEST(TimelineProperty, RemovingAnOwnerIsTheSameAsNeverHavingAddedIt) {
  for (int seed = 1; seed <= sequences(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(static_cast<std::uint64_t>(seed));
    Case c = random_case(random);
    const Owner gone = random.below(2) == 0 ? Owner(Id<Job>{1}) : Owner(Id<Reservation>{1});
    Timeline removed(c.pool, c.claims, t0, c.within);
    removed.remove(gone);
    std::erase_if(c.claims, [&](const Claim& claim) { return claim.owner == gone; });
    const Timeline without(c.pool, c.claims, t0, c.within);
    for (int i = 0; i < 6; ++i) {
      const Wanted wanted{1 + random.below(8), 1 + random.below(4), random.share()};
      const auto a = removed.earliest(wanted, tick * 3, t0);
      const auto b = without.earliest(wanted, tick * 3, t0);
      ASSERT_EQ(a.has_value(), b.has_value());
      if (!a) continue;
      ASSERT_EQ(a->from, b->from);
      ASSERT_EQ(a->held, b->held);
    }
  }
}
}  // namespace
}  // namespace granary
