#pragma once
// Text out of a trained model, byte by byte, each from the keys and values of those before it.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nano/random.h"
#include "nano/shape.h"

namespace nano {

// The model's answer to a sequence that grows: O(position) per byte instead of O(position^2).
// Holds a view of the weights, which must outlive it.
class Decoder {
 public:
  Decoder(const Shape&, std::span<const float> weights);

  // Appends a byte (position() must be below the context) and returns the 256 logits of the byte
  // after it; valid until the next call.
  std::span<const float> feed(std::uint8_t token);
  std::size_t position() const { return position_; }
  void restart() { position_ = 0; }

 private:
  void layer(std::size_t index);

  Shape shape_;
  Offsets at_;
  std::span<const float> weights_;
  std::size_t position_ = 0;
  std::vector<std::vector<float>> keys_, values_;  // per layer, context x hidden
  std::vector<float> stream_, norm_, attention_, mixed_, part_, wide_, active_, scores_, logits_;
};

struct Sampling {
  double temperature = 1.0;  // 0: always the likeliest byte
  std::uint64_t seed = 0;
};

// Bytes that continue a prompt, without end. When the context is full it starts over with the last
// three quarters of it, so a byte costs a bounded amount however long the text.
class Continuation {
 public:
  Continuation(const Shape&, std::span<const float> weights, std::string_view prompt,
               const Sampling&);
  std::uint8_t next();

 private:
  void refill();
  std::uint8_t sample();

  Shape shape_;
  Decoder decoder_;
  std::string text_;  // the prompt and what followed
  Sampling sampling_;
  Random random_;
  std::span<const float> logits_;
};

}  // namespace nano
