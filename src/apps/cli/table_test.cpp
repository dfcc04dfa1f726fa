#include "apps/cli/table.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/cli/output.h"

namespace granary::cli {
namespace {

TEST(DisplayWidth, CountsTwoCellsForAChineseCharacterAndNoneForACombiningMark) {
  EXPECT_EQ(display_width("rtx4090"), 7);
  EXPECT_EQ(display_width("药企联盟"), 8);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("粮仓 x"), 6);
  EXPECT_EQ(display_width("…"), 1);
  EXPECT_EQ(display_width(""), 0);
  EXPECT_EQ(display_width("\xE7"), 1);  // a broken character is one cell, not a crash
}

TEST(CutTo, NeverCutsACharacterInHalfNorPassesTheLimit) {
  EXPECT_EQ(cut_to("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to("abcdef", 4), "abc…");
  EXPECT_EQ(cut_to("药企联盟", 8), "药企联盟");
  EXPECT_EQ(cut_to("药企联盟", 7), "药企联…");
  EXPECT_EQ(cut_to("药企联盟", 6), "药企…");
  for (int cells = 1; cells < 9; ++cells) {
    EXPECT_LE(display_width(cut_to("a药b企c联", cells)), cells);
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Table queue() {
  Table table({{"JOB"}, {"TENANT"}, {"CHIPS", Align::right}, {"WHY", Align::left, true}, {"END"}});
  table.add({"j-1", "药企联盟", "8", "outranked by two jobs that wait longer", "now"});
  table.add({"j-22", "uni-phys", "1,024", "fits", "never"}, '*');
  return table;
}

TEST(Table, AlignsByCellsAndPutsNumbersAtTheRight) {
  const auto lines = lines_of(queue().text({}));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0], "  JOB   TENANT    CHIPS  WHY                                     END");
  EXPECT_EQ(lines[1], "  j-1   药企联盟      8  outranked by two jobs that wait longer  now");
  EXPECT_EQ(lines[2], "* j-22  uni-phys  1,024  fits                                    never");
}

TEST(Table, CutsOnlyTheColumnThatMayBeCutAndOnlyOnATerminal) {
  for (const std::string& line : lines_of(queue().text({60, false}))) {
    EXPECT_LE(display_width(line), 60) << line;
  }
  EXPECT_NE(queue().text({60, false}).find("…"), std::string::npos);
  EXPECT_NE(queue().text({60, false}).find("never"), std::string::npos);
  EXPECT_EQ(queue().text({0, false}).find("…"), std::string::npos);
}

TEST(Table, KeepsWhatSteersATerminalOutOfACell) {
  Table table({{"NAME"}});
  table.add({"a\033[31mb\nc\xFF"});
  EXPECT_EQ(table.text({}), "  NAME\n  a?[31mb?c?\n");
}

TEST(Table, ColoursACellWithoutMovingTheOthers) {
  Table table({{"STATE"}, {"N", Align::right}});
  table.add({{"running", Colour::green}, "1"});
  EXPECT_EQ(table.text({0, true}), "  STATE    N\n  \033[32mrunning\033[0m  1\n");
  EXPECT_EQ(table.text({0, false}), "  STATE    N\n  running  1\n");
}

TEST(Output, GroupsThousandsAndRoundsOnlyForComparing) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(694444), "694,444");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  const Json money{{"amount", "4694444.500001"}, {"asset", "CNY"}};
  EXPECT_EQ(exact_amount(money), "4,694,444.500001");
  EXPECT_EQ(rounded_amount(money), "4,694,445");
  EXPECT_EQ(rounded_amount({{"amount", "12.345"}, {"asset", "CNY"}}), "12.35");
  EXPECT_EQ(exact_amount(Json()), "0.00");
  EXPECT_EQ(significant(3.1234e23), "3.12e23");
}

TEST(Output, WritesDatesShortInTheSameYear) {
  const std::string now = "2026-11-21T18:02:00Z";
  EXPECT_EQ(date_of("2026-11-24T09:00:00Z", now), "24 Nov 09:00");
  EXPECT_EQ(date_of("2027-06-30T00:00:00Z", now), "30 Jun 2027");
  EXPECT_EQ(date_of("2027-01-07T06:00:00Z", now), "7 Jan 2027 06:00");
  EXPECT_EQ(date_of("", now), "-");
}

}  // namespace
}  // namespace granary::cli
