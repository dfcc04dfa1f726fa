#include "schedule/schedule.h"

namespace granary {
namespace {
Timelines count(const View& view) {
  Timelines timelines;
  for (const Pool& pool : view.pools) timelines.try_emplace(pool.id, pool);
  for (const Claim& claim : view.claims) {
    const auto timeline = timelines.find(claim.pool);
    if (timeline != timelines.end()) timeline->second.add(claim);
  }
  return timelines;
}
}  // namespace

CountedView::CountedView(const View& view)
    : running(view.running),
      waiting(view.waiting),
      stop_notice(view.stop_notice),
      reservations_for(view.reservations_for),
      counted_(std::make_shared<const Timelines>(count(view))),
      timelines_(counted_.get()) {}

CountedView::CountedView(const Timelines& timelines, std::span<const Running> running_jobs,
                         std::span<const Waiting> waiting_jobs)
    : running(running_jobs), waiting(waiting_jobs), timelines_(&timelines) {}

}  // namespace granary
