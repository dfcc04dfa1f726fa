#include <gtest/gtest.h>

#include "engine/explain.h"
#include "engine/test_house.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::House;
using testing::t0;

TEST(Engine, AJobStartsWithItsMoneyHeldInTheSameEntry) {
  House house;
  house.grant("lab", 100);
  const auto answer = house.send(Submit{house.wants("lab", 4, 1h)});
  EXPECT_EQ(answer.made, "j-1");
  EXPECT_EQ(house.job(1).state, JobState::running);
  EXPECT_EQ(to_text(house.left(1)), "95.20");  // 4 chips x 1 h x 1.20 held
  int held = 0, started = 0;
  for (const Event& event : house.entries.back().events) {
    if (const auto* posted = std::get_if<Posted>(&event))
      held += posted->transfer.reason == Reason::hold;
    started += std::holds_alternative<Started>(event);
  }
  EXPECT_EQ(held, 1);
  EXPECT_EQ(started, 1);
}

TEST(Engine, AFinishedJobPaysWhatItUsedAndGetsTheRestBack) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 30min);
  house.report(WorkerFinished{{1}, 1, 0, 0, t0 + 30min});
  EXPECT_EQ(house.job(1).state, JobState::finished);
  EXPECT_EQ(to_text(house.left(1)), "97.60");
  EXPECT_EQ(to_text(house.revenue()), "2.40");
  EXPECT_TRUE(house.state.books.holds.empty());
}

TEST(Engine, AJobWithoutFundsIsRefusedUnlessItWaitsForThem) {
  House house;
  house.grant("lab", 4);
  const auto refused = house.send(Submit{house.wants("lab", 4, 1h)});
  ASSERT_TRUE(refused.refused);
  EXPECT_EQ(refused.refused->code, 4002);
  JobRequest patient = house.wants("lab", 4, 1h);
  patient.wait_for_funds = true;
  house.send(Submit{patient});
  EXPECT_EQ(house.job(1).state, JobState::waiting);
  EXPECT_EQ(code_of(house.job(1).because), "funds_short");
  house.grant("lab", 10);
  EXPECT_EQ(house.job(1).state, JobState::running);
}

TEST(Engine, TwoJobsOfOnePayerCannotSpendTheSameMoney) {
  House house;
  house.grant("lab", 5);
  house.grant("other", 100);
  house.send(Submit{house.wants("other", 4, 1h)});
  house.send(Submit{house.wants("lab", 2, 1h)});     // 2.40
  house.send(Submit{house.wants("lab", 2, 90min)});  // 3.60: not beside the first
  house.report(WorkerFinished{{1}, 1, 0, 0, house.now});
  EXPECT_EQ(house.job(2).state, JobState::running);
  EXPECT_EQ(house.job(3).state, JobState::waiting);
  EXPECT_EQ(code_of(house.job(3).because), "funds_short");
}

TEST(Engine, ThePreemptedPayToTheirLastCheckpointAndResume) {
  Limits limits;
  limits.minimum_run = 10min;
  House house(testing::house_documents(), limits);
  house.grant("lab", 100);
  house.grant("client", 100);
  JobRequest low = house.wants("lab", 4, 2h);
  low.preemptible = true;
  house.send(Submit{low});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 20min);
  house.report(WorkerProgress{{1}, 1, 1, 10, 100, 3.5, "c10", t0 + 20min});
  EXPECT_EQ(to_text(house.revenue()), "1.60");  // captured to the checkpoint
  house.advance(t0 + 30min);
  house.send(Submit{house.wants("client", 4, 1h, 10)});
  EXPECT_EQ(house.job(1).state, JobState::stopping);
  EXPECT_EQ(house.job(2).state, JobState::waiting);
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_EQ(house.job(1).state, JobState::waiting);
  EXPECT_EQ(house.job(1).outcome, Outcome::preempted);
  EXPECT_EQ(house.job(2).state, JobState::running);
  EXPECT_EQ(to_text(house.left(1)), "98.40");  // 20 of 30 minutes
  bool refunded = false;
  for (const Event& event : house.entries.back().events) {
    const auto* posted = std::get_if<Posted>(&event);
    refunded |= posted && posted->transfer.reason == Reason::refund;
  }
  EXPECT_TRUE(refunded) << "captured first, refunded after: what happened stays visible";
  house.advance(t0 + 40min);
  house.report(WorkerFinished{{2}, 1, 0, 0, t0 + 40min});
  EXPECT_EQ(house.job(1).state, JobState::running);
  EXPECT_EQ(house.job(1).attempt, 2);
  const auto launch = std::get<Launch>(*effect_of(house.state, house.entries.back().events.back()));
  EXPECT_EQ(launch.resume, "c10");
  EXPECT_EQ(house.job(1).claim->until - house.job(1).claim->from, 100min);
}

TEST(Engine, AJobThatNeverStartedPaysNothing) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  house.advance(t0 + 5min);
  house.report(WorkerLost{{1}, 1, "no such program", house.now});
  EXPECT_EQ(house.job(1).attempt, 2) << "it is tried again";
  house.report(WorkerLost{{1}, 2, "no such program", house.now});
  house.report(WorkerLost{{1}, 3, "no such program", house.now});
  EXPECT_EQ(house.job(1).state, JobState::failed);
  EXPECT_EQ(to_text(house.left(1)), "100.00");
}

TEST(Engine, AServiceIsCapturedEachMinuteAndStoppedWhenItsSpanIsOver) {
  House house;
  house.grant("startup", 100);
  JobRequest service = house.wants("startup", 1, 1h);
  service.service = true;
  house.send(Submit{service});
  house.report(WorkerRunning{{1}, 1, "127.0.0.1:9"});
  house.advance(t0 + 10min);
  EXPECT_EQ(to_text(house.revenue()), "0.20");
  house.advance(t0 + 1h);
  EXPECT_EQ(house.job(1).state, JobState::stopping);
  EXPECT_EQ(house.job(1).stop_cause, StopCause::span);
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_EQ(house.job(1).state, JobState::finished);
  EXPECT_EQ(to_text(house.revenue()), "1.20");
}

TEST(Engine, AReservationHoldsChipsAndMoneyAndMakesOthersWait) {
  House house;
  house.grant("centre", 100);
  house.grant("lab", 100);
  const auto made = house.send(
      ReserveChips{"centre", "run", "internal", house.state.pool_ids.at("local/cpu"), 3, t0, 2h});
  EXPECT_EQ(made.made, "r-1");
  EXPECT_EQ(to_text(house.left(1)), "92.80");
  house.send(Submit{house.wants("lab", 2, 1h)});
  EXPECT_EQ(house.job(1).state, JobState::waiting);
  EXPECT_EQ(code_of(house.job(1).because), "reserved");
  const auto why = explain(house.state, {1}, house.now);
  ASSERT_TRUE(why);
  EXPECT_EQ(why->start, t0 + 2h);
  ASSERT_FALSE(why->sooner.empty());
  EXPECT_EQ(why->sooner.front().start, house.now);
  JobRequest inside = house.wants("centre", 3, 1h);
  inside.inside = Id<Reservation>{1};
  house.send(Submit{inside});
  EXPECT_EQ(house.job(2).state, JobState::running);
  EXPECT_EQ(to_text(house.left(1)), "92.80") << "the reservation pays for what runs inside it";
  house.advance(t0 + 30min);
  house.report(WorkerFinished{{2}, 1, 0, 0, house.now});
  house.advance(t0 + 2h);
  EXPECT_FALSE(house.state.reservations.at({1}).open);
  EXPECT_EQ(house.job(1).state, JobState::running);
  EXPECT_EQ(to_text(house.revenue()), "7.20");
}

TEST(Engine, AReservationThatCannotBePaidIsSaidToBeAReservation) {
  House house;
  house.grant("lab", 1);
  const auto refused =
      house.send(ReserveChips{"lab", "run", "x", house.state.pool_ids.at("local/cpu"), 4, t0, 1h});
  ASSERT_TRUE(refused.refused);
  EXPECT_EQ(refused.refused->code, 4002);
  EXPECT_NE(refused.refused->what.find("the reservation needs 4.80"), std::string::npos)
      << refused.refused->what;
  EXPECT_EQ(refused.refused->what.find("the job"), std::string::npos);
}

TEST(Engine, AReservationBeyondTheStockIsRefusedWithWhatIsHeld) {
  House house;
  house.grant("centre", 100);
  const auto made = house.send(
      ReserveChips{"centre", "run", "x", house.state.pool_ids.at("local/cpu"), 5, t0, 2h});
  ASSERT_TRUE(made.refused);
  EXPECT_EQ(made.refused->code, 4011);
  EXPECT_EQ(
      made.refused->what.rfind("local holds 4 cpu; a reservation cannot exceed what is held.", 0),
      0U)
      << made.refused->what;
}

TEST(Engine, AJobOverItsForecastIsExtendedWhileItCanPay) {
  House house;
  house.grant("lab", 1);  // 50 chip-minutes at 1.20
  house.send(Submit{house.wants("lab", 1, 30min)});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 31min);
  EXPECT_EQ(house.job(1).state, JobState::running);
  house.advance(t0 + 60min);
  EXPECT_EQ(house.job(1).state, JobState::stopping);
  EXPECT_EQ(house.job(1).stop_cause, StopCause::funds);
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_EQ(house.job(1).state, JobState::failed);
  EXPECT_EQ(to_text(house.left(1)), "0.00");
}

TEST(Engine, ATimeLimitStopsAJobAndNobodyPaysForTheStopping) {
  House house;
  house.grant("lab", 100);
  JobRequest limited = house.wants("lab", 1, 1h);
  limited.time_limit = 30min;
  house.send(Submit{limited});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 31min);
  EXPECT_EQ(house.job(1).stop_cause, StopCause::limit);
  house.report(WorkerFinished{{1}, 1, 0, 9, house.now});
  EXPECT_EQ(to_text(house.revenue()), "0.60");
}

TEST(Engine, ARepeatedRequestGivesTheFirstAnswerARefusalToo) {
  House house;
  const Submit poor{house.wants("lab", 4, 1h)};
  const auto first = house.send(poor, "same");
  ASSERT_TRUE(first.refused);
  house.grant("lab", 100);
  const auto again = house.send(poor, "same");
  EXPECT_EQ(again.refused, first.refused) << "a key that failed stays failed";
  EXPECT_TRUE(house.state.jobs.empty());
  const auto other = house.send(Submit{house.wants("lab", 2, 1h)}, "same");
  ASSERT_TRUE(other.refused);
  EXPECT_EQ(other.refused->code, 5002);
}

TEST(Engine, LateAndRepeatedWorkerReportsChangeNothing) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  house.report(WorkerProgress{{1}, 1, 5, 10, 100, 3.5, "", t0});
  const Hash before = digest(house.state);
  house.report(WorkerProgress{{1}, 1, 5, 99, 100, 3.5, "c", t0});
  house.report(WorkerProgress{{1}, 7, 9, 99, 100, 3.5, "c", t0});
  house.report(WorkerFinished{{1}, 2, 0, 0, t0});
  house.report(WorkerLost{{9}, 1, "?", t0});
  EXPECT_EQ(digest(house.state), before);
}

TEST(Engine, CancellingAWaitingJobFreesNothingAndARunningOneStopsFirst) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  house.send(Submit{house.wants("lab", 4, 1h)});
  house.send(Cancel{{2}});
  EXPECT_EQ(house.job(2).state, JobState::cancelled);
  house.send(Cancel{{1}});
  EXPECT_EQ(house.job(1).state, JobState::stopping);
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_EQ(house.job(1).state, JobState::cancelled);
  const auto again = house.send(Cancel{{1}});
  ASSERT_TRUE(again.refused);
  EXPECT_EQ(again.refused->code, 5003);
}

TEST(Engine, AVoucherThatExpiresPaysNoMore) {
  House house;
  house.grant("lab", 100, t0 + 2h);
  const auto late = house.send(Submit{house.wants("lab", 1, 3h)});
  ASSERT_TRUE(late.refused) << "the job would end after the voucher";
  house.send(Submit{house.wants("lab", 1, 1h)});
  house.advance(t0 + 50min);
  house.report(WorkerFinished{{1}, 1, 0, 0, house.now});
  house.advance(t0 + 2h);
  EXPECT_TRUE(house.state.books.vouchers.at({1}).closed);
  EXPECT_EQ(to_text(find_account(house.state.books, "EXPIRED:city")->balance()), "99.00");
}

TEST(Engine, AReconfigurationMayNotLoseChipsInUse) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  Configure smaller;
  for (Document& d : testing::house_documents(1, 2)) {
    smaller.documents.push_back({d.name, sha256(d.text), d.text});
  }
  const auto answer = house.send(smaller);
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->code, 4022);
}

TEST(Engine, WhoFundsAProgrammeCannotChangeOnceItHasMoney) {
  House house;
  const auto configured = [&](const std::string& more, const std::string& fund) {
    Configure changed;
    for (Document& d : testing::house_documents()) {
      if (d.name == "programmes/city.toml") {
        d.text.replace(d.text.find("1000000"), 7, fund);
        d.text += more;
      }
      changed.documents.push_back({d.name, sha256(d.text), d.text});
    }
    return house.send(changed);
  };
  const std::string two =
      "[[funders]]\nissuer = \"a\"\nweight = 1\n[[funders]]\nissuer = \"b\"\nweight = 1\n";
  const auto answer = configured(two, "1000000");
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->code, 4105);
  EXPECT_EQ(answer.refused->what,
            "Programme city has 1,000,000.00 from one issuer; who funds it cannot change.");
  EXPECT_FALSE(configured("", "1000001").refused) << "it may grow";
  EXPECT_EQ(find_account(house.state.books, "FUND:city/a"), nullptr);
}

TEST(Engine, AReconfigurationMayNotLoseReservedChips) {
  House house;
  house.grant("lab", 100);
  house.send(ReserveChips{"lab", "run", "x", house.state.pool_ids.at("local/cpu"), 4, t0 + 1h, 2h});
  Configure smaller;
  for (Document& d : testing::house_documents(1, 2)) {
    smaller.documents.push_back({d.name, sha256(d.text), d.text});
  }
  const auto answer = house.send(smaller);
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->code, 4022);
  EXPECT_EQ(answer.refused->what, "The new stock loses chips that r-1 reserves.");
}

TEST(Engine, LimitsThatNothingCanWorkWithAreRefused) {
  House house;
  const auto refused = [&](void (*spoil)(Limits&)) {
    Configure configure;
    for (Document& d : testing::house_documents()) {
      configure.documents.push_back({d.name, sha256(d.text), d.text});
    }
    spoil(configure.limits);
    const auto answer = house.send(configure);
    return answer.refused ? answer.refused->code : 0;
  };
  EXPECT_EQ(refused([](Limits&) {}), 0);
  EXPECT_EQ(refused([](Limits& l) { l.meter_service = 0s; }), 1048);
  EXPECT_EQ(refused([](Limits& l) { l.meter_other = -1h; }), 1048);
  EXPECT_EQ(refused([](Limits& l) { l.extend_by = 0s; }), 1048);
  EXPECT_EQ(refused([](Limits& l) { l.stop_notice = 0s; }), 1048) << "chips take a moment";
  EXPECT_EQ(refused([](Limits& l) { l.minimum_run = Span::max(); }), 1048);
  EXPECT_EQ(refused([](Limits& l) { l.finished_jobs = 0; }), 1048);
}

TEST(Engine, StatesWithOtherLimitsDoNotDigestAlike) {
  Limits limits;
  limits.minimum_run = 11min;
  EXPECT_NE(digest(House().state), digest(House(testing::house_documents(), limits).state));
}

TEST(Engine, WhatCannotBeCountedIsRefusedWithASentence) {
  House house(testing::house_documents(400, 8));
  house.grant("lab", 900'000);
  JobRequest endless = house.wants("lab", 3200, max_span);
  endless.wait_for_funds = true;
  auto answer = house.send(Submit{endless});
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->what,
            "An accepted option on local/cpu asks for more than can be counted: 3200 chips for "
            "36500 d.");
  JobRequest wide = house.wants("lab", 4, 1h);
  wide.choices[0].layout.data = wide.choices[0].layout.tensor = 65'536;
  answer = house.send(Submit{wide});
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->code, 1009);
  JobRequest other = house.wants("lab", 4, 1h);
  other.others = {Choice{other.choices[0].pool, {4, 0, whole_chip}, {}, 1h}};
  answer = house.send(Submit{other});
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->code, 1009);
  const Id<Pool> pool = house.state.pool_ids.at("local/cpu");
  for (const ReserveChips& absurd : {ReserveChips{"lab", "run", "x", pool, 3200, t0, max_span},
                                     ReserveChips{"lab", "run", "x", pool, 1, Instant::max(), 1h},
                                     ReserveChips{"lab", "run", "x", pool, 1, t0, Span::max()}}) {
    answer = house.send(absurd);
    ASSERT_TRUE(answer.refused);
    EXPECT_EQ(answer.refused->code, 1041) << answer.refused->what;
  }
}

TEST(ALateTick, StopsAJobAtItsLimitAndBuysNothingBeyondIt) {
  House house;
  house.grant("lab", 100);
  JobRequest limited = house.wants("lab", 1, 1h);
  limited.time_limit = 2h;
  house.send(Submit{limited});
  house.report(WorkerRunning{{1}, 1, ""});
  house.now = t0 + 3h;  // the daemon was down
  house.report(Tick{});
  EXPECT_EQ(house.job(1).stop_cause, StopCause::limit);
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_EQ(to_text(house.revenue()), "1.20") << "the hour that was held";
}

TEST(ALateTick, EndsAServiceWithoutTickingOn) {
  House house;
  house.grant("startup", 100);
  JobRequest service = house.wants("startup", 1, 1h);
  service.service = true;
  house.send(Submit{service});
  house.report(WorkerRunning{{1}, 1, "127.0.0.1:9"});
  house.now = t0 + 5h;
  house.report(Tick{});
  EXPECT_EQ(house.job(1).stop_cause, StopCause::span);
  EXPECT_EQ(to_text(house.revenue()), "1.20");
  EXPECT_GT(next_due(house.state, house.now).value_or(Instant::max()), house.now + 24h);
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_EQ(to_text(house.revenue()), "1.20");
}

TEST(ALateTick, PaysFromAVoucherThatExpiredMeanwhileForTheUseBefore) {
  House house;
  house.grant("lab", 100, t0 + 2h);
  house.send(Submit{house.wants("lab", 1, 2h)});
  house.report(WorkerRunning{{1}, 1, ""});
  house.send(ReserveChips{"lab", "run", "x", house.state.pool_ids.at("local/cpu"), 2, t0, 90min});
  house.now = t0 + 72h;
  house.report(Tick{});
  EXPECT_EQ(to_text(house.revenue()), "6.00") << "2 x 1.5 h reserved, 1 x 2 h run";
  EXPECT_EQ(house.job(1).stop_cause, StopCause::funds);
  EXPECT_EQ(house.state.reservations.at({1}).ended, t0 + 90min);
  house.report(WorkerFinished{{1}, 1, 0, 15, t0 + 72h});
  EXPECT_TRUE(house.state.books.vouchers.at({1}).closed);
  EXPECT_EQ(to_text(house.revenue()), "6.00");
  EXPECT_EQ(to_text(find_account(house.state.books, "EXPIRED:city")->balance()), "94.00");
}

TEST(Engine, AnEndThatIsReportedLateGivesBackWhatWasMeteredAfterIt) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 1, 4h)});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 3h);
  EXPECT_EQ(to_text(house.revenue()), "3.60");
  house.report(WorkerFinished{{1}, 1, 0, 0, t0 + 30min});
  EXPECT_EQ(to_text(house.revenue()), "0.60");
}

TEST(Engine, AnAttemptThatIsLostWhileItStopsAtItsLimitHasFailedAndIsNotTriedAgain) {
  House house;
  house.grant("lab", 100);
  JobRequest limited = house.wants("lab", 1, 1h);
  limited.time_limit = 30min;
  house.send(Submit{limited});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 31min);
  house.report(WorkerLost{{1}, 1, "node gone", house.now});
  EXPECT_EQ(house.job(1).state, JobState::failed);
  EXPECT_EQ(house.job(1).ended_why, "stopped at its time limit");
  EXPECT_EQ(to_text(house.revenue()), "0.60");
}

TEST(Engine, AStoppedJobThatNeverReportsKeepsItsChipsAndCausesNoTicks) {
  House house;
  house.grant("lab", 100);
  house.send(Submit{house.wants("lab", 4, 1h)});
  house.send(Submit{house.wants("lab", 1, 1h)});
  house.send(Cancel{{1}});
  house.advance(t0 + 48h);
  house.report(Tick{});
  EXPECT_EQ(house.job(1).state, JobState::stopping);
  EXPECT_EQ(house.job(2).state, JobState::waiting) << "nobody may share its chips";
  EXPECT_GT(next_due(house.state, house.now).value_or(Instant::max()), house.now + 24h);
  house.report(WorkerLost{{1}, 1, "gone", house.now});
  EXPECT_EQ(house.job(2).state, JobState::running);
}

TEST(Engine, AJobThatStopsInsideAReservationWhichEndsDoesNotWaitForIt) {
  House house;
  house.grant("lab", 100);
  house.send(ReserveChips{"lab", "run", "x", house.state.pool_ids.at("local/cpu"), 4, t0, 1h});
  JobRequest low = house.wants("lab", 4, 1h);
  low.inside = Id<Reservation>{1};
  low.preemptible = true;
  house.send(Submit{low});
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 50min);
  JobRequest high = house.wants("lab", 4, 5min, 10);
  high.inside = Id<Reservation>{1};
  house.send(Submit{high});
  EXPECT_EQ(house.job(1).stop_cause, StopCause::preempted);
  house.advance(t0 + 61min);
  EXPECT_EQ(house.job(2).state, JobState::cancelled);
  house.report(WorkerFinished{{1}, 1, 0, 15, house.now});
  EXPECT_EQ(house.job(1).state, JobState::cancelled);
  EXPECT_TRUE(house.state.active.empty());
}

TEST(Engine, WhatIsLeftForAJobShortOfFundsIsWhatMayPayForIt) {
  House house;
  house.grant("lab", 100, t0 + 2h);  // ends before the job would
  house.grant("lab", 1);
  JobRequest patient = house.wants("lab", 1, 3h);
  patient.wait_for_funds = true;
  house.send(Submit{patient});
  const auto* funds = std::get_if<FundsShort>(&house.job(1).because);
  ASSERT_TRUE(funds);
  EXPECT_EQ(to_text(funds->wanted), "3.60");
  EXPECT_EQ(to_text(funds->left), "3.40") << "two hours by the first, then what the second has";
  const auto why = explain(house.state, {1}, house.now);
  EXPECT_EQ(why->headline, "j-1 (lab, test, 1 x cpu, asked 2026-11-21T00:00:00Z) waits for money.");
  EXPECT_EQ(why->reason, "funds: 3.60 needed, 3.40 of it can be paid");
}

// Two jobs of a payer can each be paid for but not both: once the first has started, nobody waits
// behind the second.
TEST(Engine, NobodyWaitsBehindOneWhomAStartOfTheSamePassHasLeftWithoutMoney) {
  for (const char* const policy : {"fifo", "backfill"}) {
    House house(testing::house_documents(), testing::patient(), policy);
    house.grant("centre", 100);
    house.grant("lab", 6);
    house.grant("start-up", 100);
    house.send(Submit{house.wants("centre", 4, 1h)});
    house.send(Submit{house.wants("lab", 2, 1h)});       // 2.40
    house.send(Submit{house.wants("lab", 4, 1h)});       // 4.80
    house.send(Submit{house.wants("start-up", 1, 5h)});  // would delay the one before
    house.now = t0 + 30min;
    house.report(WorkerFinished{{1}, 1, 0, 0, house.now});
    EXPECT_EQ(house.job(2).state, JobState::running) << policy;
    EXPECT_TRUE(std::holds_alternative<FundsShort>(house.job(3).because)) << policy;
    EXPECT_EQ(house.job(4).state, JobState::running) << policy;
  }
}

}  // namespace
}  // namespace granary
