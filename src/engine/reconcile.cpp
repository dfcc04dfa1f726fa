// Holds and those who own them. Nobody has to remember to give money back: whatever an executor
// fails to say, the clock says in its place, and a hold that has lost its owner goes back.
//
// No crash leaves a hold behind: a start and its holds are one entry, and so are an end, its last
// capture and its release.

#include <algorithm>

#include "engine/stepper.h"

namespace granary {

std::optional<Instant> lapses_at(const Limits& limits, const Job& job) {
  if (!job.claim) return std::nullopt;
  if (job.state == JobState::stopping) {
    // By `until` its chips were to be back; a question that was asked late moves it.
    return std::max(job.claim->until, job.asked) + limits.hold_lapse;
  }
  if (!job.silent) return std::nullopt;
  return job.asked + limits.hold_lapse;
}

bool heard(const Job& job) { return job.confirmed && !job.silent; }

void Stepper::ask(const Job& job, Instant at) { emit(Asked{job.id, job.attempt, at}); }

bool Stepper::lapse(Job& job) {
  const auto lapses = lapses_at(limits(), job);
  if (!lapses || *lapses > now_) return false;
  // A tick that comes late says that nobody was there to hear an answer: it is asked once more.
  if (now_ - *lapses > limits().stop_notice) {
    ask(job, now_ - limits().hold_lapse + limits().stop_notice);
    return false;
  }
  const std::string asked = to_text(limits().hold_lapse);
  if (job.state == JobState::stopping) {
    lose(job, now_, "no word from its executor for " + asked + " after it was to have stopped");
    return true;
  }
  stop(job, StopCause::lapsed);  // the executor is told, should it come back
  lose(job, now_,
       job.confirmed ? "no word from its executor for " + asked
                     : "never seen to run within " + asked + " of its launch");
  return true;
}

// An owner that is gone without its hold is a fault of ours. The money goes back all the same, with
// an entry that says so.
void Stepper::release_orphans() {
  for (const Hold& hold : orphans(s_.books, live_owners(s_))) {
    Transfer transfer{Reason::release, {}, hold.owner, "its owner is gone"};
    transfer.legs = {{LegKind::release, hold.debit, hold.credit, hold.open(), hold.id}};
    emit(Posted{std::move(transfer)});
    schedule_ = true;
  }
}

std::vector<std::string> live_owners(const State& s) {
  std::vector<std::string> live;
  for (const Id<Job> id : s.active) {
    const Job& job = s.jobs.at(id);
    if (job.claim) live.push_back(owner_of(job));
  }
  for (const auto& [id, reservation] : s.reservations) {
    if (reservation.open) live.push_back(owner_of(reservation));
  }
  std::sort(live.begin(), live.end());
  return live;
}

std::vector<OpenHold> open_holds(const State& s) {
  std::map<std::string, OpenHold> owners;
  for (const Id<Job> id : s.active) {
    const Job& job = s.jobs.at(id);
    if (!job.claim) continue;
    owners[owner_of(job)] = {{}, job.claim, lapses_at(s.configuration->limits, job)};
  }
  for (const auto& [id, reservation] : s.reservations) {
    if (reservation.open) owners[owner_of(reservation)] = {{}, reservation.claim, std::nullopt};
  }
  std::vector<OpenHold> open;
  for (const auto& [id, hold] : s.books.holds) {
    const auto owner = owners.find(hold.owner);
    open.push_back(owner == owners.end() ? OpenHold{} : owner->second);
    open.back().hold = hold;
  }
  return open;
}

}  // namespace granary
