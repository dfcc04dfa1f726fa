#pragma once
// What can be asked of the engine. A command never carries what step can derive; it carries what a
// worker or a person said.

#include <string>
#include <variant>
#include <vector>

#include "engine/certificate.h"
#include "engine/job.h"
#include "engine/limits.h"
#include "ledger/budgets.h"
#include "ledger/exchange.h"
#include "ledger/payments.h"
#include "units/hash.h"

namespace granary {

// A document by content hash. `text` is empty when an earlier Configure already brought it: the
// journal stores each content once.
struct ConfiguredDocument {
  std::string name;
  Hash hash;
  std::string text;
};

// Replaces the whole configuration: catalogue, stock, programmes, policy, limits.
struct Configure {
  std::vector<ConfiguredDocument> documents;
  std::string policy = "backfill";
  Limits limits;
};
struct GrantVoucher {
  Grant grant;
};
// A grant by certificate. The journal keeps its text and signatures, so that an auditor can check
// them again. Registering it again gives the same voucher.
struct RegisterCertificate {
  SignedCertificate certificate;
};
// Money that a bank has moved: a tenant paid in, a site was paid, an issuer paid.
struct MoveMoney {
  BankPayment payment;
};
struct ReleaseTranche {
  Id<Voucher> voucher;
};
// What the owner of a programme says to what is due on a voucher that is paid back.
struct DecideReimbursement {
  Reimbursement decision;
};
// What a team of a tenant, or all of it, may spend from now on; nothing lifts the budget.
struct SetBudget {
  Budget budget;
};
// How far a tenant may spend what it has not paid in.
struct SetCreditLine {
  CreditLine credit;
};
// A tenant's voucher of one programme for one of another, or back.
struct ExchangeVoucher {
  Exchange exchange;
};
struct Submit {
  JobRequest request;
};
// Promises prices: what each choice costs from that start on, as the tariffs are now.
struct WantedChoice {
  Choice choice;
  Instant start{};  // an estimate; what is past means now
};
struct MakeQuote {
  std::string payer, purpose, what;
  bool service = false;
  std::vector<WantedChoice> choices;
};
struct Cancel {
  Id<Job> job;
};
// Firm: the chips are held and the money is held at once, for all of [from, from + span).
struct ReserveChips {
  std::string payer, purpose, why;
  Id<Pool> pool;
  int chips = 0;
  Instant from{};  // zero: at once, whatever the clock shows when its turn comes
  Span span{};
  std::string team = {};  // of the payer, whose budget counts it
};
struct CancelReservation {
  Id<Reservation> reservation;
};

// Reports of executors. `at` is when it happened, by the executor's clock; never after now.
struct WorkerRunning {
  Id<Job> job;
  int attempt = 0;
  std::string endpoint;  // of a service
};
struct WorkerProgress {
  Id<Job> job;
  int attempt = 0;
  std::uint64_t line = 0;  // counts from 1 within the attempt
  std::int64_t steps = 0, tokens = 0;
  double loss = 0;
  std::string checkpoint;  // empty: none was written
  Instant at{};
};
struct WorkerFinished {
  Id<Job> job;
  int attempt = 0;
  int exit_code = 0, exit_signal = 0;
  Instant at{};
};
// The attempt is gone and will not come back: never started, node lost, supervisor dead.
struct WorkerLost {
  Id<Job> job;
  int attempt = 0;
  std::string why;
  Instant at{};
};
// The job can never be launched, so it is not tried again.
struct LaunchRefused {
  Id<Job> job;
  int attempt = 0;
  std::string why;
  Instant at{};
};
// What the queue of a followed site says of one of its jobs.
struct FollowedJob {
  std::string number;  // SitesJob
  Instant submitted{};
  std::optional<Instant> eligible;  // from when it could have started; absent: as submitted
  std::string name, account, user;
  std::string gres;  // the site's word for its chips; empty where it has one kind
  int chips = 0;
  std::vector<std::string> nodes;  // once it runs
  std::optional<Span> limit;
  std::optional<Instant> started, ended;
  std::string state;  // the site's word: "RUNNING", "TIMEOUT"
  int exit_code = 0, exit_signal = 0;
};
// What has changed at a followed site, as it was at `as_of`, and that everything else that ran
// before has run until then. Saying it again changes nothing.
struct FollowSite {
  std::string site;
  Instant as_of{};
  std::vector<FollowedJob> jobs;
};
// Time has passed: meter, expire, stop what is over, schedule.
struct Tick {};

using Command =
    std::variant<Configure, GrantVoucher, RegisterCertificate, MoveMoney, ReleaseTranche,
                 DecideReimbursement, SetBudget, SetCreditLine, ExchangeVoucher, MakeQuote, Submit,
                 Cancel, ReserveChips, CancelReservation, WorkerRunning, WorkerProgress,
                 WorkerFinished, WorkerLost, LaunchRefused, Tick, FollowSite>;

// A request by somebody. With a key, sending it twice gives the first answer again, a refusal too;
// the same key with another body is a conflict (G5002).
struct Request {
  std::string key;    // empty: internal, not remembered
  Hash body;          // of the canonical command: body_hash() in codec.h
  std::string actor;  // "ops", "executor", "clock"
  Command command;
};

}  // namespace granary
