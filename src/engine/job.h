#pragma once
// Accepted work and reservations, as the engine keeps them: integers and names, no doubles that
// decide anything.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cost/work.h"
#include "ledger/settlement.h"
#include "schedule/schedule.h"

namespace granary {

// How a job is launched. Arguments are passed as they are; there is no shell.
struct Recipe {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
  std::string data;         // given as GRANARY_DATA
  std::string checkpoint;   // a folder; empty: one per job, kept by the executor
  Span checkpoint_every{};  // how often it means to checkpoint; zero: never
  std::string health;       // a service's path that answers 200 when healthy: "/health"
};

// A menu with prices that were promised to a payer for a time: quote.h.
struct Quote;
template <>
inline constexpr std::string_view id_prefix<Quote> = "q-";

// One option of a quote: "q-3#1".
struct QuotedOption {
  Id<Quote> quote;
  int option = 0;  // from 1
  friend bool operator==(const QuotedOption&, const QuotedOption&) = default;
};
std::string to_text(const QuotedOption&);
Result<QuotedOption> parse_quoted_option(std::string_view);  // G1101

// What was promised: the work pays what it would have paid if it had begun at that instant under
// that tariff, whenever it begins.
struct FirmPrice {
  std::string asset;
  Instant at{};
  Tariff tariff;
};

// An option that the tenant accepts.
struct Choice {
  Id<Pool> pool;
  Wanted wanted;
  Layout layout;
  Span span{};                         // of the whole work on these chips
  std::optional<FirmPrice> firm = {};  // of a quote; absent: the tariff of its start
};

// A job that a site's own queue runs, as the site knows it.
struct SitesJob {
  std::string site;    // "east"
  std::string number;  // "1234", "14_2"; used again by the site, but not with the same `submitted`
  Instant submitted{};
  std::string account, user;
};
std::string to_text(const SitesJob&);  // "east:1234"

struct JobRequest {
  std::string name;     // for people; may be empty
  std::string payer;    // tenant
  std::string team;     // of the payer, whose budget counts it; may be empty
  std::string purpose;  // pretrain, finetune, serve, run
  std::string what;     // "pretrain glm-130b on 400B tokens"
  int priority = 0;     // -100 .. 100
  bool preemptible = false;
  bool service = false;  // runs for its span, metered by the minute, loses nothing when stopped
  bool wait_for_funds = false;     // queue although nothing could pay for it today
  std::optional<Span> time_limit;  // stopped then; absent: extended while it can be paid
  std::optional<Id<Reservation>> inside;
  // Its one choice, purpose and description are the quote's; a command leaves them out.
  std::optional<QuotedOption> quote;
  std::vector<Choice> choices;  // any one will do, in order of preference
  std::vector<Choice> others;   // what the menu also had and was not accepted: for explain
  Recipe recipe;
  std::optional<SitesJob> followed = {};  // Granary neither starts it nor stops it
};

enum class JobState { waiting, running, stopping, finished, failed, cancelled };

// Why a running attempt is asked to stop.
// lapsed: its executor did not say for too long that it runs.
enum class StopCause { preempted, cancelled, limit, funds, span, lapsed };

// How an attempt ended. Only the first three close the job; others let it wait again.
enum class Outcome { finished, failed, cancelled, preempted, lost };

// What a worker last reported.
struct Report {
  std::uint64_t line = 0;  // of the worker's progress file; reports up to it are known
  std::int64_t steps = 0, tokens = 0;
  double loss = 0;          // shown, never decided on
  std::string checkpoint;   // the last durable one, over all attempts
  Instant checkpoint_at{};  // of this attempt; its start if none yet
};

struct Job {
  Id<Job> id;
  JobRequest request;
  Instant submitted{};
  JobState state = JobState::waiting;
  int attempt = 0;  // 1 is the first
  // The present or last attempt:
  std::size_t choice = 0;
  std::optional<Claim> claim;  // while running or stopping
  bool confirmed = false;      // the executor has seen it run
  Instant asked{};             // when its executor was last asked whether it runs; first: the start
  bool silent = false;         // and has said nothing since
  std::string endpoint;        // of a service, once healthy: "127.0.0.1:8001"
  std::optional<StopCause> stop_cause;
  std::optional<Id<Job>> stopped_for;
  Instant started{}, ended{};
  Instant not_before{};  // protected from preemption until then
  Report report;
  std::int64_t done_ppb = 0;  // of the work, safe in the last checkpoint; parts per billion
  std::int64_t done_ppb_at_start = 0;
  int preemptions = 0, losses = 0;
  std::optional<Outcome> outcome;  // of the last attempt
  int exit_code = 0, exit_signal = 0;
  Money paid;             // by closed attempts: captured less refunded
  std::string ended_why;  // for people: "exit 1", "node gone"
  Because because;        // the latest reason, typed
};

// What the rest of the work takes on that choice: at least a minute.
Span remaining(const Job&, const Choice&);

struct Reservation {
  Id<Reservation> id;
  std::string payer, team, why;
  Claim claim;
  // Of its pool as it was when this was made, for the jobs inside; empty where it had no rows: then
  // they pay nothing more.
  Tariff tariff = {};
  bool open = true;
  Instant ended{};
  Money paid;  // once it is over
};

// The key of the money line of an attempt or a reservation: "j-1061/2", "r-17".
std::string owner_of(const Job&);
std::string owner_of(const Reservation&);

std::string to_text(JobState);
std::string to_text(StopCause);
std::string to_text(Outcome);

}  // namespace granary
