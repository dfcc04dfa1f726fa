#include "engine/alerts.h"

#include <gmock/gmock.h>

#include "engine/test_house.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::House;
using testing::t0;

// What the journal tells a follower, in order: "voucher_used v-1 50".
std::vector<std::string> told(const House& house, std::size_t after = 0) {
  static const std::map<Alert::Kind, std::string> names{{Alert::Kind::voucher_used, "voucher "},
                                                        {Alert::Kind::voucher_expires, "expiry "},
                                                        {Alert::Kind::budget_used, "budget "},
                                                        {Alert::Kind::credit_drawn, "credit "}};
  std::vector<std::string> all;
  for (const Entry& entry : house.entries) {
    for (const Event& event : entry.events) {
      if (const auto* raised = std::get_if<Alerted>(&event)) {
        const Alert& alert = raised->alert;
        all.push_back(names.at(alert.kind) + alert.subject + " " + std::to_string(alert.level));
        EXPECT_EQ(alert.since, entry.at);
      }
      if (const auto* over = std::get_if<AlertOver>(&event)) {
        all.push_back("over " + names.at(over->kind) + over->subject + " " +
                      std::to_string(over->level));
      }
    }
  }
  EXPECT_GE(all.size(), after);
  return {all.begin() + static_cast<std::ptrdiff_t>(after), all.end()};
}

// A job of 4 chips, 4.80 an hour; `checkpoint` is its last.
void run(House& house, std::uint64_t id, Span used, std::optional<Span> lost_since = {}) {
  house.report(WorkerRunning{{id}, house.job(id).attempt, ""});
  const Instant from = house.now;
  if (lost_since) {
    house.advance(from + used - *lost_since);
    house.report(WorkerProgress{{id}, house.job(id).attempt, 1, 1, 1, 0, "c", house.now});
  }
  house.advance(from + used);
  if (lost_since) {
    house.report(WorkerLost{{id}, house.job(id).attempt, "node gone", house.now});
  } else {
    house.report(WorkerFinished{{id}, house.job(id).attempt, 0, 0, house.now});
  }
}

TEST(Alerts, OfAVoucherAreRaisedOnceEachThoughARefundGoesBelowThem) {
  House house;
  house.grant("lab", 48);
  house.send(Submit{house.wants("lab", 4, 10h)});
  run(house, 1, 5h + 30min, 1h);  // captured 24.00 at 5 h, then back to 21.60
  EXPECT_THAT(told(house), ElementsAre("voucher v-1 50"));
  run(house, 1, 4h);
  EXPECT_EQ(to_text(house.left(1)), "7.20");
  EXPECT_THAT(told(house), ElementsAre("voucher v-1 50", "voucher v-1 80"));
  EXPECT_EQ(alerts_in_force(house.state, house.now).size(), 1U) << "the most urgent alone";
  EXPECT_EQ(alerts_in_force(house.state, house.now).front().alert.level, 80);
}

TEST(Alerts, WhatIsOnlyHeldRaisesNone) {
  House house;
  house.grant("lab", 5);
  house.send(Submit{house.wants("lab", 4, 1h)});
  EXPECT_EQ(to_text(house.left(1)), "0.20");
  EXPECT_THAT(told(house), ElementsAre());
}

TEST(Alerts, OfAnExpiryComeThirtySevenAndOneDayBeforeOnlyWhileMoneyIsLeft) {
  House house;
  house.grant("lab", 10, t0 + 24h * 40);
  house.grant("uni", 10, t0 + 24h * 7);  // granted a week before: told of the last day
  house.advance(t0 + 24h * 10 - 1ms);
  EXPECT_THAT(told(house), ElementsAre("expiry v-2 1"));
  house.advance(t0 + 24h * 36);
  EXPECT_THAT(told(house), ElementsAre("expiry v-2 1", "expiry v-1 30", "expiry v-1 7"));
  house.send(Submit{house.wants("lab", 4, 125min)});
  run(house, 1, 125min);  // all 10.00 of it
  house.advance(t0 + 24h * 41);
  EXPECT_THAT(told(house), ElementsAre("expiry v-2 1", "expiry v-1 30", "expiry v-1 7",
                                       "voucher v-1 50", "voucher v-1 80", "voucher v-1 95"));
  EXPECT_TRUE(house.state.alerts.empty()) << "of closed vouchers nothing is kept";
}

TEST(Alerts, OfABudgetBeginAnewWithItsMonthAndOfCreditAfterItIsRepaid) {
  House house;
  house.send(SetCreditLine{{"lab", "CNY", Money::units(10)}});
  house.send(SetBudget{{"lab", "t", "CNY", Budget::Per::month, Money::units(5)}});
  JobRequest wanted = house.wants("lab", 4, 1h);
  wanted.team = "t";
  house.send(Submit{wanted});
  run(house, 1, 1h);  // 4.80
  EXPECT_THAT(told(house), ElementsAre("budget lab/t/CNY/month 50", "budget lab/t/CNY/month 80",
                                       "budget lab/t/CNY/month 95"));
  house.advance(t0 + 24h * 10);  // December
  EXPECT_TRUE(alerts_in_force(house.state, house.now).empty());
  house.send(Submit{wanted});
  run(house, 2, 40min);  // 3.20: 64 % of the budget, 80 % of the credit with November's
  EXPECT_THAT(told(house, 3),
              ElementsAre("credit lab 50", "credit lab 80", "budget lab/t/CNY/month 50"));
  EXPECT_EQ(alerts_in_force(house.state, house.now).size(), 2U);
  house.send(MoveMoney{{Reason::top_up, "lab", Money::units(2), "CNY"}});
  house.send(MoveMoney{{Reason::top_up, "lab", Money::units(2), "CNY"}});
  EXPECT_THAT(told(house, 6), ElementsAre("over credit lab 80", "over credit lab 50"));
}

TEST(Alerts, AreOverWhenABudgetGrowsAndForgottenWhenItIsLifted) {
  House house;
  house.send(SetCreditLine{{"lab", "CNY", Money::units(1'000)}});
  house.send(SetBudget{{"lab", "", "CNY", Budget::Per::ever, Money::units(5)}});
  house.send(Submit{house.wants("lab", 4, 1h)});
  run(house, 1, 1h);
  house.send(SetBudget{{"lab", "", "CNY", Budget::Per::ever, Money::units(6)}});
  EXPECT_EQ(told(house).back(), "over budget lab/*/CNY/ever 95");
  EXPECT_EQ(alerts_in_force(house.state, house.now).front().sentence,
            "the budget of lab is 80.0 % used: 4.80 of 6.00");
  house.send(SetBudget{{"lab", "", "CNY", Budget::Per::ever, std::nullopt}});
  EXPECT_TRUE(house.state.alerts.empty());
}

TEST(Alerts, OfAVoucherInTranchesAreOfWhatHasBeenReleasedAndOverWithTheNextOne) {
  auto documents = testing::house_documents();
  for (Document& d : documents) {
    if (d.name == "programmes/city.toml") d.text += "tranches = [\"50 %\", \"50 %\"]\n";
  }
  House house(std::move(documents));
  house.grant("lab", 10);
  house.send(Submit{house.wants("lab", 4, 1h)});
  run(house, 1, 1h);  // 4.80 of the 5.00 that are released
  EXPECT_THAT(told(house), ElementsAre("voucher v-1 50", "voucher v-1 80", "voucher v-1 95"));
  house.send(ReleaseTranche{{1}});
  EXPECT_THAT(told(house, 3),
              ElementsAre("over voucher v-1 50", "over voucher v-1 80", "over voucher v-1 95"));
  house.send(Submit{house.wants("lab", 1, 15min)});
  run(house, 2, 15min);  // 0.30 more: 51 %
  EXPECT_THAT(told(house, 6), ElementsAre("voucher v-1 50")) << "again, of ten";
}

TEST(ATick, AtWhichAYearBeginsLetsThoseStartWhoWaitForItsCap) {
  auto documents = testing::house_documents();
  for (Document& d : documents) {
    if (d.name == "programmes/city.toml")
      d.text += "[[caps]]\namount = \"5 CNY\"\nper = \"year\"\n";
  }
  House house(std::move(documents));
  house.grant("lab", 1'000);
  house.send(Submit{house.wants("lab", 4, 1h)});
  run(house, 1, 1h);  // 4.80 of the 5.00
  JobRequest wanted = house.wants("lab", 4, 1h);
  wanted.wait_for_funds = true;
  house.send(Submit{wanted});
  house.advance(t0 + 24h * 41 - 1min);
  EXPECT_EQ(house.job(2).state, JobState::waiting);
  house.advance(t0 + 24h * 41);
  EXPECT_EQ(house.job(2).state, JobState::running);
}

TEST(ATick, AtWhichAMonthBeginsLetsThoseStartWhoWaitForItsBudget) {
  House house;
  house.grant("lab", 1'000);
  house.send(SetBudget{{"lab", "t", "CNY", Budget::Per::month, Money::units(5)}});
  JobRequest wanted = house.wants("lab", 4, 1h);
  wanted.team = "t";
  house.send(Submit{wanted});
  run(house, 1, 1h);
  wanted.wait_for_funds = true;
  house.send(Submit{wanted});
  EXPECT_EQ(house.job(2).state, JobState::waiting);
  EXPECT_EQ(next_due(house.state, house.now), parse_instant("2026-12-01").value());
  house.advance(t0 + 24h * 10);
  EXPECT_EQ(house.job(2).state, JobState::running);
}

}  // namespace
}  // namespace granary
