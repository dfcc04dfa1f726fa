#pragma once
// Books with one programme and helpers that fold what is proposed. For tests only.

#include <gtest/gtest.h>

#include "ledger/settlement.h"

namespace granary {

inline constexpr Instant t0{std::chrono::hours(24 * 20'000)};  // 2024-10-04

inline Money yuan(std::int64_t whole) { return Money::units(whole); }
inline ChipTime chip_hours(std::int64_t chips, double hours) {
  return {static_cast<std::int64_t>(static_cast<double>(chips) * hours * 3.6e9)};
}

struct World {
  Books books;
  std::map<std::string, Programme> programmes;

  explicit World(Money fund = yuan(1'000'000)) {
    Programme city;
    city.id = "city";
    city.issuer = "city";
    city.fund = fund;
    programmes.emplace("city", city);
    fold(appropriate(books, city, {}));
  }

  void fold(const std::vector<BooksEvent>& events) {
    for (const BooksEvent& event : events) {
      if (const auto* posted = std::get_if<Posted>(&event)) {
        const auto admitted = admit(books, posted->transfer);
        ASSERT_TRUE(admitted) << admitted.error().what;
      }
      evolve(books, event);
    }
    const auto sound = audit(books);
    ASSERT_TRUE(sound) << sound.error().what;
  }

  Id<Voucher> granted(const std::string& holder, Money amount, std::chrono::hours lasts,
                      std::vector<std::string> purposes = {}) {
    const Id<Voucher> id{books.next_voucher};
    const auto events =
        grant(books, programmes, {"city", holder, amount, purposes, t0 + lasts}, t0);
    EXPECT_TRUE(events) << events.error().what;
    if (events) fold(*events);
    return id;
  }

  const Account& account(const std::string& name) const {
    const Account* const found = find_account(books, name);
    if (found == nullptr) throw std::runtime_error("no account " + name);
    return *found;
  }
  const Account& of(Id<Voucher> id) const { return account("V:" + to_text(id)); }

  // Holds `amounts` on those vouchers for a line of `rate` yuan per chip-hour.
  Line held(const std::vector<Draw>& draws, std::int64_t rate) {
    Line line;
    line.owner = "j-1/1";
    line.site = "guian";
    line.rate = Rate{yuan(rate)};
    const auto placed = place_hold(books, draws, line, "CNY", "start");
    EXPECT_TRUE(placed) << placed.error().what;
    if (!placed) return line;
    fold(placed->events);
    return placed->line;
  }
};

inline Payment payment(const std::string& holder, const std::string& purpose, Money amount,
                       std::chrono::hours lasts) {
  return {holder, purpose, "CNY", amount, t0 + lasts};
}

}  // namespace granary
