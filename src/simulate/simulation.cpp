#include "simulate/simulation.h"

#include <algorithm>

#include "engine/codec.h"

namespace granary {

std::vector<Executor::Known> known_attempts(const State& state) {
  std::vector<Executor::Known> known;
  for (const Id<Job> id : state.active) {
    const Job& job = state.jobs.at(id);
    if (job.claim && !job.request.followed)
      known.push_back({id, job.attempt, job.report.line, heard(job)});
  }
  return known;
}

Simulation::Simulation(VirtualClock& clock, Executor& executor,
                       std::function<std::optional<Instant>()> next_report)
    : clock_(clock), executor_(executor), next_report_(std::move(next_report)) {}

void Simulation::step_now(const Request& request) {
  auto events = step_onto(state_, request, clock_.now());
  if (events.empty() && request.key.empty()) return;
  Entry entry{entries_.size() + 1, clock_.now(), request, std::move(events), {}};
  entry.chain = chained(entries_.empty() ? Hash{} : entries_.back().chain, encode(entry));
  entries_.push_back(std::move(entry));
  for (const Event& event : entries_.back().events) {
    const auto effect = effect_of(state_, event);
    if (!effect) continue;
    if (const auto* stop = std::get_if<Stop>(&*effect)) {
      (void)executor_.stop(stop->job, stop->attempt);  // gone already is as good
      continue;
    }
    const auto& launch = std::get<Launch>(*effect);
    const auto launched = executor_.launch(filter_ ? filter_(launch) : launch);
    if (!launched) {
      failed_launches_.push_back(launch_failed(launch, launched.error(), clock_.now()));
    }
  }
}

void Simulation::take_reports() {
  // A report may start other jobs, which may report at once. A round that makes no entry is the
  // last: what the engine ignored it would ignore again.
  for (std::size_t before = entries_.size() + 1; before != entries_.size();) {
    before = entries_.size();
    std::vector<Command> reports = std::exchange(failed_launches_, {});
    const auto observed = executor_.observe(known_attempts(state_));
    if (observed) {
      for (const Observed& o : *observed) reports.push_back(o.command);
    }
    if (reports.empty()) return;
    for (const Command& command : reports) {
      step_now({"", body_hash(command), "executor", command});
    }
  }
}

Answer Simulation::submit(const Request& request) {
  if (auto first = first_answer(state_, request)) return *first;
  step_now(request);
  take_reports();
  const auto answer = state_.answers.find(request.key);
  return answer == state_.answers.end() ? Answer{} : answer->second;
}

std::optional<Instant> Simulation::next() const {
  auto due = next_due(state_, clock_.now());
  if (const auto report = next_report_()) {
    const Instant at = std::max(*report, clock_.now());
    if (!due || at < *due) due = at;
  }
  return due;
}

void Simulation::advance(Instant to) {
  bool heard = true;  // false: what the executor still offers, the engine ignores
  while (const auto at = heard ? next() : next_due(state_, clock_.now())) {
    if (*at > to) break;
    const std::size_t before = entries_.size();
    const Instant was = clock_.now();
    const auto timer = next_due(state_, clock_.now());
    clock_.set(*at);
    take_reports();
    if (timer && *timer <= *at) {
      step_now({"", body_hash(Tick{}), "clock", Tick{}});
      take_reports();
    }
    heard = entries_.size() != before || clock_.now() != was;
  }
  clock_.set(std::max(to, clock_.now()));
}

Instant Simulation::run(Instant horizon) {
  bool heard = true;  // as in advance()
  while (!state_.active.empty()) {
    const auto at = heard ? next() : next_due(state_, clock_.now());
    if (!at || *at > horizon) break;
    const std::size_t before = entries_.size();
    const Instant was = clock_.now();
    advance(*at);
    heard = entries_.size() != before || clock_.now() != was;
  }
  return clock_.now();
}

}  // namespace granary
