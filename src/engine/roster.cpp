#include "engine/roster.h"

#include <algorithm>

namespace granary {
namespace {
Roster::Place place_of(const Job& job) { return {-job.request.priority, job.submitted, job.id}; }

bool same_claims(const Timeline& a, const Timeline& b) {
  const auto late_a = a.late(Instant::max()), late_b = b.late(Instant::max());
  return a == b && a.claims() == b.claims() &&
         std::equal(late_a.begin(), late_a.end(), late_b.begin(), late_b.end(),
                    [](const Claim* x, const Claim* y) { return *x == *y; });
}
}  // namespace

Roster::Roster(std::shared_ptr<const std::vector<Pool>> pools) : pools_(std::move(pools)) {
  for (const Pool& pool : *pools_) timelines_.try_emplace(pool.id, pool);
}

bool Roster::lists_like(const Roster& other) const {
  return waiting_ == other.waiting_ && stopping_ == other.stopping_ &&
         preemptible_ == other.preemptible_ &&
         std::equal(timelines_.begin(), timelines_.end(), other.timelines_.begin(),
                    other.timelines_.end(), [](const auto& a, const auto& b) {
                      return a.first == b.first && same_claims(a.second, b.second);
                    });
}

void Roster::leave(const Job& job) {
  if (job.request.followed) return;
  if (job.state == JobState::waiting) waiting_.erase(place_of(job));
  if (job.state == JobState::stopping) stopping_.erase(job.id);
  if (job.state == JobState::running && job.request.preemptible) {
    const auto equals = preemptible_.find(job.request.priority);
    equals->second.erase(job.id);
    if (equals->second.empty()) preemptible_.erase(equals);
  }
  if (!job.claim) return;
  const auto timeline = timelines_.find(job.claim->pool);
  if (timeline != timelines_.end()) timeline->second.remove(job.id);
}

void Roster::enter(const Job& job) {
  if (job.request.followed) return;
  if (job.state == JobState::waiting) waiting_.insert(place_of(job));
  if (job.state == JobState::stopping) stopping_.insert(job.id);
  if (job.state == JobState::running && job.request.preemptible) {
    preemptible_[job.request.priority].insert(job.id);
  }
  if (!job.claim) return;
  const auto timeline = timelines_.find(job.claim->pool);
  if (timeline != timelines_.end()) timeline->second.add(*job.claim);
}

void Roster::leave(const Reservation& reservation) {
  const auto timeline = timelines_.find(reservation.claim.pool);
  if (timeline != timelines_.end()) timeline->second.remove(reservation.id);
}

void Roster::enter(const Reservation& reservation) {
  const auto timeline = timelines_.find(reservation.claim.pool);
  if (reservation.open && timeline != timelines_.end()) timeline->second.add(reservation.claim);
}

}  // namespace granary
