#pragma once
// Double-entry books. Money moves only by Transfers: legs of equal size out of one account and into
// another, so every transfer sums to zero and the books always balance. Transfers are proposed by
// the functions of vouchers.h and settlement.h, checked by admit(), and folded by evolve(); nothing
// else changes Books. The journal keeps the transfers, so a restart folds them without computing a
// price again.
//
// A leg of size a from debit D to credit C changes four counters per account (notes: the semantics
// of TigerBeetle, with several captures per hold):
//   post     D.debits_posted += a                         C.credits_posted += a
//   hold     D.debits_pending += a                        C.credits_pending += a   opens a hold
//   capture  D.debits_pending -= a, D.debits_posted += a  C likewise          hold.captured += a
//   release  D.debits_pending -= a                        C.credits_pending -= a
//                                                                             hold.released += a
//
// Laws, tested against an independent oracle: posted and pending debits equal credits over all
// accounts; a floor account never has debits_pending + debits_posted > credits_posted +
// credit_line; captured + released <= amount for every hold; open remainders sum to debits_pending.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "units/hash.h"
#include "units/id.h"
#include "units/money.h"
#include "units/result.h"
#include "units/time.h"

namespace granary {

// What an account is for; the balance of each is credits - debits.
enum class AccountClass {
  source,   // CITY:<issuer>, BANK: minus what came from outside; LIMITS, XCHG; no floor
  fund,     // FUND:<programme>: appropriated, not granted; runs dry by its floor
  voucher,  // V:<voucher>, V:<voucher>/<funder>: face left; pending = held; floor
  revenue,  // REV:<site>: earned; floor
  expired,  // EXPIRED:<programme>: expired face; never revenue; floor
  subsidy,  // SUBS:<programme>: what is left of it; floor
  cash,     // CASH:<tenant>: paid in; floor, a credit line below it
  due,      // DUE:<voucher>: to be paid back to its holder once approved; floor
  limit,    // CAP:<programme>/<holder>/<year>, what is left of a cap, and CAPUSED:...; floor
            // BUDGET:<tenant>/<team>/<currency>/<month> and BUDGETUSED:... likewise
  owed,     // OWED:<tenant>/<currency>: minus what a tenant has used and not paid; no floor
};

struct Account {
  Id<Account> id;
  std::string name;  // "V:v-31"; unique
  AccountClass kind = AccountClass::source;
  std::string asset;  // "CNY"; a transfer stays within one asset
  Money debits_pending, debits_posted, credits_pending, credits_posted;  // all >= 0
  Money credit_line = {};  // of cash: how far it may go below zero

  bool floor() const { return kind != AccountClass::source && kind != AccountClass::owed; }
  Money balance() const { return credits_posted - debits_posted; }
  // Its own money that is not held; below zero when credit is drawn.
  Money available() const { return balance() - debits_pending; }
  // What may still be held or paid, its credit included.
  Money spendable() const;
  // How much of the credit line is used, what is held of it apart.
  Money drawn() const { return balance() < Money{} ? -balance() : Money{}; }
};

// A pending leg: money set aside for one attempt of a job, or for a reservation.
struct Hold {
  Id<Hold> id;
  Id<Account> debit, credit;
  Money amount, captured, released;
  std::string owner;  // "j-1061/2" (job and attempt) or "r-17"

  Money open() const { return amount - captured - released; }
};

enum class LegKind { post, hold, capture, release };

struct Leg {
  LegKind kind = LegKind::post;
  Id<Account> debit, credit;
  Money amount;   // > 0
  Id<Hold> hold;  // the hold that is opened, captured or released; zero for post
};

// Why money moved: what a statement prints.
enum class Reason {
  appropriate,
  grant,
  hold,
  capture,
  release,
  refund,
  expire,
  top_up,      // BANK>CASH: a tenant pays in
  withdraw,    // CASH>BANK: and is paid back
  pay_out,     // REV>BANK: a site is paid what it earned
  settle,      // BANK>CITY: an issuer pays what was used of its money
  lapse,       // EXPIRED>CITY: what expired is no longer the programme's
  limit,       // LIMITS>CAP: a cap is counted from now on
  tranche,     // PROMISE>V: a later part of a grant
  reimburse,   // DUE>CASH: what is paid back
  exchange,    // V>XCHG in one unit, XCHG>V in another
  repay,       // CASH>OWED: a tenant pays what it owes
  preemption,  // FUND>REV: what a site gave back because a programme's job came before another
};

// 1 to 64 legs that happen together or not at all.
struct Transfer {
  Reason reason = Reason::grant;
  std::vector<Leg> legs;
  std::string owner;  // of the holds it opens, or whose use it pays: "j-1061/2", "r-17", or empty
  std::string memo;   // "64 x a800-sxm-80 9.5 h", for people
};

// The certificate that a voucher was granted by.
struct Certified {
  std::string issuer, serial;     // together they name it, once for all
  std::vector<std::string> keys;  // of the issuer, that have signed it
  Hash contents;
  friend bool operator==(const Certified&, const Certified&) = default;
};

// One funder's part of a voucher.
struct Purse {
  Id<Account> account;  // V:<voucher>/<funder>, or V:<voucher> of one that has no funders
  std::string suffix;   // "/<funder>", or empty
  int weight = 1;
  friend bool operator==(const Purse&, const Purse&) = default;
};

// Where a voucher came from that another was exchanged for, and at which rate: it is that of the
// way back too.
struct Exchanged {
  Id<Voucher> from;
  Money give, get;
};

struct Voucher {
  Id<Voucher> id;
  Id<Account> account;    // of its first purse
  std::string programme;  // id of a programme
  std::string holder;     // tenant
  Money face;
  Instant granted{}, expires{};
  std::vector<std::string> purposes;  // of: pretrain, finetune, serve, run; empty: any
  std::vector<std::string> declared;  // what the holder stated at the grant
  std::string approved_by;            // who agreed to the grant, if anybody was asked
  std::optional<Certified> certified = {};
  int tranches = 1;                // released so far
  bool closed = false;             // its free part has moved to EXPIRED
  std::vector<Purse> purses = {};  // where several funders gave it; empty: all on `account`
  std::string contract = {};       // that it is for, where its programme asks
  std::optional<Exchanged> exchanged = {};
};

// The purses of a voucher, at least one.
std::vector<Purse> purses_of(const Voucher&);

// What a team of a tenant may spend in a calendar month (UTC, of the use), or ever: all that the
// tenant pays in that currency, vouchers and cash together. Without a team, of the whole tenant.
struct Budget {
  std::string tenant, team;
  std::string asset = "CNY";
  enum class Per { month, ever } per = Per::month;
  std::optional<Money> amount;  // nothing: the budget is lifted
};
using BudgetKey = std::tuple<std::string, std::string, std::string, Budget::Per>;

struct Books {
  std::map<Id<Account>, Account> accounts;
  std::map<std::string, Id<Account>> by_name;
  std::map<Id<Hold>, Hold> holds;  // only open ones; a hold with nothing open is dropped
  std::map<Id<Voucher>, Voucher> vouchers;
  std::map<std::string, std::vector<Id<Voucher>>> held_by;  // by holder, ascending
  // Certificates that have become vouchers, by issuer and serial.
  std::map<std::pair<std::string, std::string>, Id<Voucher>> registered;
  std::map<BudgetKey, Money> budgets;  // by tenant, team, asset, per
  std::map<std::string, std::vector<Id<Voucher>>> by_contract;
  std::uint64_t next_account = 1, next_hold = 1, next_voucher = 1;
  std::uint64_t legs = 0;  // ever folded

  Money sum_posted_debits, sum_posted_credits;  // kept beside the accounts; checked by audit()
};

// Events: the only way books change.
struct Opened {
  Account account;  // counters zero
};
struct Posted {
  Transfer transfer;
};
struct Granted {
  Voucher voucher;  // its account was Opened before; the money follows as Posted
};
struct TrancheReleased {
  Id<Voucher> voucher;  // the money follows as Posted
};
struct Closed {
  Id<Voucher> voucher;
};
struct BudgetSet {
  Budget budget;
};
struct CreditLineSet {
  Id<Account> account;
  Money line;
};

// Whether the transfer keeps every law; else the law it would break, with account, wanted and left
// (G4001 short of funds, G4003 capture or release above what its hold has open, G4007 a counter
// would pass 64 bits, G9001 anything only a bug does). Legs count in order, the laws hold after
// each. A hold leg names the next hold id. O(legs^2), legs <= 64.
Result<void> admit(const Books&, const Transfer&);

// Folds an event; cannot fail on events whose transfer was admitted against these very books.
// Asserts the floors and holds in every build (a wrong book must stop the loop, not spread).
void evolve(Books&, const Opened&);
void evolve(Books&, const Posted&);
void evolve(Books&, const Granted&);
void evolve(Books&, const TrancheReleased&);
void evolve(Books&, const Closed&);
void evolve(Books&, const BudgetSet&);
void evolve(Books&, const CreditLineSet&);

// The account of that name, if it has been opened.
const Account* find_account(const Books&, const std::string& name);

// The account of a voucher; of one with several purses, what they are together, as V:<voucher>.
Account account_of(const Books&, const Voucher&);

// Recomputes every law from scratch; the sentence says which is broken and by how much (G9001).
// O(accounts + holds).
Result<void> audit(const Books&);

// Open holds whose owner is not in `live` (sorted owners): must be empty after each entry.
std::vector<Hold> orphans(const Books&, const std::vector<std::string>& live);

}  // namespace granary
