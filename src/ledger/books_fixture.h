#pragma once
// Books with one programme and helpers that fold what is proposed. For tests only.

#include <gtest/gtest.h>

#include "ledger/funding.h"

namespace granary {

inline constexpr Instant t0{std::chrono::hours(24 * 20'000)};  // 2024-10-04

inline Money yuan(std::int64_t whole) { return Money::units(whole); }
inline ChipTime chip_hours(std::int64_t chips, double hours) {
  return {static_cast<std::int64_t>(static_cast<double>(chips) * hours * 3.6e9)};
}

struct World {
  Books books;
  Programmes programmes;

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

  // Held by whom fund() says.
  Line started(const Bill& bill, const char* owner) {
    Line line;
    line.owner = owner;
    line.site = bill.site;
    const auto paid = fund(books, programmes, bill);
    EXPECT_TRUE(paid) << to_error(paid.error()).what;
    if (!paid) return line;
    const auto placed = place_hold(books, *paid, line, "start");
    EXPECT_TRUE(placed) << placed.error().what;
    if (!placed) return line;
    fold(placed->events);
    return placed->line;
  }

  // Holds those amounts, one after the other, for a line of `rate` yuan per chip-hour.
  Line held(const std::vector<std::pair<Id<Voucher>, Money>>& amounts, std::int64_t rate) {
    Line line;
    line.owner = "j-1/1";
    line.site = "guian";
    line.rate = Rate{yuan(rate)};
    const auto placed = place_hold(books, funding(amounts, rate), line, "start");
    EXPECT_TRUE(placed) << placed.error().what;
    if (!placed) return line;
    fold(placed->events);
    return placed->line;
  }
  Funding funding(const std::vector<std::pair<Id<Voucher>, Money>>& amounts,
                  std::int64_t rate = 10) const {
    Funding funding;
    funding.asset = "CNY";
    funding.rate = Rate{yuan(rate)};
    for (const auto& [id, amount] : amounts) {
      const auto voucher = books.vouchers.find(id);
      const bool known = voucher != books.vouchers.end();
      funding.payers.push_back({known ? voucher->second.account : Id<Account>{987'654}, amount});
    }
    return funding;
  }
};

// One chip for so long, at a price of that amount together; the hours divide the amount.
inline Bill bill(const std::string& holder, const std::string& purpose, Money amount,
                 std::chrono::hours lasts) {
  Bill bill;
  bill.holder = holder;
  bill.purpose = purpose;
  bill.asset = "CNY";
  bill.rate = Rate{Money{amount.micros / lasts.count()}};
  bill.shares = 1000;
  bill.from = t0;
  bill.until = t0 + lasts;
  bill.site = "guian";
  bill.chip = "a800-sxm-80";
  return bill;
}

}  // namespace granary
