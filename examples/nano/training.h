#pragma once
// Training by Adam, data-parallel over threads. For a given number of threads every run of the same
// state, settings and text gives the same bits: each rank sums its own sequences, ranks are added
// in the order of their numbers.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nano/pass.h"
#include "nano/random.h"
#include "nano/result.h"
#include "nano/shape.h"
#include "nano/team.h"

namespace nano {

// Everything that a later step depends on, besides the settings and the text. This is what a
// checkpoint holds.
struct Training {
  Shape shape;
  std::uint64_t steps = 0;   // since the very first one, whatever was resumed since
  std::uint64_t tokens = 0;  // likewise
  double loss = 0.0;         // of the last step: mean over its targets, in nats per byte
  Random random{0};          // where the next sequences begin
  std::vector<float> weights;
  std::vector<float> first, second;  // Adam's running moments
};

Training begin_training(const Shape&, std::uint64_t seed);

struct Settings {
  std::size_t batch = 8;          // sequences per step: micro_batch x data_parallel x accumulation
  std::size_t data_parallel = 1;  // threads, each with its own activations and gradient
  std::size_t micro_batch = 8;    // sequences that one rank passes at a time
  double learning_rate = 2e-3;
};

// The batch is a multiple of micro_batch x data_parallel, at most 4096 sequences; data_parallel is
// from 1 to 64; the learning rate is above 0 and at most 1; the text is longer than the context.
Result<void> check(const Shape&, const Settings&, const std::string& text);

class Trainer {
 public:
  // The arguments have passed check().
  Trainer(Training, const Settings&, std::string text);

  // One step of Adam (Kingma and Ba, 2015) on a fresh batch; gradients whose norm is above 1 are
  // scaled down to it. The loss in now() is that of the batch before the weights changed.
  void step();
  const Training& now() const { return training_; }

 private:
  struct Rank {
    std::unique_ptr<Pass> pass;
    std::vector<float> gradient;
    std::vector<std::uint8_t> tokens, targets;
    double loss = 0.0;
    double squares = 0.0;  // of this rank's slice of the summed gradient
  };

  void pass(std::size_t rank);
  void reduce(std::size_t rank);
  void update(std::size_t rank);
  std::size_t slice(std::size_t rank) const;

  Training training_;
  Settings settings_;
  std::string text_;
  std::vector<std::size_t> begins_;  // of this step's sequences
  std::vector<Rank> ranks_;
  double clip_ = 1.0;
  Team team_;
};

}  // namespace nano
