#include "store/sqlite_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "store/entries_for_tests.h"
#include "store/folder_for_tests.h"
#include "store/verify.h"

namespace granary {
namespace {
using testing::HasSubstr;

// A disk that fails when told to, between SQLite and the real one. One at a time.
class FaultyDisk {
 public:
  FaultyDisk() {
    real_ = sqlite3_vfs_find(nullptr);
    faulty_ = *real_;
    faulty_.zName = "faulty";
    faulty_.xOpen = open;
    disk_ = this;
    sqlite3_vfs_register(&faulty_, 1);
  }
  ~FaultyDisk() {
    sqlite3_vfs_register(real_, 1);
    sqlite3_vfs_unregister(&faulty_);
    disk_ = nullptr;
  }
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  bool syncs_fail = false;
  int writes_left = -1;  // then the disk is full; negative: never

 private:
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
    const int code = disk_->real_->xOpen(disk_->real_, name, file, flags, out);
    if (file->pMethods != nullptr) {
      // The database has locks, other files have none: two tables of methods.
      Methods& methods = (flags & SQLITE_OPEN_MAIN_DB) != 0 ? disk_->database_ : disk_->other_;
      methods.real = file->pMethods;
      methods.faulty = *file->pMethods;
      methods.faulty.xSync = sync;
      methods.faulty.xWrite = write;
      file->pMethods = &methods.faulty;
    }
    return code;
  }
  static const sqlite3_io_methods* real(const sqlite3_file* file) {
    const bool database = file->pMethods == &disk_->database_.faulty;
    return database ? disk_->database_.real : disk_->other_.real;
  }
  static int sync(sqlite3_file* file, int flags) {
    return disk_->syncs_fail ? SQLITE_IOERR_FSYNC : real(file)->xSync(file, flags);
  }
  static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
    if (disk_->writes_left == 0) return SQLITE_FULL;
    if (disk_->writes_left > 0) --disk_->writes_left;
    return real(file)->xWrite(file, bytes, size, at);
  }

  struct Methods {
    const sqlite3_io_methods* real = nullptr;
    sqlite3_io_methods faulty{};
  };
  inline static FaultyDisk* disk_ = nullptr;
  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs faulty_{};
  Methods database_, other_;
};

class SqliteJournal : public testing::Test {
 protected:
  std::unique_ptr<Journal> open(Access access = Access::read_write, std::uint64_t max_bytes = 0) {
    auto opened = open_journal({path, access, max_bytes});
    EXPECT_TRUE(opened) << opened.error().what;
    return opened ? std::move(*opened) : nullptr;
  }
  Error refused(Access access = Access::read_write) {
    auto opened = open_journal({path, access});
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  // Another program's statements on the file; the message of the first that fails.
  std::string run(const std::string& sql) {
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    char* message = nullptr;
    sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message);
    const std::string text = message ? message : "";
    sqlite3_free(message);
    sqlite3_close(handle);
    return text;
  }

  Folder folder;
  std::string path = folder.path("journal.db");
  EntryMaker maker;
};

TEST_F(SqliteJournal, TheHeadAndAllEntriesAreThereAfterReopening) {
  const auto entries = maker.next(5);
  ASSERT_TRUE(open()->append(entries));
  const auto journal = open();
  EXPECT_EQ(journal->head().sequence, 5U);
  EXPECT_EQ(journal->head().chain, entries.back().chain);
  const auto read = journal->read(0, 10);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(encode(read->back()), encode(entries.back()));
  EXPECT_TRUE(journal->append(maker.next(2)));
}

TEST_F(SqliteJournal, ASecondWriterIsToldWhoHoldsTheJournal) {
  const auto journal = open();
  const Error error = refused();
  EXPECT_EQ(error.code, 7005);
  EXPECT_EQ(error.what,
            "journal " + path + " is in use by process " + std::to_string(getpid()) + ".");
}

// A child between fork and exec has the descriptors of a daemon that is dead already.
TEST_F(SqliteJournal, IsOpenedThoughAChildOfItsLastWriterIsStillBeingStarted) {
  auto writer = open();
  const pid_t child = ::fork();
  if (child == 0) {
    ::usleep(200'000);
    ::_exit(0);
  }
  writer.reset();
  EXPECT_TRUE(open()->append(maker.next(1)));
  ::waitpid(child, nullptr, 0);
}

TEST_F(SqliteJournal, AReaderBesideAWriterSeesWhatIsAppendedAndMayNotAppend) {
  const auto writer = open();
  ASSERT_TRUE(writer->append(maker.next(1)));
  const auto reader = open(Access::read_only);
  EXPECT_EQ(reader->head().sequence, 1U);
  ASSERT_TRUE(writer->append(maker.next(2)));
  EXPECT_EQ(reader->head().sequence, 3U);
  const auto read = reader->read(1, 10);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->size(), 2U);
  const auto done = reader->append(maker.next(1));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, 9007);
}

TEST_F(SqliteJournal, FilesThatAreNotJournalsOfThisProgramAreRefused) {
  EXPECT_EQ(refused(Access::read_only).code, 7001) << "missing";
  open();
  run("PRAGMA user_version = 3");
  EXPECT_EQ(refused().code, 7004);
  EXPECT_THAT(refused().what, HasSubstr("has schema 3; this program knows 2"));
  EXPECT_EQ(refused(Access::read_only).code, 7004);
  path = folder.path("other.db");
  run("CREATE TABLE t (x)");
  EXPECT_EQ(refused().code, 7009);
  path = folder.path("none/journal.db");
  EXPECT_EQ(refused().code, 7001);
}

TEST_F(SqliteJournal, EntriesAndLegsCannotBeChangedRemovedOrReplaced) {
  ASSERT_TRUE(open()->append(maker.next(3)));
  EXPECT_EQ(run("UPDATE entry SET bytes = 'x' WHERE sequence = 2"), "entries never change");
  EXPECT_EQ(run("DELETE FROM entry WHERE sequence = 3"), "entries are never removed");
  EXPECT_EQ(run("INSERT OR REPLACE INTO entry VALUES (2, 'x', zeroblob(32))"),
            "an entry follows the last");
  EXPECT_EQ(run("INSERT INTO entry VALUES (5, 'x', zeroblob(32))"), "an entry follows the last");
  EXPECT_EQ(run("UPDATE leg SET amount = 1"), "legs never change");
  EXPECT_EQ(run("DELETE FROM leg"), "legs are never removed");
  EXPECT_EQ(run("INSERT OR REPLACE INTO leg SELECT * FROM leg WHERE entry = 3 LIMIT 1"),
            "legs are never added to old entries");
  EXPECT_TRUE(verify(path));
}

TEST_F(SqliteJournal, MoneyThatIsNotThereFailsTheAppendAndChangesNothing) {
  const auto journal = open();
  ASSERT_TRUE(journal->append(maker.next(3)));
  const Money much = Money::units(2'000'000'000), little = Money::units(49);
  const auto V = EntryMaker::voucher, R = EntryMaker::revenue;
  const std::vector<Leg> wrong{{LegKind::hold, V, R, much, {77}},         // beyond the floor
                               {LegKind::capture, V, R, little, {2}},     // above its hold
                               {LegKind::release, V, R, little, {2}},     // likewise
                               {LegKind::capture, R, V, Money{1}, {2}},   // not its accounts
                               {LegKind::capture, V, R, Money{1}, {99}},  // no such hold
                               {LegKind::hold, V, R, Money{1}, {2}},      // a hold twice
                               {LegKind::post, V, {99}, Money{1}, {}},    // no such account
                               {LegKind::post, V, V, Money{1}, {}},       // to itself
                               {LegKind::post, V, R, Money{0}, {}}};      // nothing
  for (const Leg& leg : wrong) {
    EntryMaker attempt(journal->head());
    Entry entry;
    entry.events = {EntryMaker::posted(Reason::hold, {leg}, "j-9/1")};
    const std::vector<Entry> batch{attempt.next(), attempt.sealed(entry)};
    const auto done = journal->append(batch);
    ASSERT_FALSE(done) << leg.amount.micros;
    EXPECT_EQ(done.error().code, 9003);
    EXPECT_EQ(done.error().kind, Error::Kind::bug);
    EXPECT_EQ(journal->head().sequence, 3U);
  }
  EXPECT_TRUE(journal->append(maker.next(1)));
  EXPECT_TRUE(verify(path));
}

TEST_F(SqliteJournal, CashMayGoBelowZeroByItsCreditLineAndNoFurther) {
  const auto journal = open();
  ASSERT_TRUE(journal->append(maker.next(1)));
  constexpr Id<Account> cash{5};
  const auto entry_of = [&](std::vector<Event> events) {
    Entry entry;
    entry.request.actor = "ops";
    entry.request.command = Tick{};
    entry.events = std::move(events);
    return EntryMaker(journal->head()).sealed(std::move(entry));
  };
  const auto draw = [&](std::int64_t micros) {
    const Leg leg{LegKind::post, cash, EntryMaker::revenue, Money{micros}, {}};
    return journal->append(
        std::vector{entry_of({EntryMaker::posted(Reason::capture, {leg}, "x")})});
  };
  ASSERT_TRUE(journal->append(
      std::vector{entry_of({EntryMaker::opened(cash, "CASH:lab", AccountClass::cash),
                            CreditLineSet{cash, Money{100}}})}));
  EXPECT_EQ(draw(101).error().code, 9003);
  EXPECT_TRUE(draw(100));
  const auto lower = journal->append(std::vector{entry_of({CreditLineSet{cash, Money{99}}})});
  ASSERT_FALSE(lower);
  EXPECT_EQ(lower.error().code, 9003);
  const auto other =
      journal->append(std::vector{entry_of({CreditLineSet{EntryMaker::voucher, Money{1}}})});
  ASSERT_FALSE(other) << "credit is of cash";
  EXPECT_EQ(journal->append(std::vector{entry_of({CreditLineSet{{99}, Money{1}}})}).error().code,
            9003);
  EXPECT_TRUE(verify(path)) << verify(path).error().what;
  run("UPDATE account SET credit_line = 101 WHERE id = 5");
  EXPECT_THAT(verify(path).error().what, HasSubstr("account CASH:lab of the mirror"));
}

// A journal of before there were credit lines is read as it is, and brought up to date when it is
// written.
TEST_F(SqliteJournal, OfSchemaOneIsVerifiedAndGoesOnWithItsEntries) {
  ASSERT_TRUE(open()->append(maker.next(3)));
  run("CREATE TABLE old (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, class TEXT NOT NULL,"
      " asset TEXT NOT NULL, floor INTEGER NOT NULL, debits_pending INTEGER NOT NULL,"
      " debits_posted INTEGER NOT NULL, credits_pending INTEGER NOT NULL,"
      " credits_posted INTEGER NOT NULL,"
      " CHECK (floor = 0 OR debits_pending + debits_posted <= credits_posted)) STRICT");
  run("INSERT INTO old SELECT id, name, class, asset, floor, debits_pending, debits_posted,"
      " credits_pending, credits_posted FROM account");
  run("DROP TABLE account");
  run("ALTER TABLE old RENAME TO account");
  run("PRAGMA user_version = 1");
  EXPECT_EQ(verify(path)->entries, 3U);
  EXPECT_EQ(open(Access::read_only)->head().sequence, 3U);
  const auto journal = open();
  EXPECT_EQ(journal->head().sequence, 3U);
  ASSERT_TRUE(journal->append(maker.next(2)));
  ASSERT_TRUE(verify(path)) << verify(path).error().what;
  EXPECT_EQ(verify(path)->entries, 5U);
  EXPECT_EQ(run("UPDATE account SET credit_line = 1 WHERE id = 3").empty(), false)
      << "a voucher has no credit";
}

// --- the disk ---

TEST_F(SqliteJournal, AFullDiskChangesNothingAndLaterAppendsGoOn) {
  auto journal = open(Access::read_write, 256 << 10);
  Result<void> done;
  std::uint64_t kept = 0;
  while (done) {
    const auto batch = EntryMaker(journal->head()).next(20);
    done = journal->append(batch);
    if (done) kept = batch.back().sequence;
  }
  EXPECT_EQ(done.error().code, 7002);
  EXPECT_EQ(done.error().kind, Error::Kind::unavailable);
  EXPECT_GT(kept, 20U);
  EXPECT_EQ(journal->head().sequence, kept);
  EXPECT_EQ(journal->read(0, 100'000)->size(), kept);
  journal.reset();
  EXPECT_EQ(verify(path)->entries, kept);
  journal = open();  // there is room again
  EXPECT_TRUE(journal->append(EntryMaker(journal->head()).next(20)));
}

TEST_F(SqliteJournal, ADiskThatIsFullAtAnyWriteLosesNothingAndMayBeTriedAgain) {
  FaultyDisk disk;  // outlives the journal
  const auto journal = open();
  ASSERT_TRUE(journal->append(maker.next(40)));
  int failures = 0;
  for (int writes = 0;; ++writes) {
    const auto batch = EntryMaker(journal->head()).next(5);
    disk.writes_left = writes;
    const auto done = journal->append(batch);
    disk.writes_left = -1;
    if (done) break;
    ++failures;
    ASSERT_EQ(done.error().code, 7002) << done.error().what;
    ASSERT_EQ(journal->head().sequence, batch.front().sequence - 1);
    ASSERT_TRUE(journal->append(batch));
    ASSERT_LT(writes, 200);
  }
  EXPECT_GT(failures, 5);
  EXPECT_TRUE(verify(path));
}

TEST_F(SqliteJournal, AfterAFailedSyncEveryAppendIsRefusedUntilTheJournalIsReadAgain) {
  FaultyDisk disk;
  auto journal = open();
  ASSERT_TRUE(journal->append(maker.next(3)));
  disk.syncs_fail = true;
  const auto batch = maker.next(2);
  const auto failed = journal->append(batch);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, 7001);
  EXPECT_EQ(failed.error().kind, Error::Kind::failed);
  disk.syncs_fail = false;
  const auto again = journal->append(batch);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, 7001);
  EXPECT_EQ(journal->head().sequence, 3U);
  journal.reset();
  journal = open();
  EXPECT_GE(journal->head().sequence, 3U);
  EXPECT_TRUE(journal->append(EntryMaker(journal->head()).next(1)));
  EXPECT_TRUE(verify(path));
}

// Appends to the journal until it is killed; says after each append what it was told is durable.
[[noreturn]] void append_for_ever(const std::string& path, int acknowledgements,
                                  std::uint64_t seed) {
  auto journal = open_journal({.path = path});
  if (!journal) _exit(1);
  EntryMaker maker((*journal)->head());
  for (std::mt19937_64 random(seed);;) {
    if (!(*journal)->append(maker.next(1 + random() % 5))) _exit(2);
    const std::uint64_t told = (*journal)->head().sequence;
    if (write(acknowledgements, &told, sizeof told) != sizeof told) _exit(3);
  }
}

TEST_F(SqliteJournal, EveryAcknowledgedEntryIsThereAfterAKill) {
  constexpr std::uint64_t seed = 20261121;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::uint64_t acknowledged = 0;
  for (int cycle = 0; cycle < 20; ++cycle) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) append_for_ever(path, ends[1], random());
    close(ends[1]);
    // The kill meets it somewhere in the appends after the last acknowledgement that is waited for.
    for (std::uint64_t n = 1 + random() % 10; n > 0; --n) {
      ASSERT_EQ(read(ends[0], &acknowledged, sizeof acknowledged), ssize_t{sizeof acknowledged});
    }
    kill(child, SIGKILL);
    while (read(ends[0], &acknowledged, sizeof acknowledged) > 0) continue;
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    const auto whole = verify(path);
    ASSERT_TRUE(whole) << whole.error().what;
    ASSERT_GE(whole->entries, acknowledged);
    ASSERT_LE(whole->entries, acknowledged + 5) << "at most the append that was under way";
    acknowledged = whole->entries;
  }
}
}  // namespace
}  // namespace granary
