// Each law of the books that audit() watches, broken on purpose in books that are sound: the law
// that is meant must say so. docs/LAWS.md has the table of all fifteen.

#include <gmock/gmock.h>

#include "ledger/books_fixture.h"

namespace granary {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A voucher of 1,000.00 of which a running job holds 600.00 and has used 100.00.
class Laws : public ::testing::Test {
 protected:
  Laws() {
    const Id<Voucher> voucher = world.granted("lab", yuan(1'000), std::chrono::hours(1'000));
    const Line line = world.held({{voucher, yuan(600)}}, 10);
    world.fold(capture(world.books, line, chip_hours(1, 10), "metered").events);
  }
  Account& of(const std::string& name) {
    return world.books.accounts.at(world.books.by_name.at(name));
  }
  Hold& hold() { return world.books.holds.begin()->second; }
  std::string broken() const {
    const auto sound = audit(world.books);
    return sound ? "sound" : sound.error().what;
  }

  World world;
};

TEST_F(Laws, HoldInBooksThatNobodyTouched) { EXPECT_EQ(broken(), "sound"); }

TEST_F(Laws, I1PostedDebitsEqualPostedCreditsInEachAsset) {
  // Another asset that is off by the opposite does not hide it.
  Account other = of("REV:guian");
  other.id = Id<Account>{world.books.next_account++};
  other.name = "REV:abroad";
  other.asset = "USD";
  other.credits_pending = Money{};
  other.credits_posted = Money{};
  world.books.accounts[other.id] = other;
  world.books.by_name[other.name] = other.id;
  EXPECT_EQ(broken(), "sound");
  of("REV:guian").credits_posted -= Money{1};
  of("REV:abroad").credits_posted += Money{1};
  EXPECT_THAT(broken(), StartsWith("posted debits"));
  EXPECT_THAT(broken(), HasSubstr("in CNY differ by 0.000001"));
}

TEST_F(Laws, I2PendingDebitsEqualPendingCreditsInEachAsset) {
  of("REV:guian").credits_pending += Money{1};
  EXPECT_THAT(broken(), StartsWith("pending debits"));
}

TEST_F(Laws, I3TheSumsAreThoseOfTheLegs) {
  world.books.sum_posted_debits += Money{1};  // a leg that was counted and moved nothing
  world.books.sum_posted_credits += Money{1};
  EXPECT_THAT(broken(), StartsWith("the accounts sum to"));
}

TEST_F(Laws, I4NoFloorIsPassed) {
  of("V:v-1").debits_posted += yuan(401);  // 900.00 were left, 500.00 of them held
  of("REV:guian").credits_posted += yuan(401);
  world.books.sum_posted_debits += yuan(401);
  world.books.sum_posted_credits += yuan(401);
  EXPECT_THAT(broken(),
              HasSubstr("V:v-1 has 1,001.00 out and held of 1,000.00 in: below its floor"));
}

TEST_F(Laws, I4NoCounterIsBelowZero) {
  of("V:v-1").debits_pending = Money{-1};
  EXPECT_THAT(broken(), HasSubstr("debits_pending of V:v-1 is -0.000001, below zero"));
}

TEST_F(Laws, I5NoHoldGivesMoreThanItsAmount) {
  hold().captured += yuan(500);
  hold().released += Money{1};
  EXPECT_THAT(broken(), HasSubstr("hold h-1 of 600.00 has 600.00 captured and 0.000001 released"));
}

TEST_F(Laws, I5OpenRemaindersSumToWhatIsPending) {
  hold().released += Money{1};
  EXPECT_THAT(broken(), StartsWith("open holds of V:v-1 sum to 499.999999"));
}

TEST_F(Laws, I5WhatIsSettledIsGone) {
  world.books.holds.clear();
  EXPECT_THAT(broken(), StartsWith("open holds of"));
}

TEST_F(Laws, AVoucherHasReceivedItsFaceAndHoldsNothingOnceClosed) {
  World before = world;
  world.books.vouchers.begin()->second.face += Money{1};
  EXPECT_THAT(broken(), HasSubstr("voucher v-1 of 1,000.000001 received only 1,000.00"));
  world = before;
  world.books.vouchers.begin()->second.closed = true;
  EXPECT_THAT(broken(), HasSubstr("voucher v-1 is closed and holds 500.00"));
}

// I10 of the books alone: whoever is not live owns nothing.
TEST_F(Laws, I10EveryOpenHoldHasALiveOwner) {
  EXPECT_TRUE(orphans(world.books, {"j-1/1"}).empty());
  const auto found = orphans(world.books, {"j-1/2", "j-2/1"});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().owner, "j-1/1");
}

}  // namespace
}  // namespace granary
