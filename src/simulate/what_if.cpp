#include "simulate/what_if.h"

#include <algorithm>
#include <optional>

#include "engine/codec.h"
#include "execute/simulated/simulated_executor.h"
#include "simulate/simulation.h"

namespace granary {
namespace {

Span percentile(std::vector<Span> spans, double fraction) {
  if (spans.empty()) return Span(0);
  std::sort(spans.begin(), spans.end());
  const auto rank =
      static_cast<std::size_t>(fraction * static_cast<double>(spans.size() - 1) + 0.5);
  return spans[rank];
}

// How long the finished attempts of the history took against what was declared for them.
std::map<Id<Job>, double> recorded_ratios(const std::vector<Entry>& history) {
  std::map<Id<Job>, double> ratios;
  State state;
  for (const Entry& entry : history) {
    for (const Event& event : entry.events) {
      if (const auto* ended = std::get_if<Ended>(&event);
          ended && ended->outcome == Outcome::finished) {
        const Job& job = state.jobs.at(ended->job);
        Job at_start = job;
        at_start.done_ppb = job.done_ppb_at_start;
        const Span declared = remaining(at_start, job.request.choices[job.choice]);
        const Span took = ended->at - job.started;
        if (took > Span(0)) {
          ratios[ended->job] =
              static_cast<double>(took.count()) / static_cast<double>(declared.count());
        }
      }
      evolve(state, event);
    }
  }
  return ratios;
}

bool by_people(const Command& command) {
  return std::holds_alternative<Configure>(command) ||
         std::holds_alternative<GrantVoucher>(command) ||
         std::holds_alternative<RegisterCertificate>(command) ||
         std::holds_alternative<MoveMoney>(command) || std::holds_alternative<SetBudget>(command) ||
         std::holds_alternative<SetCreditLine>(command) ||
         std::holds_alternative<ReleaseTranche>(command) ||
         std::holds_alternative<DecideReimbursement>(command) ||
         std::holds_alternative<ExchangeVoucher>(command) ||
         std::holds_alternative<MakeQuote>(command) || std::holds_alternative<Submit>(command) ||
         std::holds_alternative<Cancel>(command) || std::holds_alternative<ReserveChips>(command) ||
         std::holds_alternative<CancelReservation>(command);
}

// Ids of the history to those of the new run: another policy may refuse what history accepted.
class Renaming {
 public:
  void learn(const std::string& old_made, const std::string& new_made) {
    if (!old_made.empty() && !new_made.empty()) names_[old_made] = new_made;
  }
  template <class Of>
  std::optional<Id<Of>> find(Id<Of> id) const {
    const auto found = names_.find(to_text(id));
    if (found == names_.end()) return std::nullopt;
    const auto parsed = parse_id<Of>(found->second);
    return parsed ? std::optional(*parsed) : std::nullopt;
  }

 private:
  std::map<std::string, std::string> names_;
};

// The command with ids of the new run; nothing if what it names does not exist there.
std::optional<Command> renamed(const Command& command, const Renaming& names) {
  if (const auto* cancel = std::get_if<Cancel>(&command)) {
    const auto id = names.find(cancel->job);
    return id ? std::optional<Command>(Cancel{*id}) : std::nullopt;
  }
  if (const auto* cancel = std::get_if<CancelReservation>(&command)) {
    const auto id = names.find(cancel->reservation);
    return id ? std::optional<Command>(CancelReservation{*id}) : std::nullopt;
  }
  if (const auto* submit = std::get_if<Submit>(&command); submit && submit->request.inside) {
    const auto id = names.find(*submit->request.inside);
    if (!id) return std::nullopt;
    Submit changed = *submit;
    changed.request.inside = *id;
    return changed;
  }
  if (const auto* submit = std::get_if<Submit>(&command); submit && submit->request.quote) {
    Submit changed = *submit;
    QuotedOption& quoted = *changed.request.quote;
    // One that came with a refusal was asked for by nobody, and has the number that it had.
    quoted.quote = names.find(quoted.quote).value_or(quoted.quote);
    return changed;
  }
  return command;
}

std::string made_by(const Entry& entry) {
  for (const Event& event : entry.events) {
    if (const auto* answered = std::get_if<Answered>(&event)) return answered->made;
  }
  return {};
}

}  // namespace

Summary summarize(const std::vector<Entry>& entries, const State& final_state) {
  Summary summary;
  if (final_state.configuration) summary.policy = final_state.configuration->policy_name;
  std::map<Id<Job>, Instant> submitted;
  std::map<Id<Job>, Instant> first_start;
  std::map<std::string, double> claimed_ms;
  std::optional<Instant> begin;
  Instant end{};
  Money captured, refunded;
  State state;
  for (const Entry& entry : entries) {
    for (const Event& event : entry.events) {
      if (const auto* accepted = std::get_if<Accepted>(&event)) {
        submitted[accepted->job.id] = entry.at;
        if (!begin) begin = entry.at;
      } else if (const auto* started = std::get_if<Started>(&event)) {
        first_start.emplace(started->job, entry.at);
      } else if (const auto* ended = std::get_if<Ended>(&event)) {
        const Job& job = state.jobs.at(ended->job);
        const Pool* pool = find_pool(state.configuration->pools, job.claim->pool);
        const double millis = static_cast<double>((ended->at - job.claim->from).count());
        if (pool) {
          claimed_ms[pool->name()] += millis * static_cast<double>(job.claim->held.size());
        }
        end = std::max(end, ended->at);
        summary.finished += ended->outcome == Outcome::finished;
        summary.preemptions += ended->outcome == Outcome::preempted;
      } else if (const auto* posted = std::get_if<Posted>(&event)) {
        for (const Leg& leg : posted->transfer.legs) {
          if (leg.kind == LegKind::capture) captured += leg.amount;
          if (posted->transfer.reason == Reason::refund) refunded += leg.amount;
        }
      } else if (std::holds_alternative<Refused>(event)) {
        summary.refused += std::holds_alternative<Submit>(entry.request.command);
      } else if (const auto* line = std::get_if<LineOpen>(&event)) {
        const auto before = state.lines.find(line->line.owner);
        const ChipTime had = before == state.lines.end() ? ChipTime{} : before->second.metered;
        const double change = (line->line.metered - had).chip_hours();
        summary.chip_hours_used += change;
        if (change < 0) summary.chip_hours_lost -= change;
      }
      evolve(state, event);
    }
  }
  std::vector<Span> waits;
  for (const auto& [job, at] : first_start) waits.push_back(at - submitted[job]);
  summary.jobs = static_cast<int>(submitted.size());
  summary.started = static_cast<int>(first_start.size());
  summary.unfinished = static_cast<int>(final_state.active.size());
  summary.wait_p50 = percentile(waits, 0.5);
  summary.wait_p95 = percentile(waits, 0.95);
  summary.spent = captured - refunded;
  if (begin && end > *begin) {
    summary.makespan = end - *begin;
    for (const Pool& pool : final_state.configuration->pools) {
      const double capacity =
          static_cast<double>(summary.makespan.count()) * static_cast<double>(pool.chips());
      summary.utilisation[pool.name()] = claimed_ms[pool.name()] / capacity;
    }
  }
  return summary;
}

Result<WhatIfResult> what_if(const std::vector<Entry>& history, const WhatIf& change) {
  if (const auto known = find_policy(change.policy); !known) return fail(known.error());
  if (history.empty()) {
    return fail(Error::Kind::invalid, 1064, "The journal is empty: there is nothing to replay.");
  }
  const auto ratios = recorded_ratios(history);
  VirtualClock clock(history.front().at);
  SimulatedExecutor executor(clock);
  Simulation simulation(clock, executor, [&] { return executor.next_due(); });
  Renaming names;
  std::map<Id<Job>, Id<Job>> original;  // of the new run's jobs
  simulation.set_launch_filter([&](Launch launch) {
    const auto old = original.find(launch.job);
    const auto ratio = old == original.end() ? ratios.end() : ratios.find(old->second);
    if (ratio != ratios.end()) {
      launch.span = Span(std::max<std::int64_t>(
          1, static_cast<std::int64_t>(static_cast<double>(launch.span.count()) * ratio->second)));
    }
    return launch;
  });
  std::uint64_t sequence = 0;
  for (const Entry& entry : history) {
    if (entry.at > change.horizon) break;
    if (!by_people(entry.request.command)) continue;
    simulation.advance(entry.at);
    auto command = renamed(entry.request.command, names);
    if (!command) continue;
    if (auto* configure = std::get_if<Configure>(&*command)) configure->policy = change.policy;
    if (const auto* submit = std::get_if<Submit>(&*command); submit != nullptr) {
      const auto old = parse_id<Job>(made_by(entry));
      if (old) original[{simulation.state().next_job}] = *old;
    }
    Request request{"what-if-" + std::to_string(++sequence), body_hash(*command),
                    entry.request.actor, *command};
    const Answer answer = simulation.submit(request);
    names.learn(made_by(entry), answer.made);
  }
  const Instant horizon = change.horizon == Instant::max()
                              ? history.back().at + std::chrono::hours(24 * 365)
                              : change.horizon;
  simulation.run(horizon);
  return WhatIfResult{summarize(simulation.entries(), simulation.state()), simulation.entries()};
}

}  // namespace granary
