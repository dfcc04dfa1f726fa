// Random commands against the books and against an oracle that shares no code with them.
//   GRANARY_SEQUENCES=100000 GRANARY_SEED=7 ledger_test --gtest_filter='BooksProperty.*'

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "ledger/books_sequence.h"

namespace granary {
namespace {
std::uint64_t number(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// The first difference that a fault makes, within 2,000 sequences.
std::string first_difference(Fault fault, std::string_view containing) {
  Tally tally;
  std::string last = "none";
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    const std::string found = Sequence(seed, fault, tally).run();
    if (!found.empty()) last = found;
    if (found.find(containing) != std::string::npos) return found;
  }
  return "not found; last: " + last;
}

TEST(BooksProperty, RandomSequencesEndAsAnIndependentOracleSays) {
  const std::uint64_t sequences = number("GRANARY_SEQUENCES", 10'000);
  const std::uint64_t seed = number("GRANARY_SEED", 20'260'101);
  Tally tally;
  std::uint64_t differences = 0;
  for (std::uint64_t i = 0; i < sequences && differences < 5; ++i) {
    const std::string found = Sequence(seed + i, Fault::none, tally).run();
    if (found.empty()) continue;
    ++differences;
    ADD_FAILURE() << "GRANARY_SEED=" << seed + i << " GRANARY_SEQUENCES=1: " << found;
  }
  std::string codes;
  for (const auto& [code, times] : tally.codes) codes += fmt::format(" {}:{}", code, times);
  fmt::print(
      "seed {}: {} sequences, {} commands, {} accepted, {} refused, {} transfers, {} "
      "differences; by code{}\n",
      seed, sequences, tally.commands, tally.accepted, tally.refused, tally.transfers, differences,
      codes);
  if (sequences < 1000) return;
  for (const int code : {0, 1008, 2005, 4001, 4002, 4003, 4004, 4005, 4006, 4007, 9001, 1111, 2018,
                         2011, 4024, 4025, 4110, 4112}) {
    EXPECT_GT(tally.codes[code], 0U) << "no command ended with G" << code;
  }
}

TEST(BooksProperty, ACounterThatIsOneMicroUnitOffIsNoticed) {
  EXPECT_THAT(first_difference(Fault::counter, "audit: posted debits"),
              testing::HasSubstr("differ by"));
}
TEST(BooksProperty, AHoldThatIsOneMicroUnitOffIsNoticed) {
  EXPECT_THAT(first_difference(Fault::hold, "audit: "), testing::HasSubstr("open holds of"));
}
TEST(BooksProperty, ACreditLineThatIsOneMicroUnitLongerIsNoticed) {
  EXPECT_THAT(first_difference(Fault::credit_line, "balances of CASH:"),
              testing::HasSubstr("balances of CASH:"));
}
TEST(BooksProperty, ALegThatIsOneMicroUnitOffIsNoticed) {
  EXPECT_THAT(first_difference(Fault::leg, "balances of"), testing::HasSubstr("balances of"));
}
TEST(BooksProperty, UseThatIsCapturedTwiceIsNoticed) {
  EXPECT_THAT(first_difference(Fault::capture_twice, "for a price of"),
              testing::HasSubstr("has captured"));
}
TEST(BooksProperty, UseThatIsRefundedTwiceIsNoticed) {
  EXPECT_THAT(first_difference(Fault::refund_twice, "than it captured"),
              testing::HasSubstr("refunds more"));
}

}  // namespace
}  // namespace granary
