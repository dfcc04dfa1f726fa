#pragma once
// What happened. Events carry results, not intentions: folding them computes no price, reads no
// policy and cannot fail.

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/commands.h"
#include "engine/quote.h"
#include "ledger/vouchers.h"

namespace granary {

struct Configured {
  std::vector<ConfiguredDocument> documents;  // every one, text only where new
  std::string policy;
  Limits limits;
};
struct Appropriated {
  std::string programme;
  Money total;  // ever
};
struct QuoteMade {
  Quote quote;
};
struct Accepted {  // takes the quote that it names
  Job job;
};
// Why a job still waits; only when the reason changes (its numbers alone do not count).
struct Waits {
  Id<Job> job;
  Because because;
};
struct Started {
  Id<Job> job;
  int attempt = 0;
  std::size_t choice = 0;
  Claim claim;
  Because because;
  Instant not_before{};
};
struct Confirmed {
  Id<Job> job;
  int attempt = 0;
  std::string endpoint;
};
// The executor is to say whether the attempt still runs; what it says next is the answer.
struct Asked {
  Id<Job> job;
  int attempt = 0;
  Instant at{};
};
struct Progressed {
  Id<Job> job;
  int attempt = 0;
  Report report;
  std::int64_t done_ppb = 0;
};
// The claim goes on until then; its money was held in the same entry.
struct Extended {
  Id<Job> job;
  Instant until{};
};
struct Stopping {
  Id<Job> job;
  int attempt = 0;
  StopCause cause = StopCause::cancelled;
  std::optional<Id<Job>> stopped_for;
  Instant until{};  // the chips are expected back by then
};
struct Ended {
  Id<Job> job;
  int attempt = 0;
  Outcome outcome = Outcome::finished;
  Instant at{};
  int exit_code = 0, exit_signal = 0;
  std::string why;
  // Of a service that waits again: what it has served of its span, which it need not serve anew.
  std::optional<std::int64_t> done_ppb;
  // So much of its use was free, because the program failed: the site bears it.
  std::optional<Span> free = {};
};
struct CancelledWaiting {  // a job that had not started
  Id<Job> job;
  Instant at{};
};
struct ReservationMade {
  Reservation reservation;
};
struct ReservationEnded {
  Id<Reservation> reservation;
  Instant at{};
};
// The money line of an owner is open and stands thus; the postings are events of their own.
struct LineOpen {
  Line line;
};
struct LineClosed {
  std::string owner;
};
// Something passed a threshold that somebody should know of: 50, 80 and 95 % of what a voucher has
// been given, of a budget, of a credit line; 30, 7 and 1 days before a voucher expires with money
// left. Each once, until what it is measured against changes or credit is paid back.
struct Alert {
  enum class Kind { voucher_used, voucher_expires, budget_used, credit_drawn };
  Kind kind = Kind::voucher_used;
  std::string subject;  // "v-3", "lab/vision/CNY/month", "lab"
  int level = 0;        // per cent, or days
  std::string window;   // of a budget: "2026-11", "ever"
  Money used, of;  // captured so far, of which total; before an expiry: what is left, of the face
  Instant since{};
};
struct Alerted {
  Alert alert;
};
struct AlertOver {
  Alert::Kind kind = Alert::Kind::voucher_used;
  std::string subject;
  int level = 0;
};
// A followed site was read, as it was then.
struct SiteFollowed {
  std::string site;
  Instant as_of{};
};
// The first answer to a key.
struct Answered {
  std::string key;
  Hash body;
  std::string made;  // id of what was made: "j-12", "v-3", "r-2", or empty
  Instant at{};
};
struct Refused {
  std::string key;
  Hash body;
  Error error;
  Instant at{};
};

using Event = std::variant<Configured, Appropriated, Opened, Posted, Granted, Closed,
                           TrancheReleased, BudgetSet, CreditLineSet, QuoteMade, Accepted, Waits,
                           Started, Confirmed, Asked, Progressed, Extended, Stopping, Ended,
                           CancelledWaiting, ReservationMade, ReservationEnded, LineOpen,
                           LineClosed, Alerted, AlertOver, Answered, Refused, SiteFollowed>;

}  // namespace granary
