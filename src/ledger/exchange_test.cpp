// Vouchers of one programme for another's: dated rates, and a way back that never makes value.
#include "ledger/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "ledger/books_chance.h"
#include "ledger/books_fixture.h"

namespace granary {
namespace {
using std::chrono::hours;
using testing::HasSubstr;

struct ExchangeOf : testing::Test {
  World world;
  Books& books = world.books;
  Programme& credits = added("access", "credit", yuan(1'000'000));
  Programme& units = added("jetstream", "unit", {});
  Id<Voucher> v1;

  ExchangeOf() {
    units.exchange = {{"access", yuan(3), yuan(2)}};
    v1 = Id<Voucher>{books.next_voucher};
    const auto events = grant(
        books, world.programmes,
        {"access", "lab", yuan(100), {"run", "serve"}, t0 + hours(1000), {"us-researcher"}}, t0);
    EXPECT_TRUE(events) << events.error().what;
    if (events) world.fold(*events);
  }
  Programme& added(const std::string& id, const std::string& asset, Money fund) {
    Programme made;
    made.id = id;
    made.issuer = id;
    made.asset = asset;
    made.fund = fund;
    made.prices = {{{}, Rate{yuan(1)}}};
    world.fold(appropriate(books, made, {}));
    return world.programmes[id] = made;
  }
  // "exchanged", or the code and sentence.
  std::string exchanged(Id<Voucher> from, Money amount, const std::string& into, Instant at = t0) {
    const auto events = exchange(books, world.programmes, {from, amount, into}, at);
    if (!events) return "G" + std::to_string(events.error().code) + " " + events.error().what;
    world.fold(*events);
    return "exchanged";
  }
  std::string left(const std::string& account) {
    return to_text(world.account(account).available());
  }
};

TEST_F(ExchangeOf, TwoLegsAndTheResidueStaysWithTheGiver) {
  EXPECT_EQ(exchanged(v1, Money{10'000'001}, "jetstream"), "exchanged");
  // 10.000001 x 2 / 3 = 6.666667333: 6.666667, for which 10.0000005 is taken, as 10.000001.
  EXPECT_EQ(left("V:v-2"), "6.666667");
  EXPECT_EQ(left("V:v-1"), "89.999999");
  EXPECT_EQ(exchanged(v1, Money{2}, "jetstream"), "exchanged");  // 0.000001 for 0.0000015
  EXPECT_EQ(left("V:v-1"), "89.999997");
  EXPECT_EQ(exchanged(v1, Money{1}, "jetstream"),
            "G4109 0.000001 of v-1 cannot be exchanged: of jetstream it is less than a millionth, "
            "or more than can be counted.");
  EXPECT_EQ(to_text(world.account("XCHG:access/jetstream").balance()), "10.000003");
  EXPECT_EQ(to_text(world.account("XCHG:jetstream/access").balance()), "-6.666668");
}

TEST_F(ExchangeOf, TheNewVoucherHasTheTermsOfTheOldAndOfItsProgramme) {
  units.purposes = {"pretrain", "run"};
  units.months = 1;
  ASSERT_EQ(exchanged(v1, yuan(30), "jetstream"), "exchanged");
  const Voucher& made = books.vouchers.at(Id<Voucher>{2});
  EXPECT_EQ(made.holder, "lab");
  EXPECT_EQ(made.purposes, std::vector<std::string>{"run"}) << "what both pay for";
  EXPECT_EQ(made.expires, months_after(t0, 1)) << "as early as its programme asks";
  EXPECT_EQ(made.declared, std::vector<std::string>{"us-researcher"});
  units.purposes = {"pretrain"};
  EXPECT_THAT(exchanged(v1, yuan(1), "jetstream"), HasSubstr("G4005"));
  units.purposes.clear();
  units.holders = {"eu-sme"};
  EXPECT_THAT(exchanged(v1, yuan(1), "jetstream"), HasSubstr("G4023"));
}

TEST_F(ExchangeOf, TheRateIsTheLatestThatHasBegunAndTheWayBackHasThatOfThen) {
  ASSERT_EQ(exchanged(v1, yuan(30), "jetstream"), "exchanged");
  units.exchange.push_back({"access", yuan(1), yuan(5), t0 + hours(10)});
  ASSERT_EQ(exchanged(v1, yuan(1), "jetstream", t0 + hours(9)), "exchanged");
  EXPECT_EQ(left("V:v-3"), "0.666666");
  ASSERT_EQ(exchanged(v1, yuan(1), "jetstream", t0 + hours(10)), "exchanged");
  EXPECT_EQ(left("V:v-4"), "5.00");
  ASSERT_EQ(exchanged({2}, yuan(20), "", t0 + hours(11)), "exchanged");
  EXPECT_EQ(left("V:v-2"), "0.00");
  EXPECT_EQ(left("V:v-1"), "98.000001") << "100 less 2, and a residue of 0.000001 that stayed";
}

TEST_F(ExchangeOf, WhatCannotBeIsRefusedAndChangesNothing) {
  EXPECT_EQ(exchanged({9}, yuan(1), "jetstream"), "G2011 No voucher v-9.");
  EXPECT_THAT(exchanged(v1, yuan(1), "jetsteam"), HasSubstr("Did you mean jetstream?"));
  EXPECT_THAT(exchanged(v1, Money{}, "jetstream"), HasSubstr("G1008"));
  EXPECT_THAT(exchanged(v1, yuan(-1), "jetstream"), HasSubstr("G1008"));
  EXPECT_EQ(exchanged(v1, yuan(101), "jetstream"),
            "G4109 v-1 has 100.00 left; 101.00 cannot be exchanged.");
  EXPECT_THAT(exchanged(v1, yuan(1), "city"), HasSubstr("G4108 programme city has no rate"));
  EXPECT_EQ(exchanged(v1, yuan(1), ""), "G4109 v-1 came from no exchange.");
  units.exchange[0].from = t0 + hours(5);
  const auto early = exchange(books, world.programmes, {v1, yuan(1), "jetstream"}, t0);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().fix, "wait until " + to_text(t0 + hours(5)));
  EXPECT_THAT(exchanged(v1, yuan(1), "jetstream", t0 + hours(1000)), HasSubstr("expired on"));
  units.exchange[0].get = Money{std::numeric_limits<std::int64_t>::max()};
  EXPECT_THAT(exchanged(v1, yuan(100), "jetstream", t0 + hours(6)), HasSubstr("can be counted"));
  EXPECT_EQ(left("V:v-1"), "100.00");
  EXPECT_EQ(books.vouchers.size(), 1U);
}

TEST_F(ExchangeOf, NothingGoesBackToAVoucherThatHasEnded) {
  ASSERT_EQ(exchanged(v1, yuan(30), "jetstream"), "exchanged");
  books.vouchers.at(Id<Voucher>{2}).expires = t0 + hours(2000);
  world.fold(expire(books, world.programmes, v1, t0 + hours(1000)));
  EXPECT_THAT(exchanged({2}, yuan(20), "", t0 + hours(1001)),
              HasSubstr("G4109 v-1, from which v-2 came, expired on"));
}

// Any rates, amounts and order: what has come back and what is still out, at the rate of then, is
// never more than what was given.
TEST_F(ExchangeOf, NoWayThereAndBackMakesValue) {
  const char* const given = std::getenv("EXCHANGE_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20'261'128;
  std::cout << "seed " << seed << " (EXCHANGE_SEED)\n";
  Chance chance(seed);
  int backs = 0;
  for (int round = 0; round < 1'500 && !HasFailure(); ++round) {
    const auto some = [&] { return Money{1 + chance.below(chance.percent(50) ? 20 : 90'000'000)}; };
    if (chance.percent(30)) units.exchange[0] = {"access", some(), some()};
    const Money before = world.account("V:v-1").available();
    const Id<Voucher> made{books.next_voucher};
    if (exchanged(v1, Money{1 + chance.below(3'000'000)}, "jetstream") != "exchanged") continue;
    for (std::int64_t n = chance.below(4); n > 0; --n) {
      const Money on = account_of(books, books.vouchers.at(made)).available();
      if (on == Money{}) break;
      backs += exchanged(made, Money{1 + chance.below(on.micros)}, "") == "exchanged";
      if (chance.percent(30)) units.exchange[0] = {"access", some(), some()};
    }
    const Exchanged& rate = *books.vouchers.at(made).exchanged;
    const Money on = account_of(books, books.vouchers.at(made)).available();
    const Wide worth = static_cast<Wide>(on.micros) * rate.give.micros / rate.get.micros;
    const Money now = world.account("V:v-1").available();
    EXPECT_LE(now.micros + static_cast<std::int64_t>(worth), before.micros) << "round " << round;
  }
  EXPECT_GT(backs, 100);
}

}  // namespace
}  // namespace granary
