// Layouts of batch inference in one pool: replicas that each work through their part of the
// requests, as many together as fit. The widest weight format that meets the deadline wins.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "cost/prefill.h"
#include "plan/inference.h"

namespace granary {
namespace {
constexpr double most_sequences = 256;  // decoded together by one replica: vLLM's default

struct Candidate {
  Layout layout;
  const ServingPractice* practice;
  Seconds time;       // of the whole work
  double prefilling;  // share of the time that goes into prefill
};

class BatchSearch {
 public:
  BatchSearch(const Ground& ground, const Batch& what)
      : ground_(ground),
        what_(what),
        requests_(std::max(1.0, std::ceil(what.tokens.base() / what.output - 1e-9))),
        limit_(ground.request.deadline.value_or(max_span - Span(1))),
        inference_(ground, {what.prompt, what.output}) {}

  Found search() {
    if (inference_.practices().empty()) {
      found_.why = RateUnknown{};
      return std::move(found_);
    }
    inference_.each_split([&](const ServingPractice& practice, const ReplicaSplit& split) {
      return look_at(practice, split);
    });
    survivors();
    if (found_.options.empty()) found_.why = failures_.furthest();
    return std::move(found_);
  }

 private:
  // Of one of `replicas` replicas.
  int sequences(int replicas) const {
    return static_cast<int>(std::min(most_sequences, std::ceil(requests_ / replicas)));
  }

  // Numbers of replicas worth a look: doubling ones, all of them, those at the ends of what the
  // tenant takes, the fewest that meet the deadline.
  std::set<int> counts(const ReplicaSplit& split, Seconds alone) const {
    const double useful = std::min<double>(inference_.most_replicas(split), requests_);
    const int held = static_cast<int>(useful);
    const int each = split.chips();
    std::set<int> all{held};
    for (const int count : powers_of_two(held)) all.insert(count);
    for (const Accept& accept : ground_.request.accept) {
      all.insert((accept.least + each - 1) / each);
      if (accept.most) all.insert(*accept.most / each);
    }
    const double fewest = std::ceil(alone.base() * 1e3 / static_cast<double>(limit_.count()));
    if (fewest <= held) all.insert({static_cast<int>(fewest), static_cast<int>(fewest) + 1});
    std::set<int> good;
    for (const int count : all) {
      if (count >= 1 && count <= held && ground_.accepted(count * each)) good.insert(count);
    }
    return good;
  }

  Look look_at(const ServingPractice& practice, const ReplicaSplit& split) {
    if (inference_.most_replicas(split) < 1) return Look::too_large;
    const Replica alone = inference_.replica(practice, split, sequences(1));
    const BatchInference whole = batch_inference(alone, what_.prompt, what_.output, what_.tokens);
    if (whole.batch == 0) {
      ++found_.considered;
      failures_.add(inference_.too_large(alone));
      return Look::too_large;
    }
    bool good = false;
    for (const int count : counts(split, whole.duration))
      good |= try_replicas(practice, split, count);
    return good ? Look::good : Look::fits;
  }

  bool try_replicas(const ServingPractice& practice, const ReplicaSplit& split, int count) {
    ++found_.considered;
    const Replica replica = inference_.replica(practice, split, sequences(count));
    const BatchInference run = batch_inference(replica, what_.prompt, what_.output,
                                               what_.tokens / static_cast<double>(count));
    Candidate candidate{layout_of(practice, split, count), &practice, {}, 0};
    candidate.layout.micro_batch = run.batch;
    candidate.time = std::max(run.each_batch, run.duration);
    if (to_span(candidate.time) > limit_) {
      failures_.add(TooSlow{to_span(candidate.time), limit_, candidate.layout});
      return false;
    }
    const Seconds prefill =
        prefill_seconds(ground_.request.work.model.shape.value, practice, split,
                        {static_cast<double>(run.batch), static_cast<double>(what_.prompt)})
            .total();
    candidate.prefilling = prefill / run.each_batch;
    auto [place, fresh] = best_.emplace(candidate.layout.chips(), candidate);
    // Looked at by t, then p: the first of equal ones stays.
    if (!fresh && candidate.time < place->second.time) place->second = candidate;
    return true;
  }

  // Each further count must be faster than all that have fewer chips.
  void survivors() {
    std::optional<Span> fastest;
    for (const auto& [chips, candidate] : best_) {
      const Span duration = to_span(candidate.time);
      if (fastest && duration >= *fastest) continue;
      const auto price = price_at(ground_.pool, chips, duration, ground_.request.at);
      if (!price) continue;
      fastest = duration;
      found_.options.push_back(option_of(candidate, duration, *price));
    }
  }

  Option option_of(const Candidate& candidate, Span duration, Money price) const {
    const ServingPractice& practice = *candidate.practice;
    const Layout& layout = candidate.layout;
    const Replica replica =
        inference_.replica(practice, {layout.tensor, layout.pipeline}, layout.micro_batch);
    Option option = inference_.option(layout, inference_.memory_of(replica, layout.micro_batch));
    option.duration = duration;
    option.price = price;
    option.outputs = what_.tokens / candidate.time;
    const TimeBand prefill = prefill_band(practice), decode = decode_band(practice);
    const double first = candidate.prefilling, rest = 1 - first;
    option.low = to_span((first * prefill.low + rest * decode.low) * candidate.time);
    option.high = to_span((first * prefill.high + rest * decode.high) * candidate.time);
    return option;
  }

  const Ground& ground_;
  const Batch& what_;
  double requests_;
  Span limit_;
  InferenceGround inference_;
  std::map<int, Candidate> best_;  // by chips
  Failures failures_;
  Found found_;
};
}  // namespace

Found search_batch(const Ground& ground, const Batch& what) {
  return BatchSearch(ground, what).search();
}

}  // namespace granary
