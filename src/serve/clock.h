#pragma once
// Where "now" comes from: the machine, the machine made faster, or a test's hand.

#include <atomic>

#include "engine/ports.h"

namespace granary {

class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

// Virtual time that runs `factor` times as fast as the machine's: it shows `start` when the machine
// shows `real_start`. The same three numbers after a restart go on with the same time.
class ScaledClock final : public Clock {
 public:
  struct Epoch {
    Instant start{}, real_start{};
    double factor = 1;  // above zero
  };
  explicit ScaledClock(const Epoch& epoch) : epoch_(epoch) {}

  Instant now() const override;
  // What this clock shows when the machine shows `real`.
  Instant at(Instant real) const;
  double factor() const { return epoch_.factor; }

 private:
  Epoch epoch_;
};

// Moves only when told, and never back.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : now_(start.time_since_epoch().count()) {}

  Instant now() const override { return Instant(Span(now_.load())); }
  void set(Instant);

 private:
  std::atomic<Span::rep> now_;
};

}  // namespace granary
