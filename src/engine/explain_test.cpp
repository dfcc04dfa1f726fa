#include "engine/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/overloaded.h"
#include "engine/test_house.h"
#include "ledger/books_chance.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::House;
using testing::house_documents;
using testing::t0;

Request request_of(const Command& command, const std::string& key) {
  return {key, body_hash(command), "test", command};
}

// Lets time pass in a house where nobody asks for anything more and everything takes as long as
// was declared; the instants of the first starts.
std::map<Id<Job>, Instant> starts_when_left_alone(State state, Instant now) {
  std::map<Id<Job>, Instant> starts;
  const auto step_at = [&](Instant at, const Command& command) {
    for (const Event& event : step_onto(state, request_of(command, ""), at)) {
      if (const auto* started = std::get_if<Started>(&event)) starts.emplace(started->job, at);
    }
  };
  const auto confirm = [&] {
    for (const Id<Job> id : std::set<Id<Job>>(state.active)) {
      const Job& job = state.jobs.at(id);
      if (job.claim && !heard(job)) step_at(now, WorkerRunning{id, job.attempt, ""});
    }
  };
  step_at(now, Tick{});
  for (int i = 0; i < 2000 && !state.active.empty(); ++i) {
    confirm();
    const auto due = next_due(state, now);
    if (!due) break;
    now = *due;
    const std::set<Id<Job>> active = state.active;
    for (const Id<Job> id : active) {
      const Job job = state.jobs.at(id);
      if (!job.claim || job.claim->until > now) continue;
      step_at(now, WorkerFinished{id, job.attempt, 0, 0, job.claim->until});
    }
    step_at(now, Tick{});
  }
  return starts;
}

// A house with a queue: whole chips of one pool, nothing preemptible, money for everybody.
class Queue {
 public:
  explicit Queue(std::uint64_t seed) : chance_(seed), house_(house_documents(2, 4)) {
    for (const char* payer : {"lab", "uni", "firm"}) house_.grant(payer, 30'000);
    for (int i = 0; i < 14; ++i) {
      if (chance_.percent(20)) {
        reserve();
      } else {
        submit();
      }
      confirm();
      if (chance_.percent(40)) finish_one();
      house_.advance(house_.now + Span(chance_.below(40 * 60'000)));
      end_the_stopped();
    }
  }

  void confirm() {
    for (const Id<Job> id : std::set<Id<Job>>(state().active)) {
      const Job& job = state().jobs.at(id);
      if (job.claim && !heard(job)) house_.report(WorkerRunning{id, job.attempt, ""});
    }
  }
  const State& state() const { return house_.state; }
  Instant now() const { return house_.now; }
  std::vector<Id<Job>> waiting() const {
    std::vector<Id<Job>> all;
    for (const Id<Job> id : state().active) {
      if (state().jobs.at(id).state == JobState::waiting) all.push_back(id);
    }
    return all;
  }

 private:
  Span span() { return Span(chance_.below(300 * 60'000)) + 10min; }

  Choice choice(int chips) {
    Choice c = house_.wants("lab", chips, span()).choices.front();
    return c;
  }

  void submit() {
    JobRequest r = house_.wants(chance_.of(payers_), static_cast<int>(chance_.below(8)) + 1, span(),
                                static_cast<int>(chance_.below(3)) * 10);
    if (chance_.percent(25)) r.choices.push_back(choice(static_cast<int>(chance_.below(8)) + 1));
    if (chance_.percent(30)) r.others.push_back(choice(static_cast<int>(chance_.below(3)) + 1));
    if (chance_.percent(15)) r.time_limit = span();
    house_.send(Submit{r});
  }

  void reserve() {
    const Instant from = house_.now + Span(chance_.below(2) * chance_.below(200 * 60'000));
    house_.send(ReserveChips{chance_.of(payers_), "run", "needed", state().pool_ids.at("local/cpu"),
                             static_cast<int>(chance_.below(6)) + 1, from, span()});
  }

  void end_the_stopped() {
    const std::set<Id<Job>> active = state().active;
    for (const Id<Job> id : active) {
      const Job job = state().jobs.at(id);
      if (job.state != JobState::stopping) continue;
      house_.report(WorkerFinished{id, job.attempt, 0, 15, house_.now});
    }
  }

  void finish_one() {
    for (const Id<Job> id : state().active) {
      const Job job = state().jobs.at(id);
      if (!job.claim) continue;
      house_.report(WorkerFinished{id, job.attempt, 0, 0, house_.now});
      return;
    }
  }

  const std::vector<std::string> payers_{"lab", "uni", "firm"};
  Chance chance_;
  House house_;
};

// The same house with that change made at once: what the sentence says, through commands. The job
// whose start is stated may be another one then.
Id<Job> make_change(State& state, const Job& job, const std::string& change, Instant now) {
  if (change.starts_with("without r-")) {
    const auto id = parse_id<Reservation>(change.substr(8, change.find(' ', 8) - 8));
    EXPECT_TRUE(id) << change;
    step_onto(state, request_of(CancelReservation{*id}, "change"), now);
    return job.id;
  }
  JobRequest r = job.request;
  int chips = 0, before = 0;
  if (std::sscanf(change.c_str(), "priority %d instead", &chips) == 1) {
    r.priority = chips;
  } else if (std::sscanf(change.c_str(), "%d %*[chips] instead of %d", &chips, &before) == 2) {
    const auto half = std::find_if(r.choices.begin(), r.choices.end(),
                                   [&](const Choice& c) { return c.wanted.chips == before; });
    EXPECT_NE(half, r.choices.end()) << change;
    Choice fewer = *half;
    fewer.wanted.chips = fewer.layout.data = chips;
    fewer.span *= 2;
    r.choices = {fewer};
  } else {
    EXPECT_EQ(std::sscanf(change.c_str(), "%d x local/cpu accepted", &chips), 1) << change;
    const auto other = std::find_if(r.others.begin(), r.others.end(),
                                    [&](const Choice& c) { return c.wanted.chips == chips; });
    EXPECT_NE(other, r.others.end()) << change;
    r.choices = {*other};
  }
  evolve(state, Event(CancelledWaiting{job.id, now}));
  step_onto(state, request_of(Submit{r}, "change"), now);
  EXPECT_EQ(state.answers.at("change").made, to_text(Id<Job>{state.next_job - 1}));
  return {state.next_job - 1};
}

TEST(Explain, TheFirstChangeItNamesStartsTheJobWhenItSays) {
  int checked = 0, unexplained = 0;
  std::map<std::string, int> kinds;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    const Queue queue(seed);
    for (const Id<Job> id : queue.waiting()) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " " + to_text(id));
      const auto why = explain(queue.state(), id, queue.now());
      ASSERT_TRUE(why);
      if (why->sooner.empty()) {
        ++unexplained;
        continue;
      }
      const Sooner& first = why->sooner.front();
      EXPECT_LT(first.start, why->start.value_or(Instant::max()));
      State state = queue.state();
      const Id<Job> changed = make_change(state, state.jobs.at(id), first.change, queue.now());
      const Job& job = state.jobs.at(changed);
      auto starts = starts_when_left_alone(state, queue.now());
      if (job.claim) starts[changed] = job.started;  // at once, with the change itself
      ASSERT_EQ(starts.count(changed), 1U) << first.change;
      EXPECT_EQ(to_text(starts.at(changed)), to_text(first.start)) << first.change;
      for (const char* kind : {"chip", "without", "priority", "accepted"}) {
        kinds[kind] += first.change.find(kind) != std::string::npos;
      }
      ++checked;
    }
  }
  EXPECT_GE(checked, 300) << unexplained << " had nothing to change";
  for (const char* kind : {"chip", "without", "priority", "accepted"}) {
    EXPECT_GE(kinds[kind], 10) << kind;
  }
}

TEST(Explain, EstimatedStartsComeTrueWhenNothingElseArrives) {
  int checked = 0;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    const Queue queue(seed);
    const auto starts = starts_when_left_alone(queue.state(), queue.now());
    for (const auto& [id, at] : estimated_starts(queue.state(), queue.now())) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " " + to_text(id));
      ASSERT_EQ(starts.count(id), 1U);
      EXPECT_EQ(to_text(starts.at(id)), to_text(at));
      const auto why = explain(queue.state(), id, queue.now());
      EXPECT_EQ(why->start, at);
      ++checked;
    }
  }
  EXPECT_GE(checked, 300);
}

TEST(Explain, GivesNobodyAPlaceInTheLineWhoWaitsForMoney) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 2h)});
  JobRequest poor = house.wants("poor", 4, 10h, 50);
  poor.wait_for_funds = true;
  house.send(Submit{poor});
  house.send(Submit{house.wants("lab", 4, 1h)});
  const auto starts = estimated_starts(house.state, house.now);
  EXPECT_EQ(starts.count({2}), 0u) << "when its money comes is not in sight";
  EXPECT_EQ(starts.at({3}), t0 + 2h) << "not behind the ten hours of one who cannot pay";
  EXPECT_EQ(explain(house.state, {3}, house.now)->start, t0 + 2h);
}

TEST(Explain, CountsWhatIsFreeAndWhatIsLackingOfEachPool) {
  int checked = 0;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    const Queue queue(seed);
    int busy = 0;
    for (const auto& claim : view_of(queue.state(), queue.now()).claims) {
      const bool now = claim.from <= queue.now() && queue.now() < claim.until;
      if (now) busy += static_cast<int>(claim.held.size());
    }
    const auto waiting = queue.waiting();
    for (const Id<Job> id : waiting) {
      const auto why = explain(queue.state(), id, queue.now());
      ASSERT_FALSE(why->blockers.empty());
      const auto& choices = queue.state().jobs.at(id).request.choices;
      EXPECT_EQ(why->blockers.front().wanted, choices[0].wanted.chips);
      std::set<int> wanted;
      for (const Blocker& blocker : why->blockers) {
        EXPECT_EQ(blocker.pool, "local/cpu");
        EXPECT_EQ(blocker.total, 8);
        EXPECT_EQ(blocker.free, 8 - busy) << "seed " << seed;
        EXPECT_TRUE(wanted.insert(blocker.wanted).second) << "each count once";
        if (blocker.wanted <= blocker.free) continue;
        EXPECT_THAT(blocker.reason,
                    ::testing::StartsWith(std::to_string(blocker.wanted - blocker.free) + " more"));
      }
      EXPECT_EQ(why->waiting, std::ssize(waiting));
      EXPECT_THAT(why->position, ::testing::AllOf(::testing::Ge(1), ::testing::Le(why->waiting)));
      ++checked;
    }
  }
  EXPECT_GE(checked, 300);
}

TEST(Explain, HasASentenceForEachReason) {
  const House house;
  const Id<Pool> pool = house.state.pool_ids.at("local/cpu");
  const auto said = [&](const Because& because) {
    return code_of(because) + ": " + sentence(house.state, because);
  };
  EXPECT_EQ(said(Fits{pool, 3}), "fits: fits: 3 were free at local/cpu");
  EXPECT_EQ(said(ChipsShort{pool, 4, 1, t0}),
            "chips_short: 3 more needed at local/cpu: 4 wanted, 1 free, expected "
            "2026-11-21T00:00:00Z");
  EXPECT_EQ(said(ChipsShort{pool, 4, 4, std::nullopt}),
            "chips_short: 0 more needed at local/cpu: 4 wanted, 4 free");
  EXPECT_EQ(said(FundsShort{Money::units(1280), Money{500'000}}),
            "funds_short: funds: 1,280.00 needed, 0.50 of it can be paid");
  EXPECT_EQ(said(Outranked{{7}, pool, 2}),
            "outranked: outranked: 2 free at local/cpu are promised to j-7");
  EXPECT_EQ(said(HeldByReservation{{2}, pool, 4, 1}),
            "reserved: 4 wanted at local/cpu, 1 free; others are reserved for r-2");
  EXPECT_EQ(said(Fits{{99}, 3}), "fits: fits: 3 were free at a former pool");
}

TEST(Explain, OfAJobThatDoesNotWaitSaysWhereItIs) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  EXPECT_THAT(explain(house.state, {1}, house.now)->headline,
              ::testing::EndsWith(" runs on 4 x local/cpu."));
  house.send(Cancel{{1}});
  EXPECT_THAT(explain(house.state, {1}, house.now)->headline,
              ::testing::EndsWith(" is being stopped: cancelled."));
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_THAT(explain(house.state, {1}, house.now)->headline,
              ::testing::EndsWith(" cancelled at 2026-11-21T00:00:00Z: cancelled."));
  EXPECT_EQ(explain(house.state, {2}, house.now).error().code, 2008);
}

TEST(AForecast, OfAQuoteStartsWhenTheSubmittedJobDoes) {
  int checked = 0;
  for (std::uint64_t seed = 1; seed <= 80; ++seed) {
    const Queue queue(seed);
    for (const Id<Job> id : queue.waiting()) {
      JobRequest twin = queue.state().jobs.at(id).request;
      twin.choices.resize(1);
      const auto quoted = forecast(queue.state(), twin, queue.now());
      ASSERT_EQ(quoted.size(), 1U);
      State state = queue.state();
      step_onto(state, request_of(Submit{twin}, "twin"), queue.now());
      const Id<Job> made{state.next_job - 1};
      auto starts = starts_when_left_alone(state, queue.now());
      if (state.jobs.at(made).claim) starts[made] = queue.now();
      EXPECT_EQ(starts.at(made), quoted[0].start) << "seed " << seed << " " << to_text(id);
      EXPECT_TRUE(quoted[0].fundable);
      if (twin.time_limit) {
        EXPECT_LE(quoted[0].span, *twin.time_limit);
      }
      ++checked;
    }
  }
  EXPECT_GE(checked, 300);
}

}  // namespace
}  // namespace granary
