#include "ledger/books.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "ledger/books_fixture.h"

namespace granary {
namespace {
using std::chrono::hours;
using testing::HasSubstr;
constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

// A voucher v-1 of 100.00 with 40.00 held as h-1 for REV:guian.
struct Held : testing::Test {
  World world;
  Books& books = world.books;
  Id<Voucher> voucher = world.granted("edu-cloud", yuan(100), hours(100));
  Line line = world.held({{voucher, yuan(40)}}, 10);
  Id<Account> v = world.of(voucher).id, revenue = world.account("REV:guian").id;

  Leg leg(LegKind kind, std::int64_t amount, std::uint64_t hold = 0) const {
    return {kind, v, revenue, yuan(amount), Id<Hold>{hold}};
  }
  Error refused(const std::vector<Leg>& legs) const {
    Transfer transfer;
    transfer.legs = legs;
    const auto admitted = admit(books, transfer);
    return admitted ? Error{} : admitted.error();
  }
  void fold(const std::vector<Leg>& legs) {
    Transfer transfer;
    transfer.legs = legs;
    world.fold({Posted{transfer}});
  }
  std::string audited() const {
    const auto sound = audit(books);
    return sound ? "sound" : "G" + std::to_string(sound.error().code) + " " + sound.error().what;
  }
};

TEST_F(Held, MoneyThatIsHeldIsStillOnTheVoucherButNotAvailable) {
  EXPECT_EQ(world.of(voucher).balance(), yuan(100));
  EXPECT_EQ(world.of(voucher).available(), yuan(60));
  EXPECT_EQ(world.account("REV:guian").balance(), Money{});
  EXPECT_EQ(books.holds.at(Id<Hold>{1}).owner, "j-1/1");
}

TEST_F(Held, AHoldIsCapturedSeveralTimesAndForgottenWhenNothingIsOpen) {
  fold({leg(LegKind::capture, 10, 1)});
  fold({leg(LegKind::capture, 25, 1)});
  EXPECT_EQ(books.holds.at(Id<Hold>{1}).open(), yuan(5));
  EXPECT_EQ(world.account("REV:guian").balance(), yuan(35));
  fold({leg(LegKind::release, 5, 1)});
  EXPECT_TRUE(books.holds.empty());
  EXPECT_EQ(world.of(voucher).available(), yuan(65));
}

TEST_F(Held, AVoucherCannotBeOverdrawnAndTheRefusalSaysByHowMuch) {
  const Error error = refused({leg(LegKind::post, 61)});
  EXPECT_EQ(error.code, 4001);
  EXPECT_EQ(error.what, "V:v-1 has 60.00 left, 61.00 is needed (short by 1.00)");
  EXPECT_EQ(refused({leg(LegKind::hold, 61, 2)}).code, 4001);
  EXPECT_EQ(refused({leg(LegKind::hold, 60, 2)}).code, 0);
}

TEST_F(Held, ACaptureAboveItsHoldIsRefused) {
  const Error error = refused({leg(LegKind::capture, 41, 1)});
  EXPECT_EQ(error.code, 4003);
  EXPECT_EQ(error.what, "hold h-1 of V:v-1 has 40.00 open, the capture wants 41.00");
}

TEST_F(Held, AHoldIsReleasedOnce) {
  EXPECT_EQ(refused({leg(LegKind::release, 40, 1), leg(LegKind::release, 40, 1)}).code, 4003);
  fold({leg(LegKind::release, 40, 1)});
  const Error error = refused({leg(LegKind::release, 40, 1)});
  EXPECT_EQ(error.code, 4003);
  EXPECT_EQ(error.what, "hold h-1 of V:v-1 has 0.00 open, the release wants 40.00");
}

TEST_F(Held, LegsHappenTogetherOrNotAtAll) {
  EXPECT_EQ(refused({leg(LegKind::capture, 40, 1), leg(LegKind::post, 61)}).code, 4001);
  EXPECT_EQ(refused({leg(LegKind::release, 40, 1), leg(LegKind::post, 100)}).code, 0);
  EXPECT_EQ(world.of(voucher).available(), yuan(60));  // asking changes nothing
}

TEST_F(Held, WhatOnlyABugDoesIsRefusedAsOne) {
  const Leg capture = leg(LegKind::capture, 1, 1);
  Leg wrong = capture;
  std::swap(wrong.debit, wrong.credit);
  EXPECT_THAT(refused({wrong}).what, HasSubstr("hold h-1 is not from REV:guian to V:v-1"));
  wrong = capture;
  wrong.credit = wrong.debit;
  EXPECT_THAT(refused({wrong}).what, HasSubstr("to itself"));
  wrong = capture;
  wrong.debit = Id<Account>{77};
  EXPECT_THAT(refused({wrong}).what, HasSubstr("account 77, which is not open"));
  EXPECT_THAT(refused({leg(LegKind::post, 0)}).what, HasSubstr("a leg of 0.00"));
  EXPECT_THAT(refused({leg(LegKind::post, -5)}).what, HasSubstr("a leg of -5.00"));
  EXPECT_THAT(refused({leg(LegKind::post, 5, 1)}).what, HasSubstr("a post names hold h-1"));
  EXPECT_THAT(refused({leg(LegKind::hold, 5, 9)}).what, HasSubstr("the next is h-2"));
  EXPECT_THAT(refused({leg(LegKind::capture, 5, 9)}).what, HasSubstr("h-9 was never opened"));
  EXPECT_THAT(refused({}).what, HasSubstr("a transfer of 0 legs; it has 1 to 64"));
  EXPECT_THAT(refused(std::vector<Leg>(65, leg(LegKind::post, 1))).what, HasSubstr("65 legs"));
  EXPECT_EQ(refused({leg(LegKind::post, -5)}).code, 9001);
  EXPECT_EQ(refused({leg(LegKind::post, -5)}).kind, Error::Kind::bug);
}

TEST_F(Held, ATransferStaysWithinOneAsset) {
  Account dollars;
  dollars.id = Id<Account>{books.next_account};
  dollars.name = "REV:abroad";
  dollars.kind = AccountClass::revenue;
  dollars.asset = "USD";
  evolve(books, Opened{dollars});
  Leg across = leg(LegKind::post, 5);
  across.credit = dollars.id;
  const Error error = refused({across});
  EXPECT_EQ(error.code, 9001);
  EXPECT_THAT(error.what, HasSubstr("from V:v-1 in CNY to REV:abroad in USD"));
}

TEST(Books, AmountsAtTheLimitOf64BitsAreRefusedAndNeverWrap) {
  World world(Money{largest - 5});
  const Id<Account> city = world.account("CITY:city").id, fund = world.account("FUND:city").id;
  const auto appropriated = [&](std::int64_t micros) {
    Transfer transfer;
    transfer.legs = {{LegKind::post, city, fund, Money{micros}, {}}};
    const auto admitted = admit(world.books, transfer);
    return admitted ? 0 : admitted.error().code;
  };
  EXPECT_EQ(appropriated(5), 0);
  EXPECT_EQ(appropriated(6), 4007);
  EXPECT_EQ(appropriated(largest), 4007);
  const Grant most{"city", "edu-cloud", Money{largest - 5}, {}, t0 + hours(1)};
  const auto events = grant(world.books, world.programmes, most, t0);
  ASSERT_FALSE(events);  // all postings together would pass the limit
  EXPECT_EQ(events.error().code, 4007);
  EXPECT_THAT(events.error().what, HasSubstr("9,223,372,036,854.775807"));
  EXPECT_TRUE(audit(world.books));
}

TEST(Books, PendingAndPostedTogetherFit64Bits) {
  World world(Money{largest / 4});
  const Id<Account> city = world.account("CITY:city").id, fund = world.account("FUND:city").id;
  Transfer hold;
  hold.legs = {{LegKind::hold, city, fund, Money{largest - largest / 4}, Id<Hold>{1}}};
  EXPECT_TRUE(admit(world.books, hold));
  hold.legs.front().amount += Money{1};
  ASSERT_FALSE(admit(world.books, hold));
  EXPECT_EQ(admit(world.books, hold).error().code, 4007);
}

TEST_F(Held, AHoldWithoutALiveOwnerIsAnOrphan) {
  EXPECT_TRUE(orphans(books, {"j-0/1", "j-1/1", "r-2"}).empty());
  ASSERT_EQ(orphans(books, {"j-1/2"}).size(), 1U);
  EXPECT_EQ(orphans(books, {"j-1/2"}).front().id, Id<Hold>{1});
}

// Each law is broken on purpose, so that the check is seen to fail.
TEST_F(Held, AuditNamesACounterThatIsOff) {
  ASSERT_EQ(audited(), "sound");
  books.accounts.at(v).debits_posted += yuan(1);
  EXPECT_EQ(audited(),
            "G9001 posted debits 1,000,101.00 and posted credits 1,000,100.00 in CNY "
            "differ by 1.00");
}
TEST_F(Held, AuditNamesPendingCountersThatDiffer) {
  books.accounts.at(revenue).credits_pending += yuan(2);
  EXPECT_EQ(audited(),
            "G9001 pending debits 40.00 and pending credits 42.00 in CNY differ by -2.00");
}
TEST_F(Held, AuditNamesPendingThatNoHoldExplains) {
  books.accounts.at(v).debits_pending += yuan(2);
  books.accounts.at(revenue).credits_pending += yuan(2);
  EXPECT_THAT(audited(), HasSubstr("open holds of V:v-1 sum to 40.00 out and 0.00 in, pending are "
                                   "42.00 and 0.00"));
}
TEST_F(Held, AuditNamesAnAccountBelowItsFloor) {
  books.accounts.at(v).debits_pending += yuan(61);
  EXPECT_EQ(audited(), "G9001 V:v-1 has 101.00 out and held of 100.00 in: below its floor by 1.00");
}
TEST_F(Held, AuditNamesANegativeCounter) {
  books.accounts.at(v).credits_pending = yuan(-3);
  EXPECT_EQ(audited(), "G9001 credits_pending of V:v-1 is -3.00, below zero");
}
TEST_F(Held, AuditNamesAHoldThatGaveMoreThanItHas) {
  books.holds.at(Id<Hold>{1}).captured = yuan(30);
  books.holds.at(Id<Hold>{1}).released = yuan(11);
  EXPECT_EQ(audited(), "G9001 hold h-1 of 40.00 has 30.00 captured and 11.00 released");
}
TEST_F(Held, AuditNamesAHoldThatLostItsAccount) {
  books.holds.at(Id<Hold>{1}).credit = Id<Account>{99};
  EXPECT_THAT(audited(), HasSubstr("hold h-1 is not between two accounts"));
}
TEST_F(Held, AuditNamesTotalsThatTheAccountsDoNotSumTo) {
  books.sum_posted_credits += yuan(4);
  EXPECT_THAT(audited(), HasSubstr("the books kept 1,000,100.00 and 1,000,104.00"));
}
TEST_F(Held, AuditNamesAnAccountThatIsNotFoundByItsName) {
  books.by_name.erase("V:v-1");
  EXPECT_THAT(audited(), HasSubstr("is not found by its name V:v-1"));
}
TEST_F(Held, AuditNamesAVoucherThatNeverReceivedItsFace) {
  books.vouchers.at(voucher).face = yuan(101);
  EXPECT_EQ(audited(), "G9001 voucher v-1 of 101.00 received only 100.00");
}
TEST_F(Held, AuditNamesAClosedVoucherThatStillHolds) {
  books.vouchers.at(voucher).closed = true;
  EXPECT_EQ(audited(), "G9001 voucher v-1 is closed and holds 40.00");
}
TEST_F(Held, AuditNamesNumbersThatWouldBeGivenTwice) {
  books.next_hold = 1;
  EXPECT_THAT(audited(), HasSubstr("hold h-1 is numbered 1, the next is to be 1"));
}

using HeldDeath = Held;
TEST_F(HeldDeath, FoldingALegThatBreaksALawStopsTheProgram) {
  const auto folds = [&](const Leg& wrong) {
    Transfer transfer;
    transfer.legs = {wrong};
    evolve(books, Posted{transfer});
  };
  EXPECT_DEATH(folds(leg(LegKind::post, 61)), "below the floor");
  EXPECT_DEATH(folds(leg(LegKind::capture, 41, 1)), "more than is open");
  EXPECT_DEATH(folds(leg(LegKind::release, 1, 7)), "the hold is not open");
  EXPECT_DEATH(folds(leg(LegKind::post, -1)), "moves more than zero");
}

}  // namespace
}  // namespace granary
