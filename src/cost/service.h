#pragma once
// One kind of replica as a service: how many are needed for a request rate and its targets, what
// they reach, and what a batch of requests without a rate takes.

#include <optional>

#include "cost/queue.h"
#include "cost/service_memory.h"

namespace granary {

struct Demand {
  PerSecond rate;
  int prompt = 512, output = 256;  // tokens, on average
  Seconds first_token;             // target at the 95th percentile; 0: none
  Seconds token;                   // likewise, per output token; 0: none
  double arrival_variation = 1;    // see QueueLoad
  double prompt_variation = 1;
  Prefilling prefilling = Prefilling::first;
};

// Everything one replica is.
struct Replica {
  const Model& model;
  const ServingPractice& practice;
  ReplicaSplit split;
  Bytes usable;              // on each of its chips
  int most_sequences = 256;  // the framework decodes together, memory permitting
};

enum class ServiceFailure {
  none,
  memory,       // not one request fits
  first_token,  // an idle replica takes longer than the target
  token,        // one sequence alone takes longer than the target
  replicas      // more than the limit would be needed
};

struct Service {
  ServiceFailure failure = ServiceFailure::none;
  int replicas = 0;
  int batch = 0;                         // sequences that fit a replica
  QueueTimes times;                      // of one replica at its share of the rate
  Seconds idle_first_token, idle_token;  // of a request alone
};

// The fewest replicas, up to `limit`, whose percentiles meet the targets. Requests are dealt out
// evenly. Some dozen queues, no allocation.
Service service_of(const Replica&, const Demand&, int limit);

// The largest rate at which `replicas` of them still meet the targets; over the demanded rate, less
// one, it is the headroom. For options that survive: some twenty queues.
PerSecond sustained_rate(const Replica&, const Demand&, int replicas, int batch);

// What one replica does at a rate.
QueueTimes times_at(const Replica&, const Demand&, PerSecond rate, int batch);

// A number of requests without a rate: prefilled and decoded `batch` at a time.
struct BatchInference {
  int batch = 0;                // 0: not one request fits
  Seconds each_batch;           // prefill, then all output tokens
  TokensPerSecond output_rate;  // of one replica
  Seconds duration;             // until `tokens` output tokens are made
};
BatchInference batch_inference(const Replica&, int prompt, int output, Tokens tokens);
// The same at a batch that is given.
Seconds static_batch(const Shape&, const ServingPractice&, const ReplicaSplit&, int batch,
                     int prompt, int output);

// Several replicas on one card. A partition has its share of rates and memory; in time slices the
// steps of all add up while the memory is shared.
enum class Sharing { none, partition, time_slices };

struct CardShare {
  bool fits = false;
  Memory memory;  // of all replicas together
  Bytes usable;   // of the whole card
  Seconds token;  // of one sequence in each replica
};
// Nothing when `enforced` is none and there is more than one replica: nobody would keep them apart.
std::optional<CardShare> card_share(const Replica& whole, int replicas, const LiveTokens& each,
                                    Sharing enforced);

}  // namespace granary
