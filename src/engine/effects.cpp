// What the outside must do, when time matters next, and what makes two states the same.

#include <algorithm>

#include "engine/alerts.h"
#include "engine/codec.h"
#include "engine/stepper.h"

namespace granary {
namespace {

Launch launch_of(const State& s, const Job& job) {
  const Pool& pool = *find_pool(s.configuration->pools, job.claim->pool);
  const Choice& choice = job.request.choices[job.choice];
  Launch launch;
  launch.job = job.id;
  launch.attempt = job.attempt;
  launch.pool = pool.name();
  launch.runner = pool.runner;
  if (const auto site = s.configuration->catalog.sites.find(pool.site);
      pool.runner == Runner::slurm && site != s.configuration->catalog.sites.end()) {
    launch.account = site->second.account;
    launch.partition = site->second.partition;
    for (const PoolFacts& facts : site->second.pools) {
      if (facts.chip == pool.chip) launch.gres = facts.gres;
    }
  }
  launch.recipe = job.request.recipe;
  launch.layout = choice.layout;
  launch.wanted = choice.wanted;
  for (const Held& held : job.claim->held) {
    const auto node = std::find_if(pool.nodes.begin(), pool.nodes.end(),
                                   [&](const Node& n) { return n.id == held.node; });
    launch.held.emplace_back(node == pool.nodes.end() ? "" : node->name, held);
  }
  launch.service = job.request.service;
  launch.resume = job.report.checkpoint;
  // What remained when the attempt started: a launch that is asked again is the same launch.
  Job at_start = job;
  at_start.done_ppb = job.done_ppb_at_start;
  launch.span = remaining(at_start, choice);
  launch.from = job.claim->from;
  return launch;
}

Stop stop_of(const State& s, const Job& job) {
  return {job.id, job.attempt, find_pool(s.configuration->pools, job.claim->pool)->runner};
}

// Keeps the earliest instant after now.
void consider(std::optional<Instant>& due, Instant at, Instant now) {
  if (at > now && (!due || at < *due)) due = at;
}

}  // namespace

std::optional<Effect> effect_of(const State& s, const Event& event) {
  if (const auto* started = std::get_if<Started>(&event)) {
    if (s.jobs.at(started->job).request.followed) return std::nullopt;
    return launch_of(s, s.jobs.at(started->job));
  }
  if (const auto* stopping = std::get_if<Stopping>(&event)) {
    return stop_of(s, s.jobs.at(stopping->job));
  }
  return std::nullopt;
}

Command launch_failed(const Launch& launch, const Error& error, Instant now) {
  switch (error.kind) {
    case Error::Kind::invalid:
    case Error::Kind::not_found:
    case Error::Kind::refused:
      return LaunchRefused{launch.job, launch.attempt, error.what, now};
    default:
      return WorkerLost{launch.job, launch.attempt, error.what, now};
  }
}

std::vector<Effect> effects_in_force(const State& s) {
  std::vector<Effect> effects;
  for (const Id<Job> id : s.active) {
    const Job& job = s.jobs.at(id);
    if (!job.claim || job.request.followed) continue;
    effects.emplace_back(launch_of(s, job));
    if (job.state == JobState::stopping) effects.emplace_back(stop_of(s, job));
  }
  return effects;
}

std::optional<Instant> next_due(const State& s, Instant now) {
  if (!s.configuration) return std::nullopt;
  const Limits& limits = s.configuration->limits;
  std::optional<Instant> due;
  int waiting_priority = -1000;
  for (const Id<Job> id : s.active) {
    const Job& job = s.jobs.at(id);
    if (job.claim || job.request.followed) continue;
    waiting_priority = std::max(waiting_priority, job.request.priority);
    if (!std::holds_alternative<FundsShort>(job.because)) continue;
    for (const Choice& choice : job.request.choices) {  // another hour may cost less
      const Pool* pool = find_pool(s.configuration->pools, choice.pool);
      if (pool == nullptr || pool->tariff.empty()) continue;
      if (const auto change = next_change(pool->prices(), now)) consider(due, *change, now);
    }
  }
  const auto metering = [&](const std::string& owner, const Claim& claim, Span every) {
    const auto line = s.lines.find(owner);
    if (line == s.lines.end()) return;
    const Instant metered = claim.from + Span(line->second.metered.share_millis / shares_of(claim));
    // The last stretch is settled at the end; what is late is due at the next millisecond.
    if (metered + every <= claim.until)
      consider(due, std::max(metered + every, now + Span(1)), now);
  };
  for (const Id<Job> id : s.active) {
    const Job& job = s.jobs.at(id);
    if (!job.claim || job.request.followed) continue;
    if (job.confirmed) {
      metering(owner_of(job), *job.claim,
               job.request.service ? limits.meter_service : limits.meter_other);
    }
    if (const auto lapses = lapses_at(limits, job)) {
      consider(due, std::max(*lapses, now + Span(1)), now);
    }
    if (job.state != JobState::running) continue;
    if (!job.silent) consider(due, std::max(job.asked + limits.ask_every, now + Span(1)), now);
    // One that is over and silent waits for its answer, or lapses.
    const bool waits = job.silent && job.claim->until <= now && !ends_with_claim(s, job);
    if (!waits) consider(due, std::max(job.claim->until, now + Span(1)), now);
    if (job.request.preemptible && job.request.priority < waiting_priority) {
      consider(due, job.not_before, now);
    }
  }
  for (const auto& [id, reservation] : s.reservations) {
    if (!reservation.open) continue;
    consider(due, reservation.claim.from, now);
    consider(due, std::max(reservation.claim.until, now + Span(1)), now);
    if (reservation.claim.from <= now) {
      metering(owner_of(reservation), reservation.claim, limits.meter_other);
    }
  }
  for (const auto& [id, voucher] : s.books.vouchers) {
    if (voucher.closed) continue;
    consider(due, voucher.expires, now);
    if (voucher.expires <= now && may_still_pay(s, voucher, now)) {
      consider(due, voucher.expires + s.configuration->limits.hold_lapse, now);
    }
    // Whether there is money left is looked up only where it matters.
    const auto warning = next_warning(voucher, now);
    if (warning && (!due || *warning < *due) && account_of(s.books, voucher).balance() > Money{}) {
      consider(due, *warning, now);
    }
  }
  // A month's budget or a year's cap may let those start that wait for money.
  for (const Id<Job> id : s.active) {
    const Job& job = s.jobs.at(id);
    if (job.claim || job.request.followed || !waits_for_a_window(s, job)) continue;
    consider(due, start_of_next_month(now), now);
    break;
  }
  return due;
}

Hash digest(const State& s) {
  Hash hash;
  const auto add = [&](const std::string& text) { hash = chained(hash, text); };
  if (s.configuration) {
    add(encode(Event(Configured{{}, s.configuration->policy_name, s.configuration->limits})));
    for (const Document& d : s.configuration->documents) add(d.name + "\n" + d.text);
  }
  for (const auto& [name, id] : s.pool_ids) add(name + "=" + std::to_string(id.value));
  for (const auto& [id, account] : s.books.accounts) add(encode(Event(Opened{account})));
  for (const auto& [id, hold] : s.books.holds) {
    add(hold.owner + " " + std::to_string(id.value) + " " + std::to_string(hold.debit.value) + " " +
        std::to_string(hold.credit.value) + " " + to_text(hold.amount) + " " +
        to_text(hold.captured) + " " + to_text(hold.released));
  }
  for (const auto& [id, voucher] : s.books.vouchers) add(encode(Event(Granted{voucher})));
  for (const auto& [id, job] : s.jobs) add(encode(Event(Accepted{job})));
  for (const auto& [id, r] : s.reservations) add(encode(Event(ReservationMade{r})));
  for (const auto& [id, quote] : s.quotes) add(encode(Event(QuoteMade{quote})));
  for (const auto& [owner, line] : s.lines) add(encode(Event(LineOpen{line})));
  for (const auto& [name, site] : s.followed) {
    add(encode(Event(SiteFollowed{name, site.as_of})));
    for (const auto& [key, at] : site.over) add(key.first + to_text(key.second) + to_text(at));
  }
  for (const auto& [key, amount] : s.books.budgets) {
    const auto& [tenant, team, asset, per] = key;
    add(encode(Event(BudgetSet{{tenant, team, asset, per, amount}})));
  }
  for (const auto& [key, alert] : s.alerts) add(encode(Event(Alerted{alert})));
  for (const auto& [key, answer] : s.answers) {
    add(key + to_text(answer.body) + answer.made + (answer.refused ? answer.refused->what : ""));
  }
  for (const auto& [programme, total] : s.appropriated) add(programme + to_text(total));
  for (const auto& [whose, day] : s.failed_free) {
    add("free " + whose.first + " " + whose.second + to_text(day));
  }
  for (const std::uint64_t count :
       {s.next_job, s.next_reservation, s.next_quote, s.books.next_account, s.books.next_hold,
        s.books.next_voucher, s.books.legs}) {
    add(std::to_string(count));
  }
  return hash;
}

Result<void> audit(const State& s) {
  if (auto good = audit(s.books); !good) return good;
  const auto lost = orphans(s.books, live_owners(s));
  if (lost.empty()) return {};
  return fail(Error::Kind::bug, 9001,
              "Hold " + to_text(lost.front().id) + " of " + lost.front().owner + " (" +
                  to_text(lost.front().open()) + ") has no live owner.");
}

}  // namespace granary
