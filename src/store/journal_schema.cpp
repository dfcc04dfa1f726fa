#include "store/journal_schema.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "store/mirror.h"

namespace granary {
namespace {
constexpr std::int64_t application_id = 0x4772616e;  // "Gran", as `file` shows it

const char* const entry_schema = R"(
CREATE TABLE entry (
  sequence INTEGER PRIMARY KEY,
  bytes TEXT NOT NULL,
  chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;
CREATE TRIGGER entry_follows_the_last BEFORE INSERT ON entry
WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM entry)
BEGIN SELECT RAISE(ABORT, 'an entry follows the last'); END;
CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries never change'); END;
CREATE TRIGGER entry_never_goes BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END;
)";

Result<std::int64_t> number_of(const Database& database, std::string_view sql) {
  auto statement = Statement::prepare(database, sql);
  if (!statement) return fail(std::move(statement.error()));
  const auto row = statement->next();
  if (!row) return fail(row.error());
  return *row ? statement->number(0) : 0;
}

Result<void> run_all(Database& database, const std::string& statements) {
  const std::string all = statements + fmt::format("PRAGMA user_version = {};", schema_version);
  for (const char* sql : {"BEGIN IMMEDIATE", all.c_str(), "COMMIT"}) {
    if (auto done = database.run(sql); !done) return done;
  }
  return {};
}

// What went wrong half way leaves nothing.
Result<void> or_nothing(Database& database, Result<void> done) {
  if (!done && database.in_transaction()) static_cast<void>(database.run("ROLLBACK"));
  return done;
}
}  // namespace

Result<void> create_schema(Database& database) {
  const std::string all =
      entry_schema + mirror_schema() + fmt::format("PRAGMA application_id = {};", application_id);
  return or_nothing(database, run_all(database, all));
}

Result<int> schema_of(const Database& database) {
  const auto version = number_of(database, "PRAGMA user_version");
  if (!version) return fail(version.error());
  return static_cast<int>(*version);
}

Result<void> upgrade_schema(Database& database) {
  const auto version = schema_of(database);
  if (!version) return fail(version.error());
  if (*version >= schema_version) return {};
  return or_nothing(database, run_all(database, mirror_from_1_to_2()));
}

namespace {
// Tables, indices and triggers by name, with the text that made them.
Result<std::map<std::string, std::string>> parts_of(const Database& database) {
  auto select = Statement::prepare(
      database, "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema");
  if (!select) return fail(std::move(select.error()));
  std::map<std::string, std::string> parts;
  for (;;) {
    const auto row = select->next();
    if (!row) return fail(row.error());
    if (!*row) return parts;
    std::string sql(select->bytes(1));
    // As SQLite writes the name of a table that was renamed, in a journal that was upgraded.
    constexpr std::string_view quoted = "CREATE TABLE \"account\"";
    if (sql.starts_with(quoted)) sql.replace(0, quoted.size(), "CREATE TABLE account");
    parts[std::string(select->bytes(0))] = std::move(sql);
  }
}
}  // namespace

Result<void> check_schema(const Database& database) {
  const auto version = schema_of(database);
  if (!version) return fail(version.error());
  if (*version < schema_version) return {};  // last written by an older program
  auto fresh = Database::open(":memory:", true);
  if (!fresh) return fail(std::move(fresh.error()));
  if (auto made = create_schema(*fresh); !made) return made;
  const auto wanted = parts_of(*fresh), found = parts_of(database);
  if (!wanted) return fail(wanted.error());
  if (!found) return fail(found.error());
  for (const auto& [one, other] : {std::pair(&*wanted, &*found), {&*found, &*wanted}}) {
    for (const auto& [name, sql] : *one) {
      const auto twin = other->find(name);
      if (twin != other->end() && twin->second == sql) continue;
      return fail(Error::Kind::failed, 9003,
                  fmt::format("the {} of the journal is not that of a new one.", name),
                  "The entries are good; somebody changed what guards them.");
    }
  }
  auto index = Statement::prepare(database, "PRAGMA integrity_check(account)");
  if (!index) return fail(std::move(index.error()));
  const auto row = index->next();
  if (!row) return fail(row.error());
  if (*row && index->bytes(0) == "ok") return {};
  return fail(Error::Kind::failed, 9003,
              fmt::format("the table account of the mirror is damaged: {}.", index->bytes(0)));
}

Result<FileKind> kind_of_file(const Database& database, const std::string& path) {
  const auto tables = number_of(database, "SELECT count(*) FROM sqlite_schema");
  const auto id = number_of(database, "PRAGMA application_id");
  const auto version = number_of(database, "PRAGMA user_version");
  for (const auto* number : {&tables, &id, &version}) {
    if (!*number) return fail(number->error());
  }
  if (*tables == 0 && *id == 0 && *version == 0) return FileKind::empty;
  if (*id != application_id || *version < 1) {
    return fail(Error::Kind::failed, 7009,
                fmt::format("{} is a database of another program, not a journal.", path));
  }
  if (*version > schema_version) {
    return fail(Error::Kind::failed, 7004,
                fmt::format("journal {} has schema {}; this program knows {} at most.", path,
                            *version, schema_version),
                "Use the newer program that wrote it.");
  }
  return FileKind::journal;
}

Result<Journal::Head> last_entry(Statement& select_last) {
  const auto row = select_last.next();
  if (!row) return fail(row.error());
  if (!*row) return Journal::Head{};
  const Journal::Head head{static_cast<std::uint64_t>(select_last.number(0)),
                           hash_of(select_last.bytes(1))};
  select_last.reset();
  return head;
}

Hash hash_of(std::string_view stored) {
  Hash hash;
  if (stored.size() == hash.bytes.size())
    std::copy(stored.begin(), stored.end(), hash.bytes.begin());
  return hash;
}

}  // namespace granary
