// Budgets and credit lines: what binds a bill, counted to the micro-unit.
#include "ledger/budgets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "ledger/books_chance.h"
#include "ledger/books_fixture.h"
#include "ledger/payments.h"

namespace granary {
namespace {
using std::chrono::hours;
using testing::HasSubstr;

struct Budgets : testing::Test {
  World world{yuan(1'000'000)};
  Books& books = world.books;

  void fold(const Result<std::vector<BooksEvent>>& events) {
    ASSERT_TRUE(events) << events.error().what;
    world.fold(*events);
  }
  void cash(Money amount) { fold(pay(books, {Reason::top_up, "lab", amount, "CNY"})); }
  void credit(Money line) { fold(set_credit_line(books, {"lab", "CNY", line})); }
  void budget(const char* team, Money amount, Budget::Per per = Budget::Per::month) {
    fold(set_budget(books, {"lab", team, "CNY", per, amount}));
  }
  // One chip at 10.00 an hour from t0, which is 2024-10-04, or from later on.
  static Bill ten(const char* team, hours lasts, Instant from = t0) {
    Bill one = bill("lab", "pretrain", yuan(10), hours(1));
    one.team = team;
    one.from = from;
    one.until = from + lasts;
    return one;
  }
  std::string refusal(const Bill& wanted) {
    const auto funding = fund(books, world.programmes, wanted);
    return funding ? "paid" : to_error(funding.error()).what;
  }
  void finish(Line line, double chip_hours_used, double kept) {
    const Captured captured = capture(books, line, chip_hours(1, chip_hours_used), "metered");
    EXPECT_EQ(captured.short_by, Money{});
    world.fold(captured.events);
    const Refunded back = refund(books, captured.line, chip_hours(1, kept), "lost");
    world.fold(back.events);
    world.fold(release(books, back.line, "ended").events);
  }
  BudgetView view(const char* team, Instant at = t0, Budget::Per per = Budget::Per::month) {
    return budget_at(books, {"lab", team, "CNY", per}, at);
  }
};

TEST_F(Budgets, AMonthIsThatOfTheUseInUtcAndEndsWithLeapDaysAndYears) {
  const auto month_after = [](const char* text) {
    return to_text(start_of_next_month(parse_instant(text).value()));
  };
  EXPECT_EQ(month_after("2024-02-29T23:59:59.999Z"), "2024-03-01T00:00:00Z");
  EXPECT_EQ(month_after("2024-12-01T00:00:00Z"), "2025-01-01T00:00:00Z");
  EXPECT_EQ(month_after("2026-12-01T06:00+08:00"), "2026-12-01T00:00:00Z");
  EXPECT_EQ(window_of(Budget::Per::month, t0), "2024-10");
  EXPECT_EQ(window_of(Budget::Per::ever, t0), "ever");
}

TEST_F(Budgets, WhatIsHeldCapturedGivenBackAndReleasedIsCountedBesideTheMoney) {
  cash(yuan(1'000));
  budget("vision", yuan(100));
  const Line line = world.started(ten("vision", hours(8)), "j-1/1");
  EXPECT_EQ(view("vision").held, yuan(80));
  EXPECT_EQ(view("vision").left, yuan(20));
  EXPECT_THAT(refusal(ten("vision", hours(3))),
              HasSubstr("the budget of team vision of lab for 2024-10 has 20.00 of 100.00 left and "
                        "80.00 held; that of the next month begins on 2024-11-01T00:00:00Z. The "
                        "job needs 30.00, of which 20.00 can be paid."));
  finish(line, 6, 5.5);
  EXPECT_EQ(view("vision").used, yuan(55));
  EXPECT_EQ(view("vision").held, Money{});
  EXPECT_EQ(view("vision").left, yuan(45));
  EXPECT_EQ(paid_by(line), Money{}) << "limits are beside the money";
}

TEST_F(Budgets, AClaimAcrossTheTurnOfTheMonthTakesFromEachMonthItsHours) {
  cash(yuan(1'000));
  budget("vision", yuan(50));
  const Instant late = start_of_next_month(t0) - hours(3);
  EXPECT_THAT(refusal(ten("vision", hours(9), late)), HasSubstr("for 2024-11 has 50.00 of 50.00"))
      << "three hours of October and six of November";
  const Line line = world.started(ten("vision", hours(8), late), "j-1/1");
  EXPECT_EQ(view("vision", late).held, yuan(30));
  EXPECT_EQ(view("vision", late + hours(3)).held, yuan(50));
  finish(line, 7, 7);
  EXPECT_EQ(view("vision", late).used, yuan(30));
  EXPECT_EQ(view("vision", late + hours(3)).used, yuan(40));
}

TEST_F(Budgets, TheBudgetsOfATeamAndOfItsTenantBothBind) {
  cash(yuan(1'000));
  budget("vision", yuan(100));
  budget("", yuan(60), Budget::Per::ever);
  EXPECT_EQ(refusal(ten("vision", hours(6))), "paid");
  EXPECT_THAT(refusal(ten("vision", hours(7))), HasSubstr("the budget of lab has 60.00 of 60.00"));
  budget("vision", yuan(40));
  EXPECT_THAT(refusal(ten("vision", hours(6))), HasSubstr("team vision of lab for 2024-10"));
  EXPECT_EQ(refusal(ten("", hours(6))), "paid") << "without a team that of the tenant alone";
}

TEST_F(Budgets, OnlyTheHoldersOwnPartIsCountedAndNotASubsidysOrUnitsInKind) {
  Programme state;
  state.id = "state";
  state.issuer = "state";
  state.kind = Programme::Kind::subsidy;
  state.fund = yuan(1'000);
  state.shares = {{{}, 2'500}};
  world.fold(appropriate(books, state, {}));
  world.programmes["state"] = state;
  cash(yuan(1'000));
  budget("vision", yuan(75));
  const Line line = world.started(ten("vision", hours(10)), "j-1/1");
  EXPECT_EQ(view("vision").held, yuan(75));
  EXPECT_EQ(world.account("SUBS:state").debits_pending, yuan(25));
  finish(line, 10, 10);
  Programme hours_of;
  hours_of.id = "hours";
  hours_of.issuer = "centre";
  hours_of.asset = "hour";
  hours_of.fund = yuan(1'000);
  hours_of.prices = {{{}, Rate{yuan(1)}}};
  world.fold(appropriate(books, hours_of, {}));
  world.programmes["hours"] = hours_of;
  fold(grant(books, world.programmes, {"hours", "lab", yuan(100), {}, t0 + hours(999)}, t0));
  EXPECT_EQ(refusal(ten("vision", hours(10))), "paid") << "in hours, though the budget is used up";
  EXPECT_EQ(refusal(ten("audio", hours(10))), "paid");
}

TEST_F(Budgets, ASmallerBudgetLeavesHoldsAndALargerOneIsFundedWhenItIsUsed) {
  cash(yuan(1'000));
  budget("vision", yuan(100));
  const Line line = world.started(ten("vision", hours(8)), "j-1/1");
  budget("vision", yuan(10));
  EXPECT_EQ(view("vision").left, Money{});
  finish(line, 8, 8);
  EXPECT_EQ(view("vision").used, yuan(80)) << "what was held may be used";
  budget("vision", yuan(200));
  world.started(ten("vision", hours(12)), "j-2/1");
  EXPECT_EQ(view("vision").held, yuan(120));
  EXPECT_THAT(refusal(ten("vision", hours(1))), HasSubstr("0.00 of 200.00 left"));
}

TEST_F(Budgets, ATeamOrATenantWhoseNameLooksLikeAnothersSharesNothingWithIt) {
  EXPECT_NE(budget_account({"lab", "vision", "CNY", Budget::Per::month}, t0),
            budget_account({"lab/vision", "", "CNY", Budget::Per::month}, t0));
  for (const char* team : {"", "a/b", "*", "a b", "a\n", "\xc3\xa9"}) {
    const Budget wanted{"lab", team, "CNY", Budget::Per::month, yuan(1)};
    const auto made = set_budget(books, wanted);
    if (*team == 0) {
      EXPECT_TRUE(made);
      continue;
    }
    ASSERT_FALSE(made) << team;
    EXPECT_EQ(made.error().code, 1110);
  }
  EXPECT_EQ(set_budget(books, {"lab", std::string(65, 'a'), "CNY", {}, yuan(1)}).error().code,
            1110);
}

TEST_F(Budgets, AnUnknownTeamIsRefusedWithTheNearest) {
  budget("vision", yuan(1));
  EXPECT_TRUE(check_team(books, "lab", "vision"));
  EXPECT_TRUE(check_team(books, "lab", ""));
  EXPECT_EQ(check_team(books, "lab", "visoin").error().code, 2110);
  EXPECT_THAT(check_team(books, "lab", "visoin").error().what, HasSubstr("Did you mean vision?"));
  EXPECT_EQ(check_team(books, "la", "vision").error().code, 2110) << "of another tenant";
  EXPECT_THAT(refusal(ten("audio", hours(1))), HasSubstr("team audio of lab has no budget in CNY"));
}

TEST_F(Budgets, ACreditLineIsSpentToTheLastMicroUnitAndNoFurther) {
  credit(Money{99'999'999});
  EXPECT_THAT(refusal(ten("", hours(10))), HasSubstr("short by 0.000001"));
  credit(yuan(100));
  const Line line = world.started(ten("", hours(10)), "j-1/1");
  EXPECT_EQ(world.account("CASH:lab").spendable(), Money{});
  EXPECT_EQ(world.account("CASH:lab").drawn(), Money{}) << "held, not drawn yet";
  EXPECT_EQ(set_credit_line(books, {"lab", "CNY", Money{99'999'999}}).error().code, 4110);
  finish(line, 10, 7);
  EXPECT_EQ(world.account("CASH:lab").drawn(), yuan(70));
  EXPECT_EQ(pay(books, {Reason::withdraw, "lab", Money{10'000}, "CNY"}).error().code, 4024);
  cash(yuan(70));
  EXPECT_EQ(world.account("CASH:lab").drawn(), Money{});
  credit(Money{});
  EXPECT_EQ(world.account("CASH:lab").spendable(), Money{});
}

TEST_F(Budgets, AuditFindsAnAccountBelowItsCreditAndCreditThatIsNotOfCash) {
  credit(yuan(100));
  world.started(ten("", hours(10)), "j-1/1");
  Books wrong = books;
  wrong.accounts.at(world.account("CASH:lab").id).credit_line = Money{99'999'999};
  ASSERT_FALSE(audit(wrong));
  EXPECT_THAT(audit(wrong).error().what, HasSubstr("below its floor by 0.000001"));
  wrong = books;
  wrong.accounts.at(world.account("REV:guian").id).credit_line = yuan(1);
  ASSERT_FALSE(audit(wrong));
  EXPECT_THAT(audit(wrong).error().what, HasSubstr("REV:guian has a credit line"));
}

// Random budgets, shares and lengths: what is counted is what the holder paid, and never more than
// the budget of the month.
TEST(BudgetsProperty, CountWhatTheHolderPaysInEachMonthAndNeverMoreThanTheBudget) {
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chance chance(seed);
    World world;
    world.programmes.at("city").shares = {{{}, static_cast<int>(chance.below(10'001))}};
    world.programmes.at("city").with_subsidy = chance.percent(50);
    Programme state;
    state.id = "state";
    state.issuer = "state";
    state.kind = Programme::Kind::subsidy;
    state.fund = Money{1 + chance.below(300'000'000)};
    state.shares = {{{}, static_cast<int>(chance.below(9'000))}};
    world.fold(appropriate(world.books, state, {}));
    world.programmes["state"] = state;
    world.granted("lab", Money{1 + chance.below(900'000'000)}, hours(24 * 60));
    world.fold(pay(world.books, {Reason::top_up, "lab", yuan(1'000), "CNY"}).value());
    const Money most{1 + chance.below(500'000'000)};
    world.fold(set_budget(world.books, {"lab", "t", "CNY", Budget::Per::month, most}).value());
    Bill wanted = bill("lab", "run", Money{1 + chance.below(20'000'000)}, hours(1));
    wanted.team = "t";
    wanted.from = start_of_next_month(t0) - hours(chance.below(40));
    wanted.until = wanted.from + hours(1 + chance.below(60));
    const auto funding = fund(world.books, world.programmes, wanted);
    if (!funding) continue;
    Line line;
    line.owner = "j-1/1";
    line.site = "guian";
    const auto placed = place_hold(world.books, *funding, line, "x");
    ASSERT_TRUE(placed) << placed.error().what;
    world.fold(placed->events);
    line = placed->line;
    const auto span = chance.below((wanted.until - wanted.from).count());
    const Captured captured = capture(world.books, line, ChipTime::of(1000, Span(span)), "x");
    ASSERT_EQ(captured.short_by, Money{});
    world.fold(captured.events);
    const Refunded back =
        refund(world.books, captured.line, ChipTime::of(1000, Span(span / 2)), "x");
    world.fold(back.events);
    world.fold(release(world.books, back.line, "x").events);
    Money counted;
    for (const Instant at : std::set<Instant>{wanted.from, start_of_next_month(t0)}) {
      const BudgetView view = budget_at(world.books, {"lab", "t", "CNY", Budget::Per::month}, at);
      ASSERT_LE(view.used, most);
      ASSERT_EQ(view.held, Money{});
      counted += view.used;
    }
    const Money subsidised = state.fund - world.account("SUBS:state").balance();
    ASSERT_EQ(counted + subsidised, world.account("REV:guian").balance());
  }
}

}  // namespace
}  // namespace granary
