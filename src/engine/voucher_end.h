#pragma once
// When a voucher ends: dry, at the rate at which it is being spent, or at its expiry, and how much
// then lapses. A forecast, not a promise: what waits in the queue or comes later is not in it.
//
// Method. Running work and reservations spend what they hold of it evenly, each hold in the part of
// the claim that it pays. What is spent is never slower than lately: than what was captured, less
// refunds, in the last 7 days, spread over them (over the time since the grant if that is shorter,
// but over a day at least). At time t
//   r(t) = max(sum of the holds that are being spent at t, each by its length; lately by its span)
// and the voucher is dry where the integral of r from now on reaches its balance.

#include <optional>

#include "engine/state.h"

namespace granary {

inline constexpr Span last_days = std::chrono::hours(24 * 7);

// Captured on a voucher, less refunds, since that instant.
struct Spent {
  Money amount;
  Instant since{};
};

struct VoucherEnd {
  enum class How { dry, expires } how = How::expires;
  Instant at{};
  Money lapses;                                               // at an expiry: what is left then
  Money per_day;                                              // how much is spent a day at present
  enum class By { nothing, holds, lately } by = By::nothing;  // what that rate is taken from
};

// Nothing for a voucher that is closed or expired. O(open lines).
std::optional<VoucherEnd> voucher_end(const State&, const Voucher&, const Spent&, Instant now);

}  // namespace granary
