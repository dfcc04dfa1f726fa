#pragma once
// A forward and a backward pass over some sequences at once. One Pass belongs to one thread: it
// owns the activations, which are as large as sequences x context allows, and keeps them from
// forward() for backward(). Weights and gradients belong to the caller.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "nano/shape.h"

namespace nano {

// `tokens` holds `sequences` sequences of `length` bytes, one after the other; `targets` holds the
// byte that follows each of them.
struct Batch {
  std::span<const std::uint8_t> tokens;
  std::span<const std::uint8_t> targets;
  std::size_t sequences = 0;
  std::size_t length = 0;  // at most the model's context
};

class Pass {
 public:
  Pass(const Shape&, std::size_t most_sequences);

  // The sum of the cross-entropies of all targets, in nats.
  double forward(std::span<const float> weights, const Batch&);
  // Adds scale times the gradient of that sum. Once after each forward(), with its weights.
  void backward(std::span<const float> weights, float scale, std::span<float> gradient);
  // Of the last forward() and until backward(): the probability of every byte after each position.
  std::span<const float> probabilities() const { return probabilities_; }

 private:
  struct Layer {
    std::vector<float> norm1, mean1, inverse1;
    std::vector<float> attention;  // queries, keys and values, side by side
    std::vector<float> weights;    // sequences x heads x length x length
    std::vector<float> mixed;
    std::vector<float> middle;  // the residual stream between the two halves
    std::vector<float> norm2, mean2, inverse2;
    std::vector<float> slope, active;
  };

  void embed(std::span<const float> weights);
  void layer_forward(std::span<const float> weights, std::size_t layer);
  void attend(Layer&);
  double score(std::span<const float> weights);
  void layer_backward(std::span<const float> weights, std::size_t layer, std::span<float> gradient);
  void attend_backward(const Layer&);

  Shape shape_;
  Offsets at_;
  std::vector<std::uint8_t> tokens_, targets_;
  std::size_t sequences_ = 0, length_ = 0;
  std::vector<std::vector<float>> stream_;  // before each layer, and after the last
  std::vector<Layer> layers_;
  std::vector<float> norm_, mean_, inverse_, probabilities_;
  std::vector<float> stream_gradient_, part_gradient_, wide_gradient_, attention_gradient_,
      weight_gradient_;
};

}  // namespace nano
