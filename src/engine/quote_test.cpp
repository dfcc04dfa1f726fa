// Promised prices: honoured until their time is over, refused after, and never another one.

#include "engine/quote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/test_house.h"
#include "ledger/books_chance.h"

namespace granary {
namespace {
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::House;
using testing::house_documents;
using testing::t0;

// The house with that price of a cpu, and rows of its tariff.
std::vector<Document> documents(const std::string& price, const std::string& rows = {}) {
  auto all = house_documents();
  std::string& site = all[2].text;
  const std::string plain = "\"1.20 CNY";
  site.replace(site.find(plain), plain.size(), "\"" + price + " CNY");
  site += rows;
  return all;
}

Configure configuration(std::vector<Document> all) {
  Configure configure;
  for (Document& d : all) {
    const Hash hash = sha256(d.text);
    configure.documents.push_back({d.name, hash, std::move(d.text)});
  }
  return configure;
}

struct Quoting : ::testing::Test {
  House house{documents("8.00")};

  Quoting() { house.grant("lab", 1'000); }

  MakeQuote asked(std::vector<WantedChoice> choices = {}) const {
    if (choices.empty()) choices = {{house.wants("lab", 2, 1h).choices.front(), {}}};
    return {"lab", "run", "work", false, std::move(choices)};
  }
  Submit job(const std::string& option, const std::string& payer = "lab") const {
    JobRequest r;
    r.payer = payer;
    r.recipe.argv = {"/bin/true"};
    r.quote = parse_quoted_option(option).value();
    return {r};
  }
  void reprice(const std::string& price) {
    const Answer answer = house.send(configuration(documents(price)));
    ASSERT_FALSE(answer.refused) << answer.refused->what;
  }
  Money held(const std::string& owner) const {
    Money sum;
    for (const Id<Hold> id : house.state.lines.at(owner).holds) {
      const auto hold = house.state.books.holds.find(id);
      if (hold != house.state.books.holds.end()) sum += hold->second.open();
    }
    return sum;
  }
};

TEST_F(Quoting, AQuotedPriceIsHeldWhateverTheTariffHasBecome) {
  EXPECT_EQ(house.send(asked()).made, "q-1");
  EXPECT_EQ(house.state.quotes.at({1}).options.front().price, Money::units(16));
  EXPECT_EQ(house.state.quotes.at({1}).until, t0 + 30min);
  reprice("12.00");
  house.now = t0 + 30min - 1ms;
  EXPECT_EQ(house.send(job("q-1#1")).made, "j-1");
  EXPECT_EQ(held("j-1/1"), Money::units(16));
  EXPECT_EQ(house.job(1).request.what, "work");
  // Use beyond what was quoted is at the tariff of its instant: ten minutes of 2 chips.
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(house.now + 1h);
  EXPECT_EQ(house.revenue() + held("j-1/1"), Money::units(20));
}

TEST_F(Quoting, AnExpiredQuoteIsRefusedWithTheNewPriceAndANewQuote) {
  house.send(asked());
  reprice("12.00");
  house.now = t0 + 42min;
  const Answer late = house.send(job("q-1#1"));
  ASSERT_TRUE(late.refused);
  EXPECT_EQ(late.refused->code, 5001);
  EXPECT_EQ(late.refused->kind, Error::Kind::conflict);
  EXPECT_EQ(late.refused->what,
            "q-1 expired 12 min ago; the price moved 16.00 -> 24.00 CNY (+50.0 %).");
  EXPECT_EQ(late.refused->fix, "granary submit --quote q-2#1");
  EXPECT_TRUE(house.state.jobs.empty());
  // Asked again it is the same new one; that is honoured.
  EXPECT_EQ(house.send(job("q-1#1")).refused->fix, "granary submit --quote q-2#1");
  EXPECT_EQ(house.state.quotes.size(), 2u);
  reprice("0.40");
  EXPECT_EQ(house.send(job("q-2#1")).made, "j-1");
  EXPECT_EQ(held("j-1/1"), Money::units(24));
}

TEST_F(Quoting, AtTheLastInstantItHasExpiredAndAnUnchangedPriceIsSaid) {
  house.send(asked());
  house.now = t0 + 30min;
  const Answer late = house.send(job("q-1#1"));
  ASSERT_TRUE(late.refused);
  EXPECT_EQ(late.refused->what, "q-1 expired 1 s ago; the price is still 16.00 CNY.");
}

TEST_F(Quoting, WhenTheChipsAreGoneItIsRefusedInAnyCase) {
  auto small = documents("8.00");
  const std::string four = "chips_per_node = 4";
  small[2].text.replace(small[2].text.find(four), four.size(), "chips_per_node = 1");
  house.send(asked());
  ASSERT_FALSE(house.send(configuration(small)).refused);
  EXPECT_EQ(house.send(job("q-1#1")).refused->code, 6002);
  house.now = t0 + 31min;
  const Answer late = house.send(job("q-1#1"));
  EXPECT_EQ(late.refused->code, 5001);
  EXPECT_THAT(late.refused->what, HasSubstr("cannot be had any more"));
  EXPECT_EQ(house.state.quotes.size(), 1u);
}

TEST_F(Quoting, AQuoteIsForOneJobOfItsPayer) {
  house.grant("uni", 1'000);
  house.send(asked());
  const auto refused = [&](const Submit& submit) {
    const Answer answer = house.send(submit);
    EXPECT_TRUE(answer.refused) << "made " << answer.made;
    return answer.refused ? answer.refused->code : 0;
  };
  EXPECT_EQ(refused(job("q-1#1", "uni")), 4101);
  EXPECT_EQ(refused(job("q-1#2")), 2100);
  EXPECT_EQ(refused(job("q-7#1")), 2100);
  Submit both = job("q-1#1");
  both.request.choices = house.wants("lab", 1, 1h).choices;
  EXPECT_EQ(refused(both), 1100);
  Submit other = job("q-1#1");
  other.request.purpose = "serve";
  EXPECT_EQ(refused(other), 1100);
  // A price of one's own is not a quote.
  Submit own{house.wants("lab", 1, 1h)};
  own.request.choices.front().firm = FirmPrice{"CNY", t0, {}};
  EXPECT_EQ(refused(own), 1103);
  MakeQuote cheap = asked();
  cheap.choices.front().choice.firm = FirmPrice{"CNY", t0, {}};
  EXPECT_TRUE(house.send(cheap).refused);
  EXPECT_EQ(house.send(job("q-1#1", "")).made, "j-1") << "the payer is the quote's";
  EXPECT_EQ(house.job(1).request.payer, "lab");
  EXPECT_EQ(refused(job("q-1#1")), 4102);
}

TEST_F(Quoting, ARefusalForLackOfMoneyDoesNotUseTheQuoteUp) {
  MakeQuote poor = asked();
  poor.payer = "poor";
  house.send(poor);
  EXPECT_EQ(house.send(job("q-1#1", "poor")).refused->code, 4002);
  house.grant("poor", 20);
  EXPECT_EQ(house.send(job("q-1#1", "poor")).made, "j-1");
}

TEST_F(Quoting, ThereAreNoMoreOpenOnesThanAllowedAndOldOnesAreDropped) {
  Configure few = configuration(documents("8.00"));
  few.limits.quotes = 3;
  few.limits.quotes_of_payer = 2;
  few.limits.quoted_options = 2;
  ASSERT_FALSE(house.send(few).refused);
  const Choice choice = house.wants("lab", 2, 1h).choices.front();
  EXPECT_EQ(house.send(asked({{choice, {}}, {choice, {}}, {choice, {}}})).refused->code, 1103);
  EXPECT_EQ(house.send(MakeQuote{"lab", "run", "work", false, {}}).refused->code, 1103);
  EXPECT_EQ(house.send(asked()).made, "q-1");
  EXPECT_EQ(house.send(asked()).made, "q-2");
  const Answer third = house.send(asked());
  EXPECT_EQ(third.refused->code, 4103);
  EXPECT_THAT(third.refused->what, HasSubstr("lab has 2 open quotes"));
  MakeQuote other = asked();
  other.payer = "uni";
  EXPECT_EQ(house.send(other).made, "q-3");
  other.payer = "third";
  EXPECT_THAT(house.send(other).refused->what, HasSubstr("there are 3 open quotes"));
  // One that is taken makes room.
  house.send(job("q-1#1"));
  EXPECT_EQ(house.send(other).made, "q-4");
  EXPECT_EQ(house.state.quotes.count({1}), 0u) << "the oldest that is over goes first";
  house.now = t0 + 25h;
  EXPECT_EQ(house.send(asked()).made, "q-5");
  EXPECT_EQ(house.state.quotes.size(), 1u) << "a day after their end they are forgotten";
  EXPECT_EQ(house.send(job("q-2#1")).refused->code, 2100);
}

TEST(QuotedOption, IsWrittenOneWay) {
  EXPECT_EQ(to_text(parse_quoted_option("q-3#12").value()), "q-3#12");
  for (const char* text : {"q-3", "q-3#", "q-3#0", "q-3#01", "q-3#-1", "q-3#1x", "3#1", "", "#1",
                           "q-3#1#1", "q-3#99999999999", "q-0#1", "j-3#1"}) {
    const auto parsed = parse_quoted_option(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, 1101) << text;
  }
}

// Quotes at random, with changes of the tariff between: before its end a quote's job never holds
// more than was quoted, over all of its attempts; after it, G5001 and nothing else.
class Bazaar {
 public:
  explicit Bazaar(std::uint64_t seed) : chance_(seed), house_(documents("8.00", rows_)) {
    house_.grant("lab", 900'000);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      house_.advance(house_.now + Span(chance_.below(9 * 60'000)));
      const auto dice = chance_.below(100);
      if (dice < 30) quote();
      if (dice >= 30 && dice < 60) submit();
      if (dice >= 60 && dice < 75) reprice();
      if (dice >= 75) work();
      check();
    }
  }
  int honoured = 0, refused = 0, checked = 0;

 private:
  void quote() {
    std::vector<WantedChoice> choices;
    for (auto n = chance_.below(3) + 1; n > 0; --n) {
      const int chips = 1 + static_cast<int>(chance_.below(4));
      const Span span = 1min + Span(chance_.below(9 * 3'600'000));
      choices.push_back({house_.wants("lab", chips, span).choices.front(),
                         house_.now + Span(chance_.below(36 * 3'600'000))});
    }
    house_.send(MakeQuote{"lab", "run", "work", false, choices});
  }
  void submit() {
    if (house_.state.quotes.empty()) return;
    auto at = house_.state.quotes.begin();
    std::advance(at, chance_.below(static_cast<std::int64_t>(house_.state.quotes.size())));
    const Quote quote = at->second;
    const int option =
        1 + static_cast<int>(chance_.below(static_cast<std::int64_t>(quote.options.size())));
    JobRequest r;
    r.payer = "lab";
    r.priority = static_cast<int>(chance_.below(3));
    r.preemptible = chance_.percent(60);
    r.quote = QuotedOption{quote.id, option};
    r.recipe.argv = {"/bin/true"};
    const Answer answer = house_.send(Submit{r});
    if (quote.taken_by) {
      ASSERT_EQ(answer.refused->code, 4102);
    } else if (house_.now >= quote.until) {
      ASSERT_TRUE(answer.refused);
      ASSERT_EQ(answer.refused->code, 5001);
      ++refused;
    } else {
      ASSERT_FALSE(answer.refused) << answer.refused->what;
      ++honoured;
      promised_[*parse_id<Job>(answer.made)] =
          quote.options[static_cast<std::size_t>(option - 1)].price;
    }
  }
  void reprice() {
    const std::string price =
        std::to_string(chance_.below(20)) + "." + std::to_string(100'000 + chance_.below(900'000));
    std::string rows = rows_;
    if (chance_.percent(50)) {
      rows += "[[pools.tariff]]\nprice = \"" + std::to_string(chance_.below(30)) +
              ".00 CNY per chip-hour\"\nfrom = \"2027-02-01\"\n";
    }
    const Answer answer = house_.send(configuration(documents(price, rows)));
    ASSERT_FALSE(answer.refused) << answer.refused->what;
  }
  void work() {
    if (house_.state.active.empty()) return;
    const std::vector<Id<Job>> active(house_.state.active.begin(), house_.state.active.end());
    const Job job = house_.state.jobs.at(chance_.of(active));
    if (!job.claim) return;
    if (chance_.percent(50)) {
      house_.report(
          WorkerProgress{job.id, job.attempt, job.report.line + 1, 1, 1, 0, "c", house_.now});
    } else if (chance_.percent(50) || job.stop_cause) {
      house_.report(WorkerFinished{job.id, job.attempt, 0, 0, house_.now});
    } else {
      house_.report(WorkerLost{job.id, job.attempt, "gone", house_.now});
    }
  }
  // No hold is above what was quoted, and what earlier attempts paid for work that is kept and what
  // this one holds is together what was quoted: to the price of a millisecond, 17 micro-units at
  // most here, as the rest of the work is in whole ones. What is added beyond it is another hold.
  void check() {
    for (const auto& [id, price] : promised_) {
      const auto found = house_.state.jobs.find(id);
      if (found == house_.state.jobs.end() || !found->second.claim) continue;
      const Job& job = found->second;
      Job begun = job;
      begun.done_ppb = job.done_ppb_at_start;
      const Span rest = remaining(begun, job.request.choices.front());
      if (job.claim->until - job.claim->from != rest) continue;  // it was extended
      if (begun.done_ppb > 0 && rest == 1min) continue;          // the least that is held
      const Line& line = house_.state.lines.at(owner_of(job));
      Money all = job.paid + paid_by(line);
      for (const Id<Hold> hold : line.holds) {
        const auto open = house_.state.books.holds.find(hold);
        if (open != house_.state.books.holds.end()) all += open->second.open();
      }
      ASSERT_LE(all - job.paid, price) << to_text(id);
      ASSERT_LE(all, price + Money{17 * (job.attempt - 1)}) << to_text(id);
      if (job.attempt == 1) {
        ASSERT_EQ(all, price) << to_text(id);
      }
      checked += job.attempt > 1 ? 1 : 0;
    }
  }

  const std::string rows_ =
      "[[pools.tariff]]\nprice = \"3.333333 CNY per chip-hour\"\nhours = \"01:00..05:30\"\n"
      "[[pools.tariff]]\nprice = \"15.00 CNY per chip-hour\"\nhours = \"09:00..11:00\"\n";
  Chance chance_;
  House house_;
  std::map<Id<Job>, Money> promised_;
};

TEST(QuoteLaw, NoHoldIsAboveWhatWasQuotedAndAfterItsTimeAQuoteIsAlwaysRefused) {
  int honoured = 0, refused = 0, checked = 0;
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Bazaar bazaar(seed);
    bazaar.run(120);
    if (HasFailure()) return;
    honoured += bazaar.honoured;
    refused += bazaar.refused;
    checked += bazaar.checked;
  }
  EXPECT_GT(honoured, 100);
  EXPECT_GT(refused, 100);
  EXPECT_GT(checked, 20) << "jobs that began again";
}

}  // namespace
}  // namespace granary
