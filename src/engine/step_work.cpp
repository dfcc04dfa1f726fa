// What workers report and what time brings: progress, ends, metering, expiry.

#include <algorithm>

#include "engine/stepper.h"

namespace granary {
namespace {

constexpr std::int64_t nearly_done = 999'999'999;  // ppb: only the end itself is the whole
constexpr int losses_allowed = 3;

Instant clamped(Instant at, Instant from, Instant to) { return std::max(from, std::min(at, to)); }

std::string exit_text(int exit_code, int exit_signal) {
  if (exit_signal != 0) return "signal " + std::to_string(exit_signal);
  return "exit " + std::to_string(exit_code);
}

std::string stopped_text(StopCause cause) {
  return cause == StopCause::limit
             ? "stopped at its time limit"
             : "no money to go on: no voucher, cash or budget covers the next stretch";
}

}  // namespace

std::int64_t shares_of(const Claim& claim) {
  std::int64_t shares = 0;
  for (const Held& held : claim.held) shares += held.share;
  return shares;
}

std::string describe(const Claim& claim, const Configuration& configuration) {
  const Pool* pool = find_pool(configuration.pools, claim.pool);
  const std::string name = pool ? pool->name() : "a former pool";
  const int share = claim.held.empty() ? whole_chip : claim.held.front().share;
  std::string text = std::to_string(claim.held.size()) + " x " + name;
  if (share != whole_chip) text += " (" + std::to_string(share) + " shares)";
  return text;
}

Job* Stepper::attempt_of(Id<Job> id, int attempt) {
  const auto found = s_.jobs.find(id);
  if (found == s_.jobs.end() || !found->second.claim || found->second.attempt != attempt) {
    return nullptr;
  }
  return &found->second;
}

void Stepper::meter(const std::string& owner, const Claim& claim, Instant until,
                    const std::string& memo) {
  const auto line = s_.lines.find(owner);
  if (line == s_.lines.end()) return;  // inside a reservation: paid for already
  const ChipTime used =
      ChipTime::of(shares_of(claim), clamped(until, claim.from, now_) - claim.from);
  if (used <= line->second.metered) return;
  const auto captured = capture(s_.books, line->second, used, memo);
  emit(captured.events);
  emit(LineOpen{captured.line});
}

Result<std::string> Stepper::on(const WorkerRunning& c) {
  const Job* job = attempt_of(c.job, c.attempt);
  if (job && (!job->confirmed || job->silent || job->endpoint != c.endpoint)) {
    emit(Confirmed{c.job, c.attempt, c.endpoint});
  }
  return std::string();
}

Result<std::string> Stepper::on(const WorkerProgress& c) {
  const Job* job = attempt_of(c.job, c.attempt);
  if (!job || c.line <= job->report.line || c.steps < 0 || c.tokens < 0) return std::string();
  Report report = job->report;
  report.line = c.line;
  report.steps = c.steps;
  report.tokens = c.tokens;
  report.loss = c.loss;
  std::int64_t done = job->done_ppb;
  const bool checkpointed = !c.checkpoint.empty();
  if (checkpointed) {
    const Claim& claim = *job->claim;
    report.checkpoint = c.checkpoint;
    report.checkpoint_at = clamped(c.at, report.checkpoint_at, std::min(now_, claim.until));
    const Span whole = job->request.choices[job->choice].span;
    const auto in_attempt = static_cast<Wide>((report.checkpoint_at - claim.from).count()) *
                            1'000'000'000 / whole.count();
    done =
        static_cast<std::int64_t>(std::min<Wide>(nearly_done, job->done_ppb_at_start + in_attempt));
  }
  emit(Progressed{c.job, c.attempt, report, std::max(done, job->done_ppb)});
  if (checkpointed) {
    meter(owner_of(*job), *job->claim, job->report.checkpoint_at, "to checkpoint " + c.checkpoint);
  }
  return std::string();
}

// Captures up to `end`, gives back what was captured beyond `kept`, releases the rest. How much the
// site has given back.
Money Stepper::settle_line(const Job& job, const std::string& cause, Instant end, Instant kept) {
  const Claim claim = *job.claim;
  const std::string owner = owner_of(job);
  Money given_back;
  if (s_.lines.count(owner) == 0) return given_back;  // inside a reservation
  const std::string what = describe(claim, configuration());
  meter(owner, claim, end, what + " " + to_text(end - claim.from));
  const ChipTime keeps = ChipTime::of(shares_of(claim), kept - claim.from);
  if (s_.lines.at(owner).metered > keeps) {
    // Also when it turns out to have ended before what was metered of it.
    const auto back = refund(s_.books, s_.lines.at(owner), keeps, cause);
    emit(back.events);
    emit(LineOpen{back.line});
    if (back.line.unit.empty()) given_back = back.amount;
  }
  emit(release(s_.books, s_.lines.at(owner), what + " not used").events);
  emit(LineClosed{owner});
  return given_back;
}

std::int64_t Stepper::served_ppb(const Job& job, Instant end) const {
  const Span whole = job.request.choices[job.choice].span;
  const auto in_attempt =
      static_cast<Wide>((end - job.claim->from).count()) * 1'000'000'000 / whole.count();
  return static_cast<std::int64_t>(std::min<Wide>(nearly_done, job.done_ppb_at_start + in_attempt));
}

void Stepper::settle(Job& job, Outcome outcome, Instant at, int exit_code, int exit_signal,
                     std::string why, Work work) {
  const Claim claim = *job.claim;
  // Nobody pays for the time that stopping takes beyond what was agreed.
  Instant end = clamped(at, claim.from, std::min(now_, claim.until));
  Instant kept = end;
  const bool lost_work =
      work == Work::lost || outcome == Outcome::preempted || outcome == Outcome::lost;
  if (lost_work && !job.request.service) kept = std::min(end, job.report.checkpoint_at);
  if (lost_work && !job.confirmed) kept = end = claim.from;  // it never started
  const Span free = work == Work::failed ? free_of(job, at, end - claim.from) : Span(0);
  kept -= free;
  std::string cause = to_text(outcome);
  if (free > Span(0)) {
    cause += ", " + to_text(free) + " of it free: once a day";
    why += "; " + to_text(free) + " of it cost nothing, once a day";
  } else if (kept < end) {
    cause += ", " + to_text(end - kept) + " since the last checkpoint";
  } else {
    cause += ", ended at " + to_text(end);
  }
  const Money given_back = settle_line(job, cause, end, kept);
  if (outcome == Outcome::preempted) why += charge_preemptor(job, given_back);
  const Id<Job> id = job.id;
  const bool waits_again = outcome == Outcome::preempted || outcome == Outcome::lost;
  Ended ended{id, job.attempt, outcome, at, exit_code, exit_signal, std::move(why), {}};
  if (waits_again && job.request.service) ended.done_ppb = served_ppb(job, end);
  if (free > Span(0)) ended.free = free;
  emit(std::move(ended));
  // What could only have gone on inside a reservation that is over cannot go on.
  if (waits_again && claim.inside && !s_.reservations.at(*claim.inside).open) {
    emit(CancelledWaiting{id, now_});
  }
  schedule_ = true;
}

Result<std::string> Stepper::on(const WorkerFinished& c) {
  Job* job = attempt_of(c.job, c.attempt);
  if (!job) return std::string();
  const Instant at = clamped(c.at, job->claim->from, now_);
  const bool good = c.exit_code == 0 && c.exit_signal == 0;
  const std::string how = exit_text(c.exit_code, c.exit_signal);
  Outcome outcome = good ? Outcome::finished : Outcome::failed;
  std::string why = how;
  if (job->stop_cause) {
    switch (*job->stop_cause) {
      case StopCause::preempted:
        if (good && !job->request.service) break;  // it was done before the signal came
        outcome = Outcome::preempted;
        why = "preempted" + (job->stopped_for ? " for " + to_text(*job->stopped_for) : "");
        break;
      case StopCause::cancelled:
        outcome = Outcome::cancelled;
        why = "cancelled";
        break;
      case StopCause::span:
        outcome = Outcome::finished;
        why = "its span is over";
        break;
      case StopCause::limit:
        if (good) break;
        why = stopped_text(*job->stop_cause);
        break;
      case StopCause::funds:
        if (good) break;
        why = stopped_text(*job->stop_cause);
        break;
      case StopCause::lapsed:
        break;  // given up in the entry that says so: nothing of it is heard any more
    }
  }
  const bool its_own = outcome == Outcome::failed && !job->stop_cause;
  settle(*job, outcome, at, c.exit_code, c.exit_signal, std::move(why),
         its_own ? Work::failed : Work::kept);
  return std::string();
}

Result<std::string> Stepper::on(const WorkerLost& c) {
  Job* job = attempt_of(c.job, c.attempt);
  if (job) lose(*job, clamped(c.at, job->claim->from, now_), c.why.substr(0, 200));
  return std::string();
}

// What it was asked to stop for says how it ends, found or not; else it is lost, and tried again a
// few times. What was never seen to run has used nothing, whatever it was stopped for.
void Stepper::lose(Job& job, Instant at, std::string why) {
  Outcome outcome = Outcome::lost;
  if (job.stop_cause == StopCause::cancelled) outcome = Outcome::cancelled;
  if (job.stop_cause == StopCause::span) outcome = Outcome::finished;
  if (job.stop_cause == StopCause::preempted) outcome = Outcome::preempted;
  if (job.stop_cause == StopCause::limit || job.stop_cause == StopCause::funds) {
    outcome = Outcome::failed;  // it was not to go on
    why = stopped_text(*job.stop_cause);
  }
  const Work work = outcome == Outcome::lost || !job.confirmed ? Work::lost : Work::kept;
  if (outcome == Outcome::lost && job.losses + 1 >= losses_allowed) {
    outcome = Outcome::failed;
    why = "lost " + std::to_string(losses_allowed) + " times, last: " + why;
  }
  settle(job, outcome, at, 0, 0, std::move(why), work);
}

// What cannot be launched is not tried again. It pays nothing: nothing of it ran, or nothing is
// left of what did.
Result<std::string> Stepper::on(const LaunchRefused& c) {
  Job* job = attempt_of(c.job, c.attempt);
  if (!job) return std::string();
  const bool cancelled = job->stop_cause == StopCause::cancelled;
  settle(*job, cancelled ? Outcome::cancelled : Outcome::failed,
         clamped(c.at, job->claim->from, now_), 0, 0, c.why.substr(0, 200), Work::lost);
  return std::string();
}

// Never later than what was agreed and paid for, though that may be past already.
void Stepper::stop(const Job& job, StopCause cause, std::optional<Id<Job>> stopped_for) {
  const Instant until = std::min(job.claim->until, now_ + limits().stop_notice);
  emit(Stopping{job.id, job.attempt, cause, stopped_for, until});
  if (until < now_) ask(job, now_);  // it has its time to end from now
}

// A job over its forecast goes on while its chips are not promised and its payer can pay.
void Stepper::extend(Job& job) {
  const Claim claim = *job.claim;
  const Choice& choice = job.request.choices[job.choice];
  Span more = std::max<Span>(limits().extend_by, choice.span / 10);
  if (job.request.time_limit) {
    more = std::min(more, claim.from + *job.request.time_limit - claim.until);
  }
  if (more <= Span(0)) return stop(job, StopCause::limit);
  Claim longer = claim;
  longer.until = now_ + more;
  if (job.request.time_limit) {
    // This tick may be late: what is beyond the limit already is not bought afterwards.
    longer.until = std::min(longer.until, claim.from + *job.request.time_limit);
    if (longer.until <= now_) return stop(job, StopCause::limit);
  }
  for (const Claim& other : claims_in(s_, *find_pool(configuration().pools, claim.pool))) {
    if (other.owner == claim.owner) continue;
    const bool host = claim.inside && other.owner == Owner(*claim.inside);
    if (host && longer.until > other.until) return stop(job, StopCause::limit);
    if (host || other.inside != claim.inside || other.from >= longer.until || other.until <= now_) {
      continue;
    }
    for (const Held& held : other.held) {
      const bool shared = std::any_of(claim.held.begin(), claim.held.end(), [&](const Held& mine) {
        return mine.node == held.node && mine.chip == held.chip &&
               mine.share + held.share > whole_chip;
      });
      if (shared) return stop(job, StopCause::limit);
    }
  }
  const std::string owner = owner_of(job);
  if (const auto line = s_.lines.find(owner); line != s_.lines.end()) {
    const ChipTime use = ChipTime::of(shares_of(claim), claim.until - claim.from);
    const auto bill = bill_of(s_, job.request, choice,
                              {.from = claim.until,
                               .span = longer.until - claim.until,
                               .line = &line->second,
                               .use = use});
    if (!bill || !price_of(*bill)) return stop(job, StopCause::funds);
    const auto funding = fund(s_.books, configuration().programmes, *bill);
    if (!funding) return stop(job, StopCause::funds);
    const auto placed =
        extend_hold(s_.books, *funding, line->second,
                    describe(claim, configuration()) + " for " + to_text(more) + " more");
    if (!placed) return stop(job, StopCause::funds);
    emit(placed->events);
    emit(LineOpen{placed->line});
  }
  emit(Extended{job.id, longer.until});
}

bool ends_with_claim(const State& s, const Job& job) {
  const Claim& claim = *job.claim;
  const auto& limit = job.request.time_limit;
  if (job.request.service || (limit && claim.until >= claim.from + *limit)) return true;
  if (!claim.inside) return false;
  const Reservation& host = s.reservations.at(*claim.inside);
  return !host.open || host.claim.until <= claim.until;
}

void Stepper::tick_job(Job& job) {
  if (lapse(job)) return;
  const Claim claim = *job.claim;
  const std::string owner = owner_of(job);
  if (const auto line = s_.lines.find(owner); line != s_.lines.end()) {
    const Span every = job.request.service ? limits().meter_service : limits().meter_other;
    const std::int64_t shares = shares_of(claim);
    const Instant metered = claim.from + Span(line->second.metered.share_millis / shares);
    const Instant up_to = std::min(now_, claim.until);
    const auto stretches = (up_to - metered) / every;
    if (job.confirmed && stretches > 0) {
      const Instant until = metered + stretches * every;
      meter(owner, claim, until, describe(claim, configuration()) + " " + to_text(until - metered));
    }
  }
  if (job.state != JobState::running) return;
  if (!job.silent && job.asked + limits().ask_every <= now_) ask(job, now_);
  if (claim.until > now_) return;
  const bool ends = ends_with_claim(s_, job);
  if (job.silent && !ends) return;  // more is not held for what may be gone: it answers, or lapses
  schedule_ = true;
  if (job.request.service) return stop(job, StopCause::span);
  if (ends) return stop(job, StopCause::limit);
  extend(job);
  // The next extension needs an answer that is not old.
  if (job.state == JobState::running && job.asked + limits().hold_lapse <= now_) ask(job, now_);
}

void Stepper::end_reservation(const Reservation& reservation, Instant at) {
  const std::string owner = owner_of(reservation);
  const Claim claim = reservation.claim;
  const Id<Reservation> id = reservation.id;
  if (s_.lines.count(owner) != 0) {
    const Instant end = clamped(at, claim.from, claim.until);
    meter(owner, claim, end, describe(claim, configuration()) + " reserved");
    emit(release(s_.books, s_.lines.at(owner), "reservation not used").events);
    emit(LineClosed{owner});
  }
  emit(ReservationEnded{id, at});
  // Jobs that could only have run inside it cannot run any more.
  const std::set<Id<Job>> active = s_.active;
  for (const Id<Job> job_id : active) {
    const Job& job = s_.jobs.at(job_id);
    if (job.state == JobState::waiting && job.request.inside == id) {
      emit(CancelledWaiting{job_id, at});
    }
  }
}

void Stepper::tick_reservation(const Reservation& reservation) {
  const Claim& claim = reservation.claim;
  if (claim.until <= now_) {
    end_reservation(reservation, claim.until);
    schedule_ = true;
    return;
  }
  if (claim.from > now_) return;
  const auto line = s_.lines.find(owner_of(reservation));
  if (line == s_.lines.end()) return;
  const Instant metered = claim.from + Span(line->second.metered.share_millis / shares_of(claim));
  const auto stretches = (now_ - metered) / limits().meter_other;
  if (stretches <= 0) return;
  meter(owner_of(reservation), claim, metered + stretches * limits().meter_other,
        describe(claim, configuration()) + " reserved");
}

bool Stepper::sweep_vouchers() {
  std::vector<Id<Voucher>> due;
  for (const auto& [id, voucher] : s_.books.vouchers) {
    if (voucher.expires > now_ || may_still_pay(s_, voucher, now_)) continue;
    // Also a closed one that something has come back to.
    const std::vector<Purse> purses = purses_of(voucher);
    const bool left = std::any_of(purses.begin(), purses.end(), [&](const Purse& purse) {
      return s_.books.accounts.at(purse.account).available() > Money{};
    });
    if (!voucher.closed || left) due.push_back(id);
  }
  const std::size_t before = events_.size();
  for (const Id<Voucher> id : due) emit(expire(s_.books, configuration().programmes, id, now_));
  return events_.size() != before;
}

Result<std::string> Stepper::on(const Tick&) {
  const std::set<Id<Job>> active = s_.active;
  for (const Id<Job> id : active) {
    Job& job = s_.jobs.at(id);
    if (job.claim && !job.request.followed) tick_job(job);
  }
  std::vector<Reservation> open;
  for (const auto& [id, reservation] : s_.reservations) {
    if (reservation.open) open.push_back(reservation);
  }
  for (const Reservation& reservation : open) tick_reservation(reservation);
  release_orphans();
  if (sweep_vouchers() || time_decides()) schedule_ = true;
  return std::string();
}

}  // namespace granary
