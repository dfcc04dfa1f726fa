#pragma once
// The lease of an attempt that runs where its executor cannot look: on a node of a site that may be
// cut off, whose jobs live on while a successor is started elsewhere. It is two files in the
// attempt's folder, which the node and the executor share:
//
//   lease      a number that the supervisor makes larger every quarter of the lease's time
//   revoked    written by the executor: the attempt is given up, and must not run
//
// Who starts writes `lease`, then looks for `revoked`; who revokes writes `revoked`, then looks for
// `lease`. So one of them sees the other: an executor that finds no lease knows that the program
// never ran and never will, and one that finds a lease which has not changed for its time (and a
// margin) by its own clock knows that the program has been killed.

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "execute/local/files.h"
#include "units/time.h"

namespace granary {

inline constexpr std::string_view superseded = "superseded";  // why, in exit.json
inline constexpr int superseded_status = 77;                  // exit status of the supervisor

class Lease {
 public:
  // False when the attempt is revoked.
  static Result<bool> take(int folder);

  // Renews it from now on, and calls `kill`, again and again, once it is revoked or could not be
  // renewed for `time` by the clock that goes on while a machine sleeps. `kill` must not wait for
  // the folder: the thread that calls it never touches it.
  Lease(int folder, Span time, std::function<void()> kill);
  ~Lease();
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  bool lost() const { return lost_; }
  // No more calls of `kill`.
  void end();

 private:
  void renew();
  void watch();
  bool wait(Span);  // false: it is over

  const int folder_;
  const Span time_;
  const std::function<void()> kill_;
  std::atomic<std::int64_t> renewed_;  // milliseconds since boot
  std::atomic<bool> lost_{false}, revoked_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread renewer_, watcher_;
};

}  // namespace granary
