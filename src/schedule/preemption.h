#pragma once
// Whose work to stop so that a job can start.

#include <optional>
#include <vector>

#include "schedule/board.h"

namespace granary {

// Who must stop for one offer of a job, and where it then runs.
struct Sacrifice {
  Place place;                   // from the end of the notice
  std::vector<Id<Job>> victims;  // by id; without any of them the job would not fit
  ChipTime loss;                 // their work since the last checkpoint
};

// The fundable offer and the victims that lose least. A victim runs in the pool of the offer (and
// inside the same reservation, or none), is preemptible, not protected and of lower priority.
// Nothing when no offer can be freed so that it ends before `unaided`, or when jobs that were
// already asked to stop will free enough.
//
// Victims are taken by loss per chip that helps until the job fits; then each that turned out to be
// needless is dropped, the costliest first; then each is exchanged for a cheaper one that does.
std::optional<Sacrifice> least_loss(const CountedView&, Board&, const Waiting&,
                                    std::optional<Instant> unaided);

}  // namespace granary
