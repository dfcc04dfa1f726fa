#include "serve/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "engine/codec.h"
#include "engine/test_house.h"
#include "serve/clock.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::house_documents;
using testing::t0;

// Entries in memory; fails, or waits, when told.
class TestJournal final : public Journal {
 public:
  Result<void> append(std::span<const Entry> entries) override {
    ++asked;
    const std::unique_lock pause(gate);
    if (error) return fail(*error);
    ++appends;
    kept.insert(kept.end(), entries.begin(), entries.end());
    return {};
  }
  Result<std::vector<Entry>> read(std::uint64_t after, std::size_t limit) override {
    const std::size_t from = std::min<std::size_t>(after, kept.size());
    const std::size_t to = from + std::min(limit, kept.size() - from);
    return std::vector<Entry>(kept.begin() + static_cast<std::ptrdiff_t>(from),
                              kept.begin() + static_cast<std::ptrdiff_t>(to));
  }
  Head head() const override {
    return kept.empty() ? Head{} : Head{kept.back().sequence, kept.back().chain};
  }

  std::mutex gate;  // held: appends wait
  std::vector<Entry> kept;
  std::optional<Error> error;
  int appends = 0;
  std::atomic<int> asked = 0;
};

// Reports what the test says; remembers what it was asked.
class TestExecutor final : public Executor {
 public:
  Result<void> launch(const Launch& launch) override {
    const std::lock_guard lock(mutex);
    if (refuses) return fail(*refuses);
    calls.push_back("launch " + to_text(launch.job) + "/" + std::to_string(launch.attempt));
    return {};
  }
  Result<void> stop(Id<Job> job, int attempt) override {
    const std::lock_guard lock(mutex);
    calls.push_back("stop " + to_text(job) + "/" + std::to_string(attempt));
    return {};
  }
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override {
    const std::lock_guard lock(mutex);
    return std::exchange(seen, {});
  }
  void see(Command command) {
    const std::lock_guard lock(mutex);
    seen.push_back({std::move(command)});
  }

  std::mutex mutex;
  std::optional<Error> refuses;
  std::vector<std::string> calls;
  std::vector<Observed> seen;
};

class LoopTest : public ::testing::Test {
 protected:
  std::unique_ptr<Loop> open(Check check = Check::steps, Limits limits = {}) {
    Loop::Options options;
    options.manual = true;
    options.check = check;
    auto loop = Loop::open({journal, executor, clock}, std::move(options));
    EXPECT_TRUE(loop) << (loop ? "" : loop.error().what);
    if (loop && (*loop)->head().sequence == 0) configure(**loop, limits);
    return loop ? std::move(*loop) : nullptr;
  }
  void configure(Loop& loop, const Limits& limits) {
    Configure configure;
    for (Document& d : house_documents()) {
      const Hash hash = sha256(d.text);
      configure.documents.push_back({d.name, hash, std::move(d.text)});
    }
    configure.limits = limits;
    ASSERT_TRUE(loop.submit(request("configure", configure)));
  }
  static Request request(std::string key, Command command) {
    const Hash body = body_hash(command);
    return {std::move(key), body, "test", std::move(command)};
  }
  static Command granted(std::int64_t units) {
    return GrantVoucher{{"city", "lab", Money::units(units), {}, t0 + 24h * 365}};
  }
  static Command wanted(Loop& loop, int chips, Span span) {
    JobRequest job;
    loop.read([&](const State& s, Instant) {
      Layout layout;
      layout.data = chips;
      job.choices = {{s.pool_ids.at("local/cpu"), {chips, 1, whole_chip}, layout, span}};
    });
    job.payer = "lab";
    job.purpose = "run";
    job.what = "test";
    job.recipe.argv = {"/bin/true"};
    return Submit{job};
  }
  static Hash digest_of(Loop& loop) {
    Hash hash;
    loop.read([&](const State& s, Instant) { hash = digest(s); });
    return hash;
  }
  static std::size_t jobs_of(Loop& loop) {
    std::size_t count = 0;
    loop.read([&](const State& s, Instant) { count = s.jobs.size(); });
    return count;
  }

  TestJournal journal;
  TestExecutor executor;
  ManualClock clock{t0};
};

TEST_F(LoopTest, AKeySentTwiceMakesOneEntryAndGetsTheFirstAnswer) {
  auto loop = open();
  const auto first = loop->submit(request("g", granted(100)));
  const auto head = loop->head();
  const auto second = loop->submit(request("g", granted(100)));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->made, "v-1");
  EXPECT_EQ(second->made, "v-1");
  EXPECT_EQ(loop->head().sequence, head.sequence);
}

TEST_F(LoopTest, AKeyWithAnotherBodyIsAConflictAndMakesNoEntry) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  const auto other = loop->submit(request("g", granted(200)));
  ASSERT_TRUE(other && other->refused);
  EXPECT_EQ(other->refused->code, 5002);
  EXPECT_EQ(loop->head().sequence, 2u);
}

TEST_F(LoopTest, ARefusalIsAnEntryAndIsAnsweredAgainToTheSameKey) {
  auto loop = open();
  const auto first = loop->submit(request("j", wanted(*loop, 1, 1h)));
  ASSERT_TRUE(first && first->refused);
  EXPECT_EQ(loop->head().sequence, 2u);
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  const auto again = loop->submit(request("j", wanted(*loop, 1, 1h)));
  ASSERT_TRUE(again && again->refused) << "a key that was refused stays refused";
  EXPECT_EQ(again->refused->code, first->refused->code);
}

TEST_F(LoopTest, AHundredParallelSubmitsWithOneKeyMakeOneJob) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  const Command job = wanted(*loop, 1, 1h);
  std::vector<std::future<Result<Answer>>> answers;
  for (int i = 0; i < 100; ++i) {
    answers.push_back(
        std::async(std::launch::async, [&] { return loop->submit(request("j", job)); }));
  }
  for (auto& answer : answers) {
    const auto got = answer.get();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->made, "j-1");
  }
  EXPECT_EQ(jobs_of(*loop), 1u);
  EXPECT_EQ(loop->head().sequence, 3u);
}

TEST_F(LoopTest, CommandsThatWaitTogetherAreStoredInOneAppendInTheirOrder) {
  Limits limits;
  limits.queue = 20;
  auto loop = open(Check::steps, limits);
  const int before = journal.appends;
  std::vector<std::future<Result<Answer>>> answers;
  const auto submit = [&](int i) {
    answers.push_back(std::async(std::launch::async, [&, i] {
      return loop->submit(request("k" + std::to_string(i), granted(1)));
    }));
  };
  int refused = 0;
  {
    const std::unique_lock closed(journal.gate);
    const int asked = journal.asked;
    submit(0);
    while (journal.asked == asked) std::this_thread::yield();
    for (int i = 1; i <= 21; ++i) submit(i);  // one more than can wait: so 20 do
    while (refused == 0) {
      for (auto& answer : answers) {
        if (answer.wait_for(0s) == std::future_status::ready) ++refused;
      }
    }
  }
  EXPECT_EQ(refused, 1);
  for (auto& answer : answers) answer.wait();
  EXPECT_EQ(journal.appends, before + 2);
  for (std::size_t i = 0; i < journal.kept.size(); ++i) {
    EXPECT_EQ(journal.kept[i].sequence, i + 1);
  }
  EXPECT_TRUE(recover(journal, Check::steps));
}

TEST_F(LoopTest, AFailedAppendStopsTheLoopAndShowsNothingOfWhatWasNotStored) {
  auto loop = open();
  const Hash before = digest_of(*loop);
  journal.error = Error{Error::Kind::failed, 7001, "write: Input/output error.", ""};
  const auto lost = loop->submit(request("g", granted(100)));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, 7001);
  journal.error.reset();
  const auto later = loop->submit(request("h", granted(100)));
  ASSERT_FALSE(later) << "a second sync may falsely succeed";
  EXPECT_EQ(later.error().code, 7001);
  EXPECT_FALSE(loop->healthy());
  EXPECT_EQ(digest_of(*loop), before);
  EXPECT_EQ(loop->head().sequence, 1u);
}

TEST_F(LoopTest, AFullDiskLeavesNothingBehindAndTheLoopGoesOnWhenThereIsRoom) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  const Hash before = digest_of(*loop);
  journal.error = Error{Error::Kind::unavailable, 7002, "The disk is full.", ""};
  const auto lost = loop->submit(request("j", wanted(*loop, 1, 1h)));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, 7002);
  EXPECT_EQ(digest_of(*loop), before);
  const auto known = loop->submit(request("g", granted(100)));
  ASSERT_TRUE(known) << "what was answered needs no room";
  journal.error.reset();
  EXPECT_TRUE(loop->healthy());
  const auto again = loop->submit(request("j", wanted(*loop, 1, 1h)));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->made, "j-1");
  loop->quiesce();
  EXPECT_EQ(executor.calls, (std::vector<std::string>{"launch j-1/1"}));
  loop->stop();
  EXPECT_TRUE(recover(journal, Check::steps));
}

TEST_F(LoopTest, AReportThatFoundTheDiskFullIsNotForgotten) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  ASSERT_TRUE(loop->submit(request("j", wanted(*loop, 1, 1h))));
  loop->quiesce();
  executor.see(WorkerRunning{{1}, 1, ""});
  executor.see(WorkerFinished{{1}, 1, 0, 0, t0});
  journal.error = Error{Error::Kind::unavailable, 7002, "The disk is full.", ""};
  loop->quiesce();
  journal.error.reset();
  loop->quiesce();
  loop->read([](const State& s, Instant) { EXPECT_EQ(s.jobs.at({1}).state, JobState::finished); });
}

TEST_F(LoopTest, AFullQueueRefusesAtOnce) {
  Limits limits;
  limits.queue = 4;
  auto loop = open(Check::books, limits);
  std::vector<std::future<Result<Answer>>> answers;
  {
    const std::unique_lock closed(journal.gate);
    // One at the disk with its batch, four that wait; of ten, at least one finds no room.
    for (int i = 0; i < 10; ++i) {
      answers.push_back(std::async(std::launch::async, [&, i] {
        return loop->submit(request("k" + std::to_string(i), granted(1)));
      }));
    }
    bool refused = false;
    while (!refused) {
      for (auto& answer : answers) {
        if (answer.valid() && answer.wait_for(0s) == std::future_status::ready) {
          const auto got = answer.get();
          ASSERT_FALSE(got) << "nothing can be stored while the disk waits";
          EXPECT_EQ(got.error().code, 7007);
          refused = true;
        }
      }
    }
  }
  for (auto& answer : answers) {
    if (answer.valid()) answer.get();
  }
  EXPECT_TRUE(loop->submit(request("after", granted(1))));
}

TEST_F(LoopTest, ARestartFoldsToTheSameStateAndAsksExecutorsAgain) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  ASSERT_TRUE(loop->submit(request("j", wanted(*loop, 2, 1h))));
  clock.set(t0 + 10min);
  executor.see(WorkerRunning{{1}, 1, ""});
  executor.see(WorkerProgress{{1}, 1, 1, 5, 640, 2.5, "c5", t0 + 9min});
  loop->quiesce();
  ASSERT_TRUE(loop->submit(request("c", Cancel{{1}})));
  loop->quiesce();
  const Hash before = digest_of(*loop);
  loop.reset();
  executor.calls.clear();
  loop = open(Check::steps);
  loop->quiesce();
  EXPECT_EQ(digest_of(*loop), before);
  EXPECT_EQ(executor.calls, (std::vector<std::string>{"launch j-1/1", "stop j-1/1"}));
}

TEST_F(LoopTest, ALaunchThatFailsIsALossOfTheAttempt) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  executor.refuses = Error{Error::Kind::failed, 7022, "There is no such machine.", ""};
  ASSERT_TRUE(loop->submit(request("j", wanted(*loop, 1, 1h))));
  loop->quiesce();
  loop->read([](const State& s, Instant) {
    const Job& job = s.jobs.at({1});
    EXPECT_EQ(job.attempt, 3) << "tried again until it is given up";
    EXPECT_EQ(job.state, JobState::failed);
    EXPECT_NE(job.ended_why.find("There is no such machine."), std::string::npos) << job.ended_why;
  });
}

TEST_F(LoopTest, ALaunchThatCanNeverBeFailsTheJobAtOnceWithItsReason) {
  for (const auto kind : {Error::Kind::invalid, Error::Kind::not_found, Error::Kind::refused}) {
    executor.refuses = Error{kind, 2010, "There is no such program.", ""};
    auto loop = open();
    ASSERT_TRUE(loop->submit(request("g", granted(100))));
    const auto made = loop->submit(request("j" + to_text(kind), wanted(*loop, 1, 1h)));
    ASSERT_TRUE(made);
    loop->quiesce();
    loop->read([&](const State& s, Instant) {
      const Job& job = s.jobs.at(*parse_id<Job>(made->made));
      EXPECT_EQ(job.attempt, 1);
      EXPECT_EQ(job.state, JobState::failed);
      EXPECT_EQ(job.ended_why, "There is no such program.");
      EXPECT_TRUE(s.books.holds.empty());
    });
  }
  EXPECT_TRUE(recover(journal, Check::steps));
}

TEST_F(LoopTest, AReportThatSaysNothingNewMakesNoEntry) {
  auto loop = open();
  executor.see(WorkerRunning{{7}, 1, ""});
  const auto head = loop->head();
  loop->quiesce();
  ASSERT_TRUE(loop->tick());
  EXPECT_EQ(loop->head().sequence, head.sequence);
}

TEST_F(LoopTest, TheClockOfTheEntriesNeverGoesBack) {
  auto loop = open();
  clock.set(t0 + 1h);
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  loop.reset();
  ManualClock earlier(t0);
  Loop::Options options;
  options.manual = true;
  auto again = Loop::open({journal, executor, earlier}, std::move(options));
  ASSERT_TRUE(again);
  ASSERT_TRUE((*again)->submit(request("h", granted(100))));
  EXPECT_EQ(journal.kept.back().at, t0 + 1h);
}

TEST_F(LoopTest, WhatIsDueIsTickedByItself) {
  auto loop = open();
  ASSERT_TRUE(
      loop->submit(request("v", GrantVoucher{{"city", "lab", Money::units(100), {}, t0 + 1h}})));
  EXPECT_EQ(loop->due(), t0 + 1h);
  loop.reset();
  Loop::Options options;
  options.time_factor = 1e6;
  auto running = Loop::open({journal, executor, clock}, std::move(options));
  ASSERT_TRUE(running);
  clock.set(t0 + 1h);
  bool closed = false;
  while (!closed) {
    (*running)->read([&](const State& s, Instant) { closed = s.books.vouchers.at({1}).closed; });
    std::this_thread::yield();
  }
  EXPECT_EQ(journal.kept.back().request.actor, "clock");
}

TEST_F(LoopTest, AStoppedLoopTakesNothingMore) {
  auto loop = open();
  loop->stop();
  const auto answer = loop->submit(request("g", granted(100)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, 7010);
}

TEST_F(LoopTest, ReadersSeeTheStateBetweenTwoEntriesWhileCommandsAreStored) {
  auto loop = open();
  std::atomic<bool> done = false;
  std::promise<void> reading;  // writers begin once somebody reads
  auto reader = std::async(std::launch::async, [&] {
    for (bool first = true; first || !done; first = false) {
      loop->read([&](const State& s, Instant) { EXPECT_TRUE(audit(s)); });
      const auto entries = loop->entries(0, 10);
      EXPECT_TRUE(entries);
      if (first) reading.set_value();
    }
  });
  reading.get_future().wait();
  std::vector<std::future<void>> writers;
  for (int w = 0; w < 4; ++w) {
    writers.push_back(std::async(std::launch::async, [&, w] {
      for (int i = 0; i < 25; ++i) {
        const std::string key = std::to_string(w) + "-" + std::to_string(i);
        EXPECT_TRUE(loop->submit(request(key, granted(1))));
      }
    }));
  }
  for (auto& writer : writers) writer.get();
  done = true;
  reader.get();
  EXPECT_EQ(loop->head().sequence, 101u);
}

TEST_F(LoopTest, AnAlteredEntryKeepsTheLoopFromStarting) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  loop.reset();
  journal.kept[0].request.actor = "somebody else";
  const auto again = Loop::open({journal, executor, clock}, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, 9002);
}

TEST_F(LoopTest, EventsThatTheCommandDoesNotGiveAreFoundByTheCheckOfSteps) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  loop.reset();
  Entry& last = journal.kept.back();
  auto* answered = std::get_if<Answered>(&last.events.back());
  ASSERT_NE(answered, nullptr);
  answered->made = "v-2";
  last.chain = chained(journal.kept[0].chain, encode(last));
  EXPECT_TRUE(recover(journal, Check::books)) << "the chain is whole";
  const auto checked = recover(journal, Check::steps);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, 9007);
}

// People set clocks.
class TurnedClock final : public Clock {
 public:
  Instant now() const override { return Instant(Span(millis.load())); }
  void set(Instant at) { millis = at.time_since_epoch().count(); }
  std::atomic<Span::rep> millis{t0.time_since_epoch().count()};
};

TEST_F(LoopTest, AClockThatGoesBackDoesNotTurnTimeBack) {
  TurnedClock turned;
  turned.set(t0 + 1h);
  Loop::Options options;
  options.manual = true;
  auto loop = Loop::open({journal, executor, turned}, std::move(options));
  ASSERT_TRUE(loop);
  configure(**loop, {});
  ASSERT_TRUE((*loop)->submit(request("a", granted(100))));
  turned.set(t0);
  ASSERT_TRUE((*loop)->submit(request("b", granted(100))));
  EXPECT_EQ(journal.kept.back().at, t0 + 1h) << "the instant of the last entry";
  (*loop)->read([](const State& s, Instant now) {
    EXPECT_EQ(now, t0 + 1h);
    EXPECT_TRUE(audit(s));
  });
}

TEST_F(LoopTest, BooksThatDoNotBalanceKeepTheLoopFromStarting) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  loop.reset();
  Entry& last = journal.kept.back();  // a voucher that never received its face
  std::erase_if(last.events, [](const Event& e) { return std::holds_alternative<Posted>(e); });
  last.chain = chained(journal.kept[0].chain, encode(last));
  const auto again = Loop::open({journal, executor, clock}, {});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, 9001);
}

TEST_F(LoopTest, AHoldWithoutAnOwnerIsReleasedByTheFirstTick) {
  auto loop = open();
  ASSERT_TRUE(loop->submit(request("g", granted(100))));
  ASSERT_TRUE(loop->submit(request("j", wanted(*loop, 1, 1h))));
  loop.reset();
  Entry& last = journal.kept.back();  // a hold whose job never was
  std::erase_if(last.events, [](const Event& e) { return std::holds_alternative<Started>(e); });
  last.chain = chained(journal.kept[1].chain, encode(last));
  const auto checked = recover(journal, Check::steps);
  ASSERT_FALSE(checked) << "an auditor is told";
  loop = open(Check::books);
  ASSERT_TRUE(loop);
  ASSERT_TRUE(loop->tick());
  loop->read([](const State& s, Instant) {
    const auto good = audit(s);
    EXPECT_TRUE(good) << good.error().what;
    EXPECT_EQ(s.books.holds.count({1}), 0u);
    EXPECT_EQ(s.jobs.at({1}).state, JobState::running) << "with a hold of its own";
  });
  const auto* released = std::get_if<Posted>(&journal.kept.back().events.front());
  ASSERT_TRUE(released);
  EXPECT_EQ(released->transfer.memo, "its owner is gone");
  loop.reset();
  EXPECT_TRUE(recover(journal, Check::books));
}

}  // namespace
}  // namespace granary
