#include "catalog/tariff.h"

#include <gtest/gtest.h>

#include <random>

namespace granary {
namespace {
using namespace std::chrono_literals;
using For = TariffRow::For;

Instant at(const char* text) { return parse_instant(text).value(); }
Rate yuan(std::int64_t fen) { return {Money{fen * 10'000}}; }

// Night, a dated raise, and reserved chips at a quarter.
Tariff some() {
  Tariff tariff{yuan(800), {}};
  tariff.rows.push_back({yuan(200), {}, {}, {}, {}, For::reserved});
  tariff.rows.push_back({yuan(500), {}, {}, 22h, 6h, For::all});
  tariff.rows.push_back({yuan(900), at("2026-12-01"), at("2027-01-01"), {}, {}, For::running});
  return tariff;
}

TEST(Tariff, TheFirstRowThatMatchesDecidesElseThePrice) {
  const Tariff tariff = some();
  const auto running = [&](const char* when) {
    return rate_at(tariff, ChipUse::running, at(when));
  };
  EXPECT_EQ(running("2026-11-21T12:00:00Z"), yuan(800));
  EXPECT_EQ(running("2026-11-21T21:59:59Z"), yuan(800));
  EXPECT_EQ(running("2026-11-21T22:00:00Z"), yuan(500));
  EXPECT_EQ(running("2026-11-22T05:59:59Z"), yuan(500));
  EXPECT_EQ(running("2026-11-22T06:00:00Z"), yuan(800));
  EXPECT_EQ(running("2026-12-01T12:00:00Z"), yuan(900));
  EXPECT_EQ(running("2026-12-01T23:00:00Z"), yuan(500)) << "the row before it decides";
  EXPECT_EQ(running("2027-01-01T12:00:00Z"), yuan(800));
}

TEST(Tariff, AJobInsideAReservationPaysWhatRunningCostsMoreAndNeverLess) {
  Tariff tariff = some();
  const Instant noon = at("2026-11-21T12:00:00Z"), night = at("2026-11-21T23:00:00Z");
  EXPECT_EQ(rate_at(tariff, ChipUse::reserved, noon), yuan(200));
  EXPECT_EQ(rate_at(tariff, ChipUse::inside, noon), yuan(600));
  EXPECT_EQ(rate_at(tariff, ChipUse::inside, night), yuan(300));
  tariff.rows[0].rate = yuan(700);
  EXPECT_EQ(rate_at(tariff, ChipUse::inside, night), yuan(0));
}

TEST(Tariff, SumsOfRatesAreThoseOfEachMinute) {
  std::mt19937_64 random(20'261'121);
  const auto below = [&](std::uint64_t n) { return static_cast<std::int64_t>(random() % n); };
  const Instant start = at("2026-11-21T00:00:00Z");
  for (int round = 0; round < 400; ++round) {
    Tariff tariff{yuan(below(1000)), {}};
    for (auto n = below(5); n > 0; --n) {
      TariffRow row;
      row.rate = yuan(below(1000));
      row.of = static_cast<For>(below(3));
      if (below(2) == 0) row.from = start + below(6) * 24h;
      if (below(2) == 0) row.until = std::max(row.from, start) + (below(6) + 1) * 24h;
      if (below(3) != 0) row.begins = below(24 * 60) * 1min, row.ends = below(24 * 60) * 1min;
      tariff.rows.push_back(row);
    }
    const auto use = static_cast<ChipUse>(below(3));
    const Instant from = start + below(4 * 24 * 60) * 1min,
                  until = from + below(6 * 24 * 60) * 1min;
    Wide sum = 0;
    for (Instant minute = from; minute < until; minute += 1min) {
      sum += static_cast<Wide>(rate_at(tariff, use, minute).per_chip_hour.micros) * 60'000;
    }
    ASSERT_TRUE(rate_millis(tariff, use, from, until) == sum) << "round " << round;
    // A change is where the rate may change, and nowhere else.
    const Instant last = next_change(tariff, from).value_or(Instant::max());
    for (Instant minute = from; minute < std::min(last, until); minute += 1min) {
      ASSERT_EQ(rate_at(tariff, use, minute), rate_at(tariff, use, from)) << "round " << round;
    }
  }
}

TEST(Tariff, ARowReadsAsPeopleWriteIt) {
  EXPECT_EQ(to_text(some().rows[0], "CNY"), "2.00 CNY per chip-hour, reserved");
  EXPECT_EQ(to_text(some().rows[1], "CNY"), "5.00 CNY per chip-hour, 22:00..06:00 UTC");
  EXPECT_EQ(to_text(some().rows[2], "CNY"),
            "9.00 CNY per chip-hour, running, from 2026-12-01, until 2027-01-01");
}

}  // namespace
}  // namespace granary
