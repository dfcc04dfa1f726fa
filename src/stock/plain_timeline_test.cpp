// The timeline that is kept as claims come and go against one that looks at all claims each time:
// the same chips at the same instants, also over another timeline and within a reservation.

#include "stock/plain_timeline_test.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace granary {
namespace {
using test::PlainTimeline;

constexpr Span tick = std::chrono::seconds(30);
const Instant t0 = Instant(std::chrono::hours(24 * 20'000));

class Case {
 public:
  explicit Case(std::uint64_t seed) : random_(seed) {
    pool_.id = {1};
    const bool equal = below(2) == 0;
    const int nodes = 1 + below(5), chips = 1 + below(9);
    for (int n = 0; n < nodes; ++n) {
      const bool large = below(40) == 0;
      pool_.nodes.push_back({{static_cast<std::uint64_t>(10 + n)},
                             "n",
                             large   ? 60 + below(80)
                             : equal ? chips
                                     : 1 + below(9)});
    }
    if (below(3) == 0) within_ = reservation();
  }

  void run() {
    Timeline kept(pool_, {}, t0, within_);
    PlainTimeline plain{pool_, within_, {}};
    for (int i = 4 + below(20); i > 0; --i) {
      change(kept, plain);
      ask(kept, plain);
      if (::testing::Test::HasFatalFailure()) return;
    }
    // Claimed in another order, it is the same.
    std::shuffle(plain.claims.begin(), plain.claims.end(), random_);
    const Timeline anew(pool_, plain.claims, Instant::min(), within_);
    ASSERT_TRUE(kept == anew);
    over(kept, plain);
    ASSERT_TRUE(kept == anew) << "what stands over it has changed it";
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  Id<Reservation> reservation() { return {static_cast<std::uint64_t>(1 + below(2))}; }
  int share() { return below(4) != 0 ? whole_chip : 1 + below(whole_chip); }

  Claim claim() {
    Claim claim;
    claim.owner = Id<Job>{static_cast<std::uint64_t>(1 + below(12))};
    if (below(4) == 0) {
      claim.owner = reservation();
    } else if (below(4) == 0) {
      claim.inside = reservation();
    }
    claim.pool = {below(10) == 0 ? 2u : 1u};
    claim.from = t0 + (below(40) - 10) * tick;
    claim.until = below(15) == 0 ? Instant::max() : claim.from + (1 + below(25)) * tick;
    const int of_each = share(), every = 1 + below(4);
    for (const Node& node : pool_.nodes) {
      for (int chip = 0; chip < node.chips; ++chip) {
        if (below(every) == 0) claim.held.push_back({node.id, chip, of_each});
      }
    }
    return claim;
  }

  void change(Timeline& kept, PlainTimeline& plain) {
    if (below(3) != 0 || plain.claims.empty()) {
      plain.claims.push_back(claim());
      kept.add(plain.claims.back());
      return;
    }
    const Owner gone =
        plain.claims[static_cast<std::size_t>(below(static_cast<int>(plain.claims.size())))].owner;
    kept.remove(gone);
    std::erase_if(plain.claims, [&](const Claim& claim) { return claim.owner == gone; });
  }

  void ask(const Timeline& kept, const PlainTimeline& plain) {
    const int together = 1 + below(below(2) == 0 ? 8 : 3);
    const Wanted wanted{1 + below(20), together, share()};
    const Instant from = t0 + below(25) * tick;
    const Span span = (1 + below(12)) * tick;
    ASSERT_EQ(kept.free_chips(from, span), plain.free_chips(from, span));
    ASSERT_EQ(kept.place(wanted, from, span), plain.place(wanted, from, span));
    const auto slot = kept.earliest(wanted, span, from);
    const auto expected = plain.earliest(wanted, span, from);
    ASSERT_EQ(slot.has_value(), expected.has_value());
    if (!slot) return;
    ASSERT_EQ(slot->from, expected->from);
    ASSERT_EQ(slot->held, expected->held);
  }

  // What is added and removed over a timeline, twice over, and what there is within a reservation.
  void over(const Timeline& base, const PlainTimeline& plain) {
    Timeline above = Timeline::over(base);
    PlainTimeline plain_above = plain;
    for (int i = below(4); i > 0; --i) change(above, plain_above);
    ask(above, plain_above);
    Timeline top = Timeline::over(above);
    PlainTimeline plain_top = plain_above;
    for (int i = 1 + below(4); i > 0; --i) change(top, plain_top);
    ask(top, plain_top);
    ask(above, plain_above);
    if (within_) return;
    plain_top.within = reservation();
    ask(top.within(*plain_top.within), plain_top);
  }

  std::mt19937_64 random_;
  Pool pool_;
  std::optional<Id<Reservation>> within_;
};

int sequences() {
  const char* const text = std::getenv("GRANARY_SEQUENCES");
  return text != nullptr ? std::atoi(text) : 1'500;
}

TEST(KeptTimeline, GivesTheChipsThatOneGivesThatLooksAtAllClaims) {
  for (int seed = 1; seed <= sequences(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Case(static_cast<std::uint64_t>(seed)).run();
    if (HasFatalFailure()) return;
  }
}
}  // namespace
}  // namespace granary
