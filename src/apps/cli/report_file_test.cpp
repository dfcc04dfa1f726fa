// Reports of a daemon and of its journal's file alone are the same bytes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/cli/test_documents.h"
#include "apps/cli/test_house.h"
#include "store/sqlite_database.h"
#include "store/sqlite_journal.h"

namespace granary::testing {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::string>;

struct Told {
  CliHouse house{test_documents()};
  int keys = 0;
  Scene scene;

  Ran run(const Words& words) { return run_words(words, scene, keys); }
};

TEST(Reports, OfADaemonAndOfItsJournalsFileAreTheSameBytes) {
  Told told;
  ASSERT_EQ(told.house.refused, "");
  told.scene.transport = &told.house;
  ASSERT_EQ(told.run({"voucher", "grant", "--to", "=cmd|x", "--amount", "50", "--programme",
                      "guiyang-2024", "--expires", "2027-06-30"})
                .status,
            0);
  ASSERT_EQ(told.run({"reserve", "create", "--chips", "rtx4090 x 4", "--for", "2h", "--payer",
                      "=cmd|x", "--why", "a test", "-y"})
                .status,
            0);
  told.house.advance(std::chrono::hours(3));

  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "granary-report-file";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    auto journal = open_journal({(folder / "copy.db").string()});
    ASSERT_TRUE(journal);
    std::vector<Entry> entries = told.house.history();
    ASSERT_TRUE((*journal)->append(entries));
  }
  for (const Words& words :
       {Words{"report", "settlement", "--month", "2026-11"},
        Words{"report", "settlement", "--month", "2026-11", "--json"},
        Words{"report", "settlement", "--month", "2026-11", "--csv", "--table", "owed"},
        Words{"report", "use", "--by", "tenant,chip,programme", "--csv"},
        Words{"report", "stock", "--json"}}) {
    told.scene.transport = &told.house;
    const Ran live = told.run(words);
    ASSERT_EQ(live.status, 0) << live.err;
    told.scene.transport = nullptr;
    told.scene.directory = folder;
    Words from_file = words;
    from_file.insert(from_file.end(), {"--journal", "copy.db"});
    const Ran file = told.run(from_file);
    ASSERT_EQ(file.status, 0) << file.err;
    EXPECT_EQ(live.out, file.out) << words[1];
  }
  // Names that a spreadsheet would take for formulas are texts.
  const Ran use = told.run({"report", "use", "--csv", "--journal", "copy.db"});
  EXPECT_THAT(use.out, HasSubstr("\"'=cmd|x\",28800000000,8.0,,8.80,0.00,8.80,CNY\r\n"));
  const Ran missing = told.run({"report", "use", "--journal", "none.db"});
  EXPECT_EQ(missing.status, 3);
  EXPECT_THAT(missing.err, HasSubstr("G2012"));
}

// Somebody wrote an entry by hand, its chain and the rows beside it too.
TEST(Reports, OfAFileThatWasForgedAreRefusedWithTheEntry) {
  Told told;
  told.scene.transport = &told.house;
  ASSERT_EQ(told.run({"voucher", "grant", "--to", "lab", "--amount", "50", "--programme",
                      "guiyang-2024", "--expires", "2027-06-30"})
                .status,
            0);
  ASSERT_EQ(told.run({"reserve", "create", "--chips", "rtx4090 x 4", "--for", "2h", "--payer",
                      "lab", "--why", "a test", "-y"})
                .status,
            0);
  const std::vector<Entry>& entries = told.house.history();
  Entry forged = entries.back();
  forged.request = {"", body_hash(Tick{}), "clock", Tick{}};
  // No journal takes a capture of a hold that is not there; the file itself takes anything.
  forged.events = {Posted{{Reason::capture, {{LegKind::capture, {3}, {4}, {7}, {91}}}, "r-1", ""}}};
  ++forged.sequence;
  const std::string bytes = encode(forged);
  const std::string chain = to_text(chained(entries.back().chain, bytes));
  const std::string number = std::to_string(forged.sequence);
  const auto folder = std::filesystem::path(::testing::TempDir()) / "granary-forged-file";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  {
    auto journal = open_journal({(folder / "copy.db").string()});
    ASSERT_TRUE(journal);
    const auto kept = (*journal)->append(entries);
    ASSERT_TRUE(kept) << kept.error().what;
  }
  {
    auto database = Database::open((folder / "copy.db").string(), true);
    ASSERT_TRUE(database);
    const std::string sql = "INSERT INTO entry VALUES (" + number + ", '" + bytes + "', x'" +
                            chain + "'); INSERT INTO leg VALUES (" + number +
                            ", 0, 'capture', 3, 4, 7, 91, 'capture', 'r-1', '')";
    const auto written = database->run(sql.c_str());
    ASSERT_TRUE(written) << written.error().what;
  }
  told.scene.transport = nullptr;
  told.scene.directory = folder;
  for (const Words& words : {Words{"voucher", "verify", "--journal", "copy.db"},
                             Words{"report", "use", "--journal", "copy.db"},
                             Words{"simulate", "copy.db", "--policy", "fifo"}}) {
    const Ran ran = told.run(words);
    EXPECT_EQ(ran.status, 1) << words[0];
    EXPECT_THAT(ran.err, HasSubstr("G9041: Entry " + std::to_string(forged.sequence) +
                                   " does not follow from those before it: hold h-91 was never"))
        << words[0];
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace granary::testing
