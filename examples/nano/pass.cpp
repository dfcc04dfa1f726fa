#include "nano/pass.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "nano/gemm.h"
#include "nano/operations.h"

namespace nano {
namespace {

struct Linear {
  std::size_t rows = 0, inputs = 0, outputs = 0;
  const float* weight = nullptr;
};

// out = in * weight + bias
void linear(const Linear& l, const float* in, const float* bias, float* out) {
  spread({l.rows, l.outputs}, bias, out);
  gemm({l.rows, l.outputs, l.inputs, true}, {in, l.inputs}, {l.weight, l.outputs}, out, l.outputs);
}

struct LinearGradient {
  const float* out = nullptr;  // gradient of the result
  float* in = nullptr;         // replaced
  float* weight = nullptr;     // added to
  float* bias = nullptr;       // added to
};

void linear_backward(const Linear& l, const float* in, const LinearGradient& g) {
  add_columns({l.rows, l.outputs}, g.out, g.bias);
  gemm({l.inputs, l.outputs, l.rows, true}, {in, l.inputs, true}, {g.out, l.outputs}, g.weight,
       l.outputs);
  gemm({l.rows, l.inputs, l.outputs, false}, {g.out, l.outputs}, {l.weight, l.outputs, true}, g.in,
       l.inputs);
}

}  // namespace

Pass::Pass(const Shape& shape, std::size_t most_sequences) : shape_(shape), at_(offsets(shape)) {
  const std::size_t rows = most_sequences * shape.context;
  const std::size_t h = shape.hidden;
  stream_.assign(shape.layers + 1, std::vector<float>(rows * h));
  layers_.resize(shape.layers);
  for (Layer& layer : layers_) {
    for (auto* of_hidden : {&layer.norm1, &layer.mixed, &layer.middle, &layer.norm2}) {
      of_hidden->resize(rows * h);
    }
    for (auto* of_row : {&layer.mean1, &layer.inverse1, &layer.mean2, &layer.inverse2}) {
      of_row->resize(rows);
    }
    layer.attention.resize(rows * 3 * h);
    layer.weights.resize(rows * shape.heads * shape.context);
    layer.slope.resize(rows * shape.inner());
    layer.active.resize(rows * shape.inner());
  }
  norm_.resize(rows * h);
  mean_.resize(rows);
  inverse_.resize(rows);
  stream_gradient_.resize(rows * h);
  part_gradient_.resize(rows * h);
  wide_gradient_.resize(rows * shape.inner());
  attention_gradient_.resize(rows * 3 * h);
  weight_gradient_.resize(shape.context * shape.context);
}

double Pass::forward(std::span<const float> weights, const Batch& batch) {
  const std::size_t rows = batch.sequences * batch.length;
  assert(weights.size() == at_.count && batch.length <= shape_.context);
  assert(batch.tokens.size() == rows && batch.targets.size() == rows && rows <= mean_.size());
  tokens_.assign(batch.tokens.begin(), batch.tokens.end());
  targets_.assign(batch.targets.begin(), batch.targets.end());
  sequences_ = batch.sequences;
  length_ = batch.length;
  embed(weights);
  for (std::size_t layer = 0; layer < shape_.layers; ++layer) layer_forward(weights, layer);
  return score(weights);
}

void Pass::embed(std::span<const float> weights) {
  const std::size_t h = shape_.hidden;
  for (std::size_t row = 0; row < tokens_.size(); ++row) {
    const float* token = &weights[at_.token + tokens_[row] * h];
    const float* position = &weights[at_.position + (row % length_) * h];
    for (std::size_t i = 0; i < h; ++i) stream_[0][row * h + i] = token[i] + position[i];
  }
}

void Pass::layer_forward(std::span<const float> weights, std::size_t index) {
  Layer& layer = layers_[index];
  const LayerOffsets& at = at_.layers[index];
  const float* w = weights.data();
  const std::size_t rows = tokens_.size();
  const std::size_t h = shape_.hidden;
  const std::size_t inner = shape_.inner();
  normalise({rows, h}, stream_[index].data(),
            {w + at.norm1_gain, w + at.norm1_bias, layer.mean1.data(), layer.inverse1.data()},
            layer.norm1.data());
  linear({rows, h, 3 * h, w + at.attention}, layer.norm1.data(), w + at.attention_bias,
         layer.attention.data());
  attend(layer);
  linear({rows, h, h, w + at.projection}, layer.mixed.data(), w + at.projection_bias,
         layer.middle.data());
  for (std::size_t i = 0; i < rows * h; ++i) layer.middle[i] += stream_[index][i];
  normalise({rows, h}, layer.middle.data(),
            {w + at.norm2_gain, w + at.norm2_bias, layer.mean2.data(), layer.inverse2.data()},
            layer.norm2.data());
  linear({rows, h, inner, w + at.up}, layer.norm2.data(), w + at.up_bias, layer.slope.data());
  gelu(rows * inner, layer.slope.data(), layer.active.data());
  std::vector<float>& out = stream_[index + 1];
  linear({rows, inner, h, w + at.down}, layer.active.data(), w + at.down_bias, out.data());
  for (std::size_t i = 0; i < rows * h; ++i) out[i] += layer.middle[i];
}

// mixed = softmax(queries * keys^T / sqrt(head)) * values, each position seeing itself and what
// precedes it (Vaswani et al., 2017, section 3.2.1).
void Pass::attend(Layer& layer) {
  const std::size_t h = shape_.hidden;
  const std::size_t head = shape_.head();
  const std::size_t n = length_;
  const float scale = 1.0F / std::sqrt(static_cast<float>(head));
  for (std::size_t s = 0; s < sequences_; ++s) {
    for (std::size_t k = 0; k < shape_.heads; ++k) {
      const float* query = layer.attention.data() + s * n * 3 * h + k * head;
      const float* key = query + h;
      const float* value = key + h;
      float* weight = layer.weights.data() + (s * shape_.heads + k) * n * n;
      gemm({n, n, head, false}, {query, 3 * h}, {key, 3 * h, true}, weight, n);
      for (std::size_t row = 0; row < n; ++row) {
        softmax(row + 1, scale, weight + row * n);
        std::fill(weight + row * n + row + 1, weight + (row + 1) * n, 0.0F);
      }
      gemm({n, head, n, false}, {weight, n}, {value, 3 * h},
           layer.mixed.data() + s * n * h + k * head, h);
    }
  }
}

double Pass::score(std::span<const float> weights) {
  const float* w = weights.data();
  const std::size_t rows = tokens_.size();
  const std::size_t h = shape_.hidden;
  normalise({rows, h}, stream_[shape_.layers].data(),
            {w + at_.norm_gain, w + at_.norm_bias, mean_.data(), inverse_.data()}, norm_.data());
  probabilities_.resize(rows * kVocabulary);
  gemm({rows, kVocabulary, h, false}, {norm_.data(), h}, {w + at_.token, h, true},
       probabilities_.data(), kVocabulary);
  double loss = 0.0;
  for (std::size_t row = 0; row < rows; ++row) {
    float* values = probabilities_.data() + row * kVocabulary;
    const float largest = *std::max_element(values, values + kVocabulary);
    const float logit = values[targets_[row]] - largest;
    float sum = 0.0F;
    for (std::size_t i = 0; i < kVocabulary; ++i) {
      values[i] = std::exp(values[i] - largest);
      sum += values[i];
    }
    for (std::size_t i = 0; i < kVocabulary; ++i) values[i] /= sum;
    loss += std::log(static_cast<double>(sum)) - static_cast<double>(logit);
  }
  return loss;
}

void Pass::backward(std::span<const float> weights, float scale, std::span<float> gradient) {
  const float* w = weights.data();
  float* g = gradient.data();
  const std::size_t rows = tokens_.size();
  const std::size_t h = shape_.hidden;
  std::vector<float>& logit_gradient = probabilities_;  // probability - 1 at the target
  for (std::size_t row = 0; row < rows; ++row) {
    logit_gradient[row * kVocabulary + targets_[row]] -= 1.0F;
  }
  for (float& value : logit_gradient) value *= scale;
  gemm({kVocabulary, h, rows, true}, {logit_gradient.data(), kVocabulary, true}, {norm_.data(), h},
       g + at_.token, h);
  gemm({rows, h, kVocabulary, false}, {logit_gradient.data(), kVocabulary}, {w + at_.token, h},
       part_gradient_.data(), h);
  std::fill_n(stream_gradient_.data(), rows * h, 0.0F);
  normalise_backward(
      {rows, h}, stream_[shape_.layers].data(),
      {w + at_.norm_gain, w + at_.norm_bias, mean_.data(), inverse_.data()},
      {part_gradient_.data(), stream_gradient_.data(), g + at_.norm_gain, g + at_.norm_bias});
  for (std::size_t layer = shape_.layers; layer-- > 0;) layer_backward(weights, layer, gradient);
  for (std::size_t row = 0; row < rows; ++row) {
    float* token = g + at_.token + tokens_[row] * h;
    float* position = g + at_.position + (row % length_) * h;
    for (std::size_t i = 0; i < h; ++i) {
      token[i] += stream_gradient_[row * h + i];
      position[i] += stream_gradient_[row * h + i];
    }
  }
}

void Pass::layer_backward(std::span<const float> weights, std::size_t index,
                          std::span<float> gradient) {
  Layer& layer = layers_[index];
  const LayerOffsets& at = at_.layers[index];
  const float* w = weights.data();
  float* g = gradient.data();
  const std::size_t rows = tokens_.size();
  const std::size_t h = shape_.hidden;
  const std::size_t inner = shape_.inner();
  float* stream = stream_gradient_.data();
  float* part = part_gradient_.data();
  float* wide = wide_gradient_.data();
  linear_backward({rows, inner, h, w + at.down}, layer.active.data(),
                  {stream, wide, g + at.down, g + at.down_bias});
  for (std::size_t i = 0; i < rows * inner; ++i) wide[i] *= layer.slope[i];
  linear_backward({rows, h, inner, w + at.up}, layer.norm2.data(),
                  {wide, part, g + at.up, g + at.up_bias});
  normalise_backward(
      {rows, h}, layer.middle.data(),
      {w + at.norm2_gain, w + at.norm2_bias, layer.mean2.data(), layer.inverse2.data()},
      {part, stream, g + at.norm2_gain, g + at.norm2_bias});
  linear_backward({rows, h, h, w + at.projection}, layer.mixed.data(),
                  {stream, part, g + at.projection, g + at.projection_bias});
  attend_backward(layer);
  linear_backward({rows, h, 3 * h, w + at.attention}, layer.norm1.data(),
                  {attention_gradient_.data(), part, g + at.attention, g + at.attention_bias});
  normalise_backward(
      {rows, h}, stream_[index].data(),
      {w + at.norm1_gain, w + at.norm1_bias, layer.mean1.data(), layer.inverse1.data()},
      {part, stream, g + at.norm1_gain, g + at.norm1_bias});
}

// Turns the gradient of `mixed` (in part_gradient_) into that of queries, keys and values.
void Pass::attend_backward(const Layer& layer) {
  const std::size_t h = shape_.hidden;
  const std::size_t head = shape_.head();
  const std::size_t n = length_;
  const float scale = 1.0F / std::sqrt(static_cast<float>(head));
  float* slope = weight_gradient_.data();
  for (std::size_t s = 0; s < sequences_; ++s) {
    for (std::size_t k = 0; k < shape_.heads; ++k) {
      const std::size_t begin = s * n * 3 * h + k * head;
      const float* query = layer.attention.data() + begin;
      const float* weight = layer.weights.data() + (s * shape_.heads + k) * n * n;
      const float* mixed = part_gradient_.data() + s * n * h + k * head;
      float* out = attention_gradient_.data() + begin;
      gemm({n, head, n, false}, {weight, n, true}, {mixed, h}, out + 2 * h, 3 * h);
      gemm({n, n, head, false}, {mixed, h}, {query + 2 * h, 3 * h, true}, slope, n);
      for (std::size_t row = 0; row < n; ++row) {
        const float* p = weight + row * n;
        float* d = slope + row * n;
        float along = 0.0F;
        for (std::size_t i = 0; i <= row; ++i) along += p[i] * d[i];
        for (std::size_t i = 0; i <= row; ++i) d[i] = scale * p[i] * (d[i] - along);
        std::fill(d + row + 1, d + n, 0.0F);
      }
      gemm({n, head, n, false}, {slope, n}, {query + h, 3 * h}, out, 3 * h);
      gemm({n, head, n, false}, {slope, n, true}, {query, 3 * h}, out + h, 3 * h);
    }
  }
}

}  // namespace nano
