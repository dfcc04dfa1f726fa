// Layouts of a training run in one pool: t inside a node and dividing the heads, p dividing the
// layers, d dividing the batch; the smallest micro-batch first, recomputation only where the layout
// does not fit without. Micro-batches beyond the first that fits gain nothing in this cost model.

#include <algorithm>

#include "cost/training_time.h"
#include "plan/search.h"

namespace granary {
namespace {
struct Candidate {
  Layout layout;
  Seconds time;

  // Best first: faster, then ties by (t, p, b).
  bool before(const Candidate& other) const {
    if (time != other.time) return time < other.time;
    const auto key = [](const Layout& l) {
      return std::tuple(l.tensor, l.pipeline, l.micro_batch);
    };
    return key(layout) < key(other.layout);
  }
};

class TrainingSearch {
 public:
  TrainingSearch(const Ground& ground, const TrainingRun& run)
      : ground_(ground), run_(run), usable_(usable_memory(ground.chip)) {}

  Found search() {
    const Shape& shape = ground_.request.work.model.shape.value;
    for (const int tensor : powers_of_two(ground_.node_chips())) {
      if (shape.heads % tensor != 0) break;
      for (const int pipeline : divisors(shape.layers, ground_.capacity(tensor) / tensor)) {
        const int most = ground_.capacity(tensor) / (tensor * pipeline);
        for (const int data : divisors(run_.global_batch, most)) {
          look_at({.data = data, .tensor = tensor, .pipeline = pipeline});
        }
      }
    }
    return survivors();
  }

 private:
  Memory memory_of(const Layout& layout) const {
    return training_memory(ground_.request.work.model, layout, run_.sequence, run_.global_batch);
  }

  // The given split, with the cheapest way to make it fit.
  void look_at(Layout layout) {
    if (!ground_.accepted(layout.chips())) return;
    for (const bool recompute : {false, true}) {
      layout.recompute = recompute;
      ++found_.considered;
      const Bytes needed = memory_of(layout).total();
      if (needed <= usable_) return keep(layout);
      failures_.add(MemoryShort{needed, usable_, ground_.chip.memory->value, layout});
    }
  }

  void keep(const Layout& layout) {
    const Candidate candidate{layout, training_seconds(ground_.request.work.model, ground_.chip,
                                                       ground_.achieved, layout, run_)
                                          .total()};
    const Span limit = ground_.request.deadline.value_or(max_span - Span(1));
    if (const Span duration = to_span(candidate.time); duration > limit) {
      failures_.add(TooSlow{duration, limit, layout});
      return;
    }
    auto [place, fresh] = best_.emplace(layout.chips(), candidate);
    if (!fresh && candidate.before(place->second)) place->second = candidate;
  }

  // At equal chips the fastest is the cheapest, so one of each count is left; each further one must
  // beat all that have fewer chips.
  Found survivors() {
    std::optional<Span> fastest;
    for (const auto& [chips, candidate] : best_) {
      const Span duration = to_span(candidate.time);
      if (fastest && duration >= *fastest) continue;
      fastest = duration;
      if (const auto price = price_at(ground_.pool, chips, duration)) {
        found_.options.push_back(option_of(candidate, duration, *price));
      }
    }
    if (found_.options.empty()) found_.why = failures_.furthest();
    return std::move(found_);
  }

  Option option_of(const Candidate& candidate, Span duration, Money price) const {
    Option option;
    option.pool = ground_.pool.id;
    option.chips = candidate.layout.chips();
    option.layout = candidate.layout;
    option.duration = duration;
    option.memory = memory_of(candidate.layout);
    option.usable = usable_;
    option.price = price;
    return option;
  }

  const Ground& ground_;
  TrainingRun run_;
  Bytes usable_;
  std::map<int, Candidate> best_;  // by chips
  Failures failures_;
  Found found_;
};
}  // namespace

Found search_training(const Ground& ground, Tokens tokens, int sequence, int global_batch) {
  return TrainingSearch(ground, {tokens, sequence, global_batch}).search();
}

}  // namespace granary
