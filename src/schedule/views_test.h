#pragma once
// Views in a few words, for tests.

#include <optional>
#include <utility>
#include <vector>

#include "schedule/schedule.h"

namespace granary::test {

using namespace std::chrono_literals;

inline const Instant t0 = Instant(24h * 20'000);
using Jobs = std::vector<std::uint64_t>;

inline Pool pool(std::uint64_t id, std::vector<int> nodes) {
  Pool pool;
  pool.id = {id};
  pool.site = "site";
  pool.chip = "chip" + std::to_string(id);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    pool.nodes.push_back({{id * 1'000'000 + i + 1}, "node", nodes[i]});
  }
  return pool;
}

// Builds a view; jobs and reservations get the chips that are free first.
class ViewOf {
 public:
  explicit ViewOf(std::vector<Pool> pools) { view_.pools = std::move(pools); }

  struct Work {
    Wanted wanted;
    Span until{};  // from t0; when it ends
    std::uint64_t pool = 1;
    int priority = 0;
    bool preemptible = false, stopping = false;
    Span since_checkpoint = 1h;
    Span protected_for{};
    std::optional<std::uint64_t> inside = {};
  };
  ViewOf& running(std::uint64_t id, const Work& work) {
    add({Id<Job>{id}, {work.pool}, {}, t0 - 2h, t0 + work.until, inside(work.inside)}, work.wanted);
    view_.running.push_back({.job = {id},
                             .priority = work.priority,
                             .preemptible = work.preemptible,
                             .stopping = work.stopping,
                             .started = t0 - 2h,
                             .last_checkpoint = t0 - work.since_checkpoint,
                             .not_before = t0 + work.protected_for});
    return *this;
  }
  ViewOf& reserved(std::uint64_t id, Wanted wanted, Span from, Span until) {
    add({Id<Reservation>{id}, {1}, {}, t0 + from, t0 + until, {}}, wanted);
    return *this;
  }

  struct Want {
    Wanted wanted;
    Span span{};
    std::uint64_t pool = 1;
    int price = 1;
    bool fundable = true;
  };
  struct How {
    int priority = 0;
    std::optional<std::uint64_t> inside = {};
  };
  ViewOf& wants(std::uint64_t id, const std::vector<Want>& wants, How how = {0, {}}) {
    Waiting job{{id}, "tenant", how.priority, t0 - 1h, {}, inside(how.inside)};
    for (const Want& want : wants) {
      job.offers.push_back(
          {{want.pool}, want.wanted, want.span, Money::units(want.price), want.fundable});
    }
    view_.waiting.push_back(std::move(job));
    return *this;
  }
  ViewOf& places(int count) {
    view_.reservations_for = count;
    return *this;
  }

  operator const View&() const { return view_; }

 private:
  static std::optional<Id<Reservation>> inside(std::optional<std::uint64_t> id) {
    if (!id) return std::nullopt;
    return Id<Reservation>{*id};
  }
  void add(Claim claim, const Wanted& wanted) {
    const Timeline line(*find_pool(view_.pools, claim.pool), view_.claims, t0 - 100h, claim.inside);
    claim.held = line.place(wanted, claim.from, claim.until - claim.from).value();
    view_.claims.push_back(std::move(claim));
  }

  View view_;
};

inline Id<Job> job_of(const Decision& decision) {
  return std::visit([](const auto& d) { return d.job; }, decision);
}

template <class Kind>
const Kind* find(const std::vector<Decision>& decisions, std::uint64_t job) {
  for (const Decision& decision : decisions) {
    const Kind* const kind = std::get_if<Kind>(&decision);
    if (kind && kind->job.value == job) return kind;
  }
  return nullptr;
}

inline Jobs starts(const std::vector<Decision>& decisions) {
  Jobs jobs;
  for (const Decision& decision : decisions) {
    if (const auto* start = std::get_if<Start>(&decision)) jobs.push_back(start->job.value);
  }
  return jobs;
}

inline std::optional<Instant> reserved_at(const std::vector<Decision>& decisions,
                                          std::uint64_t job) {
  const auto* reserve = find<Reserve>(decisions, job);
  if (!reserve) return std::nullopt;
  return reserve->from;
}

inline Jobs victims(const std::vector<Decision>& decisions, std::uint64_t job) {
  Jobs jobs;
  for (const Decision& decision : decisions) {
    const auto* preempt = std::get_if<Preempt>(&decision);
    if (preempt && preempt->job.value == job) jobs.push_back(preempt->victim.value);
  }
  return jobs;
}

// Why `job` starts, or waits with or without a place.
template <class Why>
std::optional<Why> because(const std::vector<Decision>& decisions, std::uint64_t job) {
  const Because* found = nullptr;
  if (const auto* start = find<Start>(decisions, job)) found = &start->because;
  if (const auto* reserve = find<Reserve>(decisions, job)) found = &reserve->because;
  if (const auto* wait = find<Wait>(decisions, job)) found = &wait->because;
  const Why* const why = found ? std::get_if<Why>(found) : nullptr;
  if (!why) return std::nullopt;
  return *why;
}

}  // namespace granary::test
