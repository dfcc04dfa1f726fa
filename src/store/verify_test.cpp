#include "store/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>
#include <random>
#include <sstream>

#include "store/entries_for_tests.h"
#include "store/folder_for_tests.h"
#include "store/sqlite_journal.h"

namespace granary {
namespace {
using testing::HasSubstr;

class Verify : public testing::Test {
 protected:
  Verify() : entries(EntryMaker().next(60)) {
    auto journal = open_journal({.path = path});
    EXPECT_TRUE(journal && (*journal)->append(entries));
  }
  // The code and sentence of the refusal; empty when all is well.
  std::string refusal() {
    const auto whole = verify(path);
    return whole ? "" : "G" + std::to_string(whole.error().code) + ": " + whole.error().what;
  }
  void run(const std::string& sql) {
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
    sqlite3_close(handle);
  }

  Folder folder;
  std::string path = folder.path("journal.db");
  std::vector<Entry> entries;
};

TEST_F(Verify, AGoodJournalIsCountedToItsHead) {
  const auto whole = verify(path);
  ASSERT_TRUE(whole) << whole.error().what;
  EXPECT_EQ(whole->entries, 60U);
  // Two legs of the grant, a hold from each start, a capture and a release of each but the last.
  EXPECT_EQ(whole->postings, 2 * (2 + 59 + 2 * 58));
  EXPECT_EQ(whole->head, entries.back().chain);
}

TEST_F(Verify, AnEmptyJournalIsGood) {
  path = folder.path("empty.db");
  ASSERT_TRUE(open_journal({.path = path}));
  const auto whole = verify(path);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->entries, 0U);
  EXPECT_EQ(whole->head, Hash{});
}

TEST_F(Verify, ABitFlippedOnDiskInAnyEntryNamesThatEntry) {
  constexpr std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  const std::string file = content.str();
  for (int i = 0; i < 100; ++i) {
    const Entry& entry = entries[random() % entries.size()];
    const std::string text = encode(entry);
    const std::size_t at = file.find(text);
    ASSERT_NE(at, std::string::npos);
    std::string flipped = file;
    flipped[at + random() % text.size()] ^= static_cast<char>(1 << random() % 8);
    std::ofstream(path, std::ios::trunc) << flipped;
    ASSERT_EQ(refusal(), "G9002: entry " + std::to_string(entry.sequence) +
                             " was altered: its bytes do not give its chain.");
    const auto journal = open_journal({path, Access::read_only});
    ASSERT_TRUE(journal);
    const auto read = (*journal)->read(0, 100);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().what, HasSubstr("entry " + std::to_string(entry.sequence) + " "));
  }
  std::ofstream(path, std::ios::trunc) << file;
  EXPECT_EQ(refusal(), "");
}

TEST_F(Verify, ARemovedEntryIsNamed) {
  run("DROP TRIGGER entry_never_goes; DELETE FROM entry WHERE sequence = 31");
  EXPECT_EQ(refusal(), "G9002: entry 31 was altered: it is missing.");
}

TEST_F(Verify, ARewrittenChainDoesNotHideANewText) {
  // Somebody who knows the chain rewrites one entry and its link: the next one gives it away.
  Entry other = entries[29];
  other.at += Span(1);
  const std::string text = encode(other);
  const std::string chain = to_text(chained(entries[28].chain, text));
  run("DROP TRIGGER entry_never_changes; UPDATE entry SET bytes = '" + text + "', chain = x'" +
      chain + "' WHERE sequence = 30");
  EXPECT_EQ(refusal(), "G9002: entry 31 was altered: its bytes do not give its chain.");
}

TEST_F(Verify, AMirrorThatDiffersFromTheEntriesIsNamed) {
  const auto altered = [&](const std::string& sql) {
    const std::string before = path;
    path = folder.path("copy.db");
    std::filesystem::copy_file(before, path, std::filesystem::copy_options::overwrite_existing);
    run(sql);
    const std::string text = refusal();
    path = before;
    return text;
  };
  const std::string ends = " of the mirror is not what the entries fold to.";
  EXPECT_EQ(altered("DROP TRIGGER leg_never_changes;"
                    "UPDATE leg SET amount = amount + 1 WHERE entry = 8 AND ordinal = 1"),
            "G9003: leg 1 of entry 8" + ends);
  EXPECT_EQ(altered("DROP TRIGGER leg_never_goes; DELETE FROM leg WHERE entry = 60"),
            "G9003: leg 0 of entry 60" + ends);
  EXPECT_EQ(altered("UPDATE account SET debits_posted = debits_posted - 1 WHERE id = 3"),
            "G9003: account V:v-1" + ends);
  EXPECT_EQ(altered("INSERT INTO account VALUES (9, 'V:v-9', 'voucher', 'CNY', 1, 0, 0, 0, 0, 0)"),
            "G9003: account V:v-9" + ends);
  EXPECT_EQ(altered("UPDATE hold SET released = 0 WHERE id = 12"), "G9003: hold h-12" + ends);
  EXPECT_EQ(altered("DELETE FROM hold WHERE id = 59"), "G9003: hold h-59" + ends);
  const std::string guards = " of the journal is not that of a new one.";
  EXPECT_EQ(altered("DROP TRIGGER leg_never_goes"), "G9003: the trigger leg_never_goes" + guards);
  EXPECT_EQ(altered("CREATE TABLE more (x)"), "G9003: the table more" + guards);
  EXPECT_EQ(altered("SELECT 1"), "");
}
}  // namespace
}  // namespace granary
