#include "simulate/what_if.h"

#include <gtest/gtest.h>

#include "engine/test_house.h"
#include "simulate/simulated_day.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::bytes;
using testing::SimulatedDay;
using testing::t0;

// Submit to first start of each job, by the instant of its submission.
std::map<Id<Job>, Span> waits(const std::vector<Entry>& entries) {
  std::map<Id<Job>, Instant> submitted;
  std::map<Id<Job>, Span> waits;
  for (const Entry& entry : entries) {
    for (const Event& event : entry.events) {
      if (const auto* accepted = std::get_if<Accepted>(&event)) {
        submitted[accepted->job.id] = entry.at;
      } else if (const auto* started = std::get_if<Started>(&event)) {
        waits.emplace(started->job, entry.at - submitted.at(started->job));
      }
    }
  }
  return waits;
}

TEST(WhatIf, NothingHadChangedEverybodyWaitsAsLongAsTheyDid) {
  int refused = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    for (const char* policy : {"backfill", "fifo"}) {
      SimulatedDay day(policy);
      day.play(seed);
      const auto again = what_if(day.simulation.entries(), {policy, Instant::max()});
      ASSERT_TRUE(again) << again.error().what;
      EXPECT_EQ(waits(again->entries), waits(day.simulation.entries()))
          << "seed " << seed << " " << policy;
      const Summary was = summarize(day.simulation.entries(), day.simulation.state());
      EXPECT_EQ(again->summary.policy, policy);
      EXPECT_EQ(again->summary.jobs, was.jobs);
      EXPECT_EQ(again->summary.finished, was.finished);
      EXPECT_EQ(again->summary.refused, was.refused);
      EXPECT_EQ(to_text(again->summary.spent), to_text(was.spent)) << "seed " << seed;
      EXPECT_EQ(again->summary.wait_p95, was.wait_p95);
      refused += was.refused;
    }
  }
  EXPECT_GT(refused, 0) << "refused commands are part of a history";
}

TEST(WhatIf, TheSameEntriesGiveTheSameBytes) {
  SimulatedDay day;
  day.play(5);
  for (const char* policy : {"fifo", "backfill"}) {
    const auto one = what_if(day.simulation.entries(), {policy, Instant::max()});
    const auto two = what_if(day.simulation.entries(), {policy, Instant::max()});
    ASSERT_TRUE(one && two);
    EXPECT_EQ(bytes(one->entries), bytes(two->entries));
    EXPECT_EQ(one->summary.policy, policy);
    EXPECT_EQ(one->summary.unfinished, 0);
  }
}

TEST(WhatIf, OfAPolicyThatNobodyKnowsIsRefused) {
  SimulatedDay day;
  const auto made = what_if(day.simulation.entries(), {"bakfill", Instant::max()});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, 2003);
  EXPECT_NE(made.error().what.find("Did you mean backfill?"), std::string::npos);
}

// A history whose programme "later" does not know its share and its sites.
struct Incomplete {
  SimulatedDay day{};
  Incomplete() {
    Configure changed;
    for (Document& d : testing::house_documents(2, 4)) {
      changed.documents.push_back({d.name, sha256(d.text), d.text});
    }
    const std::string later =
        "id = \"later\"\nname = \"L\"\nissuer = \"later\"\nfund = \"500 CNY\"\nshare = "
        "\"unknown\"\n"
        "sites = \"unknown\"\nmonths = 12\nstanding = \"assumed\"\nsource = \"made-up\"\n"
        "[[caps]]\namount = \"100 CNY\"\nper = \"unknown\"\n";
    changed.documents.push_back({"programmes/later.toml", sha256(later), later});
    day.ask(changed);
    JobRequest job = day.wants(2, 1h);
    job.payer = "poor";
    job.wait_for_funds = true;
    day.ask(Submit{job});
    day.simulation.run(t0 + 24h);
  }
  Result<WhatIfResult> with(const std::vector<std::string>& assumptions,
                            std::vector<Grant> grants) const {
    WhatIf change{"backfill", t0 + 24h * 40};
    for (const std::string& text : assumptions) {
      const auto read = parse_assumption(text);
      if (!read) return fail(read.error());
      change.assumptions.push_back(*read);
    }
    change.grants = std::move(grants);
    return what_if(day.simulation.entries(), change);
  }
};
const Grant wanted{"later", "poor", Money::units(200), {}, t0 + 24h * 30};

// "later pays 2.40 of 2.40", or the code and sentence.
std::string outcome(const Result<WhatIfResult>& made) {
  if (!made) return "G" + std::to_string(made.error().code) + " " + made.error().what;
  const auto& paid = made->summary.by_programme;
  const auto found = paid.find("later");
  return "later pays " + to_text(found == paid.end() ? Money{} : found->second) + " of " +
         to_text(made->summary.spent);
}

TEST(WhatIf, AnIncompleteProgrammeGrantsOnlyOnceAllOfItIsAssumed) {
  const Incomplete history;
  EXPECT_EQ(outcome(history.with({}, {})), "later pays 0.00 of 0.00");
  EXPECT_EQ(outcome(history.with({}, {wanted})),
            "G4023 programme later is incomplete: sites, share and caps.per are unknown.");
  EXPECT_EQ(outcome(history.with({"later.sites=none", "later.share=100 %"}, {wanted})),
            "G4023 programme later is incomplete: caps.per is unknown.");
  EXPECT_EQ(outcome(history.with({"later.sites=none", "later.share=100 %", "later.caps.per=ever"},
                                 {wanted})),
            "later pays 2.40 of 2.40");
  EXPECT_EQ(
      outcome(history.with(
          {"later.sites=[\"elsewhere\"]", "later.share=100 %", "later.caps.per=ever"}, {wanted})),
      "later pays 0.00 of 0.00");
}

TEST(WhatIf, WhatIsKnownCannotBeAssumedOtherwise) {
  const Incomplete history;
  EXPECT_EQ(outcome(history.with({"later.months=36"}, {})),
            "G1108 months of later is not unknown; only what nobody has found out can be assumed.");
  EXPECT_EQ(outcome(history.with({"later.months=36"}, {wanted})).substr(0, 5), "G1108")
      << "and not that the grant was refused because of it";
  EXPECT_EQ(outcome(history.with({"latr.months=36"}, {})),
            "G2105 the stock has no programme \"latr\" to assume something of.");
  EXPECT_EQ(outcome(history.with({"later.share=much"}, {})).substr(0, 5), "G1026");
  for (const char* const text : {"later", "later.share", "later=3", ".share=3", "later.share=",
                                 "later.share=1\nfund = \"9 CNY\"", "Later.share=1"}) {
    EXPECT_EQ(outcome(history.with({text}, {})).substr(0, 5), "G1108") << text;
  }
}

TEST(WhatIf, OfAnEmptyJournalIsRefused) {
  const auto made = what_if({}, {"fifo", Instant::max()});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, 1064);
  EXPECT_EQ(summarize({}, {}).jobs, 0);
}

TEST(WhatIf, DoesNotLookBeyondItsHorizon) {
  SimulatedDay day;
  day.play(2);
  const Instant horizon = t0 + 3h;
  ASSERT_GT(day.simulation.entries().back().at, horizon);
  const auto made = what_if(day.simulation.entries(), {"backfill", horizon});
  ASSERT_TRUE(made);
  EXPECT_LE(made->entries.back().at, horizon);
  EXPECT_GT(made->summary.unfinished, 0);
}

TEST(WhatIf, BudgetsAndCreditOfTheHistoryBindAgain) {
  VirtualClock clock(t0);
  SimulatedExecutor executor(clock);
  Simulation simulation(clock, executor, [&] { return executor.next_due(); });
  const SimulatedDay house;
  const std::string payer = house.wants(4, 1h).payer;
  const Money price = Money::units(100'000);
  int keys = 0;
  for (const Command& command :
       {house.simulation.entries()[0].request.command,
        Command(SetCreditLine{{payer, "CNY", price}}), Command(Submit{house.wants(4, 1h)}),
        Command(SetBudget{{payer, "", "CNY", Budget::Per::ever, Money{1}}}),
        Command(Submit{house.wants(4, 1h)})}) {
    simulation.submit({"k" + std::to_string(++keys), body_hash(command), "test", command});
  }
  simulation.run(t0 + 24h);
  const Summary was = summarize(simulation.entries(), simulation.state());
  ASSERT_EQ(was.finished, 1);
  ASSERT_EQ(was.refused, 1);
  const auto again = what_if(simulation.entries(), {"fifo", Instant::max()});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->summary.finished, 1);
  EXPECT_EQ(again->summary.refused, 1);
  EXPECT_EQ(again->summary.spent, was.spent);
}

TEST(WhatIf, AJobThatTookHalfAsLongAsDeclaredDoesSoAgain) {
  VirtualClock clock(t0);
  SimulatedExecutor executor(clock);
  Simulation simulation(clock, executor, [&] { return executor.next_due(); });
  simulation.set_launch_filter([](Launch launch) {
    launch.span /= 2;
    return launch;
  });
  const SimulatedDay house;
  int keys = 0;
  for (const Command& command :
       {house.simulation.entries()[0].request.command,
        house.simulation.entries()[1].request.command, Command(Submit{house.wants(8, 1h)}),
        Command(Submit{house.wants(8, 2h)})}) {
    simulation.submit({"k" + std::to_string(++keys), body_hash(command), "test", command});
  }
  simulation.run(t0 + 24h);
  ASSERT_EQ(simulation.state().jobs.at({2}).ended, t0 + 90min);
  const auto again = what_if(simulation.entries(), {"fifo", Instant::max()});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->summary.makespan, Span(90min));
  EXPECT_EQ(again->summary.chip_hours_used, 12.0);
  EXPECT_EQ(again->summary.utilisation.at("local/cpu"), 1.0);
}

// Two jobs that a site's own queue ran one after the other, though both would have fitted.
TEST(WhatIf, AFollowedSiteIsAHistoryToo) {
  auto documents = testing::house_documents();
  documents.push_back(
      {"sites/east.toml",
       "id = \"east\"\nname = \"East\"\nrunner = \"followed\"\nasset = \"CNY\"\n"
       "standing = \"assumed\"\nsource = \"made-up\"\ncluster = \"east\"\n[[pools]]\n"
       "chip = \"cpu\"\nnodes = 1\nchips_per_node = 8\nprice = \"12.00 CNY per chip-hour\"\n"
       "replaceable = true\ngres = \"gpu\"\nnode_names = \"n1\"\n"});
  testing::House house(documents);
  const auto ran = [](const char* number, Instant submitted, Instant from, Instant until) {
    FollowedJob job;
    job.number = number;
    job.submitted = submitted;
    job.account = "lab";
    job.gres = "gpu";
    job.chips = 4;
    job.nodes = {"n1"};
    job.limit = 10h;
    job.started = from;
    job.ended = until;
    job.state = "COMPLETED";
    return job;
  };
  const Instant day = testing::t0 - 24h;  // before anybody followed it
  house.advance(testing::t0 + 1h);
  house.send(FollowSite{"east",
                        testing::t0,
                        {ran("1", day, day, day + 2h), ran("2", day + 1min, day + 2h, day + 5h)}});
  const auto again = what_if(house.entries, {"backfill", Instant::max()});
  ASSERT_TRUE(again) << again.error().what;
  EXPECT_EQ(again->summary.jobs, 2);
  EXPECT_EQ(again->summary.finished, 2);
  EXPECT_EQ(again->summary.wait_p95, Span(0)) << "both fit at once";
  EXPECT_EQ(again->summary.makespan, 3h + 1min);
  EXPECT_EQ(again->summary.spent, Money::units(4 * 12 * (2 + 3)));
}

}  // namespace
}  // namespace granary
