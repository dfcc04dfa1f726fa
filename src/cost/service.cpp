#include "cost/service.h"

#include <algorithm>
#include <cmath>

#include "cost/decode.h"
#include "cost/prefill.h"

namespace granary {
namespace {
double mean_context(const Demand& demand) { return demand.prompt + demand.output / 2.0; }

bool meets(const QueueTimes& times, const Demand& demand) {
  if (times.overload != Overload::none) return false;
  if (demand.first_token > Seconds{} && times.first_token_p95 > demand.first_token) return false;
  return !(demand.token > Seconds{} && times.token_p95 > demand.token);
}

}  // namespace

QueueTimes times_at(const Replica& replica, const Demand& demand, PerSecond rate, int batch) {
  const Shape& shape = replica.model.shape.value;
  QueueLoad load;
  load.rate = rate;
  load.prefill = prefill_seconds(shape, replica.practice, replica.split,
                                 {1, static_cast<double>(demand.prompt)})
                     .total();
  load.output = demand.output;
  load.chunks = std::max(
      1.0, std::ceil(static_cast<double>(demand.prompt) / replica.practice.framework.chunk));
  load.most = batch;
  load.arrival_variation = demand.arrival_variation;
  load.prefill_variation = demand.prompt_variation;
  load.prefilling = demand.prefilling;
  const auto step = [&](double sequences) {
    return decode_seconds(shape, replica.practice, replica.split, {sequences, mean_context(demand)})
        .total();
  };
  return queue_times(load, StepTime(step));
}

Service service_of(const Replica& replica, const Demand& demand, int limit) {
  const Shape& shape = replica.model.shape.value;
  Service service;
  service.batch = largest_batch(replica.model, replica.practice, replica.split,
                                static_cast<double>(demand.prompt) + demand.output, replica.usable,
                                replica.most_sequences);
  if (service.batch == 0) {
    service.failure = ServiceFailure::memory;
    return service;
  }
  service.idle_first_token = prefill_seconds(shape, replica.practice, replica.split,
                                             {1, static_cast<double>(demand.prompt)})
                                 .total();
  service.idle_token =
      decode_seconds(shape, replica.practice, replica.split, {1, mean_context(demand)}).total();
  if (demand.first_token > Seconds{} && service.idle_first_token > demand.first_token) {
    service.failure = ServiceFailure::first_token;
    return service;
  }
  if (demand.token > Seconds{} && service.idle_token > demand.token) {
    service.failure = ServiceFailure::token;
    return service;
  }
  const auto good = [&](int replicas) {
    return meets(times_at(replica, demand, demand.rate / replicas, service.batch), demand);
  };
  // More replicas never wait longer: double until it is enough, then halve the gap.
  int enough = 1, few = 0;
  while (enough < limit && !good(enough)) {
    few = enough;
    enough = std::min(limit, 2 * enough);
  }
  if (limit < 1 || !good(enough)) {
    service.failure = ServiceFailure::replicas;
    service.replicas = limit;
    return service;
  }
  while (enough - few > 1) {
    const int middle = few + (enough - few) / 2;
    (good(middle) ? enough : few) = middle;
  }
  service.replicas = enough;
  service.times = times_at(replica, demand, demand.rate / enough, service.batch);
  return service;
}

PerSecond sustained_rate(const Replica& replica, const Demand& demand, int replicas, int batch) {
  const auto good = [&](PerSecond rate) {
    return meets(times_at(replica, demand, rate, batch), demand);
  };
  PerSecond low, high = demand.rate / replicas;
  for (int i = 0; i < 30 && good(high); ++i) {
    low = high;
    high = 2 * high;
  }
  for (int i = 0; i < 12; ++i) {
    const PerSecond middle = 0.5 * (low + high);
    (good(middle) ? low : high) = middle;
  }
  return static_cast<double>(replicas) * low;
}

// The context of a batch grows by one token a step; its mean stands for it, since a step's time is
// linear in it.
Seconds static_batch(const Shape& shape, const ServingPractice& practice, const ReplicaSplit& split,
                     int batch, int prompt, int output) {
  const double sequences = batch;
  const Seconds first =
      prefill_seconds(shape, practice, split, {sequences, static_cast<double>(prompt)}).total();
  const Seconds step =
      decode_seconds(shape, practice, split, {sequences, prompt + output / 2.0}).total();
  // Prefill makes the first token.
  return first + std::max(0, output - 1) * step;
}

BatchInference batch_inference(const Replica& replica, int prompt, int output, Tokens tokens) {
  BatchInference run;
  run.batch =
      largest_batch(replica.model, replica.practice, replica.split,
                    static_cast<double>(prompt) + output, replica.usable, replica.most_sequences);
  if (run.batch == 0) return run;
  run.each_batch = static_batch(replica.model.shape.value, replica.practice, replica.split,
                                run.batch, prompt, output);
  run.output_rate = Tokens(static_cast<double>(run.batch) * output) / run.each_batch;
  run.duration = tokens / run.output_rate;
  return run;
}

std::optional<CardShare> card_share(const Replica& whole, int replicas, const LiveTokens& each,
                                    Sharing enforced) {
  if (replicas > 1 && enforced == Sharing::none) return std::nullopt;
  const double share = 1.0 / replicas;
  const bool hard = enforced == Sharing::partition;
  const Shape& shape = whole.model.shape.value;
  const Memory one = replica_memory(whole.model, whole.practice, whole.split, each);
  CardShare card;
  card.memory = together(one, replicas);
  card.usable = whole.usable;
  card.fits = hard ? one.total() <= share * whole.usable : card.memory.total() <= whole.usable;
  const DecodeBatch batch{each.sequences, each.tokens};
  if (hard) {
    card.token =
        decode_seconds(shape, in_partition(whole.practice, share), whole.split, batch).total();
  } else {
    card.token = static_cast<double>(replicas) *
                 decode_seconds(shape, whole.practice, whole.split, batch).total();
  }
  return card;
}

}  // namespace granary
