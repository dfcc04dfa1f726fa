#include "serve/clock.h"

#include <cmath>

namespace granary {

Instant SystemClock::now() const {
  return std::chrono::floor<Span>(std::chrono::system_clock::now());
}

Instant ScaledClock::now() const { return at(SystemClock().now()); }

Instant ScaledClock::at(Instant real) const {
  const auto passed = static_cast<double>((real - epoch_.real_start).count());
  return epoch_.start + Span(std::llround(passed * epoch_.factor));
}

void ManualClock::set(Instant instant) {
  const Span::rep wanted = instant.time_since_epoch().count();
  Span::rep now = now_.load();
  while (now < wanted && !now_.compare_exchange_weak(now, wanted)) {
  }
}

}  // namespace granary
