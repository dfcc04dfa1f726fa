#include "store/mirror.h"

#include <fmt/core.h>

#include <limits>
#include <map>

#include "engine/codec_names.h"

namespace granary {
namespace {
std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

bool fits(const Counters& sums) {
  constexpr Wide most = std::numeric_limits<std::int64_t>::max();
  for (const Wide sum :
       {sums.debits_pending, sums.debits_posted, sums.credits_pending, sums.credits_posted}) {
    if (sum > most || sum < -most) return false;
  }
  return true;
}

// The row to be changed must be there.
Result<void> run_on_one(Statement& statement, const std::string& row) {
  if (auto done = statement.run(); !done) return done;
  if (statement.changed() == 1) return {};
  return fail(Error::Kind::bug, 9003, "the events name " + row + ", which the journal lacks.");
}
}  // namespace

namespace {
const char* const account_columns = R"(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  class TEXT NOT NULL,
  asset TEXT NOT NULL,
  floor INTEGER NOT NULL CHECK (floor IN (0, 1)),
  debits_pending INTEGER NOT NULL CHECK (debits_pending >= 0),
  debits_posted INTEGER NOT NULL CHECK (debits_posted >= 0),
  credits_pending INTEGER NOT NULL CHECK (credits_pending >= 0),
  credits_posted INTEGER NOT NULL CHECK (credits_posted >= 0),
  credit_line INTEGER NOT NULL CHECK (credit_line = 0 OR (credit_line > 0 AND class = 'cash')),
  CHECK (floor = 0 OR debits_pending + debits_posted <= credits_posted + credit_line)
) STRICT;
)";

const char* const other_tables = R"(
CREATE TABLE hold (
  id INTEGER PRIMARY KEY,
  debit INTEGER NOT NULL,
  credit INTEGER NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  captured INTEGER NOT NULL CHECK (captured >= 0),
  released INTEGER NOT NULL CHECK (released >= 0),
  owner TEXT NOT NULL,
  CHECK (captured + released <= amount)
) STRICT;
CREATE TABLE leg (
  entry INTEGER NOT NULL,
  ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('post', 'hold', 'capture', 'release')),
  debit INTEGER NOT NULL,
  credit INTEGER NOT NULL CHECK (credit <> debit),
  amount INTEGER NOT NULL CHECK (amount > 0),
  hold INTEGER NOT NULL CHECK ((hold = 0) = (kind = 'post')),
  reason TEXT NOT NULL,
  owner TEXT NOT NULL,
  memo TEXT NOT NULL,
  PRIMARY KEY (entry, ordinal)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER leg_is_of_the_last_entry BEFORE INSERT ON leg
WHEN NEW.entry IS NOT (SELECT max(sequence) FROM entry)
  OR EXISTS (SELECT 1 FROM leg WHERE entry = NEW.entry AND ordinal = NEW.ordinal)
BEGIN SELECT RAISE(ABORT, 'legs are never added to old entries'); END;
CREATE TRIGGER leg_never_changes BEFORE UPDATE ON leg
BEGIN SELECT RAISE(ABORT, 'legs never change'); END;
CREATE TRIGGER leg_never_goes BEFORE DELETE ON leg
BEGIN SELECT RAISE(ABORT, 'legs are never removed'); END;
)";
}  // namespace

std::string mirror_schema() {
  return fmt::format("CREATE TABLE account ({}{}", account_columns, other_tables);
}

// A CHECK cannot be changed, so the table is made anew and takes the rows of the old one.
std::string mirror_from_1_to_2() {
  return fmt::format(
      "CREATE TABLE account_2 ({}"
      "INSERT INTO account_2 SELECT id, name, class, asset, floor, debits_pending,"
      " debits_posted, credits_pending, credits_posted, 0 FROM account;"
      "DROP TABLE account; ALTER TABLE account_2 RENAME TO account;",
      account_columns);
}

Result<Mirror> Mirror::prepare(const Database& database) {
  Mirror mirror;
  const std::pair<Statement*, std::string_view> all[] = {
      {&mirror.insert_account_, "INSERT INTO account VALUES (?, ?, ?, ?, ?, 0, 0, 0, 0, ?)"},
      {&mirror.move_account_,
       "UPDATE account SET debits_pending = debits_pending + ?, debits_posted = debits_posted + ?,"
       " credits_pending = credits_pending + ?, credits_posted = credits_posted + ? WHERE id = ?"},
      {&mirror.set_credit_line_, "UPDATE account SET credit_line = ? WHERE id = ?"},
      {&mirror.insert_leg_, "INSERT INTO leg VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&mirror.insert_hold_, "INSERT INTO hold VALUES (?, ?, ?, ?, 0, 0, ?)"},
      {&mirror.move_hold_,
       "UPDATE hold SET captured = captured + ?, released = released + ?"
       " WHERE id = ? AND debit = ? AND credit = ?"}};
  for (const auto& [statement, sql] : all) {
    auto prepared = Statement::prepare(database, sql);
    if (!prepared) return fail(std::move(prepared.error()));
    *statement = std::move(*prepared);
  }
  return mirror;
}

Result<void> Mirror::write(const Entry& entry) {
  int ordinal = 0;
  for (const Event& event : entry.events) {
    Result<void> done;
    if (const auto* opened = std::get_if<Opened>(&event)) {
      done = open(opened->account);
    } else if (const auto* posted = std::get_if<Posted>(&event)) {
      done = post(entry.sequence, ordinal, posted->transfer);
    } else if (const auto* credit = std::get_if<CreditLineSet>(&event)) {
      done = set_credit_line(*credit);
    }
    if (!done) return done;
  }
  return {};
}

Result<void> Mirror::open(const Account& account) {
  return insert_account_.bind(1, number(account.id.value))
      .bind_text(2, account.name)
      .bind_text(3, name_of(account.kind))
      .bind_text(4, account.asset)
      .bind(5, account.floor() ? 1 : 0)
      .bind(6, account.credit_line.micros)
      .run();
}

Result<void> Mirror::set_credit_line(const CreditLineSet& event) {
  set_credit_line_.bind(1, event.line.micros).bind(2, number(event.account.value));
  return run_on_one(set_credit_line_, "account " + std::to_string(event.account.value));
}

void add_leg(Counters& debit, Counters& credit, LegKind kind, Money amount) {
  const Wide a = amount.micros;
  const Wide pending = kind == LegKind::hold ? a : kind == LegKind::post ? 0 : -a;
  const Wide posted = kind == LegKind::post || kind == LegKind::capture ? a : 0;
  debit.debits_pending += pending;
  debit.debits_posted += posted;
  credit.credits_pending += pending;
  credit.credits_posted += posted;
}

// Legs of a transfer happen together: each account moves once, by the sum of them, so that the
// CHECKs see what is before and after the transfer and nothing between.
Result<void> Mirror::post(std::uint64_t entry, int& ordinal, const Transfer& transfer) {
  std::map<Id<Account>, Counters> moves;
  for (const Leg& leg : transfer.legs) {
    auto done = insert_leg_.bind(1, number(entry))
                    .bind(2, ordinal++)
                    .bind_text(3, name_of(leg.kind))
                    .bind(4, number(leg.debit.value))
                    .bind(5, number(leg.credit.value))
                    .bind(6, leg.amount.micros)
                    .bind(7, number(leg.hold.value))
                    .bind_text(8, name_of(transfer.reason))
                    .bind_text(9, transfer.owner)
                    .bind_text(10, transfer.memo)
                    .run();
    if (done) done = move_hold(leg, transfer.owner);
    if (!done) return done;
    add_leg(moves[leg.debit], moves[leg.credit], leg.kind, leg.amount);
  }
  for (const auto& [account, by] : moves) {
    if (!fits(by)) {
      return fail(Error::Kind::bug, 9003,
                  fmt::format("the legs of entry {} sum to more than 64 bits.", entry));
    }
    move_account_.bind(1, static_cast<std::int64_t>(by.debits_pending))
        .bind(2, static_cast<std::int64_t>(by.debits_posted))
        .bind(3, static_cast<std::int64_t>(by.credits_pending))
        .bind(4, static_cast<std::int64_t>(by.credits_posted))
        .bind(5, number(account.value));
    auto done = run_on_one(move_account_, "account " + std::to_string(account.value));
    if (!done) return done;
  }
  return {};
}

Result<void> Mirror::move_hold(const Leg& leg, const std::string& owner) {
  if (leg.kind == LegKind::post) return {};
  const std::int64_t id = number(leg.hold.value);
  if (leg.kind == LegKind::hold) {
    return insert_hold_.bind(1, id)
        .bind(2, number(leg.debit.value))
        .bind(3, number(leg.credit.value))
        .bind(4, leg.amount.micros)
        .bind_text(5, owner)
        .run();
  }
  const bool captures = leg.kind == LegKind::capture;
  move_hold_.bind(1, captures ? leg.amount.micros : 0)
      .bind(2, captures ? 0 : leg.amount.micros)
      .bind(3, id)
      .bind(4, number(leg.debit.value))
      .bind(5, number(leg.credit.value));
  return run_on_one(move_hold_, "hold " + to_text(leg.hold) + " between its two accounts");
}

}  // namespace granary
