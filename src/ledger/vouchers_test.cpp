#include "ledger/vouchers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "ledger/books_fixture.h"

namespace granary {
namespace {
using std::chrono::hours;
using testing::HasSubstr;

// "v-2 100.00": who pays how much, in order.
std::vector<std::string> drawn(const World& world, const Bill& wanted) {
  const auto funding = fund(world.books, world.programmes, wanted);
  if (!funding) return {to_error(funding.error()).what};
  std::vector<std::string> names;
  for (const Payer& payer : funding->payers) {
    names.push_back(world.books.accounts.at(payer.account).name.substr(2) + " " +
                    to_text(payer.amount));
  }
  return names;
}

std::string why_short(const World& world, const Bill& wanted) {
  const auto funding = fund(world.books, world.programmes, wanted);
  return funding ? "enough" : to_error(funding.error()).what;
}

std::optional<ExcludedBecause> excluded(const World& world, const Bill& wanted, Id<Voucher> id) {
  const auto funding = fund(world.books, world.programmes, wanted);
  for (const VoucherView& view : funding.error().vouchers) {
    if (view.voucher == id) return view.excluded;
  }
  throw std::runtime_error("no such voucher in the shortfall");
}

TEST(Draw, TheVoucherThatExpiresFirstIsDrawnFirst) {
  World world;
  world.granted("edu-cloud", yuan(100), hours(300));
  world.granted("edu-cloud", yuan(100), hours(200));
  world.granted("edu-cloud", yuan(100), hours(250));
  EXPECT_EQ(drawn(world, bill("edu-cloud", "serve", yuan(250), hours(10))),
            (std::vector<std::string>{"v-2 100.00", "v-3 100.00", "v-1 50.00"}));
}

TEST(Draw, AmongEqualExpiriesFewerPurposesGoFirstThenTheLowerId) {
  World world;
  world.granted("edu-cloud", yuan(10), hours(200));  // any purpose
  world.granted("edu-cloud", yuan(10), hours(200), {"pretrain", "finetune", "serve", "run"});
  world.granted("edu-cloud", yuan(10), hours(200), {"serve", "run"});
  world.granted("edu-cloud", yuan(10), hours(200), {"serve"});
  world.granted("edu-cloud", yuan(10), hours(200), {"serve"});
  EXPECT_EQ(
      drawn(world, bill("edu-cloud", "serve", yuan(50), hours(10))),
      (std::vector<std::string>{"v-4 10.00", "v-5 10.00", "v-3 10.00", "v-2 10.00", "v-1 10.00"}));
}

TEST(Draw, APaymentOfNothingNeedsNoVoucher) {
  World world;
  EXPECT_TRUE(drawn(world, bill("edu-cloud", "serve", Money{}, hours(10))).empty());
}

TEST(Draw, EachVoucherThatDoesNotPaySaysWhyNot) {
  World world;
  const auto gone = world.granted("edu-cloud", yuan(100), hours(1));
  const auto early = world.granted("edu-cloud", yuan(100), hours(9));
  const auto other = world.granted("edu-cloud", yuan(100), hours(90), {"pretrain"});
  const auto empty = world.granted("edu-cloud", yuan(100), hours(90));
  const auto good = world.granted("edu-cloud", yuan(100), hours(10));
  world.fold(expire(world.books, world.programmes, gone, t0 + hours(1)));
  world.held({{empty, yuan(100)}}, 1);
  Bill wanted = bill("edu-cloud", "serve", yuan(1000), hours(10));
  EXPECT_EQ(excluded(world, wanted, gone), ExcludedBecause::expired);
  EXPECT_EQ(excluded(world, wanted, early), std::nullopt) << "it pays for the use before";
  EXPECT_EQ(excluded(world, wanted, other), ExcludedBecause::purpose);
  EXPECT_EQ(excluded(world, wanted, empty), ExcludedBecause::empty);
  EXPECT_EQ(excluded(world, wanted, good), std::nullopt);  // a claim may end at the expiry
  EXPECT_EQ(affordable(world.books, world.programmes, wanted), yuan(200));
  world.programmes.at("city").basis = Programme::Basis::end;
  EXPECT_EQ(excluded(world, wanted, early), ExcludedBecause::ends_too_late);
  EXPECT_EQ(affordable(world.books, world.programmes, wanted), yuan(100));
  wanted.asset = "USD";
  EXPECT_EQ(excluded(world, wanted, good), ExcludedBecause::asset);
  EXPECT_EQ(affordable(world.books, world.programmes, wanted), Money{});
}

TEST(Draw, AVoucherOfAnotherHolderIsNeitherDrawnNorShown) {
  World world;
  world.granted("zhipu-lab", yuan(100), hours(90));
  const auto draws =
      fund(world.books, world.programmes, bill("edu-cloud", "serve", yuan(1), hours(10)));
  ASSERT_FALSE(draws);
  EXPECT_TRUE(draws.error().vouchers.empty());
  EXPECT_EQ(to_error(draws.error()).what,
            "edu-cloud has no voucher, the job needs 1.00 (short by 1.00).");
}

TEST(FundsShort, TheSentenceNamesTheVoucherTheAmountsAndThatNoOtherHelps) {
  World world;
  for (int i = 0; i < 8; ++i) world.granted("others", yuan(1), hours(90));
  world.granted("edu-cloud", yuan(3720), hours(90), {"finetune"});
  world.granted("edu-cloud", yuan(9000), hours(90), {"serve"});
  const auto draws =
      fund(world.books, world.programmes, bill("edu-cloud", "finetune", yuan(5000), hours(10)));
  ASSERT_FALSE(draws);
  const Error error = to_error(draws.error());
  EXPECT_EQ(error.code, 4002);
  EXPECT_EQ(error.kind, Error::Kind::refused);
  EXPECT_EQ(error.what,
            "voucher v-9 has 3,720.00 left, the job needs 5,000.00 (short by 1,280.00). v-9 is the "
            "only one of edu-cloud whose purposes include finetune.");
  EXPECT_EQ(error.fix, "ask the programme owner for a grant");
}

TEST(FundsShort, AnEmptyVoucherIsNamedLikeOneThatIsTooSmall) {
  World world;
  const auto only = world.granted("edu-cloud", yuan(100), hours(90), {"finetune"});
  world.held({{only, yuan(100)}}, 1);
  const auto draws =
      fund(world.books, world.programmes, bill("edu-cloud", "finetune", yuan(5), hours(10)));
  ASSERT_FALSE(draws);
  EXPECT_EQ(to_error(draws.error()).what,
            "voucher v-1 has 0.00 left, the job needs 5.00 (short by 5.00). v-1 is the only one of "
            "edu-cloud whose purposes include finetune.");
  EXPECT_THAT(to_error(draws.error()).fix, HasSubstr("the 100.00 that is held"));
}

TEST(FundsShort, SeveralVouchersAreCountedTogetherAndTheOthersExplained) {
  World world;
  world.programmes.at("city").basis = Programme::Basis::end;
  world.granted("edu-cloud", yuan(20), hours(90));
  world.granted("edu-cloud", yuan(15), hours(90));
  world.granted("edu-cloud", yuan(500), hours(5));
  world.granted("edu-cloud", yuan(500), hours(90), {"pretrain", "serve"});
  EXPECT_EQ(why_short(world, bill("edu-cloud", "run", yuan(50), hours(10))),
            "vouchers v-1 and v-2 have 35.00 left together, the job needs 50.00 (short by 15.00). "
            "v-3 expires on 2024-10-04T05:00:00Z, the job would end on 2024-10-04T10:00:00Z; v-4 "
            "is only for pretrain and serve.");
}

TEST(FundsShort, WhenNoVoucherFitsTheFirstThreeReasonsAreNamed) {
  World world;
  const auto gone = world.granted("edu-cloud", yuan(20), hours(1));
  for (int i = 0; i < 4; ++i) world.granted("edu-cloud", yuan(20), hours(90), {"serve"});
  world.fold(expire(world.books, world.programmes, gone, t0 + hours(1)));
  EXPECT_EQ(why_short(world, bill("edu-cloud", "run", yuan(50), hours(10))),
            "no voucher of edu-cloud can pay for run, the job needs 50.00 (short by 50.00). v-2 is "
            "only for serve; v-3 is only for serve; v-4 is only for serve; 2 more do not fit "
            "either.");
}

TEST(Grant, EachThingThatIsWrongIsRefusedWithItsOwnCode) {
  World world(yuan(1000));
  world.programmes.at("city").purposes = {"serve", "run"};
  const Grant good{"city", "edu-cloud", yuan(100), {"serve"}, t0 + hours(1)};
  const auto refused = [&](auto change) {
    Grant bad = good;
    change(bad);
    const auto events = grant(world.books, world.programmes, bad, t0);
    return events ? "granted"
                  : "G" + std::to_string(events.error().code) + " " + events.error().what;
  };
  EXPECT_EQ(refused([](Grant&) {}), "granted");
  EXPECT_EQ(refused([](Grant& g) { g.programme = "cty"; }),
            "G2005 no programme \"cty\" (1 programmes). Did you mean city?");
  EXPECT_EQ(refused([](Grant& g) { g.amount = {}; }),
            "G1008 a grant of 0.00 to edu-cloud: an amount must be more than zero.");
  EXPECT_THAT(refused([](Grant& g) { g.amount = yuan(-1); }), HasSubstr("G1008 a grant of -1.00"));
  EXPECT_EQ(refused([](Grant& g) { g.expires = t0; }),
            "G4004 the voucher would expire on 2024-10-04T00:00:00Z, and it is "
            "2024-10-04T00:00:00Z now.");
  EXPECT_EQ(refused([](Grant& g) {
              g.purposes = {"serve", "pretrain"};
            }),
            "G4005 programme city does not pay for \"pretrain\"; its purposes are serve, run.");
  EXPECT_EQ(refused([](Grant& g) { g.amount = yuan(1001); }),
            "G4006 programme city has 1,000.00 left to grant, the grant needs 1,001.00 (short by "
            "1.00).");
}

TEST(Grant, AFundRunsDry) {
  World world(yuan(1000));
  world.granted("edu-cloud", yuan(700), hours(10));
  world.granted("zhipu-lab", yuan(300), hours(10));
  const Grant more{"city", "edu-cloud", Money{1}, {}, t0 + hours(1)};
  const auto events = grant(world.books, world.programmes, more, t0);
  ASSERT_FALSE(events);
  EXPECT_EQ(events.error().code, 4006);
  EXPECT_THAT(events.error().what, HasSubstr("has 0.00 left to grant, the grant needs 0.000001"));
}

TEST(Grant, AProgrammeThatWasNeverFundedHasNothingToGrant) {
  World world;
  Programme late = world.programmes.at("city");
  late.id = "late";
  world.programmes.emplace("late", late);
  const Grant wanted{"late", "edu-cloud", yuan(1), {}, t0 + hours(1)};
  EXPECT_EQ(grant(world.books, world.programmes, wanted, t0).error().code, 4006);
}

TEST(Grant, PurposesAreThoseOfTheProgrammeUnlessFewerAreNamed) {
  World world;
  world.programmes.at("city").purposes = {"pretrain", "serve", "run"};
  const auto all = world.granted("edu-cloud", yuan(1), hours(1));
  const auto some = world.granted("edu-cloud", yuan(1), hours(1), {"run", "pretrain", "run"});
  EXPECT_EQ(world.books.vouchers.at(all).purposes,
            (std::vector<std::string>{"pretrain", "serve", "run"}));
  EXPECT_EQ(world.books.vouchers.at(some).purposes, (std::vector<std::string>{"pretrain", "run"}));
}

TEST(Appropriate, AFundThatIsConfiguredAgainOnlyGrowsByTheDifference) {
  World world(yuan(1000));
  Programme city = world.programmes.at("city");
  EXPECT_TRUE(appropriate(world.books, city, yuan(1000)).empty());
  city.fund = yuan(400);
  EXPECT_TRUE(appropriate(world.books, city, yuan(1000)).empty());
  city.fund = yuan(1500);
  world.fold(appropriate(world.books, city, yuan(1000)));
  EXPECT_EQ(world.account("FUND:city").balance(), yuan(1500));
  EXPECT_EQ(world.account("CITY:city").balance(), yuan(-1500));
}

TEST(Expiry, NothingHappensBeforeItsInstant) {
  World world;
  const auto id = world.granted("edu-cloud", yuan(100), hours(10));
  EXPECT_TRUE(expire(world.books, world.programmes, id, t0 + hours(10) - Span(1)).empty());
  EXPECT_TRUE(expire(world.books, world.programmes, Id<Voucher>{7}, t0 + hours(10)).empty());
  EXPECT_EQ(expire(world.books, world.programmes, id, t0 + hours(10)).size(), 2U);
}

TEST(Expiry, TheFreePartMovesToTheExpiredAccountAndNeverToRevenue) {
  World world;
  const auto id = world.granted("edu-cloud", yuan(100), hours(10));
  world.fold(expire(world.books, world.programmes, id, t0 + hours(10)));
  EXPECT_EQ(world.of(id).balance(), Money{});
  EXPECT_EQ(world.account("EXPIRED:city").balance(), yuan(100));
  EXPECT_TRUE(world.books.vouchers.at(id).closed);
  EXPECT_EQ(find_account(world.books, "REV:guian"), nullptr);
  EXPECT_TRUE(expire(world.books, world.programmes, id, t0 + hours(11)).empty());
}

TEST(Expiry, AHoldPlacedInTimeStaysGoodAndWhatItReleasesFollows) {
  World world;
  const auto id = world.granted("edu-cloud", yuan(100), hours(10));
  Line line = world.held({{id, yuan(60)}}, 10);
  world.fold(expire(world.books, world.programmes, id, t0 + hours(10)));
  EXPECT_EQ(world.account("EXPIRED:city").balance(), yuan(40));
  EXPECT_EQ(world.of(id).debits_pending, yuan(60));
  EXPECT_FALSE(world.books.vouchers.at(id).closed);

  const Captured captured = capture(world.books, line, chip_hours(1, 4.5), "reported late");
  world.fold(captured.events);
  EXPECT_EQ(captured.amount, yuan(45));
  world.fold(release(world.books, captured.line, "ended").events);
  EXPECT_EQ(world.of(id).available(), yuan(15));
  world.fold(expire(world.books, world.programmes, id, t0 + hours(12)));
  EXPECT_EQ(world.account("EXPIRED:city").balance(), yuan(55));
  EXPECT_EQ(world.account("REV:guian").balance(), yuan(45));
  EXPECT_TRUE(world.books.vouchers.at(id).closed);
}

TEST(Expiry, ARefundToAClosedVoucherFollowsToo) {
  World world;
  const auto id = world.granted("edu-cloud", yuan(100), hours(10));
  const Captured captured =
      capture(world.books, world.held({{id, yuan(60)}}, 10), chip_hours(1, 6), "ran");
  world.fold(captured.events);
  world.fold(expire(world.books, world.programmes, id, t0 + hours(10)));
  ASSERT_TRUE(world.books.vouchers.at(id).closed);
  world.fold(refund(world.books, captured.line, chip_hours(1, 5), "node fault").events);
  EXPECT_EQ(world.of(id).available(), yuan(10));
  world.fold(expire(world.books, world.programmes, id, t0 + hours(11)));
  EXPECT_EQ(world.account("EXPIRED:city").balance(), yuan(50));
  EXPECT_EQ(world.of(id).available(), Money{});
}

TEST(Expiry, NothingLeavesAVoucherByANewHoldAfterIt) {
  World world;
  const auto open = world.granted("edu-cloud", yuan(100), hours(10));
  const auto closed = world.granted("edu-cloud", yuan(100), hours(10));
  Line line = world.held({{open, yuan(60)}}, 10);
  for (const auto id : {open, closed})
    world.fold(expire(world.books, world.programmes, id, t0 + hours(10)));
  EXPECT_THAT(why_short(world, bill("edu-cloud", "serve", yuan(11), hours(11))),
              HasSubstr("v-1 can pay 0.00 of the 11.00 that the job needs"));
  Line late;
  late.owner = "j-2/1";
  late.site = "guian";
  for (const auto id : {open, closed}) {  // draws that were worked out before the expiry
    const auto placed = place_hold(world.books, world.funding({{id, yuan(1)}}), late, "late");
    ASSERT_FALSE(placed);
    EXPECT_EQ(placed.error().code, 4001);
  }
  // Even what comes back to a closed voucher cannot be held again before it is swept.
  Account& account = world.books.accounts.at(world.of(closed).id);
  account.credits_posted += yuan(5);
  const auto placed = place_hold(world.books, world.funding({{closed, yuan(1)}}), late, "late");
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().what, "V:v-2 is closed and has 0.00 left, 1.00 is needed");
}

TEST(Affordable, MoreThanAnAmountCanSayIsTheMostItCanSay) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  World world(Money{most / 4});
  const auto a = world.granted("edu-cloud", yuan(1), hours(10));
  const auto b = world.granted("edu-cloud", yuan(1), hours(10));
  for (const auto id : {a, b}) {  // as books of several issuers could have it
    world.books.accounts.at(world.of(id).id).credits_posted = Money{most - 5};
  }
  Bill wanted = bill("edu-cloud", "serve", Money{most}, hours(1));
  EXPECT_EQ(affordable(world.books, world.programmes, wanted), Money{most});
  const auto funding = fund(world.books, world.programmes, wanted);
  ASSERT_TRUE(funding);
  EXPECT_EQ(funding->payers.back().amount, Money{5});
  wanted.until += hours(1);
  EXPECT_EQ(price_of(wanted), std::nullopt);
}

}  // namespace
}  // namespace granary
