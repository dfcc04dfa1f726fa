#pragma once
// One pure core decides; a daemon feeds it real events, a simulator feeds it invented or recorded
// ones. Only events change state.
//
//   events = step(state, request, now)     // what the request leads to, decided on `state`
//   for (event : events) evolve(state, event)
//
// step cannot fail: a refusal is an event. `now` never goes back between calls.

#include <optional>
#include <string>
#include <vector>

#include "engine/state.h"

namespace granary {

// Steps and folds in one go: `state` ends as if evolve() had been called on each returned event.
// This is what loops call on their draft; cost is that of the decisions, not of copying a state.
std::vector<Event> step_onto(State& state, const Request&, Instant now);

// The same on a copy.
std::vector<Event> step(const State&, const Request&, Instant now);

// Cannot fail on what step() gives for that state, and asserts what it needs.
void evolve(State&, const Event&);

// The first answer to this key, if it was asked before; a conflict (G5002) if the body differs.
// Ask before step(): a repeated request makes no entry.
std::optional<Answer> first_answer(const State&, const Request&);

// When a Tick is next due: a span ends, a voucher expires, something must be metered.
std::optional<Instant> next_due(const State&, Instant now);

// When an attempt whose executor says nothing is given up and its money given back; nothing for one
// that has answered, or is not launched. A stopped one has brought its chips back by then.
std::optional<Instant> lapses_at(const Limits&, const Job&);

// Whether its executor has said that the attempt runs, and owes no answer: Executor::Known.
bool heard(const Job&);

// The holds that are open, each with its owner's claim: what nobody may forget.
struct OpenHold {
  Hold hold;
  std::optional<Claim> claim;  // nothing: an orphan, which is a fault of ours
  std::optional<Instant> lapses;
};
std::vector<OpenHold> open_holds(const State&);

// What an executor must do because of an event.
struct Launch {
  Id<Job> job;
  int attempt = 0;
  std::string pool;  // "local/cpu"
  Runner runner = Runner::local;
  Recipe recipe;
  Layout layout;
  Wanted wanted;
  std::vector<std::pair<std::string, Held>> held;  // node name and chip
  // Of a Slurm site: what it calls the chips ("a800"), and as whom and where it is submitted.
  std::string gres = {}, account = {}, partition = {};
  bool service = false;
  std::string resume;  // last checkpoint of earlier attempts; may be empty
  Span span{};         // what the attempt is expected to take
  Instant from{};
};
struct Stop {
  Id<Job> job;
  int attempt = 0;
  Runner runner = Runner::local;
};
using Effect = std::variant<Launch, Stop>;
// What became of a launch that an executor answers with that error: an error of kind invalid,
// not_found or refused says that it can never be launched; others may pass, and it is lost.
Command launch_failed(const Launch&, const Error&, Instant now);
// Of one event, read off the state that has folded it.
std::optional<Effect> effect_of(const State&, const Event&);
// All launches and stops that should be in force: what a restarted daemon asks executors again.
std::vector<Effect> effects_in_force(const State&);

// One command with its instant and events. chain = SHA-256(previous chain, canonical bytes).
struct Entry {
  std::uint64_t sequence = 0;  // from 1
  Instant at{};
  Request request;
  std::vector<Event> events;
  Hash chain;
};

// Whether an event may be folded after that state, as far as evolve() and readers of the state rely
// on it, whoever wrote it; else why not, without a full stop (G9041).
Result<void> follows(const State&, const Event&);
// Folds an entry that was read from somewhere: the chain of a journal that was written by hand may
// be right. At the first event that does not follow it ends, with the entry's number (G9041); the
// events before it are folded.
Result<void> fold(State&, const Entry&);

// What a policy sees of the state.
View view_of(const State&, Instant now);

// SHA-256 over a canonical text of everything that decides: states that digest alike act alike.
Hash digest(const State&);

// The laws of the books, and that every open hold has a live owner.
Result<void> audit(const State&);

}  // namespace granary
