#pragma once
// Alerts: what somebody should know before money ends. Each is an event of the entry whose money
// or time passed the threshold, so that a follower of the journal can mail it, once.

#include <optional>
#include <string>
#include <vector>

#include "engine/state.h"

namespace granary {

// Ascending in urgency: per cent used, and days before an expiry.
inline constexpr int used_levels[] = {50, 80, 95};
inline constexpr int expiry_days[] = {30, 7, 1};

// "lab/vision/CNY/month", "lab/*/CNY/ever".
std::string alert_subject(const Budget&);

// When the next expiry alert of a voucher is due, if it has money then; thresholds that were over
// when it was granted do not count.
std::optional<Instant> next_warning(const Voucher&, Instant now);

// What is in force at that instant: of each kind and subject the most urgent level, with the
// amounts of now. Not those of months that are over, of vouchers that are expired, or of expiries
// with nothing left. Oldest first.
struct AlertView {
  Alert alert;  // as it was raised
  std::string tenant, asset;
  Money used, of, held, left;
  std::optional<Instant> until;  // the expiry, or when the month ends
  std::string sentence;
};
std::vector<AlertView> alerts_in_force(const State&, Instant now);

}  // namespace granary
