// What programmes say of holders and contracts: registers that exclude each other, tiers of caps,
// rates for the first months.
#include "ledger/grant_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ledger/books_fixture.h"
#include "ledger/payments.h"

namespace granary {
namespace {
using std::chrono::hours;
using testing::HasSubstr;

struct Rules : testing::Test {
  World world;
  Books& books = world.books;
  Programme& city = world.programmes.at("city");

  Programme& second() {
    Programme made = city;
    made.id = "supply";
    made.issuer = "supply";
    world.fold(appropriate(books, made, {}));
    return world.programmes["supply"] = made;
  }
  std::string granted(Grant wanted) {
    const auto events = grant(books, world.programmes, wanted, t0);
    if (!events) return "G" + std::to_string(events.error().code) + " " + events.error().what;
    world.fold(*events);
    return "granted";
  }
  Grant wanted(const std::string& programme, const std::string& contract = "",
               std::vector<std::string> declared = {}) {
    return {programme, "lab", yuan(100), {}, t0 + hours(1000), std::move(declared), "", contract};
  }
};

TEST_F(Rules, AHolderIsOnOneSideOnly) {
  city.exclusive = {"qingyang", Exclusive::Per::holder};
  second();
  ASSERT_EQ(granted(wanted("city")), "granted");
  EXPECT_EQ(granted(wanted("supply")), "G4106 lab has v-1 of city since " + to_text(t0) +
                                           "; qingyang lets a holder have one only.");
  EXPECT_THAT(granted(wanted("city")), HasSubstr("G4106")) << "nor twice on the same side";
  Grant other = wanted("supply");
  other.holder = "mill";
  EXPECT_EQ(granted(other), "granted");
  // Its voucher has ended: it may choose again.
  world.fold(expire(books, world.programmes, Id<Voucher>{1}, t0 + hours(1000)));
  EXPECT_EQ(granted(wanted("supply")), "granted");
}

TEST_F(Rules, AContractIsPaidForOnceEver) {
  city.exclusive = {"yangzhou", Exclusive::Per::contract};
  Programme& supply = second();
  EXPECT_THAT(granted(wanted("city")), HasSubstr("G4107 programme city pays for a contract once"));
  ASSERT_EQ(granted(wanted("city", "yz-17")), "granted");
  EXPECT_EQ(books.vouchers.at(Id<Voucher>{1}).contract, "yz-17");
  world.fold(expire(books, world.programmes, Id<Voucher>{1}, t0 + hours(1000)));
  Grant other = wanted("supply", "yz-17");
  other.holder = "mill";
  EXPECT_EQ(granted(other), "G4106 contract yz-17 has v-1 of city since " + to_text(t0) +
                                "; yangzhou lets a contract have one only.");
  EXPECT_EQ(granted(wanted("city", "yz-18")), "granted") << "another contract of the same holder";
  supply.exclusive.group = "elsewhere";
  EXPECT_EQ(granted(other), "granted") << "another register";
}

TEST_F(Rules, ACapOfATierIsOfWhoDeclaredIt) {
  city.caps = {{yuan(30), HolderCap::Per::ever, {}, {"national-project"}},
               {yuan(15), HolderCap::Per::ever, {}, {"provincial-project"}}};
  ASSERT_EQ(granted(wanted("city", "", {"provincial-project"})), "granted");
  const auto pays = [&](Money most) {
    return to_text(affordable(books, world.programmes, bill("lab", "run", most, hours(1))));
  };
  EXPECT_EQ(pays(yuan(90)), "15.00");
  Line line = world.started(bill("lab", "run", yuan(10), hours(1)), "j-1/1");
  EXPECT_EQ(pays(yuan(90)), "5.00");
  ASSERT_EQ(granted(wanted("city", "", {"national-project", "provincial-project"})), "granted");
  EXPECT_EQ(pays(yuan(90)), "35.00") << "the first row that is for the voucher";
  EXPECT_EQ(world.account("CAP:city:provincial-project/lab/ever").available(), yuan(5));
  ASSERT_EQ(granted(wanted("city")), "granted");
  EXPECT_EQ(pays(yuan(135)), "135.00") << "who declared neither has no cap";
}

TEST_F(Rules, ARateForTheFirstMonthsCountsFromTheHoldersFirstVoucher) {
  When first;
  first.months = 1;
  city.shares = {{first, whole_share}, {{}, 3000}};
  Grant long_one = wanted("city");
  long_one.expires = t0 + hours(24 * 365);
  ASSERT_EQ(granted(long_one), "granted");
  const auto paid = pay(books, {Reason::top_up, "lab", yuan(1000), "CNY"});
  ASSERT_TRUE(paid);
  world.fold(*paid);
  // 1.00 an hour, from 10 hours before the month ends.
  Bill one = bill("lab", "run", yuan(20), hours(20));
  one.from = months_after(t0, 1) - hours(10);
  one.until = one.from + hours(20);
  const auto funding = fund(books, world.programmes, one);
  ASSERT_TRUE(funding);
  ASSERT_EQ(funding->payers.size(), 2U);
  EXPECT_EQ(funding->payers[0].amount, yuan(13)) << "10.00 and 30 % of 10.00";
  // A second voucher does not begin the months again.
  const auto later = grant(books, world.programmes, long_one, t0 + hours(24 * 20));
  ASSERT_TRUE(later);
  world.fold(*later);
  EXPECT_EQ(fund(books, world.programmes, one)->payers[0].amount, yuan(13));
}

}  // namespace
}  // namespace granary
