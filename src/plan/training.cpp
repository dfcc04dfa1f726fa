// Layouts of a training run in one pool: t inside a node and dividing the heads, c for long
// sequences, e dividing the experts, p dividing the layers, d dividing the batch, b dividing what
// is left of it. Of each split the least recomputation that fits, the optimiser's state always
// shared out, the parameters only where it does not fit otherwise or there is no pipeline.

#include "cost/training.h"

#include <algorithm>
#include <array>

#include "cost/cpu_step.h"
#include "plan/search.h"

namespace granary {
namespace {
constexpr int longest_unsplit =
    8192;  // tokens of a sequence that one chip takes as a matter of course
constexpr int most_context = 16, most_micro_batch = 64, most_interleave = 8;

struct Candidate {
  Layout layout;
  Seconds time;  // of one step

  // Best first: faster, then ties by (t, p, b).
  bool before(const Candidate& other) const {
    if (time != other.time) return time < other.time;
    const auto key = [](const Layout& l) {
      return std::tuple(l.tensor, l.pipeline, l.micro_batch, l.interleave, l.context, l.expert);
    };
    return key(layout) < key(other.layout);
  }
};

// Numbers of stages whose fullest one, which sets the pace, holds at most a tenth more layers than
// the average, and the last one at least one: 61 layers are cut into 16 stages of 4, the last of 1.
std::vector<int> pipelines(int layers, int most) {
  std::vector<int> all;
  for (int stages = 1; stages <= std::min(layers, most); ++stages) {
    const int fullest = (layers + stages - 1) / stages;
    if (fullest * (stages - 1) < layers && 10 * fullest * stages <= 11 * layers) {
      all.push_back(stages);
    }
  }
  return all;
}

class TrainingSearch {
 public:
  TrainingSearch(const Ground& ground, Tokens tokens, const StepSize& size)
      : ground_(ground),
        model_(ground.request.work.model),
        shape_(model_.shape.value),
        size_(size),
        steps_(steps_of(tokens, size)),
        usable_(training_usable(ground.chip)) {}

  Found search() {
    for (const int tensor : powers_of_two(ground_.node_chips())) {
      if (shape_.heads % tensor != 0 || (shape_.ffn > 0 && shape_.ffn % tensor != 0)) break;
      for (const int context : context_degrees(tensor)) {
        const int together = tensor * context;
        const int held = ground_.capacity(together > ground_.node_chips() ? tensor : together);
        for (const int pipeline : pipelines(shape_.layers, held / together)) {
          for (const int data : divisors(size_.global_batch, held / (together * pipeline))) {
            look_at({.data = data, .tensor = tensor, .pipeline = pipeline, .context = context});
          }
        }
      }
    }
    return survivors();
  }

 private:
  std::vector<int> context_degrees(int tensor) const {
    std::vector<int> degrees{1};
    for (int c = 2; c <= most_context && size_.sequence / c >= longest_unsplit / 2; c *= 2) {
      if (size_.sequence % c == 0 && c * tensor <= ground_.node_chips()) degrees.push_back(c);
    }
    return degrees;
  }

  // Ways to share the experts over the data ranks.
  std::vector<int> expert_degrees(const Layout& layout) const {
    std::vector<int> degrees{1};
    if (shape_.experts == 0) return degrees;
    const int ranks = layout.data * layout.context;
    for (int e = 2; e <= std::min(shape_.experts, ranks); e *= 2) {
      if (shape_.experts % e == 0 && ranks % e == 0) degrees.push_back(e);
    }
    return degrees;
  }

  Bytes memory_of(const Layout& layout) const {
    return training_memory(model_, layout, size_).total();
  }

  // The given split, with every micro-batch and the cheapest way to make each fit.
  void look_at(Layout layout) {
    if (!ground_.accepted(layout.chips())) return;
    if (ground_.practice.processor) return on_one_core(layout);
    layout.precision = ground_.practice.precision;
    layout.sequence_parallel = layout.tensor > 1;
    const int of_rank = size_.global_batch / layout.data;
    for (const int expert : expert_degrees(layout)) {
      layout.expert = expert;
      for (int b = 1; b <= most_micro_batch && of_rank % b == 0; b *= 2) {
        layout.micro_batch = b;
        if (!fit(layout)) break;  // memory grows with b
      }
    }
  }

  // nanotrain, which is what trains there, is one process that takes the whole batch.
  void on_one_core(Layout layout) {
    if (layout.chips() > 1) return;
    layout.precision = ground_.practice.precision;
    layout.micro_batch = size_.global_batch;
    ++found_.considered;
    if (const Bytes needed = cpu_step_memory(model_, size_); needed > usable_) {
      failures_.add(MemoryShort{needed, usable_, ground_.chip.memory->value, layout});
      return;
    }
    keep({layout, step_of(layout)});
  }

  // Whether some recomputation and sharding makes it fit; the fastest of those is kept.
  bool fit(Layout layout) {
    const int ranks = layout.data * layout.context;
    for (const Recompute recompute : {Recompute::none, Recompute::full}) {
      for (const Sharding sharding : {Sharding::optimiser, Sharding::parameters}) {
        if (sharding == Sharding::parameters && (ranks == 1 || layout.pipeline > 1)) continue;
        layout.recompute = recompute;
        layout.sharding = sharding;
        ++found_.considered;
        if (const Bytes needed = memory_of(layout); needed > usable_) {
          failures_.add(MemoryShort{needed, usable_, ground_.chip.memory->value, layout});
          continue;
        }
        time(layout);
        return true;
      }
    }
    return false;
  }

  // The step as it is, and with the pipeline interleaved where that divides and still fits.
  void time(Layout layout) {
    keep({layout, step_of(layout)});
    if (layout.pipeline == 1 || shape_.layers % layout.pipeline != 0 ||
        micro_batches(layout, size_.global_batch) % layout.pipeline != 0) {
      return;
    }
    const int each = shape_.layers / layout.pipeline;
    for (int v = 2; v <= std::min(most_interleave, each); v *= 2) {
      if (each % v != 0) continue;
      layout.interleave = v;
      ++found_.considered;
      if (memory_of(layout) <= usable_) keep({layout, step_of(layout)});
    }
  }

  Seconds step_of(const Layout& layout) const {
    return step_seconds(model_, ground_.practice, ground_.links, layout, size_).total();
  }
  Span duration_of(const Candidate& candidate) const { return to_span(steps_ * candidate.time); }

  void keep(const Candidate& candidate) {
    auto [place, fresh] = best_.emplace(candidate.layout.chips(), candidate);
    if (!fresh && candidate.before(place->second)) place->second = candidate;
  }

  // At equal chips the fastest is the cheapest, so one of each count is left; each further one must
  // beat all that have fewer chips.
  Found survivors() {
    std::optional<Span> fastest;
    const Span limit = ground_.request.deadline.value_or(max_span - Span(1));
    for (const auto& [chips, candidate] : best_) {
      const Span duration = duration_of(candidate);
      if (duration > limit) {
        failures_.add(TooSlow{duration, limit, candidate.layout});
        continue;
      }
      if (fastest && duration >= *fastest) continue;
      fastest = duration;
      if (const auto price = price_at(ground_.pool, chips, duration, ground_.request.at)) {
        found_.options.push_back(option_of(candidate, duration, *price));
      }
    }
    if (found_.options.empty()) found_.why = failures_.furthest();
    return std::move(found_);
  }

  Option option_of(const Candidate& candidate, Span duration, Money price) const {
    const Band band = step_band(ground_.practice, model_, size_.tuning);
    Option option;
    option.pool = ground_.pool.id;
    option.chips = candidate.layout.chips();
    option.layout = candidate.layout;
    option.duration = duration;
    option.low = to_span(band.low * steps_ * candidate.time);
    option.high = to_span(band.high * steps_ * candidate.time);
    option.memory = training_memory(model_, candidate.layout, size_);
    if (ground_.practice.processor) option.memory = {.activations = cpu_step_memory(model_, size_)};
    option.usable = usable_;
    option.price = price;
    return option;
  }

  const Ground& ground_;
  const Model& model_;
  const Shape& shape_;
  StepSize size_;
  double steps_;
  Bytes usable_;
  std::map<int, Candidate> best_;  // by chips
  Failures failures_;
  Found found_;
};
}  // namespace

Found search_training(const Ground& ground, Tokens tokens, const StepSize& size) {
  return TrainingSearch(ground, tokens, size).search();
}

}  // namespace granary
