// Laws of every pass, over random views. A second bookkeeping, by plain lists of claims, says what
// was true when each decision was made.

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "schedule/random_views_test.h"

namespace granary {
static bool operator==(const Fits& a, const Fits& b) {
  return a.pool == b.pool && a.free == b.free;
}
static bool operator==(const ChipsShort& a, const ChipsShort& b) {
  return std::tie(a.pool, a.wanted, a.free, a.until) == std::tie(b.pool, b.wanted, b.free, b.until);
}
static bool operator==(const FundsShort& a, const FundsShort& b) {
  return std::tie(a.wanted, a.left) == std::tie(b.wanted, b.left);
}
static bool operator==(const Outranked& a, const Outranked& b) {
  return std::tie(a.by, a.pool, a.free) == std::tie(b.by, b.pool, b.free);
}
static bool operator==(const HeldByReservation& a, const HeldByReservation& b) {
  return std::tie(a.by, a.pool, a.wanted, a.free) == std::tie(b.by, b.pool, b.wanted, b.free);
}
static bool operator==(const Start& a, const Start& b) {
  return std::tie(a.job, a.offer, a.held, a.because) == std::tie(b.job, b.offer, b.held, b.because);
}
static bool operator==(const Reserve& a, const Reserve& b) {
  return std::tie(a.job, a.offer, a.held, a.from, a.because) ==
         std::tie(b.job, b.offer, b.held, b.from, b.because);
}
static bool operator==(const Preempt& a, const Preempt& b) {
  return a.victim == b.victim && a.job == b.job;
}
static bool operator==(const Wait& a, const Wait& b) {
  return a.job == b.job && a.because == b.because;
}

namespace test {
namespace {
using Lane = std::pair<Id<Pool>, std::optional<Id<Reservation>>>;

// What a pass had decided before a decision.
class Record {
 public:
  explicit Record(const View& v) : view(v), over(t0 + v.stop_notice), claims(v.claims) {
    for (Claim& claim : claims) {
      const Running* const running = running_of(claim.owner);
      if (running && running->stopping && claim.until <= t0) claim.until = over;
    }
  }

  const Running* running_of(const Owner& owner) const {
    for (const Running& running : view.running) {
      if (owner == Owner(running.job)) return &running;
    }
    return nullptr;
  }
  const Waiting& waiting(Id<Job> job) const {
    return *std::find_if(view.waiting.begin(), view.waiting.end(),
                         [&](const Waiting& w) { return w.job == job; });
  }

  Timeline line(const Waiting& job, const Offer& offer, bool with_promises = true) const {
    Timeline line(*find_pool(view.pools, offer.pool), claims, t0, job.inside);
    for (const Claim& promise : promises) {
      if (with_promises) line.add(promise);
    }
    return line;
  }
  bool fits(const Timeline& line, const Offer& offer, Instant from) const {
    return line.place(offer.wanted, from, offer.span).has_value();
  }

  // The offer that ends first, then the cheapest, then the first; nothing if none ever fits.
  struct Best {
    std::size_t offer;
    Instant from;
  };
  std::optional<Best> best(const Waiting& job) const {
    std::optional<Best> best;
    for (std::size_t i = 0; i < job.offers.size(); ++i) {
      const Offer& offer = job.offers[i];
      if (!offer.fundable) continue;
      const auto slot = line(job, offer).earliest(offer.wanted, offer.span, t0);
      if (!slot) continue;
      const auto key = std::tuple(slot->from + offer.span, offer.price, i);
      if (best && std::tuple(best->from + job.offers[best->offer].span,
                             job.offers[best->offer].price, best->offer) < key) {
        continue;
      }
      best = Best{i, slot->from};
    }
    return best;
  }

  void note(const Decision& decision) {
    if (const auto* start = std::get_if<Start>(&decision)) {
      claims.push_back(claim(start->job, start->offer, start->held, t0));
    } else if (const auto* reserve = std::get_if<Reserve>(&decision)) {
      promises.push_back(claim(reserve->job, reserve->offer, reserve->held, reserve->from));
    } else if (const auto* preempt = std::get_if<Preempt>(&decision)) {
      for (Claim& c : claims) {
        if (c.owner != Owner(preempt->victim)) continue;
        c.until = c.until <= t0 ? over : std::min(c.until, over);
      }
      stopped.insert(preempt->victim);
    }
  }
  Claim claim(Id<Job> id, std::size_t offer, std::vector<Held> held, Instant from) const {
    const Waiting& job = waiting(id);
    return {id,   job.offers[offer].pool,        std::move(held),
            from, from + job.offers[offer].span, job.inside};
  }

  const View& view;
  Instant over;  // when those who are asked now have stopped
  std::vector<Claim> claims, promises;
  std::set<Id<Job>> stopped;
};

// Shares of one chip at one instant, by who has them.
struct Taken {
  int jobs = 0, outside = 0, inside = 0, given = 0;
};
Taken taken(const std::vector<Claim>& all, const Claim& claim, const Held& chip, Instant at) {
  Taken sum;
  for (const Claim& other : all) {
    const bool is_job = std::holds_alternative<Id<Job>>(other.owner);
    const Instant until = is_job && other.until <= t0 ? t0 + 1min : other.until;
    if (other.pool != claim.pool || at < other.from || at >= until) continue;
    for (const Held& held : other.held) {
      if (held.node != chip.node || held.chip != chip.chip) continue;
      if (is_job) sum.jobs += held.share;
      if (!other.inside) sum.outside += held.share;
      if (claim.inside && other.inside == claim.inside) sum.inside += held.share;
      if (claim.inside && other.owner == Owner(*claim.inside)) sum.given += held.share;
    }
  }
  return sum;
}

void expect_unshared(const std::vector<Claim>& all, const Claim& claim) {
  std::set<Instant> instants = {claim.from};
  for (const Claim& other : all) {
    for (const Instant at : {other.from, other.until, t0 + 1min}) {
      if (at > claim.from && at < claim.until) instants.insert(at);
    }
  }
  for (const Held& chip : claim.held) {
    for (const Instant at : instants) {
      const Taken sum = taken(all, claim, chip, at);
      ASSERT_LE(sum.jobs, whole_chip);
      if (claim.inside) {
        ASSERT_LE(sum.inside, sum.given);
      } else {
        ASSERT_LE(sum.outside, whole_chip);
      }
    }
  }
}

void expect_grouped(const Wanted& wanted, const std::vector<Held>& held) {
  ASSERT_EQ(held.size(), static_cast<std::size_t>(wanted.chips));
  std::map<Id<Node>, std::set<int>> nodes;
  std::size_t different = 0;
  for (const Held& chip : held) {
    EXPECT_EQ(chip.share, wanted.share);
    if (nodes[chip.node].insert(chip.chip).second) ++different;
  }
  EXPECT_EQ(different, held.size());
  int groups = 0;
  for (const auto& [node, chips] : nodes)
    groups += static_cast<int>(chips.size()) / wanted.together;
  EXPECT_EQ(groups, wanted.chips / wanted.together);
}

int sequences() {
  const char* const text = std::getenv("GRANARY_SEQUENCES");
  return text != nullptr ? std::atoi(text) : 2'000;
}

template <class Check>
void for_random_views(Check check) {
  for (int seed = 1; seed <= sequences(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    check(RandomView(static_cast<std::uint64_t>(seed)).make());
    if (::testing::Test::HasFailure()) return;
  }
}

// Calls `check` with what was known before each decision.
template <class Check>
void follow(const View& view, const std::vector<Decision>& decisions, Check check) {
  Record record(view);
  for (const Decision& decision : decisions) {
    check(std::as_const(record), decision);
    record.note(decision);
  }
}

TEST(ScheduleProperty, NoShareOfAChipIsClaimedTwiceAndGroupsShareANode) {
  for_random_views([](const View& view) {
    for (const PolicyEntry& entry : policies()) {
      Record record(view);
      std::vector<Claim> made;
      for (const Decision& decision : entry.policy(view, t0)) {
        record.note(decision);
        const auto* start = std::get_if<Start>(&decision);
        const auto* reserve = std::get_if<Reserve>(&decision);
        if (!start && !reserve) continue;
        made.push_back(start ? record.claims.back() : record.promises.back());
        const std::size_t offer = start ? start->offer : reserve->offer;
        const Waiting& job = record.waiting(job_of(decision));
        EXPECT_TRUE(job.offers[offer].fundable);
        expect_grouped(job.offers[offer].wanted, made.back().held);
      }
      std::vector<Claim> all = record.claims;
      all.insert(all.end(), record.promises.begin(), record.promises.end());
      for (const Claim& claim : made) expect_unshared(all, claim);
    }
  });
}

TEST(ScheduleProperty, EachWaitingJobGetsOneDecisionInOrderWithItsPreemptsBeforeIt) {
  for_random_views([](const View& view) {
    for (const PolicyEntry& entry : policies()) {
      std::size_t next = 0;
      for (const Decision& decision : entry.policy(view, t0)) {
        ASSERT_LT(next, view.waiting.size());
        ASSERT_EQ(job_of(decision), view.waiting[next].job);
        if (!std::holds_alternative<Preempt>(decision)) ++next;
      }
      ASSERT_EQ(next, view.waiting.size());
    }
  });
}

TEST(ScheduleProperty, TheSameViewGivesTheSameDecisions) {
  for_random_views([](const View& view) {
    for (const PolicyEntry& entry : policies()) {
      const View copy = view;
      EXPECT_TRUE(entry.policy(view, t0) == entry.policy(copy, t0));
    }
  });
}

TEST(ScheduleProperty, WhoComesLaterChangesNothingForThoseBefore) {
  for_random_views([](const View& view) {
    for (const PolicyEntry& entry : policies()) {
      const auto all = entry.policy(view, t0);
      View fewer = view;
      fewer.waiting.resize(view.waiting.size() / 2);
      const auto some = entry.policy(fewer, t0);
      ASSERT_LE(some.size(), all.size());
      EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin()));
    }
  });
}

TEST(ScheduleProperty, RunningJobsThatNobodyOutranksChangeNothing) {
  for_random_views([](const View& view) {
    for (const PolicyEntry& entry : policies()) {
      View fewer = view;
      std::erase_if(fewer.running, [&](const Running& running) {
        const bool outranked = running.preemptible && !view.waiting.empty() &&
                               running.priority < view.waiting.front().priority;
        return !running.stopping && !outranked;
      });
      EXPECT_TRUE(entry.policy(view, t0) == entry.policy(fewer, t0));
    }
  });
}

TEST(BackfillProperty, EachPlaceIsTheBestThatDelaysNobodyBefore) {
  for_random_views([](const View& view) {
    int places = 0;
    bool preempts = false;
    follow(view, backfill(view, t0), [&](const Record& before, const Decision& decision) {
      preempts = preempts || std::holds_alternative<Preempt>(decision);
      if (std::holds_alternative<Preempt>(decision)) return;
      const Waiting& job = before.waiting(job_of(decision));
      const bool ours = std::exchange(preempts, false);
      const bool holds_place = places < view.reservations_for;
      const auto* reserve = std::get_if<Reserve>(&decision);
      if (reserve) ++places;
      if (ours || !holds_place) return;
      const auto best = before.best(job);
      const auto* start = std::get_if<Start>(&decision);
      ASSERT_EQ(best.has_value(), start || reserve);
      if (!best) return;
      EXPECT_EQ(best->offer, start ? start->offer : reserve->offer);
      EXPECT_EQ(best->from, start ? t0 : reserve->from);
    });
    EXPECT_LE(places, view.reservations_for);
  });
}

TEST(BackfillProperty, AJobBeyondThePlacesWaitsOnlyIfNoOfferFitsNow) {
  for_random_views([](const View& view) {
    follow(view, backfill(view, t0), [&](const Record& before, const Decision& decision) {
      if (!std::holds_alternative<Wait>(decision)) return;
      const Waiting& job = before.waiting(job_of(decision));
      for (const Offer& offer : job.offers) {
        EXPECT_FALSE(offer.fundable && before.fits(before.line(job, offer), offer, t0));
      }
    });
  });
}

void expect_rightful(const Record& before, const Waiting& job, const Preempt& preempt) {
  const Running* const victim = before.running_of(preempt.victim);
  ASSERT_TRUE(victim);
  EXPECT_LT(victim->priority, job.priority);
  EXPECT_TRUE(victim->preemptible);
  EXPECT_FALSE(victim->stopping);
  EXPECT_LE(victim->not_before, t0);
  EXPECT_EQ(before.stopped.count(preempt.victim), 0u);
  for (const Offer& offer : job.offers) {
    if (!offer.fundable) continue;
    const auto slot = before.line(job, offer).earliest(offer.wanted, offer.span, t0);
    EXPECT_FALSE(slot && slot->from <= t0) << "it could have started";
  }
}

TEST(BackfillProperty, PreemptsOnlyWhatItMayAndNothingNeedless) {
  int preempted = 0;
  for_random_views([&](const View& view) {
    const auto decisions = backfill(view, t0);
    for (const Waiting& job : view.waiting) {
      const Jobs stopped = victims(decisions, job.job.value);
      if (stopped.empty()) continue;
      preempted += static_cast<int>(stopped.size());
      const Reserve* const place = find<Reserve>(decisions, job.job.value);
      ASSERT_TRUE(place);
      const Offer& offer = job.offers[place->offer];
      bool looked = false;
      follow(view, decisions, [&](const Record& before, const Decision& decision) {
        const auto* preempt = std::get_if<Preempt>(&decision);
        if (!preempt || preempt->job != job.job) return;
        if (!std::exchange(looked, true)) {
          expect_rightful(before, job, *preempt);
          for (const std::uint64_t spared : stopped) {
            Timeline line = before.line(job, offer);
            for (const std::uint64_t victim : stopped) {
              if (victim != spared) line.remove(Id<Job>{victim});
            }
            EXPECT_FALSE(before.fits(line, offer, before.over)) << "needless victim " << spared;
          }
        }
        EXPECT_LT(before.running_of(preempt->victim)->priority, job.priority);
        EXPECT_EQ(before.stopped.count(preempt->victim), 0u);
      });
      EXPECT_EQ(place->from, t0 + view.stop_notice);
    }
  });
  EXPECT_GT(preempted, sequences() / 100);
}

// The reason speaks of one of the offers and is true of it.
bool is_true(const Record& before, const Waiting& job, const Offer& offer, const Because& because) {
  const Timeline booked = before.line(job, offer);
  const bool idle = before.fits(before.line(job, offer, false), offer, t0);
  if (!offer.fundable || before.fits(booked, offer, t0)) return false;
  if (const auto* why = std::get_if<HeldByReservation>(&because)) {
    Timeline without = booked;
    without.remove(why->by);
    return why->pool == offer.pool && !job.inside && before.fits(without, offer, t0);
  }
  if (const auto* why = std::get_if<Outranked>(&because)) return why->pool == offer.pool && idle;
  const auto* why = std::get_if<ChipsShort>(&because);
  if (!why || why->pool != offer.pool || why->wanted != offer.wanted.chips || idle) return false;
  const auto slot = booked.earliest(offer.wanted, offer.span, t0);
  return slot ? why->until == slot->from : !why->until;
}

TEST(BackfillProperty, EveryReasonIsTrue) {
  std::map<std::size_t, int> seen;
  for_random_views([&](const View& view) {
    bool preempts = false;
    follow(view, backfill(view, t0), [&](const Record& before, const Decision& decision) {
      preempts = preempts || std::holds_alternative<Preempt>(decision);
      const auto* reserve = std::get_if<Reserve>(&decision);
      const auto* wait = std::get_if<Wait>(&decision);
      if ((!reserve && !wait) || std::exchange(preempts, false)) return;
      const Because& because = reserve ? reserve->because : wait->because;
      const Waiting& job = before.waiting(job_of(decision));
      ++seen[because.index()];
      if (std::holds_alternative<FundsShort>(because)) {
        for (const Offer& offer : job.offers) EXPECT_FALSE(offer.fundable);
        return;
      }
      EXPECT_TRUE(
          std::any_of(job.offers.begin(), job.offers.end(),
                      [&](const Offer& offer) { return is_true(before, job, offer, because); }))
          << "reason " << because.index();
    });
  });
  for (const std::size_t reason : {1u, 2u, 3u, 4u}) EXPECT_GT(seen[reason], sequences() / 100);
}

TEST(FifoProperty, NobodyStartsBeforeOneAheadWhoWaitsForTheSameChips) {
  for_random_views([](const View& view) {
    std::set<Lane> queued;
    follow(view, fifo(view, t0), [&](const Record& before, const Decision& decision) {
      const Waiting& job = before.waiting(job_of(decision));
      const bool waits = std::holds_alternative<Wait>(decision) && before.best(job);
      bool behind = false;
      for (const Offer& offer : job.offers) {
        if (offer.fundable && queued.count({offer.pool, job.inside}) != 0) behind = true;
      }
      EXPECT_FALSE(std::holds_alternative<Start>(decision) && behind);
      for (const Offer& offer : job.offers) {
        const bool fits = offer.fundable && before.fits(before.line(job, offer), offer, t0);
        EXPECT_FALSE(waits && !behind && fits) << "it is the first and could start";
        if (waits && offer.fundable) queued.insert({offer.pool, job.inside});
      }
    });
  });
}
}  // namespace
}  // namespace test
}  // namespace granary
