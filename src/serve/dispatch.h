#pragma once
// The thread that owns the executor: it delivers effects in the order of their entries, asks what
// has been seen, and hands that to the loop as commands. Internal to serve.

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "engine/ports.h"

namespace granary {

class Dispatch {
 public:
  struct Settings {
    Executor& executor;
    const Clock& clock;
    bool manual = false;  // observes only in round()
    std::chrono::milliseconds observe_every{50};
    std::function<std::vector<Executor::Known>()> known;
    // Has the loop step them; one answer each, in order.
    std::function<std::vector<Result<Answer>>(std::vector<Command>)> submit;
    std::function<void(const Error&)> report;
  };
  explicit Dispatch(Settings);
  ~Dispatch();  // as stop()

  void start();
  void deliver(std::vector<Effect>);  // returns at once
  // Delivers all effects, observes once and has what was seen stepped.
  void round();
  // Delivers what is waiting and ends.
  void stop();

 private:
  using Attempt = std::pair<Id<Job>, int>;

  void run();
  void carry_out(const Effect&);
  void ask_to_stop(const Attempt&);
  void observe();
  void report(const Error&);

  Settings settings_;

  // Of the thread alone.
  std::deque<Command> seen_;   // what the loop could not take yet (queue or disk full)
  std::set<Attempt> to_stop_;  // stops that failed: asked again with each look
  std::string reported_;       // the last error, said once

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<Effect> effects_;
  std::uint64_t asked_ = 0, answered_ = 0;  // rounds
  bool stopping_ = false, ended_ = false;
  std::thread thread_;
};

}  // namespace granary
