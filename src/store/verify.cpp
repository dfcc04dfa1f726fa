#include "store/verify.h"

#include <fmt/core.h>

#include <map>

#include "engine/codec_names.h"
#include "store/journal_schema.h"
#include "store/links.h"
#include "store/mirror.h"

namespace granary {
namespace {
tl::unexpected<Error> differs(const std::string& row) {
  return fail(Error::Kind::failed, 9003, row + " of the mirror is not what the entries fold to.",
              "The entries are good; the mirror was altered, or a bug wrote it.");
}
tl::unexpected<Error> wrong_leg(std::uint64_t entry, const std::string& how) {
  return fail(Error::Kind::failed, 9003, fmt::format("entry {} has a leg {}.", entry, how));
}

// What the entries say of money, folded here once more from the legs alone.
struct Fold {
  struct Row {
    Account account;
    Counters counters;
  };
  std::map<std::int64_t, Row> accounts;
  struct HoldRow {
    Leg leg;
    std::string owner;
    Wide captured = 0, released = 0;
  };
  std::map<std::int64_t, HoldRow> holds;
};

class Verification {
 public:
  Verification(Database database, const std::function<void(const Entry&)>& visit)
      : database_(std::move(database)), visit_(visit) {}
  Result<Verified> run();

 private:
  Result<void> read_entries(Journal::Head&);
  Result<void> check_entry(const Entry&);
  Result<void> check_leg(std::uint64_t entry, std::int64_t ordinal, const Transfer&, const Leg&);
  Result<void> fold(std::uint64_t entry, const Transfer&, const Leg&);
  Result<void> check_accounts();
  Result<void> check_holds();

  Database database_;
  const std::function<void(const Entry&)>& visit_;
  Statement entries_, legs_;
  Fold fold_;
  Verified verified_;
};

Result<Statement> select(const Database& database, std::string_view sql) {
  return Statement::prepare(database, sql);
}

Result<Verified> Verification::run() {
  // One snapshot for all tables, whatever a writer appends meanwhile.
  if (auto begun = database_.run("BEGIN"); !begun) return fail(std::move(begun.error()));
  auto entries = select(database_, "SELECT sequence, bytes, chain FROM entry ORDER BY sequence");
  auto legs = select(database_,
                     "SELECT entry, ordinal, kind, debit, credit, amount, hold, reason, owner,"
                     " memo FROM leg ORDER BY entry, ordinal");
  if (!entries) return fail(std::move(entries.error()));
  if (!legs) return fail(std::move(legs.error()));
  entries_ = std::move(*entries);
  legs_ = std::move(*legs);
  Journal::Head head;
  if (auto done = read_entries(head); !done) return fail(std::move(done.error()));
  const auto more = legs_.next();
  if (!more) return fail(more.error());
  if (*more) return differs(fmt::format("a leg of entry {}", legs_.number(0)));
  auto done = check_accounts();
  if (done) done = check_holds();
  if (done) done = check_schema(database_);
  if (!done) return fail(std::move(done.error()));
  verified_.entries = head.sequence;
  verified_.head = head.chain;
  return verified_;
}

Result<void> Verification::read_entries(Journal::Head& head) {
  for (;;) {
    const auto row = entries_.next();
    if (!row) {  // a damaged page of the file
      return fail(row.error().kind, row.error().code,
                  fmt::format("entry {} cannot be read: {}", head.sequence + 1, row.error().what),
                  row.error().fix);
    }
    if (!*row) return {};
    const auto entry = entry_after(head, {static_cast<std::uint64_t>(entries_.number(0)),
                                          entries_.bytes(1), entries_.bytes(2)});
    if (!entry) return fail(entry.error());
    if (auto done = check_entry(*entry); !done) return done;
    if (visit_) visit_(*entry);
  }
}

Result<void> Verification::check_entry(const Entry& entry) {
  std::int64_t ordinal = 0;
  for (const Event& event : entry.events) {
    if (const auto* opened = std::get_if<Opened>(&event)) {
      const auto id = static_cast<std::int64_t>(opened->account.id.value);
      fold_.accounts[id].account = opened->account;
    } else if (const auto* credit = std::get_if<CreditLineSet>(&event)) {
      const auto id = static_cast<std::int64_t>(credit->account.value);
      fold_.accounts[id].account.credit_line = credit->line;
    } else if (const auto* posted = std::get_if<Posted>(&event)) {
      for (const Leg& leg : posted->transfer.legs) {
        auto done = check_leg(entry.sequence, ordinal++, posted->transfer, leg);
        if (done) done = fold(entry.sequence, posted->transfer, leg);
        if (!done) return done;
        verified_.postings += 2;
      }
    }
  }
  return {};
}

// The next row of the table leg is that leg.
Result<void> Verification::check_leg(std::uint64_t entry, std::int64_t ordinal,
                                     const Transfer& transfer, const Leg& leg) {
  const auto row = legs_.next();
  if (!row) return fail(row.error());
  const bool same = *row && legs_.number(0) == static_cast<std::int64_t>(entry) &&
                    legs_.number(1) == ordinal && legs_.bytes(2) == name_of(leg.kind) &&
                    legs_.number(3) == static_cast<std::int64_t>(leg.debit.value) &&
                    legs_.number(4) == static_cast<std::int64_t>(leg.credit.value) &&
                    legs_.number(5) == leg.amount.micros &&
                    legs_.number(6) == static_cast<std::int64_t>(leg.hold.value) &&
                    legs_.bytes(7) == name_of(transfer.reason) &&
                    legs_.bytes(8) == transfer.owner && legs_.bytes(9) == transfer.memo;
  if (!same) return differs(fmt::format("leg {} of entry {}", ordinal, entry));
  return {};
}

Result<void> Verification::fold(std::uint64_t entry, const Transfer& transfer, const Leg& leg) {
  const auto debit = fold_.accounts.find(static_cast<std::int64_t>(leg.debit.value));
  const auto credit = fold_.accounts.find(static_cast<std::int64_t>(leg.credit.value));
  if (debit == fold_.accounts.end() || credit == fold_.accounts.end() || debit == credit) {
    return wrong_leg(entry, "that is not between two open accounts");
  }
  if (debit->second.account.asset != credit->second.account.asset) {
    return wrong_leg(entry, "between two assets: it does not sum to zero in each");
  }
  if (leg.amount <= Money{}) return wrong_leg(entry, "that moves nothing");
  add_leg(debit->second.counters, credit->second.counters, leg.kind, leg.amount);
  const auto id = static_cast<std::int64_t>(leg.hold.value);
  switch (leg.kind) {
    case LegKind::post:
      break;
    case LegKind::hold:
      fold_.holds[id] = {leg, transfer.owner};
      break;
    case LegKind::capture:
      fold_.holds[id].captured += leg.amount.micros;
      break;
    case LegKind::release:
      fold_.holds[id].released += leg.amount.micros;
      break;
  }
  return {};
}

Result<void> Verification::check_accounts() {
  const auto schema = schema_of(database_);
  if (!schema) return fail(schema.error());
  // A journal that was last written before there were credit lines.
  const std::string credit_line = *schema < 2 ? "0" : "credit_line";
  auto rows = select(database_,
                     "SELECT id, name, class, asset, floor, debits_pending, debits_posted,"
                     " credits_pending, credits_posted, " +
                         credit_line + " FROM account ORDER BY id");
  if (!rows) return fail(std::move(rows.error()));
  for (const auto& [id, expected] : fold_.accounts) {
    const auto row = rows->next();
    if (!row) return fail(row.error());
    const Account& account = expected.account;
    const Counters& counters = expected.counters;
    const bool same =
        *row && rows->number(0) == id && rows->bytes(1) == account.name &&
        rows->bytes(2) == name_of(account.kind) && rows->bytes(3) == account.asset &&
        (rows->number(4) != 0) == account.floor() && rows->number(5) == counters.debits_pending &&
        rows->number(6) == counters.debits_posted && rows->number(7) == counters.credits_pending &&
        rows->number(8) == counters.credits_posted && rows->number(9) == account.credit_line.micros;
    if (!same) return differs("account " + account.name);
  }
  const auto more = rows->next();
  if (!more) return fail(more.error());
  if (*more) return differs(fmt::format("account {}", rows->bytes(1)));
  return {};
}

Result<void> Verification::check_holds() {
  auto rows = select(database_,
                     "SELECT id, debit, credit, amount, captured, released, owner FROM hold"
                     " ORDER BY id");
  if (!rows) return fail(std::move(rows.error()));
  for (const auto& [id, expected] : fold_.holds) {
    const auto row = rows->next();
    if (!row) return fail(row.error());
    const Leg& leg = expected.leg;
    const bool same = *row && rows->number(0) == id &&
                      rows->number(1) == static_cast<std::int64_t>(leg.debit.value) &&
                      rows->number(2) == static_cast<std::int64_t>(leg.credit.value) &&
                      rows->number(3) == leg.amount.micros &&
                      rows->number(4) == expected.captured &&
                      rows->number(5) == expected.released && rows->bytes(6) == expected.owner;
    if (!same) return differs(fmt::format("hold h-{}", id));
  }
  const auto more = rows->next();
  if (!more) return fail(more.error());
  if (*more) return differs(fmt::format("hold h-{}", rows->number(0)));
  return {};
}
}  // namespace

Result<Verified> verify(const std::string& path, const std::function<void(const Entry&)>& visit) {
  auto database = Database::open(path, false);
  if (!database) return fail(std::move(database.error()));
  const auto kind = kind_of_file(*database, path);
  if (!kind) return fail(kind.error());
  if (*kind == FileKind::empty) return Verified{};
  return Verification(std::move(*database), visit).run();
}

}  // namespace granary
