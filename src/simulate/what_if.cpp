#include "simulate/what_if.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

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
      // What a followed site ran took as long as it took, whatever ended it.
      if (const auto* ended = std::get_if<Ended>(&event);
          ended &&
          (ended->outcome == Outcome::finished || state.jobs.at(ended->job).request.followed)) {
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
  Command changed = command;
  Id<Voucher>* voucher = nullptr;
  if (auto* release = std::get_if<ReleaseTranche>(&changed)) voucher = &release->voucher;
  if (auto* decide = std::get_if<DecideReimbursement>(&changed)) {
    voucher = &decide->decision.voucher;
  }
  if (auto* exchange = std::get_if<ExchangeVoucher>(&changed))
    voucher = &exchange->exchange.voucher;
  if (voucher != nullptr) {
    const auto id = names.find(*voucher);
    if (!id) return std::nullopt;
    *voucher = *id;
    return changed;
  }
  if (const auto* cancel = std::get_if<Cancel>(&command)) {
    const auto id = names.find(cancel->job);
    return id ? std::optional<Command>(Cancel{*id}) : std::nullopt;
  }
  if (const auto* cancel = std::get_if<CancelReservation>(&command)) {
    const auto id = names.find(cancel->reservation);
    return id ? std::optional<Command>(CancelReservation{*id}) : std::nullopt;
  }
  if (auto* submit = std::get_if<Submit>(&changed)) {
    if (auto& inside = submit->request.inside) {
      inside = names.find(*inside);
      if (!inside) return std::nullopt;
    }
    // One that came with a refusal was asked for by nobody, and has the number that it had.
    if (auto& quoted = submit->request.quote) {
      quoted->quote = names.find(quoted->quote).value_or(quoted->quote);
    }
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

// A followed site in which Granary decides: its work is pretended.
std::string decided_here(const std::string& site) {
  constexpr std::string_view followed = "\"followed\"";
  const std::size_t runner = site.find("runner");
  const std::size_t at = runner == std::string::npos ? runner : site.find(followed, runner);
  if (at == std::string::npos || site.find('\n', runner) < at) return site;
  return std::string(site).replace(at, followed.size(), "\"simulated\"");
}

// A command at its instant, and what it made.
struct Input {
  Instant at{};
  Command command;
  std::string actor, made;
};

// What people asked for, and what they submitted to queues of their own, in the order of time.
std::vector<Input> asked_in(const std::vector<Entry>& history, Instant horizon) {
  std::vector<Input> all;
  std::map<std::string, Instant> known;  // sites, since when
  std::set<std::string> credited;
  State state;
  for (const Entry& entry : history) {
    if (entry.at > horizon) break;
    if (by_people(entry.request.command)) {
      all.push_back({entry.at, entry.request.command, entry.request.actor, made_by(entry)});
    }
    for (const Event& event : entry.events) {
      evolve(state, event);
      if (std::holds_alternative<Configured>(event)) {
        for (const auto& [id, site] : state.configuration->catalog.sites) {
          // The first configuration holds from the beginning of all.
          known.try_emplace(id, all.size() == 1 ? Instant::min() : entry.at);
        }
      }
      const auto* const accepted = std::get_if<Accepted>(&event);
      if (accepted == nullptr || !accepted->job.request.followed) continue;
      Submit submit{accepted->job.request};
      JobRequest& r = submit.request;
      const Instant at = std::max(accepted->job.submitted, known[r.followed->site]);
      // Its site asked nobody for money.
      const std::string asset = find_pool(state.configuration->pools, r.choices[0].pool)->asset;
      if (credited.insert(r.payer).second) {
        all.push_back(
            {at, SetCreditLine{{r.payer, asset, Money::units(1'000'000'000)}}, "what-if", ""});
      }
      r.followed.reset();
      r.wait_for_funds = true;
      r.recipe.argv = {"sbatch"};
      all.push_back({at, std::move(submit), "what-if", to_text(accepted->job.id)});
    }
  }
  std::stable_sort(all.begin() + (all.empty() ? 0 : 1), all.end(),
                   [](const Input& a, const Input& b) { return a.at < b.at; });
  if (all.size() > 1) all.front().at = std::min(all[0].at, all[1].at);
  return all;
}

// What is assumed, filled into each configuration of the history.
class Assumed {
 public:
  explicit Assumed(const std::vector<Assumption>& assumptions) {
    for (const Assumption& one : assumptions) open_.push_back({one, std::nullopt, false});
  }

  // The configuration with it. What an assumption is about may come later, or be known by then.
  Result<Configure> in(Configure configure) {
    std::vector<Document> documents;
    for (const ConfiguredDocument& d : configure.documents) {
      if (!d.text.empty()) contents_[d.hash] = d.text;
      const bool site = d.name.starts_with("sites/");
      documents.push_back({d.name, site ? decided_here(contents_[d.hash]) : contents_[d.hash]});
    }
    for (One& one : open_) {
      auto filled = assume(documents, {one.assumption});
      if (filled) {
        documents = std::move(*filled);
      } else if (!one.used) {
        one.error = filled.error();  // of the latest configuration
      }
      one.used = one.used || filled;
    }
    for (std::size_t i = 0; i < documents.size(); ++i) {
      if (open_.empty() && sha256(documents[i].text) == configure.documents[i].hash) continue;
      configure.documents[i].hash = sha256(documents[i].text);
      configure.documents[i].text = documents[i].text;
    }
    const auto good =
        granary::configure(std::move(documents), configure.policy, configure.limits, {});
    if (!good && !open_.empty()) return fail(good.error());
    return configure;
  }

  // Why one of them never was of use.
  std::optional<Error> unused() const {
    for (const One& one : open_) {
      if (!one.used && one.error) return one.error;
    }
    return std::nullopt;
  }

 private:
  struct One {
    Assumption assumption;
    std::optional<Error> error;
    bool used = false;
  };
  std::vector<One> open_;
  std::map<Hash, std::string> contents_;
};

// What a capture or a refund changes: what was spent, and of which programme. Limits are no money,
// and what is due beside a price is not spent twice.
void count(Summary& summary, const Books& books, const Leg& leg, bool back) {
  const Account& from = books.accounts.at(back ? leg.credit : leg.debit);
  const Account& to = books.accounts.at(back ? leg.debit : leg.credit);
  if (from.kind == AccountClass::limit) return;
  const Money amount = back ? -leg.amount : leg.amount;
  if (to.kind != AccountClass::due) summary.spent += amount;
  if (from.kind == AccountClass::subsidy) {
    summary.by_programme[from.name.substr(from.name.find(':') + 1)] += amount;
  }
  if (from.kind != AccountClass::voucher) return;
  const auto id = parse_id<Voucher>(from.name.substr(2, from.name.find('/') - 2));
  if (id) summary.by_programme[books.vouchers.at(*id).programme] += amount;
}

// Makes the grants whose programmes are configured by now, or all of them; the first refusal.
std::optional<Error> make_grants(Simulation& simulation, std::vector<Grant>& grants, bool all) {
  for (const Grant& grant : std::exchange(grants, {})) {
    const auto& known = simulation.state().configuration;
    if (!all && (!known || known->programmes.count(grant.programme) == 0)) {
      grants.push_back(grant);
      continue;
    }
    const Command wanted = GrantVoucher{grant};
    const std::uint64_t next = simulation.state().books.next_voucher;
    const Answer made = simulation.submit(
        {"what-if-grant-" + std::to_string(next), body_hash(wanted), "what-if", wanted});
    if (made.refused) return made.refused;
  }
  return std::nullopt;
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
          if (leg.kind == LegKind::capture) count(summary, state.books, leg, false);
          if (posted->transfer.reason == Reason::refund) count(summary, state.books, leg, true);
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
  const std::vector<Input> commands = asked_in(history, change.horizon);
  VirtualClock clock(commands.empty() ? history.front().at : commands.front().at);
  SimulatedExecutor executor(clock);
  Simulation simulation(clock, executor, [&] { return executor.next_due(); });
  Renaming names;
  Assumed assumed(change.assumptions);
  std::vector<Grant> grants = change.grants;  // not made yet
  std::map<Id<Job>, Id<Job>> original;        // of the new run's jobs
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
  for (const Input& asked : commands) {
    simulation.advance(asked.at);
    auto command = renamed(asked.command, names);
    if (!command) continue;
    if (auto* configure = std::get_if<Configure>(&*command)) {
      configure->policy = change.policy;
      auto filled = assumed.in(std::move(*configure));
      if (!filled) return fail(filled.error());
      *configure = std::move(*filled);
    }
    if (const auto* submit = std::get_if<Submit>(&*command); submit != nullptr) {
      const auto old = parse_id<Job>(asked.made);
      if (old) original[{simulation.state().next_job}] = *old;
    }
    Request request{"what-if-" + std::to_string(++sequence), body_hash(*command), asked.actor,
                    *command};
    const Answer answer = simulation.submit(request);
    names.learn(asked.made, answer.made);
    if (auto refused = make_grants(simulation, grants, false)) {
      return fail(assumed.unused().value_or(*refused));  // what was assumed in vain is why
    }
  }
  if (const auto unused = assumed.unused()) return fail(*unused);
  if (auto refused = make_grants(simulation, grants, true)) return fail(*refused);
  const Instant horizon = change.horizon == Instant::max()
                              ? history.back().at + std::chrono::hours(24 * 365)
                              : change.horizon;
  simulation.run(horizon);
  return WhatIfResult{summarize(simulation.entries(), simulation.state()), simulation.entries()};
}

}  // namespace granary
