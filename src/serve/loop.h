#pragma once
// The one writer. One thread owns the state: it takes the commands that wait, steps them on a
// draft, appends their entries in one transaction and only then shows, answers and acts.
//
// The draft and what readers see are two states. Events that are durable are folded into the
// second, so a reader waits neither for a scheduling pass nor for the disk, and a batch that could
// not be stored is undone by copying the second over the first. This costs the state's memory
// twice.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "serve/core.h"
#include "serve/dispatch.h"

namespace granary {

// What a journal folds to.
struct Recovered {
  State state;
  Journal::Head head;
  Instant last{};  // of the last entry
};

enum class Check {
  books,  // chains, sequences, and that the books balance
  steps,  // also that stepping each command again gives the same events, byte for byte
};
// Folds all entries. G9002 names an entry whose chain or sequence is wrong, G9041 one that does not
// follow from those before it, G9007 one whose step gives other events now; G9001 when the books do
// not balance.
Result<Recovered> recover(Journal&, Check);

class Loop final : public Core {
 public:
  // All must outlive the loop. `reader` is a second connection to the same journal, so that readers
  // of entries do not wait for the disk; null: they share `journal`.
  struct Parts {
    Journal& journal;
    Executor& executor;
    const Clock& clock;
    Journal* reader = nullptr;
  };
  struct Options {
    double time_factor = 1;  // how much faster than real time the clock runs
    bool manual = false;     // time passes only by tick(), executors are asked only by quiesce()
    std::chrono::milliseconds observe_every{50};
    Check check = Check::books;  // of the journal, at the start
    std::function<Result<std::string>(Id<Job>, int attempt, const std::string& stream,
                                      std::size_t last_bytes)>
        output;  // G2009 when absent
    // Core::read_all() of the store, in one pass; absent: through entries().
    std::function<Result<void>(const std::function<void(const Entry&)>&)> read_all;
    std::function<void(const Error&)> report;  // what only the log should hear of; may be empty
  };

  // Recovers the state, asks executors again for what should be in force, and serves.
  static Result<std::unique_ptr<Loop>> open(const Parts&, Options);
  ~Loop() override;  // as stop()

  Result<Answer> submit(Request) override;
  void read(const std::function<void(const State&, Instant now)>& look) override;
  Result<std::vector<Entry>> entries(std::uint64_t after, std::size_t limit) override;
  Journal::Head head() override;
  Result<void> read_all(const std::function<void(const Entry&)>& visit) override;
  Result<std::string> output(Id<Job>, int attempt, const std::string& stream,
                             std::size_t last_bytes) override;

  // False once an append has failed: nothing is written any more, every command is G7001.
  bool healthy() const { return healthy_; }

  // Takes no more commands (G7010), finishes those that wait, lets running jobs run. Safe to
  // repeat.
  void stop();

  // When a tick is next due. With a manual clock: set it to that instant, tick(), quiesce().
  std::optional<Instant> due();
  // Steps a Tick at the clock's time and returns when it is durable.
  Result<void> tick();
  // Returns when no command waits, executors have all effects, and what they then have to report is
  // in, and so on until nothing follows.
  void quiesce();

 private:
  class Reply;
  struct Item {
    Request request;
    std::shared_ptr<Reply> reply;  // shared: the one who waits, and the queue
  };

  Loop(const Parts&, Options, Recovered);
  std::vector<std::shared_ptr<Reply>> enqueue(std::vector<Request>);
  std::vector<Result<Answer>> submit_all(std::vector<Command>);
  std::vector<Executor::Known> known();
  void run();
  std::vector<Item> take();
  bool commit(std::vector<Item>&);
  Result<void> append(const std::vector<Entry>&);
  void publish(const std::vector<Entry>&);
  void undo(std::vector<Item>&, const Error&);
  void take_all(std::vector<Item>&, std::optional<Error> failed = {});
  void fail_for_good(std::vector<Item>&, const Error&);
  void set_due();

  Parts parts_;
  Options options_;

  // Of the loop's thread alone.
  State draft_;
  Instant last_;  // of the last step; the next is not before it
  std::chrono::steady_clock::time_point next_tick_{};  // not before, so that ticks cannot spin

  std::mutex published_mutex_;
  State published_;
  Instant shown_;  // of the last entry in published_
  Journal::Head head_;

  std::mutex reader_mutex_;  // of parts_.reader

  std::mutex queue_mutex_;
  std::condition_variable arrived_, idle_;
  std::deque<Item> queue_;
  std::size_t queue_limit_;
  std::optional<Instant> due_;
  bool working_ = false, stopping_ = false;
  std::optional<Error> failed_;
  std::atomic<bool> healthy_ = true;

  std::unique_ptr<Dispatch> dispatch_;
  std::thread thread_;
};

}  // namespace granary
