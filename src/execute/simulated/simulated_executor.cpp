#include "execute/simulated/simulated_executor.h"

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

namespace granary {

namespace {

constexpr std::string_view checkpoint_prefix = "sim-";
constexpr std::uint64_t checkpoints_at_once = 64;

std::uint64_t number_of(const std::string& checkpoint) {
  std::uint64_t number = 0;
  if (checkpoint.starts_with(checkpoint_prefix)) {
    std::from_chars(checkpoint.data() + checkpoint_prefix.size(),
                    checkpoint.data() + checkpoint.size(), number);
  }
  return number;
}

}  // namespace

std::optional<Instant> SimulatedExecutor::Attempt::end() const {
  if (launch.service) return stopped;
  const Instant done = launch.from + launch.span;
  return stopped ? std::min(*stopped, done) : done;
}

// Nothing when the attempt ends before it.
std::optional<Instant> SimulatedExecutor::Attempt::checkpoint_at(std::uint64_t line) const {
  const Span every = launch.recipe.checkpoint_every;
  if (every <= Span{} || line > static_cast<std::uint64_t>(max_span / every)) return std::nullopt;
  const Instant at = launch.from + every * static_cast<std::int64_t>(line);
  const auto ends = end();
  return ends && at >= *ends ? std::nullopt : std::optional(at);
}

Result<void> SimulatedExecutor::launch(const Launch& launch) {
  attempts_.try_emplace({launch.job, launch.attempt}, Attempt{launch, {}, false, false, 0, {}});
  return {};
}

Result<void> SimulatedExecutor::stop(Id<Job> job, int attempt) {
  const auto found = attempts_.find({job, attempt});
  if (found == attempts_.end() || found->second.stopped) return {};
  found->second.stopped = std::max(clock_.now(), found->second.launch.from);
  return {};
}

void SimulatedExecutor::look(Attempt& attempt, const Known& known, std::vector<Seen>& seen) const {
  const Instant now = clock_.now();
  const Launch& launch = attempt.launch;
  if (!attempt.before) {
    const std::uint64_t last = number_of(launch.resume);
    attempt.before = last - std::min(last, known.line);
  }
  attempt.running_reported |= known.confirmed;
  attempt.line_reported = std::max(attempt.line_reported, known.line);
  if (!known.confirmed) {
    seen.push_back({launch.from, {WorkerRunning{launch.job, launch.attempt, ""}}});
    attempt.running_reported = true;
  }
  bool more = false;
  for (std::uint64_t line = known.line + 1;; ++line) {
    const auto at = attempt.checkpoint_at(line);
    if (!at || *at > now) break;
    more = line > known.line + checkpoints_at_once;
    if (more) break;
    const std::uint64_t steps = *attempt.before + line;
    WorkerProgress progress;
    progress.job = launch.job;
    progress.attempt = launch.attempt;
    progress.line = line;
    progress.steps = static_cast<std::int64_t>(steps);
    progress.checkpoint = std::string(checkpoint_prefix) + std::to_string(steps);
    progress.at = *at;
    seen.push_back({*at, {progress}});
    attempt.line_reported = std::max(attempt.line_reported, line);
  }
  const auto end = attempt.end();
  if (more || !end || *end > now) return;
  const bool stopped =
      attempt.stopped && (launch.service || *attempt.stopped < launch.from + launch.span);
  seen.push_back(
      {*end, {WorkerFinished{launch.job, launch.attempt, 0, stopped ? SIGTERM : 0, *end}}});
  attempt.end_reported = true;
}

Result<std::vector<Observed>> SimulatedExecutor::observe(const std::vector<Known>& known) {
  std::map<std::pair<Id<Job>, int>, Known> named;
  for (const Known& one : known) named[{one.job, one.attempt}] = one;
  std::vector<Seen> seen;
  for (auto it = attempts_.begin(); it != attempts_.end();) {
    auto& [key, attempt] = *it;
    const auto found = named.find(key);
    if (found == named.end() && attempt.end_reported) {
      it = attempts_.erase(it);
      continue;
    }
    Known own{key.first, key.second, attempt.line_reported, attempt.running_reported};
    look(attempt, found == named.end() ? own : found->second, seen);
    ++it;
  }
  std::stable_sort(seen.begin(), seen.end(),
                   [](const Seen& a, const Seen& b) { return a.at < b.at; });
  std::vector<Observed> observed;
  for (Seen& one : seen) observed.push_back(std::move(one.observed));
  return observed;
}

std::optional<Instant> SimulatedExecutor::next_due() const {
  std::optional<Instant> due;
  const auto consider = [&](std::optional<Instant> at) {
    if (at && (!due || *at < *due)) due = at;
  };
  for (const auto& [key, attempt] : attempts_) {
    if (attempt.end_reported) continue;
    if (!attempt.running_reported) consider(attempt.launch.from);
    consider(attempt.checkpoint_at(attempt.line_reported + 1));
    consider(attempt.end());
  }
  return due;
}

}  // namespace granary
