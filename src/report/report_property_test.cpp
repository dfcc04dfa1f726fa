// Random networks of operators: whatever happened, the statements of every period agree with the
// books and with one another, and every chip held is in use, reserved and idle, or unsold.

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "report/fold.h"
#include "report/network_for_tests.h"
#include "report/settlement_statement.h"
#include "units/text.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::RandomNetwork;
using testing::t0;

Fold folded(const std::vector<Entry>& entries, const Period& period) {
  Fold fold(period);
  for (const Entry& entry : entries) {
    if (!fold.add(entry)) break;
  }
  fold.finish();
  return fold;
}

void expect_agreement(const Fold& fold) {
  const SettlementStatement all = settlement_statement(fold);
  for (const CrossCheck& check : all.checks) {
    EXPECT_EQ(to_text(check.one), to_text(check.other)) << check.what << ", " << check.asset;
  }
  // What a programme owes by its own statement is what all operators' statements say it owes them.
  std::set<std::string> operators{""}, programmes;
  for (const OwedLine& line : all.owed) operators.insert(line.to);
  for (const FundLine& line : all.funds) programmes.insert(line.fund.programme);
  for (const std::string& programme : programmes) {
    const auto own = only_of(all, {"", programme}, fold);
    ASSERT_TRUE(own);
    Money owed, by_operators;
    for (const FundLine& line : own->funds) {
      if (is_currency(line.fund.asset)) owed += line.owed;
    }
    for (const std::string& id : operators) {
      if (id.empty()) {
        for (const OwedLine& line : own->owed)
          by_operators += line.to.empty() ? line.closing : Money{};
        continue;
      }
      const auto theirs = only_of(all, {id, ""}, fold);
      ASSERT_TRUE(theirs) << id;
      for (const OwedLine& line : theirs->owed) {
        if (line.programme == programme) by_operators += line.closing;
        EXPECT_GE(line.closing, Money{});
      }
    }
    EXPECT_EQ(to_text(owed), to_text(by_operators)) << programme;
  }
  // What an operator earned by payer and chip is what its sites' accounts got.
  std::map<std::string, Money> by_line, by_site;
  for (const EarnedLine& line : all.earned)
    by_line[line.site + line.asset] += line.earned - line.refunded;
  for (const SiteLine& line : all.sites)
    by_site[line.site.site + line.site.asset] += line.earned - line.refunded;
  for (const auto& [site, money] : by_site)
    EXPECT_EQ(to_text(by_line[site]), to_text(money)) << site;
}

// The same by another way: the claims of the journal chip by chip, cut at every instant at which
// one begins or ends.
struct Cut {
  std::int64_t held = 0, used = 0, idle = 0, unsold = 0;
};
struct Interval {
  Claim claim;
  Instant from{}, until{};
  bool job = false;
};

std::vector<Interval> intervals_of(const std::vector<Entry>& entries, Instant as_of, Instant end) {
  std::vector<Interval> all;
  std::map<Id<Job>, std::size_t> jobs;
  std::map<Id<Reservation>, std::size_t> reservations;
  for (const Entry& entry : entries) {
    if (entry.at >= end) break;
    for (const Event& event : entry.events) {
      if (const auto* started = std::get_if<Started>(&event)) {
        jobs[started->job] = all.size();
        const Claim& claim = started->claim;
        all.push_back({claim, claim.from, std::min(claim.until, as_of), true});
      } else if (const auto* extended = std::get_if<Extended>(&event)) {
        all[jobs.at(extended->job)].until = std::min(extended->until, as_of);
      } else if (const auto* stopping = std::get_if<Stopping>(&event)) {
        all[jobs.at(stopping->job)].until = std::min(stopping->until, as_of);
      } else if (const auto* ended = std::get_if<Ended>(&event)) {
        Instant& until = all[jobs.at(ended->job)].until;
        until = std::min({until, ended->at, entry.at});
      } else if (const auto* made = std::get_if<ReservationMade>(&event)) {
        const Claim& claim = made->reservation.claim;
        reservations[made->reservation.id] = all.size();
        all.push_back({claim, claim.from, std::min(claim.until, as_of), false});
      } else if (const auto* over = std::get_if<ReservationEnded>(&event)) {
        Interval& one = all[reservations.at(over->reservation)];
        one.until = std::min(one.claim.until, over->at);
      }
    }
  }
  return all;
}

Cut cut(const std::vector<Interval>& intervals, const Pool& pool, const Period& period) {
  std::set<Instant> cuts{period.from, period.until};
  for (const Interval& one : intervals) {
    for (const Instant at : {one.from, one.until}) {
      if (at > period.from && at < period.until) cuts.insert(at);
    }
  }
  Cut sum;
  for (auto at = cuts.begin(); std::next(at) != cuts.end(); ++at) {
    const Instant from = *at, until = *std::next(at);
    std::map<std::pair<std::uint64_t, int>, std::pair<int, int>> chips;  // used, reserved
    for (const Interval& one : intervals) {
      if (one.claim.pool != pool.id || one.from > from || one.until < until ||
          one.from >= one.until) {
        continue;
      }
      for (const Held& held : one.claim.held) {
        auto& [used, reserved] = chips[{held.node.value, held.chip}];
        (one.job ? used : reserved) += held.share;
      }
    }
    const std::int64_t span = (until - from).count();
    std::int64_t free = pool.chips() * std::int64_t{whole_chip};
    sum.held += free * span;
    for (const auto& [chip, taken] : chips) {
      const auto& [used, reserved] = taken;
      EXPECT_LE(used, whole_chip) << "a chip is used twice";
      sum.used += used * span;
      sum.idle += std::max(0, reserved - used) * span;
      free -= std::max(used, reserved);
    }
    sum.unsold += free * span;
  }
  return sum;
}

void expect_every_chip_accounted_for(const std::vector<Entry>& entries, const Fold& fold) {
  const Period seen{fold.period().from, fold.as_of()};
  if (seen.from >= seen.until) return;
  const auto intervals = intervals_of(entries, seen.until, fold.period().until);
  std::map<std::pair<std::string, std::string>, Cut> reported;
  for (const auto& [key, occupancy] : fold.occupancy()) {
    Cut& one = reported[{key.site, key.chip}];
    one.held += occupancy.held.share_millis;
    one.used += occupancy.used.share_millis;
    one.idle += occupancy.reserved_idle().share_millis;
    one.unsold += occupancy.unsold().share_millis;
    EXPECT_GE(occupancy.reserved_idle().share_millis, 0);
  }
  for (const Pool& pool : fold.state().configuration->pools) {
    const Cut expected = cut(intervals, pool, seen);
    const Cut& one = reported[{pool.site, pool.chip}];
    EXPECT_EQ(one.used, expected.used) << pool.name();
    EXPECT_EQ(one.idle, expected.idle) << pool.name();
    // Pools are configured from the first entry on, which is at or before the period here.
    EXPECT_EQ(one.held, expected.held) << pool.name();
    EXPECT_EQ(one.unsold, expected.unsold) << pool.name();
    EXPECT_EQ(one.held, one.used + one.idle + one.unsold) << pool.name();
    EXPECT_GE(one.unsold, 0) << pool.name();
  }
}

// All use that lines metered is somebody's, to the share-millisecond.
void expect_all_metered(const std::vector<Entry>& entries, const Fold& whole) {
  std::map<std::string, std::int64_t> metered;
  std::set<std::string> open;
  for (const Entry& entry : entries) {
    for (const Event& event : entry.events) {
      if (const auto* line = std::get_if<LineOpen>(&event)) {
        metered[line->line.owner] = line->line.metered.share_millis;
        open.insert(line->line.owner);
      } else if (const auto* closed = std::get_if<LineClosed>(&event)) {
        open.erase(closed->owner);
      }
    }
  }
  std::int64_t lines = 0, uses = 0;
  for (const auto& [owner, time] : metered) lines += time;
  for (const auto& [key, use] : whole.uses()) uses += use.chip_time.share_millis;
  // What an open line has metered and not charged a micro-unit for yet is still to come.
  if (open.empty()) {
    EXPECT_EQ(lines, uses);
  }
  EXPECT_LE(uses, lines + 1);
}

int networks() {
  const char* const text = std::getenv("GRANARY_SEQUENCES");
  return text ? std::max(1, std::atoi(text)) : 60;
}

TEST(AnyNetwork, StatementsAgreeWithTheBooksAndEveryChipIsAccountedFor) {
  const std::uint64_t first = 20261128;
  int operators_seen = 0, owed_seen = 0, idle_seen = 0;
  for (int i = 0; i < networks() && !::testing::Test::HasFailure(); ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomNetwork network(seed);
    network.run(160);
    const auto& entries = network.entries();
    const Instant end = entries.back().at + 1ms;
    const Instant middle = t0 + (end - t0) / 2;
    const Fold whole = folded(entries, {t0, end});
    expect_all_metered(entries, whole);
    Uses sum;
    for (const Period& period : {Period{t0, end}, Period{t0, middle}, Period{middle, end},
                                 Period{middle, end + 24h * 99}}) {
      const Fold fold = folded(entries, period);
      expect_agreement(fold);
      expect_every_chip_accounted_for(entries, fold);
      if (period.until <= middle || (period.from >= middle && period.until <= end)) {
        for (const auto& [key, use] : fold.uses()) sum[key] += use;
      }
    }
    // Two halves are the whole.
    for (const auto& [key, use] : whole.uses()) {
      EXPECT_EQ(to_text(sum[key].net()), to_text(use.net()));
      EXPECT_EQ(sum[key].chip_time, use.chip_time);
      EXPECT_EQ(sum[key].tokens, use.tokens);
    }
    const SettlementStatement statement = settlement_statement(whole);
    operators_seen += statement.sites.size() > 2 ? 1 : 0;
    for (const OwedLine& line : statement.owed) owed_seen += line.closing > Money{} ? 1 : 0;
    for (const auto& [key, occupancy] : whole.occupancy()) {
      idle_seen += occupancy.reserved_idle() > ChipTime{} ? 1 : 0;
    }
  }
  // The laws were about something.
  EXPECT_GT(operators_seen, networks() / 2);
  EXPECT_GT(owed_seen, networks());
  EXPECT_GT(idle_seen, networks());
  std::printf("[ seeds ] %llu and the %d after it\n", static_cast<unsigned long long>(first),
              networks() - 1);
}

}  // namespace
}  // namespace granary
