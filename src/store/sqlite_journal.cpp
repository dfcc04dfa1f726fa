#include "store/sqlite_journal.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <optional>

#include "store/file_lock.h"
#include "store/journal_schema.h"
#include "store/links.h"
#include "store/mirror.h"

namespace granary {
namespace {
class SqliteJournal : public Journal {
 public:
  // What it was opened from; the lock only for writing. Members end in reverse order: statements,
  // then the database, then the lock.
  std::optional<FileLock> lock;
  Database database;
  Statement select_last, select_after;
  struct Writing {
    Mirror mirror;
    Statement begin, insert, commit;
  };
  std::optional<Writing> writing;
  Head last;  // kept by a writer

  Result<void> append(std::span<const Entry>) override;
  Result<std::vector<Entry>> read(std::uint64_t after, std::size_t limit) override;
  Head head() const override;

 private:
  Result<void> write(const std::vector<Link>&, std::span<const Entry>);
  Result<Head> head_at(std::uint64_t sequence);

  std::optional<Error> broken_;
};

Result<void> SqliteJournal::append(std::span<const Entry> entries) {
  if (!writing) {
    return fail(Error::Kind::bug, 9007, "the journal was opened for reading only.");
  }
  if (broken_) return fail(*broken_);
  const auto links = links_after(last, entries);
  if (!links) return fail(links.error());
  if (links->empty()) return {};
  auto written = write(*links, entries);
  if (written) {
    last = {links->back().sequence, links->back().chain};
    return {};
  }
  // A full disk and a refused row leave the transaction to be rolled back. After anything else it
  // is not known what is on the disk: the kernel drops pages whose sync failed and reports it once.
  bool undone = true;
  if (database.in_transaction()) undone = database.run("ROLLBACK").has_value();
  const int code = written.error().code;
  if (!undone || (code != 7002 && code != 9003)) {
    broken_ = written.error();
    broken_->fix = "Restart: the journal is read again from the disk.";
    return fail(*broken_);
  }
  return written;
}

Result<void> SqliteJournal::write(const std::vector<Link>& links, std::span<const Entry> entries) {
  if (auto begun = writing->begin.run(); !begun) return begun;
  for (std::size_t i = 0; i < links.size(); ++i) {
    auto done = writing->insert.bind(1, static_cast<std::int64_t>(links[i].sequence))
                    .bind_text(2, links[i].bytes)
                    .bind_blob(3, view_of(links[i].chain))
                    .run();
    if (done) done = writing->mirror.write(entries[i]);
    if (!done) return done;
  }
  return writing->commit.run();
}

// The entry that reading goes on from; its chain was checked when it was read or appended.
Result<Journal::Head> SqliteJournal::head_at(std::uint64_t sequence) {
  if (sequence == 0) return Head{};
  if (writing && sequence == last.sequence) return last;
  select_after.bind(1, static_cast<std::int64_t>(sequence - 1)).bind(2, 1);
  const auto row = select_after.next();
  if (!row) return fail(row.error());
  Head head;
  if (*row) {
    head = {static_cast<std::uint64_t>(select_after.number(0)), hash_of(select_after.bytes(2))};
    select_after.reset();
  }
  if (head.sequence != sequence) {
    return fail(Error::Kind::failed, 9002, fmt::format("entry {} is missing.", sequence));
  }
  return head;
}

Result<std::vector<Entry>> SqliteJournal::read(std::uint64_t after, std::size_t limit) {
  std::vector<Entry> entries;
  if (limit == 0 || after >= head().sequence) return entries;
  auto at = head_at(after);
  if (!at) return fail(at.error());
  constexpr std::size_t most = std::numeric_limits<std::int64_t>::max();
  select_after.bind(1, static_cast<std::int64_t>(after))
      .bind(2, static_cast<std::int64_t>(std::min(limit, most)));
  for (;;) {
    const auto row = select_after.next();
    if (!row) return fail(row.error());
    if (!*row) return entries;
    auto entry = entry_after(*at, {static_cast<std::uint64_t>(select_after.number(0)),
                                   select_after.bytes(1), select_after.bytes(2)});
    if (!entry) {
      select_after.reset();
      return fail(std::move(entry.error()));
    }
    entries.push_back(std::move(*entry));
  }
}

Journal::Head SqliteJournal::head() const {
  if (writing) return last;
  // A fresh statement, as const callers share this one; a file that cannot be read looks empty here
  // and fails in read().
  auto select = Statement::prepare(database, select_last_sql);
  if (!select) return {};
  return last_entry(*select).value_or(Head{});
}

// --- opening ---

Result<void> sync_folder_of(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  if (synced) return {};
  return fail(Error::Kind::failed, 7001,
              fmt::format("the folder of journal {} cannot be synced.", path));
}

Result<void> use_write_ahead_log(const Database& database, const std::string& path) {
  auto mode = Statement::prepare(database, "PRAGMA journal_mode = WAL");
  if (!mode) return fail(std::move(mode.error()));
  const auto row = mode->next();
  if (!row) return fail(row.error());
  if (*row && mode->bytes(0) == "wal") return {};
  return fail(Error::Kind::failed, 7001,
              fmt::format("journal {} cannot use a write-ahead log on this file system.", path));
}

std::string limit_sql(std::uint64_t max_bytes) {
  constexpr std::uint64_t page = 4096;
  return fmt::format("PRAGMA max_page_count = {}", std::max<std::uint64_t>(1, max_bytes / page));
}

Result<void> prepare_for_writing(SqliteJournal& journal, const JournalFile& file, FileKind kind) {
  if (auto wal = use_write_ahead_log(journal.database, file.path); !wal) return wal;
  auto done = journal.database.run("PRAGMA synchronous = FULL");
  if (done && kind == FileKind::empty) done = create_schema(journal.database);
  if (done && kind == FileKind::journal) done = upgrade_schema(journal.database);
  if (done && kind == FileKind::empty) done = sync_folder_of(file.path);
  if (done && file.max_bytes > 0) done = journal.database.run(limit_sql(file.max_bytes).c_str());
  if (!done) return done;
  auto mirror = Mirror::prepare(journal.database);
  if (!mirror) return fail(std::move(mirror.error()));
  journal.writing.emplace().mirror = std::move(*mirror);
  const std::pair<Statement*, std::string_view> all[] = {
      {&journal.writing->begin, "BEGIN IMMEDIATE"},
      {&journal.writing->insert, "INSERT INTO entry VALUES (?, ?, ?)"},
      {&journal.writing->commit, "COMMIT"}};
  for (const auto& [statement, sql] : all) {
    auto prepared = Statement::prepare(journal.database, sql);
    if (!prepared) return fail(std::move(prepared.error()));
    *statement = std::move(*prepared);
  }
  return {};
}

Result<void> prepare_for_reading(SqliteJournal& journal) {
  const std::pair<Statement*, std::string_view> all[] = {{&journal.select_last, select_last_sql},
                                                         {&journal.select_after, select_after_sql}};
  for (const auto& [statement, sql] : all) {
    auto prepared = Statement::prepare(journal.database, sql);
    if (!prepared) return fail(std::move(prepared.error()));
    *statement = std::move(*prepared);
  }
  return {};
}

// Appending to an altered end would seal it: the last entry must give its chain.
Result<void> check_end(SqliteJournal& journal) {
  auto head = last_entry(journal.select_last);
  if (!head) return fail(std::move(head.error()));
  journal.last = *head;
  if (head->sequence == 0) return {};
  const auto end = journal.read(head->sequence - 1, 1);
  if (!end) return fail(end.error());
  return {};
}
}  // namespace

Result<std::unique_ptr<Journal>> open_journal(const JournalFile& file) {
  auto journal = std::make_unique<SqliteJournal>();
  const bool writes = file.access == Access::read_write;
  if (writes) {
    auto lock = FileLock::take(file.path);
    if (!lock) return fail(std::move(lock.error()));
    journal->lock = std::move(*lock);
  }
  auto database = Database::open(file.path, writes);
  if (!database) return fail(std::move(database.error()));
  journal->database = std::move(*database);
  const auto kind = kind_of_file(journal->database, file.path);
  if (!kind) return fail(kind.error());
  if (!writes && *kind == FileKind::empty) {
    return fail(Error::Kind::failed, 7009, fmt::format("{} is not a journal yet.", file.path));
  }
  if (writes) {
    if (auto ready = prepare_for_writing(*journal, file, *kind); !ready) {
      return fail(std::move(ready.error()));
    }
  }
  auto ready = prepare_for_reading(*journal);
  if (ready && writes) ready = check_end(*journal);
  if (!ready) return fail(std::move(ready.error()));
  return journal;
}

}  // namespace granary
