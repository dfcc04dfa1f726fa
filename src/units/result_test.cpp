#include "units/result.h"

#include <gtest/gtest.h>

namespace granary {
namespace {
using Kind = Error::Kind;

TEST(Error, TheExitStatusSaysWhatAClientCanDo) {
  EXPECT_EQ(exit_code(Kind::failed), 1);
  EXPECT_EQ(exit_code(Kind::invalid), 2);
  EXPECT_EQ(exit_code(Kind::not_found), 3);
  EXPECT_EQ(exit_code(Kind::refused), 4);
  EXPECT_EQ(exit_code(Kind::conflict), 5);
  EXPECT_EQ(exit_code(Kind::infeasible), 6);
  EXPECT_EQ(exit_code(Kind::unavailable), 7);
  EXPECT_EQ(exit_code(Kind::unauthenticated), 8);
  EXPECT_EQ(exit_code(Kind::bug), 1);
}

TEST(Error, EveryKindIsReadBackFromItsNameAndAnUnknownNameIsAFailure) {
  for (const Kind kind :
       {Kind::failed, Kind::invalid, Kind::not_found, Kind::refused, Kind::conflict,
        Kind::infeasible, Kind::unavailable, Kind::unauthenticated, Kind::bug}) {
    EXPECT_EQ(parse_error_kind(to_text(kind)), kind) << to_text(kind);
  }
  EXPECT_EQ(parse_error_kind("fine"), Kind::failed);
}

TEST(Result, CarriesTheErrorItWasGiven) {
  const Result<int> result = fail(Kind::refused, 4002, "voucher v-1 is empty.", "Top it up.");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{Kind::refused, 4002, "voucher v-1 is empty.", "Top it up."}));
}
}  // namespace
}  // namespace granary
