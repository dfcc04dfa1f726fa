#include <cassert>

#include "engine/alerts.h"
#include "engine/engine.h"

namespace granary {
namespace {

Job& job_of(State& s, Id<Job> id) {
  const auto found = s.jobs.find(id);
  assert(found != s.jobs.end() && "an event names a job that was accepted before");
  return found->second;
}

// What becomes of a job that stays.
template <class Change>
void change_job(State& s, Id<Job> id, Change change) {
  Job& job = job_of(s, id);
  s.roster.leave(job);
  change(job);
  s.roster.enter(job);
}

// Of one that has left the roster.
void close_job(State& s, Job& job, JobState state, Instant at) {
  if (const auto& followed = job.request.followed) {
    FollowedSite& site = s.followed[followed->site];
    site.open.erase({followed->number, followed->submitted});
    site.over[{followed->number, followed->submitted}] = at;
  }
  job.state = state;
  job.ended = at;
  s.active.erase(job.id);
  s.finished.push_back(job.id);
  while (s.finished.size() > s.configuration->limits.finished_jobs) {
    s.jobs.erase(s.finished.front());
    s.finished.pop_front();
  }
}

void remember(State& s, const std::string& key, Answer answer) {
  if (key.empty()) return;
  const Limits& limits = s.configuration ? s.configuration->limits : Limits{};
  const Instant old = answer.at - limits.answers_for;
  if (s.answers.insert_or_assign(key, std::move(answer)).second) s.answer_order.push_back(key);
  while (!s.answer_order.empty()) {
    const auto oldest = s.answers.find(s.answer_order.front());
    if (s.answer_order.size() <= limits.answers && oldest->second.at >= old) break;
    s.answers.erase(oldest);
    s.answer_order.pop_front();
  }
}

void evolve_one(State& s, const Configured& e) {
  std::vector<Document> documents;
  for (const ConfiguredDocument& d : e.documents) {
    if (!d.text.empty()) s.contents[d.hash] = d.text;
    documents.push_back({d.name, s.contents[d.hash]});
  }
  auto made = configure(std::move(documents), e.policy, e.limits, s.pool_ids);
  assert(made && "step configures only what parses");
  if (!made) return;
  for (const Pool& pool : made->pools) s.pool_ids[pool.name()] = pool.id;
  s.configuration = std::make_shared<const Configuration>(std::move(*made));
  s.roster = roster_of(s);
}

void evolve_one(State& s, const Appropriated& e) { s.appropriated[e.programme] = e.total; }
void evolve_one(State& s, const Opened& e) { evolve(s.books, e); }
void evolve_one(State& s, const Posted& e) { evolve(s.books, e); }
void evolve_one(State& s, const Granted& e) { evolve(s.books, e); }
// What is known of a subject's level is forgotten with it.
void forget_alerts(State& s, Alert::Kind kind, const std::string& subject) {
  const auto first = s.alerts.lower_bound({kind, subject, 0});
  auto last = first;
  while (last != s.alerts.end() && std::get<0>(last->first) == kind &&
         std::get<1>(last->first) == subject) {
    ++last;
  }
  s.alerts.erase(first, last);
}

void evolve_one(State& s, const Closed& e) {
  evolve(s.books, e);
  forget_alerts(s, Alert::Kind::voucher_used, to_text(e.voucher));
  forget_alerts(s, Alert::Kind::voucher_expires, to_text(e.voucher));
}
void evolve_one(State& s, const BudgetSet& e) {
  evolve(s.books, e);
  if (!e.budget.amount) forget_alerts(s, Alert::Kind::budget_used, alert_subject(e.budget));
}
void evolve_one(State& s, const CreditLineSet& e) { evolve(s.books, e); }
void evolve_one(State& s, const Alerted& e) {
  s.alerts[{e.alert.kind, e.alert.subject, e.alert.level}] = e.alert;
}
void evolve_one(State& s, const AlertOver& e) { s.alerts.erase({e.kind, e.subject, e.level}); }
void evolve_one(State& s, const TrancheReleased& e) { evolve(s.books, e); }

void evolve_one(State& s, const QuoteMade& e) {
  s.quotes[e.quote.id] = e.quote;
  s.next_quote = std::max(s.next_quote, e.quote.id.value + 1);
  drop_old(s.quotes, s.configuration->limits, e.quote.made);
}

void evolve_one(State& s, const Accepted& e) {
  if (e.job.request.quote) {
    const auto quote = s.quotes.find(e.job.request.quote->quote);
    if (quote != s.quotes.end()) quote->second.taken_by = e.job.id;
  }
  s.jobs[e.job.id] = e.job;
  s.active.insert(e.job.id);
  if (const auto& followed = e.job.request.followed) {
    s.followed[followed->site].open[{followed->number, followed->submitted}] = e.job.id;
  }
  s.roster.enter(e.job);
  s.next_job = std::max(s.next_job, e.job.id.value + 1);
}

void evolve_one(State& s, const Waits& e) { job_of(s, e.job).because = e.because; }

void start_job(Job& job, const Started& e) {
  job.state = JobState::running;
  job.attempt = e.attempt;
  job.choice = e.choice;
  job.claim = e.claim;
  job.because = e.because;
  job.confirmed = false;
  job.asked = e.claim.from;
  job.silent = true;
  job.endpoint.clear();
  job.stop_cause.reset();
  job.stopped_for.reset();
  job.started = e.claim.from;
  job.not_before = e.not_before;
  job.done_ppb_at_start = job.done_ppb;
  job.report.line = 0;
  job.report.checkpoint_at = e.claim.from;
}

void evolve_one(State& s, const Started& e) {
  change_job(s, e.job, [&](Job& job) { start_job(job, e); });
}

void evolve_one(State& s, const Confirmed& e) {
  Job& job = job_of(s, e.job);
  job.confirmed = true;
  job.silent = false;
  job.endpoint = e.endpoint;
}

void evolve_one(State& s, const Asked& e) {
  Job& job = job_of(s, e.job);
  job.asked = e.at;
  job.silent = true;
}

void evolve_one(State& s, const Progressed& e) {
  Job& job = job_of(s, e.job);
  job.confirmed = true;
  job.silent = false;
  job.report = e.report;
  job.done_ppb = e.done_ppb;
}

void evolve_one(State& s, const Extended& e) {
  change_job(s, e.job, [&](Job& job) { job.claim->until = e.until; });
}

void evolve_one(State& s, const Stopping& e) {
  change_job(s, e.job, [&](Job& job) {
    job.state = JobState::stopping;
    job.stop_cause = e.cause;
    job.stopped_for = e.stopped_for;
    job.claim->until = e.until;
  });
}

void evolve_one(State& s, const Ended& e) {
  Job& job = job_of(s, e.job);
  if (e.free) {
    const Pool* const pool = find_pool(s.configuration->pools, job.claim->pool);
    s.failed_free[{pool ? pool->site : "", job.request.payer}] =
        std::chrono::floor<std::chrono::days>(e.at);
  }
  s.roster.leave(job);
  job.outcome = e.outcome;
  job.ended = e.at;
  job.exit_code = e.exit_code;
  job.exit_signal = e.exit_signal;
  job.ended_why = e.why;
  if (e.done_ppb) job.done_ppb = *e.done_ppb;
  job.claim.reset();
  job.asked = {};
  job.silent = false;
  job.endpoint.clear();
  switch (e.outcome) {
    case Outcome::finished:
      close_job(s, job, JobState::finished, e.at);
      break;
    case Outcome::failed:
      close_job(s, job, JobState::failed, e.at);
      break;
    case Outcome::cancelled:
      close_job(s, job, JobState::cancelled, e.at);
      break;
    case Outcome::preempted:
      ++job.preemptions;
      job.state = JobState::waiting;
      s.roster.enter(job);
      break;
    case Outcome::lost:
      ++job.losses;
      job.state = JobState::waiting;
      s.roster.enter(job);
      break;
  }
}

void evolve_one(State& s, const CancelledWaiting& e) {
  Job& job = job_of(s, e.job);
  s.roster.leave(job);
  job.outcome = Outcome::cancelled;
  close_job(s, job, JobState::cancelled, e.at);
}

void evolve_one(State& s, const ReservationMade& e) {
  s.reservations[e.reservation.id] = e.reservation;
  s.roster.enter(e.reservation);
  s.next_reservation = std::max(s.next_reservation, e.reservation.id.value + 1);
}

void evolve_one(State& s, const ReservationEnded& e) {
  Reservation& reservation = s.reservations.at(e.reservation);
  s.roster.leave(reservation);
  reservation.open = false;
  reservation.ended = e.at;
}

void evolve_one(State& s, const LineOpen& e) { s.lines[e.line.owner] = e.line; }
// What the line has captured stays with its job or reservation.
void evolve_one(State& s, const LineClosed& e) {
  const auto line = s.lines.find(e.owner);
  assert(line != s.lines.end() && "a line that closes was open");
  // Of money: what was paid in kind is on the voucher's statement.
  const Money paid = line->second.unit.empty() ? paid_by(line->second) : Money{};
  s.lines.erase(line);
  if (const auto id = parse_id<Job>(e.owner.substr(0, e.owner.find('/')))) {
    job_of(s, *id).paid += paid;
  } else if (const auto reservation = parse_id<Reservation>(e.owner)) {
    s.reservations.at(*reservation).paid += paid;
  }
}

void evolve_one(State& s, const SiteFollowed& e) {
  FollowedSite& site = s.followed[e.site];
  site.as_of = e.as_of;
  const Instant old = e.as_of - s.configuration->limits.followed_kept;
  std::erase_if(site.over, [&](const auto& one) { return one.second < old; });
}
void evolve_one(State& s, const Answered& e) {
  remember(s, e.key, {e.body, e.made, std::nullopt, e.at});
}
void evolve_one(State& s, const Refused& e) { remember(s, e.key, {e.body, "", e.error, e.at}); }

}  // namespace

Roster roster_of(const State& s) {
  if (!s.configuration) return Roster();
  Roster roster({s.configuration, &s.configuration->pools});
  for (const Id<Job> id : s.active) roster.enter(s.jobs.at(id));
  for (const auto& [id, reservation] : s.reservations) roster.enter(reservation);
  return roster;
}

void evolve(State& state, const Event& event) {
  std::visit([&](const auto& e) { evolve_one(state, e); }, event);
}

}  // namespace granary
