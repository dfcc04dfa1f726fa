// What every journal promises, run over each of them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/entries_for_tests.h"
#include "store/folder_for_tests.h"
#include "store/memory_journal.h"
#include "store/sqlite_journal.h"

namespace granary {
namespace {
using testing::HasSubstr;

class Contract : public testing::TestWithParam<std::string> {
 protected:
  Contract() {
    if (GetParam() == "memory") {
      journal = memory_journal();
    } else if (auto opened = open_journal({.path = folder.path("journal.db")})) {
      journal = std::move(*opened);
    }
  }
  void SetUp() override { ASSERT_TRUE(journal); }
  std::vector<std::string> texts(std::uint64_t after, std::size_t limit) {
    const auto entries = journal->read(after, limit);
    EXPECT_TRUE(entries) << entries.error().what;
    return texts(entries.value_or(std::vector<Entry>{}));
  }
  static std::vector<std::string> texts(const std::vector<Entry>& entries) {
    std::vector<std::string> all;
    for (const Entry& entry : entries) all.push_back(encode(entry) + to_text(entry.chain));
    return all;
  }

  Folder folder;
  std::unique_ptr<Journal> journal;
  EntryMaker maker;
};
INSTANTIATE_TEST_SUITE_P(Journals, Contract, testing::Values("memory", "sqlite"),
                         [](const auto& instance) { return instance.param; });

TEST_P(Contract, AnEmptyJournalHasNoHeadAndNothingToRead) {
  EXPECT_EQ(journal->head().sequence, 0U);
  EXPECT_EQ(journal->head().chain, Hash{});
  EXPECT_TRUE(texts(0, 10).empty());
  EXPECT_TRUE(journal->append({}));
  EXPECT_EQ(journal->head().sequence, 0U);
}

TEST_P(Contract, WhatIsAppendedIsReadBackInOrderWithItsChains) {
  const auto first = maker.next(3), second = maker.next(2);
  ASSERT_TRUE(journal->append(first));
  ASSERT_TRUE(journal->append(second));
  auto expected = texts(first);
  for (const auto& text : texts(second)) expected.push_back(text);
  EXPECT_EQ(texts(0, 100), expected);
  EXPECT_EQ(journal->head().sequence, 5U);
  EXPECT_EQ(journal->head().chain, second.back().chain);
}

TEST_P(Contract, ReadingStartsAfterASequenceAndStopsAtTheLimit) {
  const auto entries = maker.next(10);
  ASSERT_TRUE(journal->append(entries));
  const auto all = texts(entries);
  for (std::size_t after = 0; after <= 11; ++after) {
    for (std::size_t limit : {0, 1, 4, 10, 11}) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(after, 10));
      const auto left = static_cast<std::size_t>(all.end() - from);
      const std::vector<std::string> expected(
          from, from + static_cast<std::ptrdiff_t>(std::min(limit, left)));
      EXPECT_EQ(texts(after, limit), expected) << after << " " << limit;
    }
  }
  EXPECT_EQ(texts(0, ~std::size_t{0}).size(), 10U);
  EXPECT_TRUE(texts(~std::uint64_t{0}, 1).empty());
}

TEST_P(Contract, AGapARepeatAndAStepBackAreRefusedAndChangeNothing) {
  const auto entries = maker.next(4);
  const auto refused = [&](std::vector<Entry> wrong) {
    const auto before = journal->head();
    const auto done = journal->append(wrong);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, 9004);
    EXPECT_EQ(journal->head().sequence, before.sequence);
  };
  refused({entries[1]});
  ASSERT_TRUE(journal->append({{entries[0], entries[1]}}));
  refused({entries[3]});
  refused({entries[1]});
  refused({entries[2], entries[2]});
  EXPECT_EQ(texts(0, 10).size(), 2U);
  EXPECT_TRUE(journal->append({{entries[2], entries[3]}}));
}

TEST_P(Contract, AChainThatIsNotThatOfTheBytesIsRefused) {
  ASSERT_TRUE(journal->append(maker.next(1)));
  auto entries = maker.next(3);
  auto altered = entries;
  altered[1].at += Span(1);
  const auto done = journal->append(altered);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, 9005);
  EXPECT_THAT(done.error().what, HasSubstr("entry 3"));
  EXPECT_EQ(journal->head().sequence, 1U) << "a batch is kept whole or not at all";
  EXPECT_TRUE(journal->append(entries));
}

TEST_P(Contract, TextsThatAreNotUtf8AreKeptAsTheyAreEncoded) {
  Entry entry;
  entry.request.key = "a\xff";
  entry.request.actor = std::string("nul\0inside", 10);
  entry = maker.sealed(entry);
  ASSERT_TRUE(journal->append({&entry, 1}));
  const auto read = journal->read(0, 1);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->front().request.key, "a\xef\xbf\xbd");
  EXPECT_EQ(read->front().request.actor, entry.request.actor);
}
}  // namespace
}  // namespace granary
