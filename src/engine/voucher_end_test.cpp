// Forecasts against arithmetic by hand: four chips cost 4.80 an hour.
#include "engine/voucher_end.h"

#include "engine/test_house.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::House;
using testing::t0;

VoucherEnd end_of(const House& house, std::uint64_t id, Money spent = {}) {
  const auto end = voucher_end(house.state, house.state.books.vouchers.at({id}),
                               {spent, house.now - last_days}, house.now);
  EXPECT_TRUE(end);
  return end.value_or(VoucherEnd{});
}

void run(House& house, std::uint64_t id, Span used) {
  house.report(WorkerRunning{{id}, 1, ""});
  house.advance(house.now + used);
  house.report(WorkerFinished{{id}, 1, 0, 0, house.now});
}

TEST(VoucherEnd, WithoutAnyUseIsItsExpiryAndAllOfItLapses) {
  House house;
  house.grant("lab", 48, t0 + 24h * 30);
  const VoucherEnd end = end_of(house, 1);
  EXPECT_EQ(end.how, VoucherEnd::How::expires);
  EXPECT_EQ(end.at, t0 + 24h * 30);
  EXPECT_EQ(end.lapses, Money::units(48));
  EXPECT_EQ(end.by, VoucherEnd::By::nothing);
  EXPECT_EQ(end.per_day, Money{});
}

TEST(VoucherEnd, OfWhatOneJobHoldsInFullIsTheEndOfTheJob) {
  House house;
  house.grant("lab", 48, t0 + 24h * 30);
  house.send(Submit{house.wants("lab", 4, 10h)});  // 48.00
  const VoucherEnd end = end_of(house, 1);
  EXPECT_EQ(end.how, VoucherEnd::How::dry);
  EXPECT_EQ(end.at, t0 + 10h);
  EXPECT_EQ(end.by, VoucherEnd::By::holds);
  EXPECT_EQ(to_text(end.per_day), "115.20");
  house.report(WorkerRunning{{1}, 1, ""});
  house.advance(t0 + 4h);
  EXPECT_EQ(end_of(house, 1, Money::units(48)).at, t0 + 10h) << "48.00 over a day is slower";
}

TEST(VoucherEnd, AfterTheJobTheRateIsThatOfTheLastSevenDaysSinceTheGrantOverADayAtLeast) {
  House house;
  house.grant("lab", 48, t0 + 24h * 30);
  house.send(Submit{house.wants("lab", 4, 5h)});
  EXPECT_EQ(end_of(house, 1).how, VoucherEnd::How::expires);
  EXPECT_EQ(end_of(house, 1).lapses, Money::units(24)) << "nothing runs after it";
  run(house, 1, 5h);
  // 24.00 a day, 24.00 left.
  EXPECT_EQ(end_of(house, 1, Money::units(24)).at, t0 + 29h);
  EXPECT_EQ(end_of(house, 1, Money::units(24)).by, VoucherEnd::By::lately);
  house.advance(t0 + 48h);  // 12.00 a day
  EXPECT_EQ(end_of(house, 1, Money::units(24)).at, t0 + 96h);
  house.advance(t0 + 24h * 8);  // nothing of it in the last seven days
  EXPECT_EQ(end_of(house, 1).how, VoucherEnd::How::expires);
}

TEST(VoucherEnd, SlowUseReachesTheExpiryAndTheRestLapses) {
  House house;
  house.grant("lab", 1'000, t0 + 24h * 10);
  house.advance(t0 + 48h);
  // 70.00 in two days are 35.00 a day; eight days are 280.00 of the 1,000.00 that are left.
  const VoucherEnd end = end_of(house, 1, Money::units(70));
  EXPECT_EQ(end.how, VoucherEnd::How::expires);
  EXPECT_EQ(end.lapses, Money::units(720));
}

TEST(VoucherEnd, OfTwoVouchersOfOneJobTheFirstIsDryWhereTheSecondBegins) {
  House house;
  house.grant("lab", 12, t0 + 24h * 20);
  house.grant("lab", 100, t0 + 24h * 30);
  house.send(Submit{house.wants("lab", 4, 10h)});  // 48.00: 12.00, then 36.00
  EXPECT_EQ(end_of(house, 1).at, t0 + 2h + 30min);
  EXPECT_EQ(end_of(house, 2).lapses, Money::units(64));
  EXPECT_EQ(end_of(house, 2).by, VoucherEnd::By::nothing) << "not at present";
}

TEST(VoucherEnd, AReservationSpendsWhatItHoldsInItsTime) {
  House house;
  house.grant("lab", 48, t0 + 24h * 30);
  ReserveChips reserve{"lab", "run",    "later", house.state.pool_ids.at("local/cpu"),
                       4,     t0 + 20h, 10h};
  house.send(reserve);
  EXPECT_EQ(end_of(house, 1).at, t0 + 30h);
}

TEST(VoucherEnd, OfAnExpiredVoucherIsNotAskedAny) {
  House house;
  house.grant("lab", 48, t0 + 24h);
  house.advance(t0 + 25h);
  EXPECT_FALSE(voucher_end(house.state, house.state.books.vouchers.at({1}), {}, house.now));
}

}  // namespace
}  // namespace granary
