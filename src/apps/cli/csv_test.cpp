#include "apps/cli/csv.h"

#include <gtest/gtest.h>

namespace granary::cli {
namespace {

TEST(Csv, ANameThatWouldBeAFormulaIsAText) {
  for (const char* const name : {"=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1",
                                 "  =1", "＝1", "＋1", "－1", "＠x"}) {
    const std::string cell = csv_text(name);
    const std::string inner = cell.front() == '"' ? cell.substr(1) : cell;
    EXPECT_EQ(inner.front(), '\'') << name;
  }
  EXPECT_EQ(csv_text("药企联盟"), "药企联盟");
  EXPECT_EQ(csv_text("a-b=c"), "a-b=c");
  EXPECT_EQ(csv_number("-5.00"), "-5.00");
}

TEST(Csv, QuotesWhatWouldEndACellOrALine) {
  EXPECT_EQ(csv_text("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_text("say \"no\""), "\"say \"\"no\"\"\"");
  EXPECT_EQ(csv_text("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(csv_text(""), "");
  EXPECT_EQ(csv_line({"a", "", "b"}), "a,,b\r\n");
}

}  // namespace
}  // namespace granary::cli
