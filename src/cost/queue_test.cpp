// The closed formulas of a replica under load against an event simulation of it.
#include "cost/queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <vector>

#include "cost/serving_known.h"

namespace granary {
namespace {
// Weights 10 ms, 0.1 ms a sequence.
constexpr auto step_of = [](double sequences) { return Seconds(10e-3 + 1e-4 * sequences); };

struct Measured {
  double first_token_mean = 0, first_token_p95 = 0, token_mean = 0, token_p95 = 0, sequences = 0;
};

double percentile(std::vector<double> values, double u) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(u * (static_cast<double>(values.size()) - 1))];
}
double mean(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total / static_cast<double>(values.size());
}

// A replica that prefills whoever waits before it decodes anybody further: Poisson arrivals,
// prefill times and answer lengths exponential around their means.
Measured simulate(const QueueLoad& load, unsigned seed) {
  struct Running {
    double first_token = 0;
    int left = 0, length = 0;
  };
  std::mt19937 random(seed);
  std::exponential_distribution<double> gap(load.rate.base());
  std::exponential_distribution<double> prefill(1 / load.prefill.base());
  std::geometric_distribution<int> length(1 / load.output);
  std::deque<double> waiting;
  std::vector<Running> running;
  std::vector<double> first, token;
  double now = 0, next = gap(random), area = 0;
  while (first.size() < 6000) {
    while (next <= now) {
      waiting.push_back(next);
      next += gap(random);
    }
    if (!waiting.empty()) {
      const double took = prefill(random);
      area += took * static_cast<double>(running.size());
      now += took;
      first.push_back(now - waiting.front());
      waiting.pop_front();
      const int tokens = 1 + length(random);
      running.push_back({now, tokens, tokens});
    } else if (running.empty()) {
      now = next;
    } else {
      const double took = step_of(static_cast<double>(running.size())).base();
      area += took * static_cast<double>(running.size());
      now += took;
      for (Running& one : running) {
        if (--one.left == 0 && one.length >= 50) {
          token.push_back((now - one.first_token) / one.length);
        }
      }
      std::erase_if(running, [](const Running& one) { return one.left == 0; });
    }
  }
  return {mean(first), percentile(first, 0.95), mean(token), percentile(token, 0.95), area / now};
}

QueueLoad load_at(double rate) {
  QueueLoad load;
  load.rate = PerSecond(rate);
  load.prefill = Seconds(0.05);
  load.output = 200;
  load.most = 4096;
  return load;
}

TEST(QueueTimes, AgreeWithAnEventSimulation) {
  for (const double rate : {2.0, 6.0, 10.0, 13.0}) {
    const QueueLoad load = load_at(rate);
    const QueueTimes times = queue_times(load, StepTime(step_of));
    const Measured measured = simulate(load, 7);
    ASSERT_EQ(times.overload, Overload::none);
    EXPECT_NEAR(times.sequences / measured.sequences, 1, 0.15) << rate;
    EXPECT_NEAR(times.token_mean.base() / measured.token_mean, 1, 0.15) << rate;
    EXPECT_NEAR(times.token_p95.base() / measured.token_p95, 1, 0.30) << rate;
    EXPECT_NEAR(times.first_token_mean.base() / measured.first_token_mean, 1, 0.15) << rate;
    EXPECT_NEAR(times.first_token_p95.base() / measured.first_token_p95, 1, 0.25) << rate;
  }
}

TEST(QueueTimes, OfMoreReplicasAreNeverLonger) {
  QueueTimes last;
  for (int replicas = 8; replicas >= 1; --replicas) {
    const QueueTimes times = queue_times(load_at(14.0 / replicas), StepTime(step_of));
    ASSERT_EQ(times.overload, Overload::none);
    EXPECT_GE(times.first_token_p95, last.first_token_p95);
    EXPECT_GE(times.token_p95, last.token_p95);
    EXPECT_GE(times.token_mean, last.token_mean);
    last = times;
  }
}

TEST(QueueTimes, SayWhatAReplicaRunsOutOf) {
  EXPECT_EQ(queue_times(load_at(20), StepTime(step_of)).overload, Overload::prefill);
  QueueLoad small = load_at(10);
  small.most = 8;
  EXPECT_EQ(queue_times(small, StepTime(step_of)).overload, Overload::batch);
}

TEST(QueueTimes, KeepLittlesLaw) {
  const QueueLoad load = load_at(8);
  const QueueTimes times = queue_times(load, StepTime(step_of));
  EXPECT_NEAR(times.sequences, load.rate * (load.output * times.token_mean), 0.02);
}

TEST(QueueTimes, OfChunkedPrefillTradeTheFirstTokenForSteadyOnes) {
  QueueLoad load = load_at(8);
  load.chunks = 4;
  const QueueTimes first = queue_times(load, StepTime(step_of));
  load.prefilling = Prefilling::chunked;
  const QueueTimes chunked = queue_times(load, StepTime(step_of));
  EXPECT_GT(chunked.first_token_mean, first.first_token_mean);
  EXPECT_EQ(chunked.token_mean, first.token_mean);
}

TEST(ClosedLoop, SharesItsTimeBetweenPrefillAndDecode) {
  const QueueTimes times = closed_loop(16, Seconds(0.05), 200, StepTime(step_of));
  EXPECT_NEAR(times.utilisation, 16 * 0.05 / (16 * 0.05 + 200 * 11.6e-3), 1e-9);
  EXPECT_NEAR(times.token_mean.base(), 11.6e-3 + 15 * 0.05 / 200, 1e-9);
}

Replica replica_of(const Model& model, const ServingPractice& practice, ReplicaSplit split,
                   const Chip& chip) {
  return {model, practice, split, usable_for(practice.framework, chip)};
}

TEST(Service, NeedsTheFewestReplicasThatMeetTheTargets) {
  const Model model = known::llama2_7b();
  const auto practice = known::serving(known::a100_80(), FrameworkClass::compiled);
  const Replica replica = replica_of(model, practice, {}, known::a100_80());
  Demand demand{PerSecond(40), 512, 256, Seconds(1), Seconds(0.05)};
  const Service service = service_of(replica, demand, 64);
  ASSERT_EQ(service.failure, ServiceFailure::none);
  EXPECT_LE(service.times.first_token_p95, demand.first_token);
  EXPECT_LE(service.times.token_p95, demand.token);
  EXPECT_GE(sustained_rate(replica, demand, service.replicas, service.batch), demand.rate);
  ASSERT_GT(service.replicas, 1);
  const QueueTimes fewer =
      times_at(replica, demand, demand.rate / (service.replicas - 1), service.batch);
  EXPECT_TRUE(fewer.overload != Overload::none || fewer.first_token_p95 > demand.first_token ||
              fewer.token_p95 > demand.token);
  EXPECT_EQ(service_of(replica, demand, service.replicas - 1).failure, ServiceFailure::replicas);
}

TEST(Service, FailsForAReasonOfItsOwn) {
  const auto practice = known::serving(known::a100_80(), FrameworkClass::compiled);
  const Model large = known::llama2_70b(), small = known::llama2_7b();
  const Demand demand{PerSecond(1), 512, 256, Seconds(1), Seconds(0.05)};
  EXPECT_EQ(service_of(replica_of(large, practice, {}, known::a100_80()), demand, 8).failure,
            ServiceFailure::memory);
  Demand hasty = demand;
  hasty.first_token = Seconds(1e-3);
  const Replica one = replica_of(small, practice, {}, known::a100_80());
  EXPECT_EQ(service_of(one, hasty, 8).failure, ServiceFailure::first_token);
  hasty = demand;
  hasty.token = Seconds(1e-3);
  EXPECT_EQ(service_of(one, hasty, 8).failure, ServiceFailure::token);
}

TEST(BatchInference, RunsAtTheLargestBatchThatFits) {
  const Model model = known::llama2_7b();
  const auto practice = known::serving(known::a100_80(), FrameworkClass::compiled);
  Replica replica = replica_of(model, practice, {}, known::a100_80());
  const BatchInference run = batch_inference(replica, 512, 256, Tokens(1e9));
  ASSERT_GT(run.batch, 1);
  EXPECT_NEAR((run.output_rate * run.duration).base(), 1e9, 1);
  replica.most_sequences = run.batch / 2;
  EXPECT_GT(batch_inference(replica, 512, 256, Tokens(1e9)).duration, run.duration);
}

TEST(CardShare, IsNothingWhereNobodyKeepsReplicasApart) {
  const Model model = known::chatglm_6b();
  const auto practice = known::serving(known::a100_80(), FrameworkClass::compiled);
  const Replica replica = replica_of(model, practice, {}, known::a100_80());
  EXPECT_FALSE(card_share(replica, 2, {1, 2048}, Sharing::none).has_value());
  const auto alone = card_share(replica, 1, {1, 2048}, Sharing::none);
  const auto hard = card_share(replica, 2, {1, 2048}, Sharing::partition);
  const auto sliced = card_share(replica, 2, {1, 2048}, Sharing::time_slices);
  ASSERT_TRUE(alone && hard && sliced);
  EXPECT_TRUE(hard->fits && sliced->fits);
  // One context each, and neither way makes a token sooner than a card of one's own.
  EXPECT_DOUBLE_EQ(hard->memory.context.base(), 2 * alone->memory.context.base());
  EXPECT_GT(hard->token, alone->token);
  EXPECT_DOUBLE_EQ(sliced->token.base(), 2 * alone->token.base());
  EXPECT_FALSE(card_share(replica, 8, {1, 2048}, Sharing::time_slices)->fits);
}
}  // namespace
}  // namespace granary
