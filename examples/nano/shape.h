#pragma once
// The model: a decoder-only transformer over bytes (vocabulary 256) with learned positions, layer
// norms before attention and feed-forward, GELU, and an output head tied to the token embedding.
// All weights are one array of floats; this header says what lies where in it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "nano/result.h"

namespace nano {

inline constexpr std::size_t kVocabulary = 256;

struct Shape {
  std::size_t layers = 2;
  std::size_t hidden = 64;
  std::size_t heads = 4;
  std::size_t context = 64;

  std::size_t head() const { return hidden / heads; }
  std::size_t inner() const { return 4 * hidden; }  // of the feed-forward part
  friend bool operator==(const Shape&, const Shape&) = default;
};

// Layers 1 to 64, hidden 4 to 4096 and a multiple of heads, context 2 to 4096, and no more than
// 500 million parameters.
Result<void> check(const Shape&);

// Where each tensor of a layer begins. A weight matrix has a row per input and a column per output.
struct LayerOffsets {
  std::size_t norm1_gain = 0, norm1_bias = 0;
  std::size_t attention = 0, attention_bias = 0;    // hidden x (query, key, value)
  std::size_t projection = 0, projection_bias = 0;  // hidden x hidden
  std::size_t norm2_gain = 0, norm2_bias = 0;
  std::size_t up = 0, up_bias = 0;      // hidden x inner
  std::size_t down = 0, down_bias = 0;  // inner x hidden
};

// A named piece of the weights, for initial values and for tests that visit every kind.
struct Tensor {
  enum class Start { normal, residual, zero, one };
  std::string name;  // "layer0.attention.weight"
  std::size_t offset = 0;
  std::size_t count = 0;
  Start start = Start::zero;
};

struct Offsets {
  std::size_t token = 0;     // vocabulary x hidden; also the output head, transposed
  std::size_t position = 0;  // context x hidden
  std::vector<LayerOffsets> layers;
  std::size_t norm_gain = 0, norm_bias = 0;
  std::size_t count = 0;  // all parameters
  std::vector<Tensor> tensors;
};

Offsets offsets(const Shape&);

// Deviation 0.02, and 0.02 / sqrt(2 layers) for the matrices that write into the residual stream
// (Radford et al., 2019).
std::vector<float> initial_weights(const Shape&, std::uint64_t seed);

}  // namespace nano
