#pragma once
// What the outside must provide. Adapters turn exceptions and error codes into Error at their own
// border.

#include <cstdint>
#include <span>
#include <vector>

#include "engine/engine.h"

namespace granary {

// An append-only list of entries. Contract tests: store/contract_test.cpp.
class Journal {
 public:
  virtual ~Journal() = default;
  // Durable on return, all or nothing. Sequences go on from the last; chains are the caller's and
  // are checked against the bytes. An I/O error (G7001) ends the caller's loop; a full disk (G7002)
  // changes nothing and may be tried again.
  virtual Result<void> append(std::span<const Entry>) = 0;
  // At most `limit` entries after that sequence, in order. G9002 when bytes do not decode or a
  // chain does not match, naming the entry.
  virtual Result<std::vector<Entry>> read(std::uint64_t after, std::size_t limit) = 0;
  // Sequence and chain of the last entry; zero when empty.
  struct Head {
    std::uint64_t sequence = 0;
    Hash chain;
  };
  virtual Head head() const = 0;
};

// What an executor has seen of one attempt. Times are translated to the daemon's clock.
struct Observed {
  // WorkerRunning, WorkerProgress, WorkerFinished, WorkerLost or LaunchRefused
  Command command;
};

// Launches and stops claims. Calls come from one thread.
class Executor {
 public:
  virtual ~Executor() = default;
  // Idempotent by job and attempt: asked twice, it starts once, also across restarts and kills.
  // What kinds of errors mean: launch_failed() in engine.h.
  virtual Result<void> launch(const Launch&) = 0;
  // Asks the attempt to end; safe to repeat, and for attempts that are gone.
  virtual Result<void> stop(Id<Job>, int attempt) = 0;
  // What is new since the last call, oldest first. `known` tells which progress lines the engine
  // has; a first call after a restart reports everything after them. An attempt that runs and is
  // not `confirmed` is reported as WorkerRunning, also again: that is how the engine asks whether
  // it still does.
  struct Known {
    Id<Job> job;
    int attempt = 0;
    std::uint64_t line = 0;
    bool confirmed = false;
  };
  virtual Result<std::vector<Observed>> observe(const std::vector<Known>&) = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

}  // namespace granary
