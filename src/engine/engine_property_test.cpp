// Random houses: people, workers and clocks that keep to no order. After every step the laws of
// engine_laws.h hold; at the end the events alone give the state, and the requests the events.

#include <gtest/gtest.h>

#include <cstdlib>

#include "engine/engine_laws.h"
#include "ledger/books_chance.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::EngineLaws;

const Instant t0 = parse_instant("2026-11-21T00:00:00Z").value();

// Prices that do not divide evenly, so that rounding has something to get wrong.
std::vector<Document> city_documents(int nodes, const std::string& price,
                                     const std::string& tariff) {
  const std::string made_up = "standing = \"assumed\"\nsource = \"made-up\"\n";
  const auto chip = [&](const std::string& id) {
    return Document{"chips/" + id + ".toml", "id = \"" + id + "\"\nname = \"" + id +
                                                 "\"\nvendor = \"any\"\norigin = \"imported\"\n"};
  };
  const auto pool = [](const std::string& id, int count, int chips, const std::string& rate) {
    return "[[pools]]\nchip = \"" + id + "\"\nnodes = " + std::to_string(count) +
           "\nchips_per_node = " + std::to_string(chips) + "\nprice = \"" + rate +
           " CNY per chip-hour\"\nreplaceable = true\n";
  };
  return {{"sources.toml", "[made-up]\nwhat = \"invented for tests\"\nread = true\n"},
          chip("big"),
          chip("cpu"),
          {"sites/local.toml",
           "id = \"local\"\nname = \"Here\"\nrunner = \"local\"\nasset = "
           "\"CNY\"\nfree_if_failed = \"10 min\"\n" +
               made_up + pool("cpu", nodes, 4, price) + tariff + pool("big", 1, 6, "7.654321")},
          {"programmes/city.toml",
           "id = \"city\"\nname = \"City\"\nissuer = \"city\"\nfund = \"30000 CNY\"\npurposes = "
           "[\"pretrain\", \"finetune\", \"serve\", \"run\"]\npreemption = \"fund\"\n" +
               made_up},
          {"programmes/half.toml",
           "id = \"half\"\nname = \"Half\"\nissuer = \"city\"\nfund = \"9000 CNY\"\n"
           "share = \"33.33 %\"\npurposes = [\"serve\", \"run\"]\n" +
               made_up +
               "[[caps]]\namount = \"3.5 CNY\"\nper = \"year\"\n"
               "[[caps]]\namount = \"11 CNY\"\nper = \"ever\"\n"}};
}

class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : chance_(seed), tariff_(rows(chance_)) {
    ask(configuration());
    for (const std::string& payer : payers_) grant(payer, chance_.below(4000) + 1, 24h * 400);
  }

  // False when a law was broken: gtest has the sentence.
  bool run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) one();
    if (::testing::Test::HasFailure()) return false;
    alone();
    laws_.check_replay();
    return !::testing::Test::HasFailure();
  }

  std::string bytes() const { return laws_.bytes(); }

  // Keys that were sent again: with the same body, with another, long after.
  static inline std::uint64_t repeated = 0, conflicting = 0, forgotten = 0;

 private:
  const State& state() const { return laws_.state(); }

  Answer ask(const Command& command, std::string key = {}) {
    if (key.empty()) key = "k" + std::to_string(++keys_);
    Request request{key, body_hash(command), "test", command};
    if (const auto first = first_answer(state(), request)) return *first;
    asked_.push_back(request);
    laws_.step(request);
    const auto answer = state().answers.find(key);
    if (answer == state().answers.end()) return {};
    told_[key] = answer->second;
    last_told_ = laws_.now();
    return answer->second;
  }
  void hear(const Command& command) { laws_.step({"", body_hash(command), "executor", command}); }

  void one() {
    if (chance_.percent(7)) return money();
    const auto dice = chance_.below(100);
    if (dice < 22) {
      submit();
    } else if (dice < 27) {
      grant(chance_.of(payers_), chance_.below(600) + 1, span(1, 60 * 72));
    } else if (dice < 32) {
      ask(Cancel{{static_cast<std::uint64_t>(chance_.below(jobs_ + 2))}});
    } else if (dice < 37) {
      reserve();
    } else if (dice < 40) {
      ask(CancelReservation{{static_cast<std::uint64_t>(chance_.below(6))}});
    } else if (dice < 43) {
      ask(configuration());
    } else if (dice < 46) {
      repeat();
    } else if (dice < 70) {
      report();
    } else {
      pass_time();
    }
  }

  Span span(std::int64_t least, std::int64_t most) {
    return Span(chance_.below((most - least) * 60'000 + 1)) + std::chrono::minutes(least);
  }

  // Rows of a pool that hold from the first day on, so no later configuration may change them.
  static std::string rows(Chance& chance) {
    const auto row = [](const std::string& price, const std::string& more) {
      return "[[pools.tariff]]\nprice = \"" + price + " CNY per chip-hour\"\n" + more;
    };
    std::string text;
    if (chance.percent(40)) text += row("0.456789", "state = \"reserved\"\n");
    if (chance.percent(30)) text += row("0", "hours = \"03:20..03:30\"\n");
    if (chance.percent(50)) text += row("0.77", "hours = \"22:00..06:00\"\n");
    if (chance.percent(20)) text += row("2.123457", "hours = \"06:00..07:00\"\n");
    return text;
  }
  // A row that has not begun may be changed.
  std::string next_year() {
    if (!chance_.percent(20)) return "";
    return "[[pools.tariff]]\nprice = \"" + std::to_string(chance_.below(9)) +
           " CNY per chip-hour\"\nfrom = \"9000-01-01\"\n";
  }

  Configure configuration() {
    Configure configure;
    const int nodes = keys_ == 0 ? 2 : static_cast<int>(chance_.below(3)) + 1;
    const std::string price = chance_.percent(70) ? "1.2" : "0.333333";
    for (Document& d : city_documents(nodes, price, tariff_ + next_year())) {
      const Hash hash = sha256(d.text);
      configure.documents.push_back({d.name, hash, std::move(d.text)});
    }
    configure.policy = chance_.percent(75) ? "backfill" : "fifo";
    if (chance_.percent(40)) configure.limits.meter_other = 17min;
    if (chance_.percent(30)) configure.limits.places = 2;
    if (chance_.percent(20)) configure.limits.finished_jobs = 2;
    if (chance_.percent(20)) configure.limits.stop_notice = Span(1);
    return configure;
  }

  void grant(const std::string& holder, std::int64_t units, Span lasts) {
    const std::vector<std::vector<std::string>> purposes{{}, {}, {"run"}, {"serve", "run"}};
    // Rather of the programme that pays all: what pays a share needs cash beside it.
    ask(GrantVoucher{{chance_.percent(75) ? "city" : "half",
                      holder,
                      {units * 1'000'000 - chance_.below(1'000'000)},
                      chance_.of(purposes),
                      laws_.now() + lasts}});
  }

  // Budgets and credit of all sizes, too small ones among them.
  void money() {
    const std::string& payer = chance_.of(payers_);
    const Money amount{chance_.below(300) * 1'000'000 +
                       chance_.below(2) * chance_.below(1'000'000)};
    const auto dice = chance_.below(100);
    if (dice < 50) {
      Budget budget{payer, chance_.of(teams_), "CNY", Budget::Per::month, amount};
      if (chance_.percent(30)) budget.per = Budget::Per::ever;
      if (chance_.percent(25)) budget.amount.reset();
      ask(SetBudget{budget});
    } else if (dice < 70) {
      ask(SetCreditLine{{payer, "CNY", amount}});
    } else {
      const Money whole{amount.micros / 10'000 * 10'000};
      ask(MoveMoney{{dice < 90 ? Reason::top_up : Reason::withdraw, payer, whole, "CNY"}});
    }
  }

  Choice choice() {
    Choice c;
    const bool big = chance_.percent(35);
    c.pool = state().pool_ids.at(big ? "local/big" : "local/cpu");
    const int together = chance_.percent(70) ? 1 : 2;
    c.wanted = {together * (static_cast<int>(chance_.below(4)) + 1), together,
                chance_.percent(80) ? whole_chip : static_cast<int>(chance_.below(999)) + 1};
    c.layout.tensor = together;
    c.layout.data = c.wanted.chips / together;
    c.span = chance_.percent(5) ? Span(1) : span(0, 60 * 8) + Span(1);
    if (chance_.percent(2)) c.wanted.chips = 1000;
    if (chance_.percent(1)) c.span = max_span;
    return c;
  }

  void submit() {
    JobRequest r;
    r.payer = chance_.of(payers_);
    if (chance_.percent(30)) r.team = chance_.of(teams_);
    r.purpose = chance_.percent(70) ? "run" : "serve";
    r.what = "test";
    r.priority = static_cast<int>(chance_.below(5)) * 10 - 20;
    r.preemptible = chance_.percent(50);
    r.service = chance_.percent(25);
    r.wait_for_funds = chance_.percent(40);
    if (chance_.percent(25)) r.time_limit = span(1, 300);
    for (auto n = chance_.below(3) + 1; n > 0; --n) r.choices.push_back(choice());
    if (chance_.percent(15) && !state().reservations.empty()) {
      const auto& [id, reservation] = *state().reservations.rbegin();
      r.inside = id;
      r.payer = reservation.payer;
      for (Choice& c : r.choices) {
        c.pool = reservation.claim.pool;
        c.span = std::min(c.span, reservation.claim.until - reservation.claim.from);
      }
    }
    r.recipe.argv = {"/bin/true"};
    jobs_ += ask(Submit{r}).refused ? 0 : 1;
  }

  void reserve() {
    const Instant from = laws_.now() + (chance_.percent(40) ? Span(0) : span(0, 600));
    ask(ReserveChips{chance_.of(payers_), "run", "needed",
                     state().pool_ids.at(chance_.percent(50) ? "local/big" : "local/cpu"),
                     static_cast<int>(chance_.below(7)) + 1, from, span(1, 600),
                     chance_.percent(30) ? chance_.of(teams_) : std::string()});
  }

  // A key that was used before, with the same or another body: nothing happens either way, and what
  // is answered is what was first told, as it was noted here. After a week it is a new key.
  void repeat() {
    const Request old = chance_.of(asked_);
    const Answer first = told_.at(old.key);
    const Command command = chance_.percent(50) ? old.command : Command(Cancel{{987'654}});
    const bool same = body_hash(command) == first.body;  // of the last time that it was new
    if (first.at < last_told_ - Limits{}.answers_for) {
      ++forgotten;
      ask(command, old.key);
      EXPECT_EQ(told_.at(old.key).at, laws_.now()) << "it is answered anew";
      return;
    }
    const Hash before = digest(state());
    const std::size_t entries = laws_.entries();
    const Answer answer = ask(command, old.key);
    EXPECT_EQ(laws_.entries(), entries);
    EXPECT_EQ(digest(state()), before);
    EXPECT_EQ(answer.at, first.at);
    ++(same ? repeated : conflicting);
    if (same) {
      EXPECT_EQ(answer.made, first.made);
      EXPECT_EQ(answer.refused, first.refused);
    } else {
      ASSERT_TRUE(answer.refused);
      EXPECT_EQ(answer.refused->code, 5002);
    }
  }

  void report() {
    if (state().active.empty()) return;
    const std::vector<Id<Job>> active(state().active.begin(), state().active.end());
    const Job& job = state().jobs.at(chance_.of(active));
    const bool hostile = chance_.percent(25);
    const int attempt = job.attempt + (hostile ? static_cast<int>(chance_.below(3)) - 1 : 0);
    const Id<Job> id{job.id.value + (hostile && chance_.percent(20) ? 1 : 0)};
    Instant at = laws_.now();
    if (chance_.percent(40)) at += span(-300, 0);
    if (hostile) at += span(-100, 6000);
    const auto dice = chance_.below(100);
    if (dice < 35)
      return hear(WorkerRunning{id, attempt, job.request.service ? "127.0.0.1:8" : ""});
    if (dice < 65) {
      const std::uint64_t line = job.report.line + (hostile ? chance_.next() % 9 : 1);
      const auto steps = hostile ? chance_.below(100) - 10 : job.report.steps + 1;
      const std::string checkpoint =
          chance_.percent(70) ? "c" + std::to_string(steps) : std::string();
      return hear(WorkerProgress{id, attempt, line, steps, steps * 128, 1.5, checkpoint, at});
    }
    if (dice < 88) {
      const int code = chance_.percent(70) ? 0 : 1;
      return hear(WorkerFinished{id, attempt, code, chance_.percent(80) ? 0 : 15, at});
    }
    if (dice < 95) return hear(WorkerLost{id, attempt, "node gone", at});
    hear(LaunchRefused{id, attempt, "no such program", at});
  }

  void pass_time() {
    const auto dice = chance_.below(100);
    if (dice < 45) {
      // Not to a tariff's row of the year 9000: from then on it could not be changed any more.
      const auto due = next_due(state(), laws_.now());
      if (due && *due <= laws_.now() + max_span) laws_.set_now(*due);
    } else if (dice < 70) {
      laws_.set_now(laws_.now() + span(0, 90));
    } else if (dice < 78) {
      laws_.set_now(laws_.now() + span(60, 60 * 24 * 6));  // the daemon was down
    } else if (dice < 90) {
      return every_tick(laws_.now() + span(0, 60 * 3));
    } else {
      laws_.set_now(laws_.now() + Span(1));
    }
    if (chance_.percent(85)) hear(Tick{});
  }

  // Ticks whenever one is due; they must not come without end.
  void every_tick(Instant until) {
    const Span stretch = until - laws_.now();
    int most = 200;  // starts, ends and what they bring
    most += static_cast<int>((stretch / 1min + 1) * static_cast<int>(state().active.size() + 1));
    for (int ticks = 0; const auto due = next_due(state(), laws_.now()); ++ticks) {
      ASSERT_GT(*due, laws_.now());
      ASSERT_LT(ticks, most) << "ticks without end";
      if (*due > until) break;
      laws_.set_now(*due);
      hear(Tick{});
      if (::testing::Test::HasFailure()) return;
    }
    laws_.set_now(std::max(until, laws_.now()));
  }

  // When everybody has gone, a job that fits the empty stock starts at once.
  void alone() {
    Limits generous;
    Configure back = configuration();
    back.limits = generous;
    for (const Id<Job> id : std::set<Id<Job>>(state().active)) ask(Cancel{id});
    for (const Id<Job> id : std::set<Id<Job>>(state().active)) {
      hear(WorkerFinished{id, state().jobs.at(id).attempt, 0, 15, laws_.now()});
    }
    ASSERT_TRUE(state().active.empty());
    for (const auto& [id, r] : std::map<Id<Reservation>, Reservation>(state().reservations)) {
      if (r.open) ask(CancelReservation{id});
    }
    ASSERT_TRUE(state().lines.empty());
    ASSERT_TRUE(state().books.holds.empty());
    const Answer configured = ask(back);
    ASSERT_FALSE(configured.refused) << configured.refused->what;
    ask(GrantVoucher{{"city", "last", Money::units(5'000), {}, laws_.now() + 24h * 30}});
    for (int i = 0; i < 3; ++i) {
      JobRequest r;
      r.payer = "last";
      r.purpose = "run";
      r.what = "test";
      r.choices = {choice()};
      r.choices.front().span = span(0, 600) + Span(1);
      const auto answer = ask(Submit{r});
      if (answer.refused) {
        EXPECT_TRUE(answer.refused->code == 6002 || answer.refused->code == 4002 ||
                    answer.refused->code == 1009)
            << answer.refused->what;
        continue;
      }
      const Job& job = state().jobs.rbegin()->second;
      ASSERT_EQ(job.state, JobState::running) << "alone on an empty stock, it must start";
      hear(WorkerFinished{job.id, 1, 0, 0, laws_.now()});
    }
  }

  const std::vector<std::string> payers_{"lab", "uni", "firm"};
  const std::vector<std::string> teams_{"", "a", "b"};
  Chance chance_;
  std::string tariff_;
  EngineLaws laws_{t0};
  std::vector<Request> asked_;
  std::map<std::string, Answer> told_;  // by key, the first answer to it
  Instant last_told_{};
  int keys_ = 0;
  std::int64_t jobs_ = 0;
};

int sequences() {
  const char* const text = std::getenv("GRANARY_SEQUENCES");
  return text ? std::max(1, std::atoi(text)) : 250;
}

TEST(AnyHouse, KeepsItsLawsWhateverPeopleWorkersAndClocksDo) {
  const char* const seed_given = std::getenv("GRANARY_SEED");
  const std::uint64_t first = seed_given ? std::strtoull(seed_given, nullptr, 10) : 20261121;
  for (int i = 0; i < sequences(); ++i) {
    const std::uint64_t seed = first + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    Sequence sequence(seed);
    if (!sequence.run(80)) {
      std::printf("[ seed ] %llu broke a law\n", static_cast<unsigned long long>(seed));
      return;
    }
    if (i % 25 != 0) continue;
    Sequence again(seed);
    again.run(80);
    ASSERT_EQ(sequence.bytes(), again.bytes()) << "the same sequence twice, other bytes";
  }
  std::printf(
      "[ seeds ] %llu and the %d after it; keys sent again: %llu, with another body: %llu, "
      "when they were forgotten: %llu\n",
      static_cast<unsigned long long>(first), sequences() - 1,
      static_cast<unsigned long long>(Sequence::repeated),
      static_cast<unsigned long long>(Sequence::conflicting),
      static_cast<unsigned long long>(Sequence::forgotten));
}

}  // namespace
}  // namespace granary
