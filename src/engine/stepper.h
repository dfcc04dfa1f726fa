#pragma once
// Private to engine: one step in progress. Handlers emit events; emitting folds them at once, so
// the next decision of the same step sees what the last one did.

#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "ledger/funding.h"

namespace granary {

class Stepper {
 public:
  Stepper(State& state, Instant now) : s_(state), now_(now) {}

  void run(const Request&);
  std::vector<Event> take() { return std::move(events_); }

 private:
  // What a request leads to: the id of what it made, or why not. Worker reports never refuse.
  Result<std::string> on(const Configure&);
  Result<std::string> on(const GrantVoucher&);
  Result<std::string> on(const RegisterCertificate&);
  Result<std::string> on(const MoveMoney&);
  Result<std::string> on(const ReleaseTranche&);
  Result<std::string> on(const DecideReimbursement&);
  Result<std::string> on(const SetBudget&);
  Result<std::string> on(const SetCreditLine&);
  Result<std::string> on(const MakeQuote&);
  Result<std::string> on(const ExchangeVoucher&);
  Result<std::string> on(const Submit&);
  Result<std::string> on(const Cancel&);
  Result<std::string> on(const ReserveChips&);
  Result<std::string> on(const CancelReservation&);
  Result<std::string> on(const WorkerRunning&);
  Result<std::string> on(const WorkerProgress&);
  Result<std::string> on(const WorkerFinished&);
  Result<std::string> on(const WorkerLost&);
  Result<std::string> on(const LaunchRefused&);
  Result<std::string> on(const Tick&);
  Result<std::string> on(const FollowSite&);

  // requests
  Result<std::string> granted(const Grant&, const std::optional<Certified>& = {});
  Result<void> check_request(const JobRequest&) const;
  Result<void> check_said(const JobRequest&) const;  // who pays, for what
  Result<void> check_choices(const JobRequest&) const;
  Result<void> check_choice(const Choice&) const;
  Result<void> check_inside(const JobRequest&) const;
  Result<void> check_funds(const JobRequest&) const;
  // step_quotes.cpp
  Result<Quote> priced(Quote, const std::vector<WantedChoice>&) const;
  Result<void> honour(JobRequest&);
  tl::unexpected<Error> expired(const Quote&, int option);

  // work
  Job* attempt_of(Id<Job>, int attempt);  // running or stopping with this attempt, else null
  // Of the work since the last checkpoint, beyond what the outcome says; or the program failed.
  enum class Work { kept, lost, failed };
  void settle(Job&, Outcome, Instant at, int exit_code, int exit_signal, std::string why,
              Work = Work::kept);
  Money settle_line(const Job&, const std::string& cause, Instant end, Instant kept);
  std::int64_t served_ppb(const Job&, Instant end) const;
  void meter(const std::string& owner, const Claim&, Instant until, const std::string& memo);
  void stop(const Job&, StopCause, std::optional<Id<Job>> stopped_for = {});
  void lose(Job&, Instant at, std::string why);  // the attempt is gone; how it ends by its cause
  bool lapse(Job&);                              // its executor is silent: whether it was given up
  void ask(const Job&, Instant at);
  void release_orphans();
  void tick_job(Job&);
  void extend(Job&);
  // borne.cpp
  Span free_of(const Job&, Instant at, Span used) const;
  std::string charge_preemptor(const Job& victim, Money given_back);
  const Programme* programme_of(const Job& preemptor, Id<Pool>) const;
  void tick_reservation(const Reservation&);
  void end_reservation(const Reservation&, Instant at);
  bool sweep_vouchers();  // whether any money moved

  // step_followed.cpp
  class Following;
  void charge(Job&, Instant until);
  void give_back(const Job&, Instant ended);

  // alerts: what the money that moved in this step has passed
  void alert(const Command&);

  // scheduling
  void pass();
  bool time_decides() const;
  bool start(const Start&, std::set<std::pair<Id<Job>, std::size_t>>& unfundable);
  void waits(Id<Job>, Because);

  void emit(Event);
  void emit(const std::vector<BooksEvent>&);

  const Configuration& configuration() const { return *s_.configuration; }
  const Limits& limits() const { return s_.configuration->limits; }

  State& s_;
  Instant now_;
  std::vector<Event> events_;
  bool schedule_ = false;  // something changed that may let a job start
};

// Private helpers shared by the files of the engine.

// Who may hold money, sorted: attempts with a claim and open reservations.
std::vector<std::string> live_owners(const State&);
// Whether the attempt is stopped when its claim is over, whatever its executor says: a service, one
// at its time limit, one whose reservation is over too. Others are extended.
bool ends_with_claim(const State&, const Job&);
// Sum of shares a claim holds.
std::int64_t shares_of(const Claim&);
// What is claimed of a pool, also by jobs of a site that is followed. O(those of the pool and of
// all followed jobs of its site).
std::vector<Claim> claims_in(const State&, const Pool&);
// What would be paid for chips of the pool, at its tariff: so many thousandths over that time.
Bill bill_of(const State&, const Reservation&, const std::string& purpose, const Pool&);
// What a job would be billed for a part of its work on a choice, at the price that it was quoted,
// else at the tariff; nothing when its reservation has paid for all of it.
struct WorkPart {
  Instant from{};
  Span span{};
  std::int64_t done_ppb = 0;  // of the work, before
  // The open line that it goes on with, beyond what was quoted, and its use that has its money.
  const Line* line = nullptr;
  ChipTime use = {};
};
std::optional<Bill> bill_of(const State&, const JobRequest&, const Choice&, const WorkPart&);
// When the rest of a job would begin on its chips, asked now: those of a reservation may be later.
Instant begin_of(const State&, const JobRequest&, Instant now);
// How much of the option of that price could be paid.
Money left_for(const State&, const Job&, Money wanted, Instant now);
// Whether it waits for money, and a budget by the month or a cap by the year binds its payer.
bool waits_for_a_window(const State&, const Job&);
// Why the option of that price cannot be paid; nothing when it can.
std::optional<Shortfall> shortfall_for(const State&, const Job&, Money wanted, Instant now);
// Whether use before the voucher's expiry has not been reported yet: a followed job of its holder
// runs at a site that was read before then. For no longer than `hold_lapse`.
bool may_still_pay(const State&, const Voucher&, Instant now);
// "64 x guian/a800-sxm-80".
std::string describe(const Claim&, const Configuration&);

}  // namespace granary
