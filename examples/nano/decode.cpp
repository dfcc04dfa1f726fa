#include "nano/decode.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "nano/gemm.h"
#include "nano/operations.h"

namespace nano {
namespace {

struct RowLinear {
  std::size_t inputs = 0, outputs = 0;
  const float* weight = nullptr;
  const float* bias = nullptr;
};

void linear(const RowLinear& l, const float* in, float* out) {
  std::copy_n(l.bias, l.outputs, out);
  gemm({1, l.outputs, l.inputs, true}, {in, l.inputs}, {l.weight, l.outputs}, out, l.outputs);
}

void normalise_row(std::size_t count, const float* in, const float* gain, const float* bias,
                   float* out) {
  float mean = 0.0F;
  float inverse = 0.0F;
  normalise({1, count}, in, {gain, bias, &mean, &inverse}, out);
}

}  // namespace

Decoder::Decoder(const Shape& shape, std::span<const float> weights)
    : shape_(shape),
      at_(offsets(shape)),
      weights_(weights),
      keys_(shape.layers, std::vector<float>(shape.context * shape.hidden)),
      values_(keys_),
      stream_(shape.hidden),
      norm_(shape.hidden),
      attention_(3 * shape.hidden),
      mixed_(shape.hidden),
      part_(shape.hidden),
      wide_(shape.inner()),
      active_(shape.inner()),
      scores_(shape.context),
      logits_(kVocabulary) {
  assert(weights.size() == at_.count);
}

std::span<const float> Decoder::feed(std::uint8_t token) {
  assert(position_ < shape_.context);
  const float* w = weights_.data();
  const std::size_t h = shape_.hidden;
  for (std::size_t i = 0; i < h; ++i) {
    stream_[i] = w[at_.token + token * h + i] + w[at_.position + position_ * h + i];
  }
  for (std::size_t index = 0; index < shape_.layers; ++index) layer(index);
  ++position_;
  normalise_row(h, stream_.data(), w + at_.norm_gain, w + at_.norm_bias, norm_.data());
  gemm({1, kVocabulary, h, false}, {norm_.data(), h}, {w + at_.token, h, true}, logits_.data(),
       kVocabulary);
  return logits_;
}

void Decoder::layer(std::size_t index) {
  const LayerOffsets& at = at_.layers[index];
  const float* w = weights_.data();
  const std::size_t h = shape_.hidden;
  const std::size_t head = shape_.head();
  const std::size_t seen = position_ + 1;
  normalise_row(h, stream_.data(), w + at.norm1_gain, w + at.norm1_bias, norm_.data());
  linear({h, 3 * h, w + at.attention, w + at.attention_bias}, norm_.data(), attention_.data());
  std::copy_n(attention_.data() + h, h, keys_[index].data() + position_ * h);
  std::copy_n(attention_.data() + 2 * h, h, values_[index].data() + position_ * h);
  const float scale = 1.0F / std::sqrt(static_cast<float>(head));
  for (std::size_t k = 0; k < shape_.heads; ++k) {
    const std::size_t first = k * head;
    gemm({1, seen, head, false}, {attention_.data() + first, h},
         {keys_[index].data() + first, h, true}, scores_.data(), seen);
    softmax(seen, scale, scores_.data());
    gemm({1, head, seen, false}, {scores_.data(), seen}, {values_[index].data() + first, h},
         mixed_.data() + first, h);
  }
  linear({h, h, w + at.projection, w + at.projection_bias}, mixed_.data(), part_.data());
  for (std::size_t i = 0; i < h; ++i) stream_[i] += part_[i];
  normalise_row(h, stream_.data(), w + at.norm2_gain, w + at.norm2_bias, norm_.data());
  linear({h, shape_.inner(), w + at.up, w + at.up_bias}, norm_.data(), wide_.data());
  gelu(shape_.inner(), wide_.data(), active_.data());
  linear({shape_.inner(), h, w + at.down, w + at.down_bias}, active_.data(), part_.data());
  for (std::size_t i = 0; i < h; ++i) stream_[i] += part_[i];
}

Continuation::Continuation(const Shape& shape, std::span<const float> weights,
                           std::string_view prompt, const Sampling& sampling)
    : shape_(shape),
      decoder_(shape, weights),
      text_(prompt.empty() ? std::string_view("\n") : prompt),
      sampling_(sampling),
      random_(sampling.seed) {
  if (text_.size() > shape_.context) {
    refill();
  } else {
    for (const char byte : text_) logits_ = decoder_.feed(static_cast<std::uint8_t>(byte));
  }
}

std::uint8_t Continuation::next() {
  const std::uint8_t token = sample();
  text_.push_back(static_cast<char>(token));
  if (decoder_.position() == shape_.context) {
    refill();
  } else {
    logits_ = decoder_.feed(token);
  }
  return token;
}

void Continuation::refill() {
  const std::size_t kept = std::max<std::size_t>(1, shape_.context * 3 / 4);
  text_.erase(0, text_.size() - kept);
  decoder_.restart();
  for (const char byte : text_) logits_ = decoder_.feed(static_cast<std::uint8_t>(byte));
}

std::uint8_t Continuation::sample() {
  const auto likeliest = std::max_element(logits_.begin(), logits_.end());
  const auto index = static_cast<std::size_t>(likeliest - logits_.begin());
  if (sampling_.temperature <= 0.0) return static_cast<std::uint8_t>(index);
  std::array<double, kVocabulary> weight{};
  double sum = 0.0;
  for (std::size_t i = 0; i < kVocabulary; ++i) {
    weight[i] = std::exp(static_cast<double>(logits_[i] - *likeliest) / sampling_.temperature);
    sum += weight[i];
  }
  double left = random_.uniform() * sum;
  for (std::size_t i = 0; i < kVocabulary; ++i) {
    left -= weight[i];
    if (left < 0.0) return static_cast<std::uint8_t>(i);
  }
  return static_cast<std::uint8_t>(index);  // rounding left nothing: the likeliest
}

}  // namespace nano
