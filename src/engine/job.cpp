#include "engine/job.h"

#include <algorithm>

namespace granary {

Span remaining(const Job& job, const Choice& choice) {
  constexpr std::int64_t whole = 1'000'000'000;
  const auto left = static_cast<Wide>(choice.span.count()) * (whole - job.done_ppb);
  const Span span(static_cast<std::int64_t>((left + whole / 2) / whole));
  return std::max<Span>(span, std::min<Span>(choice.span, std::chrono::minutes(1)));
}

std::string owner_of(const Job& job) { return to_text(job.id) + "/" + std::to_string(job.attempt); }
std::string owner_of(const Reservation& reservation) { return to_text(reservation.id); }

std::string to_text(JobState state) {
  switch (state) {
    case JobState::waiting:
      return "waiting";
    case JobState::running:
      return "running";
    case JobState::stopping:
      return "stopping";
    case JobState::finished:
      return "finished";
    case JobState::failed:
      return "failed";
    case JobState::cancelled:
      return "cancelled";
  }
  return "?";
}

std::string to_text(StopCause cause) {
  switch (cause) {
    case StopCause::preempted:
      return "preempted";
    case StopCause::cancelled:
      return "cancelled";
    case StopCause::limit:
      return "time limit";
    case StopCause::funds:
      return "funds";
    case StopCause::span:
      return "span over";
    case StopCause::lapsed:
      return "no word from its executor";
  }
  return "?";
}

std::string to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::finished:
      return "finished";
    case Outcome::failed:
      return "failed";
    case Outcome::cancelled:
      return "cancelled";
    case Outcome::preempted:
      return "preempted";
    case Outcome::lost:
      return "lost";
  }
  return "?";
}

}  // namespace granary
