// The laws of entries, each broken on purpose: a house decides with something forgotten, or a
// loop answers a key again, and the law that is meant must say so, while the books still balance.

#include "engine/entry_laws.h"

#include <gmock/gmock.h>

#include "engine/test_house.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::House;
using testing::t0;

// A programme of the city that is for one purpose and pays at most 10.00 for a holder in a year.
std::vector<Document> documents() {
  auto documents = testing::house_documents();
  documents.back().text =
      "id = \"city\"\nname = \"City\"\nissuer = \"city\"\nfund = \"1000000 CNY\"\n"
      "purposes = [\"pretrain\", \"run\"]\nsites = [\"local\"]\n"
      "standing = \"assumed\"\nsource = \"made-up\"\n"
      "[[caps]]\namount = \"10 CNY\"\nper = \"year\"\n";
  return documents;
}

// The first law that an entry breaks; "none". The books must be sound after each.
std::string broken(const std::vector<Entry>& entries) {
  State state;
  VoucherUse use;
  for (const Entry& entry : entries) {
    if (const auto good = check_answer(state, entry); !good) return good.error().what;
    for (const Event& event : entry.events) evolve(state, event);
    const auto sound = audit(state);
    EXPECT_TRUE(sound) << sound.error().what;
    if (const auto good = use.take(state, entry); !good) return good.error().what;
  }
  return "none";
}

// The programme as the house takes it to be.
Programme& alter(House& house) {
  auto altered = std::make_shared<Configuration>(*house.state.configuration);
  Programme& city = altered->programmes.at("city");
  house.state.configuration = std::move(altered);
  return city;
}

class EntryLaws : public ::testing::Test {
 protected:
  EntryLaws() {
    house.grant("lab", 100, t0 + 1h);
    house.send(MoveMoney{{Reason::top_up, "lab", Money::units(100), "CNY"}});
  }
  Voucher& voucher() { return house.state.books.vouchers.at({1}); }
  // Two chips for so long, at 2.40 an hour.
  void run(Span span, const std::string& purpose = "run") {
    JobRequest job = house.wants("lab", 2, span);
    job.purpose = purpose;
    house.send(Submit{job});
    house.report(WorkerRunning{{1}, 1, ""});
    house.advance(t0 + span);
    house.report(WorkerFinished{{1}, 1, 0, 0, house.now});
  }

  House house{documents()};
};

TEST_F(EntryLaws, HoldOfAHouseThatForgetsNothing) {
  run(9h);
  EXPECT_EQ(to_text(house.left(1)), "0.00") << "it has expired";
  EXPECT_EQ(to_text(house.revenue()), "21.60");
  EXPECT_EQ(broken(house.entries), "none");
}

TEST_F(EntryLaws, I7NoKeyIsAnsweredTwice) {
  // A loop that did not ask first_answer(): the payment is there twice, and the books balance.
  Entry again = house.entries.back();
  ++again.sequence;
  again.events = step_onto(house.state, again.request, again.at);
  house.entries.push_back(again);
  EXPECT_EQ(find_account(house.state.books, "CASH:lab")->balance(), Money::units(200));
  EXPECT_EQ(broken(house.entries), "Entry 4 answers once more the request key \"k3\".");
}

TEST_F(EntryLaws, I7EachKeyHasTheOneAnswerToIt) {
  const std::vector<Entry> good = house.entries;
  house.entries.back().events.pop_back();
  EXPECT_EQ(broken(house.entries), "Entry 3 has 0 answers to the request key \"k3\".");
  house.entries = good;
  std::get<Answered>(house.entries.back().events.back()).key = "k2";
  EXPECT_EQ(broken(house.entries), "Entry 3 answers something else than the request key \"k3\".");
}

TEST_F(EntryLaws, I12NothingLeavesAVoucherForUseAfterItsExpiry) {
  voucher().expires += 1h;  // whoever decides takes it to be good for longer
  run(90min);
  EXPECT_EQ(broken(house.entries),
            "Entry 4 lets v-1 pay for j-1/1, for use after 2026-11-21T01:00:00Z.");
}

TEST_F(EntryLaws, I12NothingLeavesAVoucherForAnotherPurpose) {
  voucher().purposes.clear();
  run(30min, "serve");
  EXPECT_EQ(broken(house.entries), "Entry 4 lets v-1 pay for j-1/1, which is for serve.");
}

TEST_F(EntryLaws, I12NothingLeavesAVoucherForSomebodyElse) {
  house.state.books.held_by["uni"] = {{1}};
  house.state.books.vouchers.at({1}).holder = "uni";
  JobRequest job = house.wants("uni", 1, 30min);
  house.send(Submit{job});
  EXPECT_EQ(broken(house.entries), "Entry 4 lets v-1 pay for j-1/1, which is of uni, not of lab.");
}

TEST_F(EntryLaws, I12NothingLeavesAVoucherAtAnotherSite) {
  alter(house).sites.clear();
  run(30min);
  for (Entry& entry : house.entries) {  // told of a house whose programme is for another site
    auto* const configured = std::get_if<Configured>(&entry.events.front());
    if (configured == nullptr) continue;
    std::string& text = configured->documents.back().text;
    text.replace(text.find("[\"local\"]"), 9, "[\"other\"]");
  }
  EXPECT_EQ(broken(house.entries), "Entry 4 lets v-1 pay for j-1/1, at local.");
}

TEST_F(EntryLaws, I12NothingLeavesAVoucherForAClaimThatItsProgrammeSaysItMustOutlive) {
  alter(house).basis = Programme::Basis::use;
  run(2h);
  for (Entry& entry : house.entries) {
    auto* const configured = std::get_if<Configured>(&entry.events.front());
    if (configured != nullptr) configured->documents.back().text.insert(0, "expiry = \"end\"\n");
  }
  EXPECT_EQ(broken(house.entries),
            "Entry 4 lets v-1 pay for j-1/1, which ends after 2026-11-21T01:00:00Z.");
}

TEST_F(EntryLaws, I12MoneyLeavesAVoucherByNoOtherWayThanUse) {
  const Id<Account> from = house.state.books.by_name.at("V:v-1");
  const Id<Account> to = house.state.books.by_name.at("CASH:lab");
  Entry theft = house.entries.back();
  ++theft.sequence;
  theft.request = {"", body_hash(Tick{}), "clock", Tick{}};
  theft.events = {
      Posted{{Reason::refund, {{LegKind::post, from, to, Money::units(7), {}}}, "", ""}}};
  house.entries.push_back(theft);
  EXPECT_EQ(broken(house.entries), "Entry 4 takes 7.00 from v-1 for no use of chips.");
}

TEST(EntryLawsOfCaps, I12NoMoreLeavesAVoucherThanItsCap) {
  House house{documents()};
  house.grant("lab", 100);
  alter(house).caps.clear();  // whoever decides has forgotten it
  house.send(Submit{house.wants("lab", 2, 5h)});
  EXPECT_EQ(broken(house.entries),
            "Entry 3 holds 12.00 of city for lab in 2026, more than its cap of 10.00.");
}

TEST(EntryLawsOfCaps, I12JobsCountTogetherLessWhatTheyDidNotUse) {
  House other{documents()};
  other.grant("lab", 100);
  other.send(Submit{other.wants("lab", 2, 4h)});  // 9.60 of 10.00 held
  other.report(WorkerRunning{{1}, 1, ""});
  other.advance(t0 + 1h);
  other.report(WorkerFinished{{1}, 1, 0, 0, other.now});  // 2.40 of it used
  other.send(Submit{other.wants("lab", 2, 3h)});          // 7.20, so 9.60 again
  EXPECT_EQ(other.job(2).state, JobState::running);
  EXPECT_EQ(broken(other.entries), "none");
  alter(other).caps.clear();
  other.send(Submit{other.wants("lab", 1, 1h)});
  EXPECT_THAT(broken(other.entries), HasSubstr("holds 10.80 of city for lab in 2026"));
}

}  // namespace
}  // namespace granary
