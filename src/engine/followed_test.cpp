#include "engine/followed.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "engine/explain.h"
#include "engine/test_house.h"
#include "ledger/payments.h"

namespace granary {
namespace {
using namespace std::chrono_literals;
using granary::testing::House;
using granary::testing::house_documents;
using granary::testing::t0;
using ::testing::HasSubstr;

constexpr const char* site =
    "id = \"east\"\nname = \"East\"\nrunner = \"followed\"\nasset = \"CNY\"\n"
    "standing = \"assumed\"\nsource = \"made-up\"\ncluster = \"east\"\n"
    "[[accounts]]\naccount = \"nlp\"\ntenant = \"lab\"\npurpose = \"pretrain\"\n"
    "[[pools]]\nchip = \"cpu\"\nnodes = 4\nchips_per_node = 8\nprice = \"12.00 CNY per "
    "chip-hour\"\n"
    "replaceable = true\ngres = \"a800\"\nnode_names = \"a800-[1-4]\"\n";

std::vector<Document> documents(const std::string& rows = {}, const std::string& programme = {}) {
  auto all = house_documents();
  all.push_back({"sites/east.toml", site + rows});
  if (!programme.empty()) all.push_back({"programmes/own.toml", programme});
  return all;
}

struct Follow : ::testing::Test {
  House house{documents()};

  static FollowedJob job(const char* number, int chips, std::vector<std::string> nodes,
                         Instant submitted = t0) {
    FollowedJob one;
    one.number = number;
    one.submitted = submitted;
    one.name = "train.sh";
    one.account = "nlp";
    one.user = "alice";
    one.gres = "a800";
    one.chips = chips;
    one.nodes = std::move(nodes);
    one.limit = 10h;
    one.state = "RUNNING";
    return one;
  }
  static FollowedJob ran(FollowedJob one, Instant from, Instant until,
                         const char* state = "COMPLETED") {
    one.started = from;
    one.ended = until;
    one.state = state;
    return one;
  }
  static FollowedJob runs(FollowedJob one, Instant from) {
    one.started = from;
    return one;
  }
  Answer follow(Instant as_of, std::vector<FollowedJob> jobs) {
    house.advance(std::max(house.now, as_of));
    return house.send(FollowSite{"east", as_of, std::move(jobs)});
  }
  Money balance(const std::string& name) const {
    const Account* const account = find_account(house.state.books, name);
    return account ? account->balance() : Money{};
  }
};

TEST_F(Follow, ChargesAVoucherForUseToTheSecondAsItIsReported) {
  house.grant("lab", 1'000);
  follow(t0 + 1min, {runs(job("7", 8, {"a800-1"}), t0)});
  EXPECT_EQ(house.job(1).state, JobState::running);
  EXPECT_EQ(house.job(1).request.payer, "lab");
  EXPECT_EQ(balance("REV:east"), Money{}) << "less than ten minutes are not charged yet";
  follow(t0 + 30min, {});
  EXPECT_EQ(balance("REV:east"), Money::units(48)) << "8 chips x 0.5 h x 12.00";
  EXPECT_EQ(house.left(1), Money::units(952));
  EXPECT_TRUE(house.state.books.holds.empty()) << "nothing is held for what cannot be stopped";
  follow(t0 + 45min, {ran(job("7", 8, {"a800-1"}), t0, t0 + 40min + 7s)});
  EXPECT_EQ(house.job(1).state, JobState::finished);
  // 8 x 2407 s x 12.00 / 3600 = 64.186666..., half up.
  EXPECT_EQ(balance("REV:east"), (Money{64'186'667}));
  EXPECT_EQ(house.job(1).paid, (Money{64'186'667}));
  EXPECT_EQ(house.left(1), Money::units(1'000) - (Money{64'186'667}));
}

TEST_F(Follow, WhatIsSaidAgainIsNotChargedAgain) {
  house.grant("lab", 1'000);
  const FollowedJob done = ran(job("7", 8, {"a800-1"}), t0, t0 + 1h);
  follow(t0 + 2h, {done, done});
  EXPECT_EQ(balance("REV:east"), Money::units(96));
  follow(t0 + 2h, {done});
  follow(t0 + 24h * 6, {done});
  follow(t0 + 24h * 30, {done});
  EXPECT_EQ(balance("REV:east"), Money::units(96));
  EXPECT_EQ(house.state.jobs.size(), 1U);
  EXPECT_TRUE(house.state.followed.at("east").over.empty()) << "after a week it is forgotten";
  // The site gives the number to another job.
  follow(t0 + 24h * 30,
         {ran(job("7", 8, {"a800-1"}, t0 + 24h * 29), t0 + 24h * 29, t0 + 24h * 29 + 1h)});
  EXPECT_EQ(balance("REV:east"), Money::units(192));
}

TEST_F(Follow, WhatNothingCoversIsOwedAndRepaidFirst) {
  house.grant("lab", 40);
  const auto paid = house.send(MoveMoney{{Reason::top_up, "lab", Money::units(10), "CNY"}});
  ASSERT_FALSE(paid.refused) << paid.refused->what;
  follow(t0 + 2h, {ran(job("7", 8, {"a800-1"}), t0, t0 + 1h)});
  EXPECT_EQ(house.left(1), Money{});
  EXPECT_EQ(balance("CASH:lab"), Money{});
  EXPECT_EQ(balance("OWED:lab/CNY"), -Money::units(46));
  EXPECT_EQ(balance("REV:east"), Money::units(96));
  house.send(MoveMoney{{Reason::top_up, "lab", Money::units(30), "CNY"}});
  EXPECT_EQ(balance("OWED:lab/CNY"), -Money::units(16));
  EXPECT_EQ(balance("CASH:lab"), Money{});
  house.send(MoveMoney{{Reason::top_up, "lab", Money::units(30), "CNY"}});
  EXPECT_EQ(balance("OWED:lab/CNY"), Money{});
  EXPECT_EQ(balance("CASH:lab"), Money::units(14));
}

TEST_F(Follow, AVoucherPaysForUseBeforeItsExpiryThoughItIsReportedLater) {
  house.grant("lab", 1'000, t0 + 1h);
  follow(t0 + 50min, {runs(job("7", 8, {"a800-1"}), t0)});
  house.advance(t0 + 90min);
  EXPECT_FALSE(house.state.books.vouchers.at({1}).closed) << "what ran until then is not known yet";
  follow(t0 + 90min, {});
  EXPECT_EQ(balance("V:v-1"), Money{}) << "the rest has expired";
  EXPECT_EQ(balance("EXPIRED:city"), Money::units(1'000 - 96));
  EXPECT_EQ(balance("OWED:lab/CNY"), -Money::units(48));
}

TEST_F(Follow, AVoucherIsNotKeptOpenByASiteThatSaysNothing) {
  house.grant("lab", 1'000, t0 + 1h);
  follow(t0 + 30min, {runs(job("7", 8, {"a800-1"}), t0)});
  Limits limits;
  house.advance(t0 + 1h + granary::testing::patient().hold_lapse);
  EXPECT_TRUE(house.state.books.vouchers.at({1}).closed);
}

TEST_F(Follow, TheMoneyOfAShareGoesToItsPartOfTheUse) {
  const std::string half =
      "id = \"own\"\nname = \"Half\"\nissuer = \"state\"\nfund = \"1000 CNY\"\npurposes = "
      "[\"pretrain\"]\n"
      "standing = \"assumed\"\nsource = \"made-up\"\n[[rates]]\nshare = \"50 %\"\n";
  house = House(documents({}, half));
  const auto granted =
      house.send(GrantVoucher{{"own", "lab", Money::units(1'000), {}, t0 + 24h * 365}});
  ASSERT_FALSE(granted.refused) << granted.refused->what;
  follow(t0 + 1h, {runs(job("7", 8, {"a800-1"}), t0)});
  EXPECT_EQ(balance("OWED:lab/CNY"), -Money::units(48));
  EXPECT_EQ(house.left(1), Money::units(952));
}

// Ten chip-hours in kind and then money; each hour is counted once.
TEST_F(Follow, WhatIsPaidInKindGoesOnInMoney) {
  house =
      House(documents({},
                      "id = \"own\"\nname = \"Hours\"\nissuer = \"state\"\nfund = \"100 hour\"\n"
                      "purposes = [\"pretrain\"]\nstanding = \"assumed\"\nsource = \"made-up\"\n"
                      "[[prices]]\nprice = \"1 hour per chip-hour\"\n"));
  const auto granted =
      house.send(GrantVoucher{{"own", "lab", Money::units(10), {}, t0 + 24h * 365}});
  ASSERT_FALSE(granted.refused) << granted.refused->what;
  follow(t0 + 1h, {runs(job("7", 8, {"a800-1"}), t0)});
  EXPECT_EQ(house.left(1), Money::units(2));
  follow(t0 + 2h, {});
  EXPECT_EQ(house.left(1), Money::units(2)) << "too little for the next hour";
  EXPECT_EQ(balance("OWED:lab/CNY"), -Money::units(96));
  follow(t0 + 3h, {});
  follow(t0 + 4h, {ran(job("7", 8, {"a800-1"}), t0, t0 + 3h + 30min)});
  EXPECT_EQ(balance("OWED:lab/CNY"), -Money::units(8 * 12 * 5 / 2));
  EXPECT_EQ(house.job(1).paid, Money::units(8 * 12 * 5 / 2));
  EXPECT_EQ(house.left(1), Money::units(2));
}

TEST_F(Follow, APriceThatChangesWhileItRunsIsThatOfTheHour) {
  house = House(documents(
      "[[pools.tariff]]\nprice = \"6.00 CNY per chip-hour\"\nhours = \"01:00..02:00\"\n"));
  house.grant("lab", 1'000);
  follow(t0 + 30min, {runs(job("7", 1, {"a800-1"}), t0)});
  follow(t0 + 3h, {ran(job("7", 1, {"a800-1"}), t0, t0 + 3h)});
  EXPECT_EQ(balance("REV:east"), Money::units(12 + 6 + 12));
}

TEST_F(Follow, AnAccountThatNobodyNamedIsATenantOfItsName) {
  FollowedJob other = job("8", 1, {"a800-2"});
  other.account = "vision";
  follow(t0 + 1h, {runs(other, t0)});
  EXPECT_EQ(balance("OWED:vision/CNY"), -Money::units(12));
  EXPECT_EQ(house.job(1).request.purpose, "run");
}

TEST_F(Follow, OneThatWaitsIsExplainedInOurWords) {
  follow(t0 + 1min, {runs(job("1", 8, {"a800-1"}), t0),
                     runs(job("2", 20, {"a800-2", "a800-3", "a800-4"}), t0), job("3", 6, {})});
  EXPECT_EQ(house.job(3).state, JobState::waiting);
  const auto why = explain(house.state, {3}, house.now);
  ASSERT_TRUE(why);
  EXPECT_THAT(why->headline, HasSubstr("waits in the queue of east as 3"));
  EXPECT_EQ(why->code, "chips_short");
  EXPECT_THAT(why->reason, HasSubstr("2 more needed at east/cpu: 6 wanted, 4 free"));
  EXPECT_EQ(why->start, t0 + 10h) << "when the limit of the first is over";
  EXPECT_EQ(reasons_at_followed_sites(house.state, house.now).size(), 1U);
  // It is cancelled at the site before it has run.
  FollowedJob gone = job("3", 6, {});
  gone.ended = t0 + 2min;
  gone.state = "CANCELLED by 1000";
  follow(t0 + 3min, {gone});
  EXPECT_EQ(house.job(3).state, JobState::cancelled);
}

// `sbatch -N1-4`: what it asked for is not what it got.
TEST_F(Follow, WhatItGotIsCharged) {
  follow(t0 + 1min, {job("1", 4, {})});
  follow(t0 + 2min, {runs(job("1", 16, {"a800-1", "a800-2"}), t0)});
  follow(t0 + 2h, {ran(job("1", 16, {"a800-1", "a800-2"}), t0, t0 + 1h)});
  EXPECT_EQ(balance("REV:east"), Money::units(16 * 12));
  EXPECT_EQ(house.job(1).paid, Money::units(16 * 12));
}

TEST_F(Follow, EndsSayWhatTheSiteSays) {
  follow(t0 + 2h, {ran(job("1", 1, {"a800-1"}), t0, t0 + 1h, "TIMEOUT"),
                   ran(job("2", 1, {"a800-1"}), t0, t0 + 1h, "CANCELLED by 0"),
                   ran(job("3", 1, {"a800-1"}), t0, t0 + 1h, "NODE_FAIL")});
  EXPECT_EQ(house.job(1).state, JobState::failed);
  EXPECT_EQ(house.job(1).ended_why, "TIMEOUT");
  EXPECT_EQ(house.job(2).state, JobState::cancelled);
  EXPECT_EQ(house.job(3).ended_why, "NODE_FAIL");
  EXPECT_EQ(balance("REV:east"), Money::units(36)) << "the site counts them, so they are charged";
}

TEST_F(Follow, WhatContradictsTheFileOfTheSiteIsLeftOut) {
  FollowedJob alien = job("1", 1, {"a800-1"}), lost = job("2", 1, {"b-9"}),
              big = job("3", 9, {"a800-1"}), odd = job("4", 1, {"a800-1"}),
              slash = job("5", 1, {"a800-1"});
  alien.gres = "h20";
  slash.account = "a/b";
  follow(t0 + 2h, {ran(alien, t0, t0 + 1h), ran(lost, t0, t0 + 1h), ran(big, t0, t0 + 1h),
                   ran(odd, t0 + 1h, t0), ran(slash, t0, t0 + 1h)});
  EXPECT_TRUE(house.state.jobs.empty());
  EXPECT_EQ(balance("REV:east"), Money{});
  const Site& east = house.state.configuration->catalog.sites.at("east");
  const FollowedPlaces places(*house.state.configuration, east);
  EXPECT_THAT(places.of(alien).error().what, HasSubstr("chips \"h20\", which no pool of east"));
  EXPECT_THAT(places.of(runs(lost, t0)).error().what, HasSubstr("runs on b-9, which is no node"));
  EXPECT_THAT(places.of(runs(big, t0)).error().what, HasSubstr("9 chips on a800-1, which holds 8"));
}

TEST_F(Follow, ReportsThatGoBackOrAreOfAnotherSiteAreRefused) {
  follow(t0 + 2h, {});
  EXPECT_EQ(follow(t0 + 1h, {}).refused->code, 5010);
  EXPECT_EQ(house.send(FollowSite{"local", t0 + 3h, {}}).refused->code, 4131);
  EXPECT_EQ(house.send(FollowSite{"nowhere", t0 + 3h, {}}).refused->code, 2004);
}

TEST_F(Follow, NothingIsStartedStoppedOrReservedThere) {
  follow(t0 + 1min, {runs(job("1", 8, {"a800-1"}), t0)});
  EXPECT_EQ(house.send(Cancel{{1}}).refused->code, 4133);
  JobRequest r = house.wants("lab", 1, 1h);
  r.choices[0].pool = house.state.pool_ids.at("east/cpu");
  r.wait_for_funds = true;
  EXPECT_EQ(house.send(Submit{r}).refused->code, 4133);
  ReserveChips reserve;
  reserve.payer = reserve.why = "lab";
  reserve.purpose = "run";
  reserve.pool = house.state.pool_ids.at("east/cpu");
  reserve.chips = 1;
  reserve.span = 1h;
  EXPECT_EQ(house.send(reserve).refused->code, 4133);
  EXPECT_TRUE(effects_in_force(house.state).empty());
}

// Whatever the site reports, in whatever steps: the price of every job is that of its chips and its
// seconds, each source pays what it may, and the books balance.
TEST(FollowProperty, TheChargesOfAJobAreThePriceOfItsUse) {
  const char* const given = std::getenv("FOLLOW_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : 20'261'128;
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  int jobs_seen = 0, owed_seen = 0;
  for (int round = 0; round < 60 && !::testing::Test::HasFailure(); ++round) {
    SCOPED_TRACE(fmt::format("seed {} round {}", seed, round));
    const std::string share =
        below(2) ? "" : fmt::format("[[rates]]\nshare = \"{} %\"\n", 1 + below(100));
    House house(
        documents({},
                  "id = \"own\"\nname = \"Own\"\nissuer = \"state\"\nfund = \"90000 CNY\"\n"
                  "purposes = [\"pretrain\"]\nstanding = \"assumed\"\nsource = \"made-up\"\n" +
                      share));
    for (int i = 0; i < 3; ++i) {
      house.send(GrantVoucher{
          {"own", "lab", Money{1 + below(400'000'000)}, {}, t0 + Span(1 + below(90'000'000))}});
    }
    if (below(2))
      house.send(MoveMoney{{Reason::top_up, "lab", Money::units(1 + below(100)), "CNY"}});
    struct One {
      FollowedJob said;
      Instant from, until;
      Span late;  // until its end is known
    };
    std::vector<One> all;
    for (int i = 0; i < 12; ++i) {
      One one{Follow::job(std::to_string(i).c_str(), 1 + static_cast<int>(below(8)),
                          {fmt::format("a800-{}", 1 + below(4))}),
              {},
              {},
              1s * below(600)};
      one.said.submitted = t0 + 1s * below(40'000);
      one.from = one.said.submitted + 1s * below(5'000);
      one.until = one.from + 1s * below(30'000);
      all.push_back(one);
    }
    for (Instant as_of = t0; as_of < t0 + 30h; as_of += 1s * (1 + below(9'000))) {
      house.advance(as_of);
      FollowSite report{"east", as_of, {}};
      for (const One& one : all) {
        if (one.said.submitted > as_of) continue;
        FollowedJob said = one.said;
        if (one.from <= as_of) said.started = one.from;
        if (one.until + one.late <= as_of) said.ended = one.until;
        said.state = said.ended ? "COMPLETED" : said.started ? "RUNNING" : "PENDING";
        report.jobs.push_back(said);
      }
      house.send(report);
    }
    FollowSite last{"east", t0 + 40h, {}};
    for (One& one : all) {
      one.said.started = one.from;
      one.said.ended = one.until;
      one.said.state = "COMPLETED";
      last.jobs.push_back(one.said);
    }
    house.advance(t0 + 40h);
    house.send(last);
    Money sum;
    for (const One& one : all) {
      const Money price = *price_of(
          Rate{Money::units(12)}, ChipTime::of(one.said.chips * whole_chip, one.until - one.from));
      const auto& known = house.state.jobs;
      const auto found = std::find_if(known.begin(), known.end(), [&](const auto& job) {
        return job.second.request.followed->number == one.said.number;
      });
      ASSERT_NE(found, known.end());
      EXPECT_EQ(found->second.paid, price) << one.said.number;
      sum += price;
      ++jobs_seen;
    }
    EXPECT_EQ(find_account(house.state.books, "REV:east")->balance(), sum);
    EXPECT_TRUE(house.state.books.holds.empty());
    EXPECT_TRUE(house.state.lines.empty());
    owed_seen += find_account(house.state.books, "OWED:lab/CNY") != nullptr;
  }
  EXPECT_GT(jobs_seen, 500);
  EXPECT_GT(owed_seen, 5);
}

}  // namespace
}  // namespace granary
