#include "stock/free_counts.h"

#include <algorithm>
#include <cassert>

#include "stock/shape.h"

namespace granary {

GroupCounts groups_among(int chips) { return {chips, chips / 2, chips / 4, chips / 8}; }

std::size_t FreeCounts::step_at(Instant at) const {
  const auto after = std::upper_bound(steps_.begin() + 1, steps_.end(), at,
                                      [](Instant t, const Step& step) { return t < step.at; });
  return static_cast<std::size_t>(after - steps_.begin()) - 1;
}

void FreeCounts::mark(Instant at, bool falls) {
  std::size_t step = step_at(at);
  if (steps_[step].at != at) {
    const Step made{at, steps_[step].free, 0, 0};
    steps_.insert(steps_.begin() + static_cast<std::ptrdiff_t>(++step), made);
  }
  ++steps_[step].marks;
  if (falls) ++steps_[step].falls;
}

void FreeCounts::unmark(Instant at, bool falls) {
  const std::size_t step = step_at(at);
  assert(steps_[step].at == at && steps_[step].marks > 0);
  if (falls) --steps_[step].falls;
  if (--steps_[step].marks > 0 || step == 0) return;
  assert(steps_[step].free == steps_[step - 1].free);
  steps_.erase(steps_.begin() + static_cast<std::ptrdiff_t>(step));
}

void FreeCounts::add(Instant from, Instant until, const GroupCounts& by) {
  for (std::size_t step = step_at(from); step < steps_.size() && steps_[step].at < until; ++step) {
    for (std::size_t size = 0; size < by.size(); ++size) steps_[step].free[size] += by[size];
  }
}

// Whether a step has enough. Groups of 6 are at most as many as those of 4.
class FreeCounts::Test {
 public:
  explicit Test(const Least& least) : least_(least) {
    while (size_ + 1 < GroupCounts{}.size() && 2 << size_ <= least.together) ++size_;
  }
  bool operator()(const Step& step) const {
    return step.free[0] >= least_.chips && step.free[size_] >= least_.groups;
  }

 private:
  const Least& least_;
  std::size_t size_ = 0;  // index of the group's
};

bool FreeCounts::enough(const Least& least, Instant from, Instant until) const {
  const Test test(least);
  std::size_t step = step_at(from);
  if (!test(steps_[step])) return false;
  while (++step < steps_.size() && steps_[step].at < until) {
    if (!test(steps_[step])) return false;
  }
  return true;
}

std::optional<Instant> FreeCounts::first(const Least& least, Span span, Instant from) const {
  const Test test(least);
  std::size_t begin = step_at(from);
  for (;;) {
    const Instant until = end_of(from, span);
    std::size_t past = begin;  // the last step of the span that has too little, and one
    for (std::size_t step = begin;
         step < steps_.size() && (step == begin || steps_[step].at < until); ++step) {
      if (!test(steps_[step])) past = step + 1;
    }
    if (past == begin) return from;
    begin = past;
    while (begin < steps_.size() && !test(steps_[begin])) ++begin;
    if (begin == steps_.size()) return std::nullopt;
    from = steps_[begin].at;
  }
}

std::optional<Instant> FreeCounts::next(Instant at) const {
  const std::size_t step = step_at(at) + 1;
  if (step == steps_.size()) return std::nullopt;
  return steps_[step].at;
}

std::vector<Instant> FreeCounts::marks(Instant from) const {
  std::vector<Instant> marks;
  for (std::size_t step = step_at(from) + 1; step < steps_.size(); ++step) {
    marks.push_back(steps_[step].at);
  }
  return marks;
}

std::optional<int> FreeCounts::lasting(Instant from, Instant until) const {
  std::size_t step = step_at(from);
  const int free = steps_[step].free[0];
  while (++step < steps_.size() && steps_[step].at < until) {
    if (steps_[step].falls > 0) return std::nullopt;
  }
  return free;
}

}  // namespace granary
