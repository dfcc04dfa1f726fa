// Random work paid by shares, caps, subsidies, several funders and cash together, against an oracle
// that gives each micro-unit of a price to one of them and shares no code with the ledger.
//   GRANARY_SEQUENCES=10000 GRANARY_SEED=7 ledger_test --gtest_filter='UnitsProperty.*'

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "ledger/books_chance.h"
#include "ledger/funding.h"
#include "ledger/payments.h"
#include "ledger/units_oracle.h"

namespace granary {
namespace {
using oracle::Big;
using oracle::Units;

enum class Fault { none, cap, subsidy_share, weights, refund_twice };

struct Tally {
  std::uint64_t commands = 0, funded = 0, short_of = 0, units = 0, subsidised = 0, capped = 0,
                shared = 0, dry = 0;
};

std::int64_t narrow(Big value) { return static_cast<std::int64_t>(value); }
Instant at(std::int64_t millis) { return Instant(Span(millis)); }

// run() says the first difference; nothing when both agree throughout.
class Sequence {
 public:
  Sequence(std::uint64_t seed, Fault fault, Tally& tally)
      : chance_(seed), fault_(fault), tally_(tally) {
    now_ = parse_instant("2026-12-20T00:00:00Z")->time_since_epoch().count() +
           oracle::hour * chance_.below(24 * 12);
    twin_.first_year = 2026;
    for (const char* day : {"2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"}) {
      twin_.new_years.push_back(parse_instant(day)->time_since_epoch().count());
    }
    vouchers_of("full", 10'000, false, {}, {});
    vouchers_of("half", 5'000, chance_.percent(50), {}, some_caps());
    vouchers_of("most", 1 + chance_.below(10'000), true, {}, some_caps());
    vouchers_of("two", 3'333 + chance_.below(6'668), chance_.percent(50),
                {{"city", 1 + chance_.below(4)}, {"province", 1 + chance_.below(4)}}, some_caps());
    vouchers_of("three", 10'000, false, {{"a", 1}, {"b", 1}, {"c", 1 + chance_.below(3)}}, {});
    subsidy_of("chips", 500 + chance_.below(4'000), {});
    if (chance_.percent(60)) subsidy_of("train", 500 + chance_.below(9'500), {"run"});
  }

  std::string run() {
    const std::int64_t commands = 12 + chance_.below(14);
    for (std::int64_t i = 0; i < commands && difference_.empty(); ++i) {
      const std::int64_t dice = i < 3 ? 0 : chance_.below(100);
      if (dice < 22) {
        grant_some();
      } else if (dice < 32) {
        top_up();
      } else if (dice < 60) {
        hold_some();
      } else if (dice < 80) {
        meter_some();
      } else if (dice < 90) {
        end_some();
      } else {
        now_ += oracle::hour * chance_.below(30);
        expire_all();
      }
      if (i == commands / 2) plant();
      if (difference_.empty()) check_accounts();
      if (!difference_.empty()) difference_ = fmt::format("command {}: {}", i, difference_);
      ++tally_.commands;
    }
    return difference_;
  }

 private:
  struct Pair {
    Line line;
    oracle::Work twin;
    bool ended = false;
  };

  std::vector<oracle::Cap> some_caps() {
    std::vector<oracle::Cap> caps;
    if (chance_.percent(25)) caps.push_back({"sme", "", 1 + chance_.below(900), true});
    if (chance_.percent(70)) caps.push_back({"", "", 1 + chance_.below(600), true});
    if (chance_.percent(40)) caps.push_back({"", "lab", 1 + chance_.below(1'500), false});
    return caps;
  }

  void vouchers_of(const std::string& id, std::int64_t share, bool stacks,
                   std::vector<std::pair<std::string, Big>> funders,
                   std::vector<oracle::Cap> caps) {
    Programme made;
    made.id = id;
    made.issuer = "gov";
    made.fund = Money{10'000'000};
    made.with_subsidy = stacks;
    if (share != whole_share) made.shares = {{{}, static_cast<int>(share)}};
    for (const auto& [name, weight] : funders) {
      made.funders.push_back({name, static_cast<int>(weight), Money{10'000'000}});
    }
    for (const oracle::Cap& cap : caps) {
      HolderCap row{Money{narrow(cap.amount)}, HolderCap::Per::year, {}, {}};
      if (!cap.by_year) row.per = HolderCap::Per::ever;
      if (!cap.word.empty()) row.holders = {cap.word};
      if (!cap.not_for.empty()) row.except = {cap.not_for};
      made.caps.push_back(row);
    }
    configured(made);
    twin_.programmes.push_back({id, share, false, stacks, {}, std::move(funders), std::move(caps)});
  }

  void subsidy_of(const std::string& id, std::int64_t share, std::vector<std::string> purposes) {
    Programme made;
    made.id = id;
    made.issuer = "gov";
    made.kind = Programme::Kind::subsidy;
    made.fund = Money{chance_.below(2'000)};
    made.purposes = purposes;
    made.shares = {{{}, static_cast<int>(share)}};
    configured(made);
    twin_.programmes.push_back(
        {id, share, true, false, {purposes.begin(), purposes.end()}, {}, {}});
    twin_.accounts["SUBS:" + id].free = made.fund.micros;
  }

  void configured(const Programme& made) {
    programmes_.emplace(made.id, made);
    for (std::size_t i = 0; i < fund_parts(made).size(); ++i)
      fold(appropriate(books_, made, {}, i));
  }

  void fold(const std::vector<BooksEvent>& events) {
    for (const BooksEvent& event : events) {
      if (const auto* posted = std::get_if<Posted>(&event)) {
        if (const auto admitted = admit(books_, posted->transfer); !admitted) {
          return differ("a proposal is not admitted: " + admitted.error().what);
        }
      }
      evolve(books_, event);
    }
  }
  void differ(std::string what) {
    if (difference_.empty()) difference_ = std::move(what);
  }
  void expect(const std::string& what, Big real, Big twin) {
    if (real == twin) return;
    differ(fmt::format("{}: books say {}, oracle says {}", what, narrow(real), narrow(twin)));
  }

  void grant_some() {
    Grant wanted;
    wanted.programme = chance_.of<std::string>({"full", "half", "most", "two", "three"});
    wanted.holder = holder();
    wanted.amount = Money{10 + chance_.below(900)};
    if (chance_.percent(40)) wanted.purposes = {"run"};
    if (chance_.percent(20)) wanted.purposes = {"run", "serve"};
    if (chance_.percent(60)) wanted.declared = {chance_.of<std::string>({"sme", "lab"})};
    const std::int64_t expires = now_ + oracle::hour * (1 + chance_.below(24 * 8));
    wanted.expires = at(expires);
    const auto id = books_.next_voucher;
    const auto events = grant(books_, programmes_, wanted, at(now_));
    if (!events) return differ("a grant is refused: " + events.error().what);
    fold(*events);
    oracle::Granted twin{id,
                         wanted.programme,
                         wanted.holder,
                         wanted.declared.empty() ? "" : wanted.declared.front(),
                         {wanted.purposes.begin(), wanted.purposes.end()},
                         expires,
                         {}};
    const auto& funders = twin_.programme(wanted.programme).funders;
    const std::string name = "V:v-" + std::to_string(id);
    Big rest = wanted.amount.micros, weights = 0;
    for (const auto& [funder, weight] : funders) weights += weight;
    for (const auto& [funder, weight] : funders) {
      const Big part = rest * weight / weights;
      rest -= part;
      weights -= weight;
      twin.purses.push_back(name + "/" + funder);
      twin_.accounts[twin.purses.back()].free = part;
    }
    if (funders.empty()) {
      twin.purses = {name};
      twin_.accounts[name].free = rest;
    }
    twin_.vouchers.push_back(std::move(twin));
  }

  std::string holder() { return chance_.of<std::string>({"ann", "ann", "bo"}); }

  void top_up() {
    const std::string tenant = holder();
    const auto events = pay(books_, {Reason::top_up, tenant, Money{10'000}, "CNY"});
    if (!events) return differ("a payment is refused");
    fold(*events);
    // A bank moves 10,000 at least; most of it is spent elsewhere at once, so that cash is short.
    const Big kept = chance_.below(2'000);
    const Account& cash = *find_account(books_, "CASH:" + tenant);
    const Account& bank = *find_account(books_, "BANK:CNY");
    Transfer away{Reason::withdraw, {}, "", ""};
    away.legs = {{LegKind::post, cash.id, bank.id, Money{10'000 - narrow(kept)}, {}}};
    fold({Posted{away}});
    twin_.accounts["CASH:" + tenant].free += kept;
  }

  void hold_some() {
    Pair pair;
    oracle::Work& twin = pair.twin;
    const bool extends = !lines_.empty() && chance_.percent(30);
    Pair& one = extends ? lines_[static_cast<std::size_t>(
                              chance_.below(static_cast<std::int64_t>(lines_.size())))]
                        : pair;
    if (extends && one.ended) return;
    Bill bill;
    if (extends) {
      bill.before = {narrow(one.twin.use(one.twin.until))};
      bill.from = at(one.twin.until);
      bill.unit = "";
    } else {
      twin.holder = holder();
      twin.purpose = chance_.of<std::string>({"run", "serve"});
      twin.rate = chance_.percent(10) ? 0 : 1 + chance_.below(60);
      twin.shares = chance_.percent(70) ? 1'000 : 1 + chance_.below(3'000);
      twin.from = twin.until = now_;
      bill.from = at(now_);
      pair.line.owner = fmt::format("j-{}/1", lines_.size() + 1);
      pair.line.site = "guian";
    }
    oracle::Work longer = one.twin;
    longer.until += oracle::hour / 2 * chance_.below(60) + chance_.below(2) * 1'234;
    bill.holder = longer.holder;
    bill.purpose = longer.purpose;
    bill.asset = "CNY";
    bill.rate = Rate{Money{narrow(longer.rate)}};
    bill.shares = narrow(longer.shares);
    bill.until = at(longer.until);
    bill.site = "guian";
    // What its use so far cost is what is held, or capture could not go on from there.
    if (static_cast<Big>(longer.units.size()) != longer.price_at(one.twin.until)) return;
    const Units::Walked walked = twin_.walk(longer, one.twin.until);
    expect("affordable", affordable(books_, programmes_, bill).micros,
           static_cast<Big>(walked.units.size()));
    const auto funding = fund(books_, programmes_, bill);
    if (funding.has_value() != walked.whole) {
      return differ(funding ? "funded, the oracle falls short" : "short, the oracle can pay");
    }
    ++(funding ? tally_.funded : tally_.short_of);
    if (!funding) return;
    const auto placed = extends ? extend_hold(books_, *funding, one.line, "more")
                                : place_hold(books_, *funding, one.line, "start");
    if (!placed) return differ("a hold is refused: " + placed.error().what);
    fold(placed->events);
    count(walked.units);
    twin_.hold(longer, walked.units);
    one.line = placed->line;
    one.twin = std::move(longer);
    if (!extends) lines_.push_back(std::move(pair));
  }

  void count(const std::vector<oracle::Unit>& units) {
    tally_.units += units.size();
    std::set<std::string> payers;
    for (const oracle::Unit& unit : units) {
      payers.insert(unit.from);
      tally_.subsidised += unit.from.starts_with("SUBS:");
      tally_.capped += !unit.caps.empty();
      tally_.shared += unit.from.find('/') != std::string::npos;
    }
    for (const std::string& payer : payers) {
      tally_.dry += payer.starts_with("SUBS:") &&
                    twin_.accounts[payer].free ==
                        static_cast<Big>(
                            std::count_if(units.begin(), units.end(),
                                          [&](const oracle::Unit& u) { return u.from == payer; }));
    }
  }

  Pair* any_line() {
    std::vector<Pair*> open;
    for (Pair& one : lines_) {
      if (!one.ended) open.push_back(&one);
    }
    return open.empty() ? nullptr : chance_.of(open);
  }

  void meter_some() {
    Pair* const pair = any_line();
    if (pair == nullptr) return;
    const Big whole = pair->twin.use(pair->twin.until);
    meter(*pair, whole * chance_.below(120) / 100);
  }
  void meter(Pair& pair, Big use) {
    const Captured real = capture(books_, pair.line, {narrow(use)}, "metered");
    fold(real.events);
    const auto [taken, lacking] = twin_.capture(pair.twin, use);
    expect("captured", real.amount.micros, taken);
    expect("short by", real.short_by.micros, lacking);
    pair.line = real.line;
    expect("metered", pair.line.metered.share_millis, pair.twin.metered);
  }

  // The last of its use, what is given back of it, and the release of the rest.
  void end_some() {
    Pair* const pair = any_line();
    if (pair == nullptr) return;
    if (chance_.percent(60))
      meter(*pair, pair->twin.use(pair->twin.until) * chance_.below(101) / 100);
    if (chance_.percent(60)) {
      const Big kept = pair->twin.metered * chance_.below(101) / 100;
      const Refunded real = refund(books_, pair->line, {narrow(kept)}, "node fault");
      fold(real.events);
      if (fault_ == Fault::refund_twice)
        fold(refund(books_, pair->line, {narrow(kept)}, "").events);
      expect("refunded", real.amount.micros, twin_.refund(pair->twin, kept));
      pair->line = real.line;
    }
    const Released real = release(books_, pair->line, "ended");
    fold(real.events);
    expect("released", real.amount.micros, twin_.release(pair->twin));
    pair->ended = true;
  }

  void expire_all() {
    for (const oracle::Granted& voucher : twin_.vouchers) {
      fold(expire(books_, programmes_, Id<Voucher>{voucher.id}, at(now_)));
    }
    twin_.expire(now_);
  }

  void check_accounts() {
    if (const auto sound = audit(books_); !sound) return differ("audit: " + sound.error().what);
    Big earned = 0, pending = 0;
    for (const auto& [name, twin] : twin_.accounts) {
      const Account* const real = find_account(books_, name);
      if (real == nullptr) {
        if (twin.free != 0 || twin.held != 0 || twin.spent != 0) differ("no account " + name);
        continue;
      }
      expect("free of " + name, real->available().micros, twin.free);
      expect("held of " + name, real->debits_pending.micros, twin.held);
      if (name.starts_with("CAP:")) {
        const Account* const used = find_account(books_, "CAPUSED:" + name.substr(4));
        expect("used of " + name, used->balance().micros, twin.spent);
      } else {
        earned += twin.spent;
        pending += twin.held;
      }
    }
    if (const Account* const site = find_account(books_, "REV:guian")) {
      expect("earned", site->balance().micros, earned);
      expect("pending", site->credits_pending.micros, pending);
    }
  }

  void plant() {
    for (auto& [id, programme] : programmes_) {
      if (fault_ == Fault::cap) {
        for (HolderCap& cap : programme.caps) cap.amount += Money{1};
      }
      const bool subsidy = programme.kind == Programme::Kind::subsidy;
      if (fault_ == Fault::subsidy_share && subsidy) --programme.shares.front().share;
    }
    for (auto& [id, voucher] : books_.vouchers) {
      if (fault_ == Fault::weights && voucher.purses.size() == 2) voucher.purses[0].weight += 1;
    }
  }

  Chance chance_;
  Fault fault_;
  Tally& tally_;
  Books books_;
  Units twin_;
  Programmes programmes_;
  std::vector<Pair> lines_;
  std::int64_t now_ = 0;
  std::string difference_;
};

std::uint64_t number(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string first_difference(Fault fault, std::string_view containing) {
  Tally tally;
  std::string last = "none";
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    const std::string found = Sequence(seed, fault, tally).run();
    if (!found.empty()) last = found;
    if (found.find(containing) != std::string::npos) return found;
  }
  return "not found; last: " + last;
}

TEST(UnitsProperty, EachMicroUnitIsPaidByWhomAnIndependentOracleSays) {
  const std::uint64_t sequences = number("GRANARY_SEQUENCES", 2'000);
  const std::uint64_t seed = number("GRANARY_SEED", 20'260'101);
  Tally tally;
  std::uint64_t differences = 0;
  for (std::uint64_t i = 0; i < sequences && differences < 5; ++i) {
    const std::string found = Sequence(seed + i, Fault::none, tally).run();
    if (found.empty()) continue;
    ++differences;
    ADD_FAILURE() << "GRANARY_SEED=" << seed + i << " GRANARY_SEQUENCES=1: " << found;
  }
  fmt::print(
      "seed {}: {} sequences, {} commands, {} funded, {} short, {} micro-units: {} by subsidies "
      "({} ran dry), {} under caps, {} shared by funders; {} differences\n",
      seed, sequences, tally.commands, tally.funded, tally.short_of, tally.units, tally.subsidised,
      tally.dry, tally.capped, tally.shared, differences);
  if (sequences < 500) return;
  EXPECT_GT(tally.short_of, tally.funded / 20);
  EXPECT_GT(tally.dry, 20U);
  EXPECT_GT(tally.capped, tally.units / 50);
  EXPECT_GT(tally.shared, tally.units / 50);
}

TEST(UnitsProperty, ACapThatIsOneMicroUnitHigherIsNoticed) {
  EXPECT_THAT(first_difference(Fault::cap, "CAP:"), testing::HasSubstr("oracle says"));
}
TEST(UnitsProperty, ASubsidyThatPaysAHundredthOfAPerCentLessIsNoticed) {
  EXPECT_THAT(first_difference(Fault::subsidy_share, "SUBS:"), testing::HasSubstr("oracle says"));
}
TEST(UnitsProperty, AFunderThatPaysMoreThanItsWeightIsNoticed) {
  EXPECT_THAT(first_difference(Fault::weights, "V:"), testing::HasSubstr("oracle says"));
}
TEST(UnitsProperty, UseThatIsRefundedTwiceIsNoticed) {
  EXPECT_THAT(first_difference(Fault::refund_twice, "free of"), testing::HasSubstr("oracle says"));
}

}  // namespace
}  // namespace granary
