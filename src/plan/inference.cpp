#include "plan/inference.h"

#include <fmt/core.h>

#include <algorithm>

#include "cost/decode.h"
#include "cost/prefill.h"

namespace granary {
namespace {
EngineNeeds needs_of(const PlanRequest& request) {
  return {request.framework, request.weights, request.cache};
}

void append(std::vector<Term>& terms, std::vector<Term> more, double times,
            const std::string& what) {
  for (Term& term : more) {
    term.amount = times * term.amount;
    term.formula += "; " + what;
    if (term.amount > Seconds{}) terms.push_back(std::move(term));
  }
}
}  // namespace

InferenceGround::InferenceGround(const Ground& ground, RequestSize size)
    : ground_(ground),
      model_(ground.request.work.model),
      size_(size),
      engine_(*engine_for(ground.chip, needs_of(ground.request))),
      framework_(framework_of(engine_.framework)),
      usable_(usable_for(framework_, ground.chip)) {
  const PlanRequest& request = ground.request;
  const auto formats = request.weights ? std::vector<WeightFormat>{*request.weights}
                                       : usual_formats(engine_.framework);
  for (const WeightFormat format : formats) {
    auto practice = serving_practice(ground.catalog, ground.chip, framework_,
                                     {format, request.cache}, ground.node_chips());
    if (practice) practices_.push_back(*std::move(practice));
  }
}

Replica InferenceGround::replica(const ServingPractice& practice, const ReplicaSplit& split,
                                 int most_sequences) const {
  return {model_, practice, split, usable_, most_sequences};
}

Memory InferenceGround::memory_of(const Replica& replica, int sequences) const {
  return replica_memory(model_, replica.practice, replica.split,
                        {static_cast<double>(sequences), size_.total()});
}

MemoryShort InferenceGround::too_large(const Replica& replica) const {
  return {memory_of(replica, 1).total(), usable_, ground_.chip.memory->value,
          layout_of(replica.practice, replica.split, 1)};
}

int InferenceGround::together(const ReplicaSplit& split) const {
  return framework_.cards == Cards::tensor ? split.tensor : split.chips();
}

int InferenceGround::most_replicas(const ReplicaSplit& split) const {
  const int chips = std::min(ground_.capacity(together(split)), ground_.most_accepted());
  return chips / split.chips();
}

std::vector<ReplicaSplit> InferenceGround::splits_of_a_node() const {
  const Shape& shape = model_.shape.value;
  std::vector<ReplicaSplit> splits;
  if (framework_.cards == Cards::pipeline) {
    for (int cards = 1; cards <= std::min(ground_.node_chips(), shape.layers); ++cards) {
      splits.push_back({1, cards});
    }
    return splits;
  }
  for (const int tensor : powers_of_two(ground_.node_chips())) {
    if (shape.heads % tensor == 0) splits.push_back({tensor, 1});
  }
  return splits;
}

std::vector<ReplicaSplit> InferenceGround::splits_over_nodes() const {
  if (framework_.cards == Cards::pipeline) return {};
  const auto inside = splits_of_a_node();
  if (inside.empty()) return {};
  const int tensor = inside.back().tensor;
  std::vector<ReplicaSplit> splits;
  for (const int stages : divisors(model_.shape.value.layers, ground_.capacity(tensor) / tensor)) {
    if (stages > 1) splits.push_back({tensor, stages});
  }
  return splits;
}

Option InferenceGround::option(const Layout& layout, const Memory& memory) const {
  Option option;
  option.pool = ground_.pool.id;
  option.chips = layout.chips();
  option.layout = layout;
  option.memory = memory;
  option.usable = usable_;
  option.engine = engine_;
  option.cache = ground_.request.cache;
  return option;
}

Layout layout_of(const ServingPractice& practice, const ReplicaSplit& split, int replicas) {
  return {.data = replicas,
          .tensor = split.tensor,
          .pipeline = split.pipeline,
          .weights = practice.weights};
}

std::optional<WhyExcluded> inference_ruled_out(const PlanRequest& request, const Chip& chip) {
  const EngineNeeds needs = needs_of(request);
  if (!engine_for(chip, needs)) return NoEngine{needs};
  if (!chip.dense.empty() && !chip.dense.contains(Precision::fp16) &&
      !chip.dense.contains(Precision::bf16)) {
    return PrecisionMissing{Precision::fp16};
  }
  const auto units = request.weights ? units_of(*request.weights) : std::nullopt;
  if (units && !chip.dense.contains(*units)) return PrecisionMissing{*units};
  return std::nullopt;
}

std::vector<Term> inference_terms(const PlanRequest& request, const Catalog& catalog,
                                  const Pool& pool, const Option& option) {
  const Shape& shape = request.work.model.shape.value;
  const auto practice =
      serving_practice(catalog, catalog.chips.at(pool.chip), framework_of(option.engine->framework),
                       {option.layout.weights, option.cache}, largest_node(pool));
  const ReplicaSplit split{option.layout.tensor, option.layout.pipeline};
  const auto* service = std::get_if<Serve>(&request.work.what);
  const auto* run = std::get_if<Batch>(&request.work.what);
  const RequestSize size = service ? RequestSize{service->prompt, service->output}
                                   : RequestSize{run->prompt, run->output};
  const double sequences = service ? 1 : option.layout.micro_batch;
  double rounds = 1;
  std::string text = "one request alone";
  if (run) {
    const Seconds each =
        static_batch(shape, *practice, split, option.layout.micro_batch, size.prompt, size.output);
    rounds = static_cast<double>(option.duration.count()) / 1e3 / each.base();
    text = fmt::format("{:.4g} batches of {:.0f} requests, one after the other", rounds, sequences);
  }
  std::vector<Term> terms;
  append(terms,
         prefill_terms(shape, *practice, split, {sequences, static_cast<double>(size.prompt)}),
         rounds, text);
  // Prefill makes the first token.
  append(terms, decode_terms(shape, *practice, split, {sequences, size.prompt + size.output / 2.0}),
         rounds * (size.output - 1), fmt::format("{} tokens; {}", size.output - 1, text));
  return terms;
}

}  // namespace granary
