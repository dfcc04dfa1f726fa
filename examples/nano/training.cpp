#include "nano/training.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace nano {
namespace {

constexpr std::size_t kMostRanks = 64;
constexpr std::size_t kMostBatch = 4096;

}  // namespace

Training begin_training(const Shape& shape, std::uint64_t seed) {
  Training training;
  training.shape = shape;
  training.random = Random(seed ^ 0x5eed0fda7aU);  // not the stream that the weights are drawn from
  training.weights = initial_weights(shape, seed);
  training.first.assign(training.weights.size(), 0.0F);
  training.second.assign(training.weights.size(), 0.0F);
  return training;
}

Result<void> check(const Shape& shape, const Settings& settings, const std::string& text) {
  if (auto sound = check(shape); !sound) return sound;
  const auto ranks = settings.data_parallel;
  if (ranks < 1 || ranks > kMostRanks) {
    return fail("data parallel is " + std::to_string(ranks) + "; it must be from 1 to " +
                std::to_string(kMostRanks));
  }
  if (settings.batch < 1 || settings.batch > kMostBatch) {
    return fail("batch is " + std::to_string(settings.batch) + "; it must be from 1 to " +
                std::to_string(kMostBatch));
  }
  if (settings.micro_batch < 1 || settings.batch % (settings.micro_batch * ranks) != 0) {
    return fail("batch " + std::to_string(settings.batch) + " is not a multiple of micro-batch " +
                std::to_string(settings.micro_batch) + " x data parallel " + std::to_string(ranks));
  }
  if (!(settings.learning_rate > 0.0 && settings.learning_rate <= 1.0)) {
    return fail("learning rate must be above 0 and at most 1");
  }
  if (text.size() < shape.context + 1) {
    return fail("the text has " + std::to_string(text.size()) + " bytes; context " +
                std::to_string(shape.context) + " needs at least " +
                std::to_string(shape.context + 1));
  }
  return {};
}

Trainer::Trainer(Training training, const Settings& settings, std::string text)
    : training_(std::move(training)),
      settings_(settings),
      text_(std::move(text)),
      begins_(settings.batch),
      ranks_(settings.data_parallel),
      team_(settings.data_parallel) {
  for (Rank& rank : ranks_) {
    rank.pass = std::make_unique<Pass>(training_.shape, settings_.micro_batch);
    rank.gradient.resize(training_.weights.size());
  }
}

void Trainer::step() {
  const std::size_t targets = settings_.batch * training_.shape.context;
  for (std::size_t& begin : begins_) {
    begin = training_.random.below(text_.size() - training_.shape.context);
  }
  team_.run([this](std::size_t rank) { pass(rank); });
  team_.run([this](std::size_t rank) { reduce(rank); });
  double loss = 0.0;
  double squares = 0.0;
  for (const Rank& rank : ranks_) {
    loss += rank.loss;
    squares += rank.squares;
  }
  clip_ = 1.0 / std::max(1.0, std::sqrt(squares));
  ++training_.steps;
  training_.tokens += targets;
  training_.loss = loss / static_cast<double>(targets);
  team_.run([this](std::size_t rank) { update(rank); });
}

// The rank's share of the batch, micro-batch after micro-batch, into the rank's own gradient.
void Trainer::pass(std::size_t index) {
  Rank& rank = ranks_[index];
  const std::size_t context = training_.shape.context;
  const std::size_t share = settings_.batch / settings_.data_parallel;
  const float scale = 1.0F / static_cast<float>(settings_.batch * context);
  std::fill(rank.gradient.begin(), rank.gradient.end(), 0.0F);
  rank.loss = 0.0;
  for (std::size_t done = 0; done < share; done += settings_.micro_batch) {
    rank.tokens.clear();
    rank.targets.clear();
    for (std::size_t i = 0; i < settings_.micro_batch; ++i) {
      const auto first =
          text_.begin() + static_cast<std::ptrdiff_t>(begins_[index * share + done + i]);
      const auto length = static_cast<std::ptrdiff_t>(context);
      rank.tokens.insert(rank.tokens.end(), first, first + length);
      rank.targets.insert(rank.targets.end(), first + 1, first + 1 + length);
    }
    rank.loss += rank.pass->forward(training_.weights,
                                    {rank.tokens, rank.targets, settings_.micro_batch, context});
    rank.pass->backward(training_.weights, scale, rank.gradient);
  }
}

// Where a rank's slice of the parameters begins; that of the rank after it is where it ends.
std::size_t Trainer::slice(std::size_t rank) const {
  return training_.weights.size() * rank / ranks_.size();
}

// Adds the other ranks' gradients to that of rank 0, over this rank's slice.
void Trainer::reduce(std::size_t index) {
  std::vector<float>& sum = ranks_[0].gradient;
  double squares = 0.0;
  for (std::size_t i = slice(index); i < slice(index + 1); ++i) {
    for (std::size_t other = 1; other < ranks_.size(); ++other) {
      sum[i] += ranks_[other].gradient[i];
    }
    squares += static_cast<double>(sum[i]) * static_cast<double>(sum[i]);
  }
  ranks_[index].squares = squares;
}

void Trainer::update(std::size_t index) {
  constexpr double kFirst = 0.9;
  constexpr double kSecond = 0.99;
  constexpr float kSmallest = 1e-8F;
  const auto steps = static_cast<double>(training_.steps);
  const auto rate = static_cast<float>(settings_.learning_rate / (1.0 - std::pow(kFirst, steps)));
  const auto correction = static_cast<float>(1.0 / (1.0 - std::pow(kSecond, steps)));
  const auto clip = static_cast<float>(clip_);
  const auto keep_first = static_cast<float>(kFirst);
  const auto keep_second = static_cast<float>(kSecond);
  for (std::size_t i = slice(index); i < slice(index + 1); ++i) {
    const float gradient = clip * ranks_[0].gradient[i];
    float& first = training_.first[i];
    float& second = training_.second[i];
    first = keep_first * first + (1.0F - keep_first) * gradient;
    second = keep_second * second + (1.0F - keep_second) * gradient * gradient;
    training_.weights[i] -= rate * first / (std::sqrt(correction * second) + kSmallest);
  }
}

}  // namespace nano
