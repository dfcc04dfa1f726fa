// One example from end to end, every posting: a subsidy of 20 % for domestic chips, vouchers for
// 80 % of what is left, cash for the rest. J1 on domestic chips ends early; J2 on imported chips is
// metered, preempted and refunded to its last checkpoint; a voucher expires; sites and issuers
// settle. Amounts were worked out by hand.
#include <gtest/gtest.h>

#include <sstream>

#include "ledger/books_fixture.h"
#include "ledger/payments.h"

namespace granary {
namespace {
using std::chrono::hours;

struct Example : testing::Test {
  World world{yuan(100'000)};
  Books& books = world.books;
  Id<Voucher> a, b;

  Id<Account> id(const std::string& name) { return world.account(name).id; }
  void bank(Reason reason, const char* party, const char* amount) {
    const auto events = pay(books, {reason, party, *parse_money(amount), "CNY"});
    ASSERT_TRUE(events) << events.error().what;
    world.fold(*events);
  }

  void SetUp() override {
    Programme& city = world.programmes.at("city");
    city.shares = {{{}, 8000}};
    city.with_subsidy = true;
    city.lapse = Programme::Lapse::issuer;
    a = world.granted("lab", yuan(10'000), hours(24 * 90));
    b = world.granted("lab", yuan(20'000), hours(24 * 365));
    Programme chips;
    chips.id = "chips";
    chips.issuer = "city";
    chips.kind = Programme::Kind::subsidy;
    chips.fund = yuan(8'000);
    When domestic;
    domestic.origin = Origin::domestic;
    chips.shares = {{domestic, 2000}};
    world.fold(appropriate(books, chips, {}));
    world.programmes["chips"] = chips;
    bank(Reason::top_up, "lab", "5000");
  }

  Line start(const char* owner, const char* site, std::int64_t rate, std::int64_t chips,
             std::int64_t longest, Origin origin) {
    Bill bill;
    bill.holder = "lab";
    bill.purpose = "pretrain";
    bill.asset = "CNY";
    bill.rate = Rate{yuan(rate)};
    bill.shares = chips * 1000;
    bill.from = t0;
    bill.until = t0 + hours(longest);
    bill.site = site;
    bill.origin = origin;
    return world.started(bill, owner);
  }
  void metered(Line& line, ChipTime used) {
    const Captured captured = capture(books, line, used, "metered");
    EXPECT_EQ(captured.short_by, Money{});
    world.fold(captured.events);
    line = captured.line;
  }
  // Balance, held and available of each.
  std::string state(const std::vector<std::string>& names) {
    std::ostringstream text;
    for (const std::string& name : names) {
      const Account& account = world.account(name);
      text << name << " " << to_text(account.balance()) << " " << to_text(account.debits_pending)
           << " " << to_text(account.available()) << "\n";
    }
    return text.str();
  }
  static Money amount(const char* text) { return *parse_money(text); }
};

TEST_F(Example, APreemptedJobPaysToItsLastCheckpointAndEverySourceGetsItsOwnBack) {
  // J1: 64 domestic chips for at most 10 h are 7,680.00.
  Line j1 = start("j-1/1", "one", 12, 64, 10, Origin::domestic);
  EXPECT_EQ(state({"SUBS:chips", "V:v-1", "CASH:lab"}),
            "SUBS:chips 8000.00 1536.00 6464.00\nV:v-1 10000.00 4915.20 5084.80\n"
            "CASH:lab 5000.00 1228.80 3771.20\n");
  // J2: 8 imported chips for at most 60 h are 8,640.00; voucher A first, because it expires first.
  Line j2 = start("j-2/1", "two", 18, 8, 60, Origin::imported);
  EXPECT_EQ(state({"V:v-1", "V:v-2", "CASH:lab"}),
            "V:v-1 10000.00 10000.00 0.00\nV:v-2 20000.00 1827.20 18172.80\n"
            "CASH:lab 5000.00 2956.80 2043.20\n");
  // J1 ends after 9.5 h: 608 chip-hours, 7,296.00.
  metered(j1, chip_hours(64, 9.5));
  EXPECT_EQ(j1.captured,
            (std::vector<Money>{amount("1459.20"), amount("4669.44"), amount("1167.36")}));
  const Released rest = release(books, j1, "ended");
  EXPECT_EQ(rest.amount, amount("384"));
  world.fold(rest.events);
  EXPECT_EQ(state({"SUBS:chips", "V:v-1", "CASH:lab", "REV:one"}),
            "SUBS:chips 6540.80 0.00 6540.80\nV:v-1 5330.56 5084.80 245.76\n"
            "CASH:lab 3832.64 1728.00 2104.64\nREV:one 7296.00 0.00 7296.00\n");
  // J2 is metered at 12 h, then preempted at 20 h, 2 h after its last checkpoint.
  metered(j2, chip_hours(8, 12));
  EXPECT_EQ(state({"V:v-1", "CASH:lab", "REV:two"}),
            "V:v-1 3948.16 3702.40 245.76\nCASH:lab 3487.04 1382.40 2104.64\n"
            "REV:two 1728.00 0.00 1728.00\n");
  metered(j2, chip_hours(8, 20));
  const Refunded back = refund(books, j2, chip_hours(8, 18), "preempted");
  EXPECT_EQ(back.amount, amount("288"));
  world.fold(back.events);
  EXPECT_EQ(back.line.captured, (std::vector<Money>{amount("2073.60"), Money{}, amount("518.40")}));
  world.fold(release(books, back.line, "preempted").events);
  EXPECT_EQ(state({"V:v-1", "V:v-2", "CASH:lab", "REV:two"}),
            "V:v-1 3256.96 0.00 3256.96\nV:v-2 20000.00 0.00 20000.00\n"
            "CASH:lab 3314.24 0.00 3314.24\nREV:two 2592.00 0.00 2592.00\n");
  // Voucher A expires, its rest lapses to the treasury; sites and issuer settle.
  world.fold(expire(books, world.programmes, a, t0 + hours(24 * 90)));
  EXPECT_EQ(state({"V:v-1", "CITY:city"}),
            "V:v-1 0.00 0.00 0.00\nCITY:city -104743.04 0.00 -104743.04\n");
  bank(Reason::pay_out, "one", "7296");
  bank(Reason::pay_out, "two", "2592");
  bank(Reason::settle, "city", "8202.24");
  EXPECT_EQ(state({"CITY:city", "BANK:CNY", "FUND:city", "SUBS:chips", "V:v-1", "V:v-2", "CASH:lab",
                   "REV:one", "REV:two", "EXPIRED:city"}),
            "CITY:city -96540.80 0.00 -96540.80\nBANK:CNY -3314.24 0.00 -3314.24\n"
            "FUND:city 70000.00 0.00 70000.00\nSUBS:chips 6540.80 0.00 6540.80\n"
            "V:v-1 0.00 0.00 0.00\nV:v-2 20000.00 0.00 20000.00\nCASH:lab 3314.24 0.00 3314.24\n"
            "REV:one 0.00 0.00 0.00\nREV:two 0.00 0.00 0.00\nEXPIRED:city 0.00 0.00 0.00\n");
  EXPECT_EQ(books.sum_posted_debits, amount("178068.16"));
  EXPECT_EQ(books.sum_posted_credits, amount("178068.16"));
  EXPECT_TRUE(books.holds.empty());
}

// However it is metered, every source has paid what one bill at the end would have charged it.
TEST_F(Example, MeteringEachMinuteAsksEverySourceForTheSameAsOneBill) {
  Line often = start("j-1/1", "one", 7, 3, 10, Origin::domestic);
  Line once = start("j-2/1", "one", 7, 3, 10, Origin::domestic);
  for (int minute = 1; minute <= 600; ++minute) {
    metered(often, ChipTime::of(3 * 1000, std::chrono::minutes(minute)));
  }
  metered(once, ChipTime::of(3 * 1000, hours(10)));
  EXPECT_EQ(often.captured, once.captured);
  EXPECT_EQ(often.captured[0] + often.captured[1] + often.captured[2], yuan(210));
  EXPECT_EQ(paid_by(often), yuan(210));
}

}  // namespace
}  // namespace granary
