#include "ledger/agreed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "ledger/books_chance.h"
#include "ledger/books_fixture.h"

namespace granary {
namespace {
using namespace std::chrono_literals;
using For = TariffRow::For;
using ::testing::HasSubstr;

Instant at(const char* text) { return parse_instant(text).value(); }
const Instant start = at("2026-11-21T00:00:00Z");

Tariff day_and_night() { return {Rate{yuan(8)}, {{Rate{yuan(5)}, {}, {}, 22h, 6h, For::all}}}; }

TEST(Agreed, ANightAndADayOfOneJobAreSummedAndRoundedOnce) {
  // 3 chips from 03:00 to 09:00: 9 chip-hours at 5, 9 at 8.
  const Agreed price = extended({}, {{}, start + 3h, 3000, ChipUse::running, day_and_night()});
  EXPECT_EQ(price_of(price, ChipTime::of(3000, 3h)), yuan(45));
  EXPECT_EQ(price_of(price, ChipTime::of(3000, 6h)), yuan(117));
  EXPECT_EQ(price_of(price, ChipTime::of(3000, 24h)), yuan(45 + 16 * 3 * 8 + 5 * 3 * 5));
}

TEST(Agreed, WithoutRowsItIsAPlainRateAndStaysOneWhileThePriceIsTheSame) {
  const Agreed plain = extended({}, {{}, start, 4000, ChipUse::running, {Rate{yuan(8)}, {}}});
  EXPECT_EQ(plain, Agreed(Rate{yuan(8)}));
  // A row for reserved chips says nothing about a job, and one that is over nothing at all.
  Tariff tariff{Rate{yuan(8)}, {{Rate{yuan(2)}, {}, {}, {}, {}, For::reserved}}};
  tariff.rows.push_back({Rate{yuan(3)}, {}, at("2026-11-01"), {}, {}, For::all});
  EXPECT_EQ(extended({}, {{}, start, 4000, ChipUse::running, tariff}), plain);
  const ChipTime used = ChipTime::of(4000, 1h);
  EXPECT_EQ(extended(plain, {used, start + 1h, 4000, ChipUse::running, {Rate{yuan(8)}, {}}}),
            plain);
}

TEST(Agreed, MoreUseIsPricedAtTheTariffOfItsInstantAndChangesNothingBefore) {
  const Agreed plain{Rate{yuan(8)}};
  const ChipTime used = ChipTime::of(1000, 2h);
  const Agreed longer =
      extended(plain, {used, start + 2h, 1000, ChipUse::running, {Rate{yuan(10)}, {}}});
  EXPECT_EQ(price_of(longer, used), yuan(16));
  EXPECT_EQ(price_of(longer, ChipTime::of(1000, 3h)), yuan(26));
  // The same tariff, going on: nothing is added.
  const Agreed night = extended({}, {{}, start, 1000, ChipUse::running, day_and_night()});
  EXPECT_EQ(extended(night, {used, start + 2h, 1000, ChipUse::running, day_and_night()}), night);
  // Another instant of it: that of a quote. It is added.
  const Agreed moved = extended(night, {used, start + 9h, 1000, ChipUse::running, day_and_night()});
  EXPECT_EQ(price_of(moved, ChipTime::of(1000, 3h)), yuan(5 + 5 + 8));
}

// A line over random tariffs, metered at random: what it costs is what each of its milliseconds
// does, whoever looks when.
class Meter {
 public:
  explicit Meter(std::uint64_t seed) : chance_(seed), shares_(1 + chance_.below(90'000)) {
    for (auto n = chance_.below(3) + 1; n > 0; --n) {
      const AgreedTariff next{use_, start + now_, shares_, uses(), tariff()};
      agreed_ = extended(agreed_, next);
      const Span lasts = 1ms + Span(chance_.below(60) * 3'599'999 / 7);
      parts_.push_back({now_, lasts, next});
      now_ += lasts;
      use_ = ChipTime::of(shares_, now_);
    }
  }

  void check() {
    Money before;
    Wide captured = 0;
    for (Span t{}; t < now_; t += Span(1 + chance_.below(7'200'000))) {
      const Money price = *price_of(agreed_, ChipTime::of(shares_, t));
      ASSERT_GE(price, before) << "it fell";
      ASSERT_EQ(price, expected(t));
      captured += (price - before).micros;
      before = price;
      const ChipTime most = use_for(agreed_, price, use_);
      ASSERT_GE(most, ChipTime::of(shares_, t));
      ASSERT_EQ(*price_of(agreed_, most), price);
      if (most < use_) {
        ASSERT_GT(*price_of(agreed_, most + ChipTime{1}), price);
      }
    }
    const Money whole = *price_of(agreed_, use_);
    captured += (whole - before).micros;
    ASSERT_TRUE(captured == whole.micros);
    ASSERT_EQ(whole, expected(now_));
  }

 private:
  struct Part {
    Span from, lasts;
    AgreedTariff what;
  };
  ChipUse uses() { return chance_.percent(20) ? ChipUse::inside : ChipUse::running; }
  Tariff tariff() {
    Tariff made{Rate{Money{chance_.below(20'000'000)}}, {}};
    for (auto n = chance_.below(4); n > 0; --n) {
      TariffRow row;
      row.rate = Rate{Money{chance_.below(20'000'000)}};
      row.of = static_cast<For>(chance_.below(3));
      if (chance_.percent(70))
        row.begins = chance_.below(1440) * 1min, row.ends = chance_.below(1440) * 1min;
      if (chance_.percent(30)) row.from = start + chance_.below(3) * 24h;
      if (chance_.percent(30)) row.until = start + (3 + chance_.below(3)) * 24h;
      made.rows.push_back(row);
    }
    return made;
  }
  // Each part by itself, from one change of its tariff to the next.
  Money expected(Span t) const {
    Wide sum = 0;
    for (const Part& part : parts_) {
      const Span end = std::min(t, part.from + part.lasts);
      for (Span from = part.from; from < end;) {
        const Instant now = start + from;
        const auto change = next_change(part.what.tariff, now).value_or(start + end);
        const Span to = std::min(end, change - start);
        sum += static_cast<Wide>(shares_) * (to - from).count() *
               rate_at(part.what.tariff, part.what.use, now).per_chip_hour.micros;
        from = to;
      }
    }
    constexpr Wide hour = 3'600'000'000;
    return Money{static_cast<std::int64_t>((sum + hour / 2) / hour)};
  }

  Chance chance_;
  std::int64_t shares_;
  Agreed agreed_;
  ChipTime use_;
  Span now_{};
  std::vector<Part> parts_;
};

TEST(AgreedLaw, WhereverItIsMeteredTheCapturesSumToThePriceAndNoneIsNegative) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Meter(seed).check();
    if (HasFatalFailure()) return;
  }
}

TEST(Agreed, UseBeyondAnyCalendarIsPricedWithoutOverflow) {
  const Agreed price = extended({}, {{}, start, 1, ChipUse::running, day_and_night()});
  EXPECT_GT(*price_of(price, ChipTime{std::numeric_limits<std::int64_t>::max()}), yuan(1));
  Tariff dear = day_and_night();
  dear.rate = dear.rows[0].rate = Rate{Money::units(1'000'000)};
  const Agreed beyond = extended({}, {{}, start, 100'000'000, ChipUse::running, dear});
  EXPECT_EQ(price_of(beyond, ChipTime{std::numeric_limits<std::int64_t>::max()}), std::nullopt);
}

TEST(Agreed, AFundedLineOverANightAndADayPaysEachHourItsPriceAndBackTheSame) {
  World world;
  world.granted("lab", yuan(500), std::chrono::hours(100'000));
  Bill bill_ = bill("lab", "run", yuan(1), std::chrono::hours(1));
  bill_.from = start + 3h;
  bill_.until = start + 9h;
  bill_.shares = 3000;
  bill_.rate = extended({}, {{}, bill_.from, 3000, ChipUse::running, day_and_night()});
  EXPECT_EQ(price_of(bill_), yuan(117));
  Line line = world.started(bill_, "j-1/1");
  EXPECT_EQ(world.account("V:v-1").debits_pending, yuan(117));
  const auto to = [&](Span span) {
    const Captured taken = capture(world.books, line, ChipTime::of(3000, span), "metered");
    world.fold(taken.events);
    line = taken.line;
    return taken.amount;
  };
  EXPECT_EQ(to(2h), yuan(30));
  EXPECT_EQ(to(4h), yuan(15 + 24));
  EXPECT_EQ(to(6h), yuan(48));
  const Refunded back = refund(world.books, line, ChipTime::of(3000, 2h + 30min), "lost");
  world.fold(back.events);
  EXPECT_EQ(back.amount, Money{79'500'000});
  world.fold(release(world.books, back.line, "ended").events);
  EXPECT_EQ(world.account("REV:guian").balance(), Money{37'500'000});
  EXPECT_TRUE(world.books.holds.empty());
}

TEST(TariffChange, ARowThatHasBegunMayOnlyBeEnded) {
  const Instant now = at("2026-11-21T10:00:00Z");
  const TariffRow night{Rate{yuan(5)}, {}, {}, 22h, 6h, For::all};
  const TariffRow later{Rate{yuan(9)}, at("2026-12-01"), {}, {}, {}, For::all};
  const TariffRow over{Rate{yuan(4)}, {}, at("2026-11-20"), {}, {}, For::all};
  const Tariff before{Rate{yuan(8)}, {over, night, later}};
  const auto changed = [&](std::vector<TariffRow> rows) {
    return check_change(before, {Rate{yuan(80)}, std::move(rows)}, "guian/a800", "CNY", now);
  };
  const auto until = [&](TariffRow row, const char* day) {
    row.until = at(day);
    return row;
  };
  EXPECT_TRUE(changed({over, night, later}));
  EXPECT_TRUE(changed({night})) << "what is over or has not begun may go";
  EXPECT_TRUE(changed({later, until(night, "2026-11-22")})) << "ended, and others before it";
  EXPECT_TRUE(changed({until(night, "2026-11-21")}));
  const auto gone = changed({later});
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, 4100);
  EXPECT_THAT(gone.error().what, HasSubstr("5.00 CNY per chip-hour, 22:00..06:00 UTC"));
  EXPECT_THAT(gone.error().fix, HasSubstr("2026-11-22"));
  EXPECT_FALSE(changed({until(night, "2026-11-20")})) << "not in the past";
  TariffRow cheaper = night;
  cheaper.rate = Rate{yuan(4)};
  EXPECT_FALSE(changed({cheaper}));
  cheaper = night;
  cheaper.ends = 7h;
  EXPECT_FALSE(changed({cheaper}));
  const Tariff ends{Rate{yuan(8)}, {until(night, "2026-12-01")}};
  EXPECT_FALSE(check_change(ends, {Rate{yuan(8)}, {until(night, "2026-12-02")}}, "p", "CNY", now));
  EXPECT_FALSE(check_change(ends, {Rate{yuan(8)}, {night}}, "p", "CNY", now));
  EXPECT_TRUE(check_change(ends, {Rate{yuan(8)}, {until(night, "2026-11-30")}}, "p", "CNY", now));
}

}  // namespace
}  // namespace granary
