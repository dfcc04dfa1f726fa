#pragma once
// Random views for property tests: sound ones, such as an engine would make, with parts of chips,
// reservations, jobs inside them, late jobs and jobs that were asked to stop.

#include <algorithm>
#include <random>
#include <tuple>

#include "schedule/views_test.h"

namespace granary::test {

class RandomView {
 public:
  explicit RandomView(std::uint64_t seed) : random_(seed) {}

  View make() {
    const int pools = 1 + below(3);
    for (int p = 1; p <= pools; ++p) {
      std::vector<int> nodes(static_cast<std::size_t>(1 + below(4)));
      for (int& chips : nodes) chips = 1 + below(8);
      view_.pools.push_back(pool(static_cast<std::uint64_t>(p), nodes));
    }
    for (int i = below(3); i > 0; --i) add_reservation();
    for (int i = below(10); i > 0; --i) add_running();
    view_.reservations_for = below(3) == 0 ? below(4) : 64;
    for (int i = 1 + below(10); i > 0; --i) add_waiting();
    std::sort(view_.waiting.begin(), view_.waiting.end(), [](const Waiting& a, const Waiting& b) {
      return std::tuple(-a.priority, a.submitted, a.job) <
             std::tuple(-b.priority, b.submitted, b.job);
    });
    return std::move(view_);
  }

 private:
  int below(int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); }
  Span ticks(int from, int to) { return (from + below(to - from)) * 20s; }

  const Pool& some_pool() {
    return view_.pools[static_cast<std::size_t>(below(static_cast<int>(view_.pools.size())))];
  }
  Wanted wanted() {
    const bool part = below(4) == 0;
    return {1 + below(part ? 2 : 10), 1 + below(4), part ? 100 * (1 + below(10)) : whole_chip};
  }
  std::optional<Id<Reservation>> some_reservation() {
    if (reservations_ == 0 || below(3) != 0) return std::nullopt;
    return Id<Reservation>{static_cast<std::uint64_t>(1 + below(reservations_))};
  }

  bool add(Claim claim) {
    const Timeline line(*find_pool(view_.pools, claim.pool), view_.claims, t0 - 100h, claim.inside);
    auto held = line.place(wanted(), claim.from, claim.until - claim.from);
    if (!held) return false;
    claim.held = std::move(*held);
    view_.claims.push_back(std::move(claim));
    return true;
  }

  void add_reservation() {
    const Instant from = t0 + ticks(-30, 30);
    const Id<Reservation> id{static_cast<std::uint64_t>(reservations_ + 1)};
    if (add({id, some_pool().id, {}, from, from + ticks(5, 60), {}})) ++reservations_;
  }

  void add_running() {
    const Id<Job> id{++last_};
    const Instant from = t0 - ticks(1, 30);
    const Instant until = std::max(from + 1ms, t0 + ticks(-1, 40));
    if (!add({id, some_pool().id, {}, from, until, some_reservation()})) return;
    Running running{.job = id,
                    .priority = below(3),
                    .preemptible = below(3) != 0,
                    .stopping = below(5) == 0,
                    .started = from,
                    .last_checkpoint = t0 - ticks(0, 30),
                    .not_before = t0 - 60s + ticks(0, 4)};
    if (running.stopping) {
      view_.claims.back().until = std::min(view_.claims.back().until, t0 + ticks(0, 3));
    }
    view_.running.push_back(running);
  }

  void add_waiting() {
    Waiting job{{++last_}, "tenant", below(4), t0 - ticks(0, 5), {}, some_reservation()};
    for (int i = 1 + below(3); i > 0; --i) {
      job.offers.push_back(
          {some_pool().id, wanted(), ticks(1, 30), Money::units(1 + below(3)), below(6) != 0});
    }
    view_.waiting.push_back(std::move(job));
  }

  std::mt19937_64 random_;
  View view_;
  int reservations_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace granary::test
