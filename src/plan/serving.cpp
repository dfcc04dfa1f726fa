// Layouts of a service in one pool. Replicas of t chips inside a node; pipelines over nodes only
// when no kind of weights fits a node. The best kind of weights that yields an option wins; of its
// layouts the one with the fewest chips, because all of them cost chips x span.

#include "cost/serving.h"

#include <algorithm>
#include <cmath>

#include "plan/search.h"

namespace granary {
namespace {
// Slower than ten tokens a second is slower than people read: a larger batch must not cause it.
// Assumed, like the largest batch.
constexpr Seconds slowest_token{0.1};
constexpr int largest_batch = 256;

class ServingSearch {
 public:
  ServingSearch(const Ground& ground, const Serve& what)
      : ground_(ground),
        model_(ground.request.work.model),
        what_(what),
        usable_(usable_memory(ground.chip)) {}

  Found search() {
    const Shape& shape = model_.shape.value;
    std::vector<int> tensors;
    for (const int tensor : powers_of_two(ground_.node_chips())) {
      if (shape.heads % tensor == 0) tensors.push_back(tensor);
    }
    for (const WeightKind kind : kinds()) {
      for (const int tensor : tensors) look_at({.tensor = tensor, .weights = kind});
      if (best_) return finish();
    }
    if (!fitted_ && !tensors.empty()) {
      const int tensor = tensors.back();
      const int stages = ground_.capacity(tensor) / tensor;
      for (const WeightKind kind : kinds()) {
        for (const int pipeline : divisors(shape.layers, stages)) {
          if (pipeline == 1) continue;
          look_at({.tensor = tensor, .pipeline = pipeline, .weights = kind});
        }
        if (best_) break;
      }
    }
    return finish();
  }

 private:
  std::vector<WeightKind> kinds() const {
    if (ground_.request.weights) return {*ground_.request.weights};
    return {WeightKind::fp16, WeightKind::int8, WeightKind::int4};
  }

  Memory memory_of(const Layout& layout, int batch) const {
    return serving_memory(model_, layout, batch, what_.prompt + what_.output);
  }
  ServingSeconds time_of(const Layout& layout, int batch) const {
    return serving_seconds(model_, ground_.chip, ground_.achieved, layout, batch,
                           {what_.prompt, what_.output});
  }

  // The largest batch that fits and keeps a token within slowest_token; both only grow with it.
  int batch_of(const Layout& layout) const {
    int fits = 1, too_large = largest_batch + 1;
    while (too_large - fits > 1) {
      const int middle = (fits + too_large) / 2;
      const bool good = memory_of(layout, middle).total() <= usable_ &&
                        time_of(layout, middle).decode() <= slowest_token;
      (good ? fits : too_large) = middle;
    }
    return fits;
  }

  // The fewest replicas that sustain the rate on a number of chips the tenant takes; nothing when
  // there is none within the pool.
  std::optional<int> replicas(const Layout& layout, double needed) {
    const int each = layout.chips();
    const int held = ground_.capacity(layout.tensor) / each;
    const int most = ground_.most_accepted();
    if (needed > held || needed * each > most) {
      const double chips = std::min(needed * each, 1e9);
      failures_.add(TooFewChips{static_cast<int>(chips), most});
      return std::nullopt;
    }
    for (int count = static_cast<int>(needed); count <= held; ++count) {
      if (ground_.accepted(count * each)) return count;
    }
    return std::nullopt;
  }

  void look_at(Layout layout) {
    // A replica of more chips than the tenant takes is no layout of theirs.
    if (layout.chips() > std::min(ground_.capacity(layout.tensor), ground_.most_accepted())) return;
    ++found_.considered;
    layout.micro_batch = 1;
    if (const Bytes needed = memory_of(layout, 1).total(); needed > usable_) {
      failures_.add(MemoryShort{needed, usable_, ground_.chip.memory->value, layout});
      return;
    }
    fitted_ = true;
    layout.micro_batch = batch_of(layout);
    const ServingSeconds time = time_of(layout, layout.micro_batch);
    if (time.prefill() > what_.first_token) {
      failures_.add(FirstTokenMissed{time.prefill(), what_.first_token});
      return;
    }
    const PerSecond each = sustained_rate(time, layout.micro_batch, what_.output);
    const auto count = replicas(layout, std::max(1.0, std::ceil(what_.rate / each - 1e-9)));
    if (!count) return;
    layout.data = *count;
    // Enumerated by t, then p: the first of equal ones stays.
    if (!best_ || layout.chips() < best_->chips()) best_ = layout;
  }

  Found finish() {
    if (best_) {
      if (const auto option = option_of(*best_)) found_.options.push_back(*option);
    }
    if (found_.options.empty()) found_.why = failures_.furthest();
    return std::move(found_);
  }

  std::optional<Option> option_of(const Layout& layout) const {
    const auto price = price_at(ground_.pool, layout.chips(), what_.span);
    if (!price) return std::nullopt;
    const ServingSeconds time = time_of(layout, layout.micro_batch);
    Option option;
    option.pool = ground_.pool.id;
    option.chips = layout.chips();
    option.layout = layout;
    option.duration = what_.span;
    option.memory = memory_of(layout, layout.micro_batch);
    option.usable = usable_;
    option.price = *price;
    option.sustained = layout.data * sustained_rate(time, layout.micro_batch, what_.output);
    option.first_token = time.prefill();
    return option;
  }

  const Ground& ground_;
  const Model& model_;
  const Serve& what_;
  Bytes usable_;
  bool fitted_ = false;  // some layout had memory enough
  std::optional<Layout> best_;
  Failures failures_;
  Found found_;
};
}  // namespace

Found search_serving(const Ground& ground, const Serve& what) {
  return ServingSearch(ground, what).search();
}

}  // namespace granary
