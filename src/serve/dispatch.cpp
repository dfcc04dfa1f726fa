#include "serve/dispatch.h"

#include <algorithm>
#include <utility>

namespace granary {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t most_seen = 4'096;  // kept for the loop; then executors are not asked

// The loop had no room; the same command may pass later.
bool try_again(const Result<Answer>& answer) {
  return !answer && (answer.error().code == 7002 || answer.error().code == 7007);
}

}  // namespace

Dispatch::Dispatch(Settings settings) : settings_(std::move(settings)) {}

Dispatch::~Dispatch() { stop(); }

void Dispatch::start() {
  thread_ = std::thread([this] { run(); });
}

void Dispatch::deliver(std::vector<Effect> effects) {
  if (effects.empty()) return;
  const std::lock_guard lock(mutex_);
  std::move(effects.begin(), effects.end(), std::back_inserter(effects_));
  wake_.notify_one();
}

void Dispatch::round() {
  std::unique_lock lock(mutex_);
  const std::uint64_t mine = ++asked_;
  wake_.notify_one();
  done_.wait(lock, [&] { return answered_ >= mine || ended_; });
}

void Dispatch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void Dispatch::run() {
  auto next_look = Steady::now();
  for (;;) {
    std::deque<Effect> effects;
    std::uint64_t asked = 0;
    bool look = false;
    {
      std::unique_lock lock(mutex_);
      const auto wanted = [&] { return stopping_ || asked_ != answered_ || !effects_.empty(); };
      if (settings_.manual) {
        wake_.wait(lock, wanted);
      } else {
        wake_.wait_until(lock, next_look, wanted);
      }
      effects.swap(effects_);
      asked = asked_;
      look = asked != answered_ || (!settings_.manual && Steady::now() >= next_look);
      if (stopping_ && effects.empty()) break;
    }
    for (const Effect& effect : effects) carry_out(effect);
    if (!look) continue;
    observe();
    next_look = Steady::now() + settings_.observe_every;
    const std::lock_guard lock(mutex_);
    answered_ = asked;
    done_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  done_.notify_all();
}

void Dispatch::carry_out(const Effect& effect) {
  if (const auto* stopped = std::get_if<Stop>(&effect)) {
    ask_to_stop({stopped->job, stopped->attempt});
    return;
  }
  const auto& launched = std::get<Launch>(effect);
  const auto done = settings_.executor.launch(launched);
  if (done) return;
  report(done.error());
  seen_.push_back(launch_failed(launched, done.error(), settings_.clock.now()));
}

void Dispatch::ask_to_stop(const Attempt& attempt) {
  const auto done = settings_.executor.stop(attempt.first, attempt.second);
  if (done) {
    to_stop_.erase(attempt);
    return;
  }
  report(done.error());
  to_stop_.insert(attempt);
}

void Dispatch::observe() {
  const std::vector<Executor::Known> known = settings_.known();
  std::set<Attempt> live;
  for (const auto& attempt : known) live.insert({attempt.job, attempt.attempt});
  for (const Attempt& attempt : std::set<Attempt>(to_stop_)) {
    if (live.count(attempt)) {
      ask_to_stop(attempt);
    } else {
      to_stop_.erase(attempt);
    }
  }
  if (seen_.size() < most_seen) {
    auto observed = settings_.executor.observe(known);
    if (!observed) {
      report(observed.error());
    } else {
      for (Observed& one : *observed) seen_.push_back(std::move(one.command));
    }
  }
  if (seen_.empty()) return;
  const auto answers = settings_.submit({seen_.begin(), seen_.end()});
  const auto first = std::find_if(answers.begin(), answers.end(), try_again);
  seen_.erase(seen_.begin(), seen_.begin() + (first - answers.begin()));
}

void Dispatch::report(const Error& error) {
  if (!settings_.report || error.what == reported_) return;
  reported_ = error.what;
  settings_.report(error);
}

}  // namespace granary
