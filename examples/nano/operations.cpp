#include "nano/operations.h"

#include <algorithm>
#include <cmath>

namespace nano {
namespace {

constexpr float kSmallest = 1e-5F;  // keeps a constant row from dividing by zero

}  // namespace

void normalise(Extents extents, const float* in, const Normalisation& norm, float* out) {
  const auto count = static_cast<float>(extents.columns);
  for (std::size_t row = 0; row < extents.rows; ++row) {
    const float* x = in + row * extents.columns;
    float* y = out + row * extents.columns;
    float sum = 0.0F;
    for (std::size_t i = 0; i < extents.columns; ++i) sum += x[i];
    const float mean = sum / count;
    float squares = 0.0F;
    for (std::size_t i = 0; i < extents.columns; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const float inverse = 1.0F / std::sqrt(squares / count + kSmallest);
    for (std::size_t i = 0; i < extents.columns; ++i) {
      y[i] = norm.gain[i] * ((x[i] - mean) * inverse) + norm.bias[i];
    }
    norm.mean[row] = mean;
    norm.inverse[row] = inverse;
  }
}

void normalise_backward(Extents extents, const float* in, const Normalisation& norm,
                        const NormalisationGradient& gradient) {
  const auto count = static_cast<float>(extents.columns);
  for (std::size_t row = 0; row < extents.rows; ++row) {
    const float* x = in + row * extents.columns;
    const float* dy = gradient.out + row * extents.columns;
    float* dx = gradient.in + row * extents.columns;
    const float mean = norm.mean[row];
    const float inverse = norm.inverse[row];
    float sum = 0.0F;
    float along = 0.0F;
    for (std::size_t i = 0; i < extents.columns; ++i) {
      const float unit = (x[i] - mean) * inverse;
      const float scaled = dy[i] * norm.gain[i];
      sum += scaled;
      along += scaled * unit;
      gradient.gain[i] += dy[i] * unit;
      gradient.bias[i] += dy[i];
    }
    for (std::size_t i = 0; i < extents.columns; ++i) {
      const float unit = (x[i] - mean) * inverse;
      dx[i] += inverse * (dy[i] * norm.gain[i] - (sum + unit * along) / count);
    }
  }
}

void spread(Extents extents, const float* bias, float* out) {
  for (std::size_t row = 0; row < extents.rows; ++row) {
    std::copy_n(bias, extents.columns, out + row * extents.columns);
  }
}

void add_columns(Extents extents, const float* in, float* sum) {
  for (std::size_t row = 0; row < extents.rows; ++row) {
    for (std::size_t i = 0; i < extents.columns; ++i) sum[i] += in[row * extents.columns + i];
  }
}

void gelu(std::size_t count, float* in, float* out) {
  constexpr float kRoot = 0.7978845608F;  // sqrt(2 / pi)
  constexpr float kCubic = 0.044715F;
  for (std::size_t i = 0; i < count; ++i) {
    const float x = in[i];
    const float inside = kRoot * (x + kCubic * x * x * x);
    const float tanh = 1.0F - 2.0F / (std::exp(2.0F * inside) + 1.0F);
    out[i] = 0.5F * x * (1.0F + tanh);
    in[i] = 0.5F * (1.0F + tanh) +
            0.5F * x * (1.0F - tanh * tanh) * kRoot * (1.0F + 3.0F * kCubic * x * x);
  }
}

void softmax(std::size_t count, float scale, float* values) {
  const float largest = *std::max_element(values, values + count);
  float sum = 0.0F;
  for (std::size_t i = 0; i < count; ++i) {
    values[i] = std::exp(scale * (values[i] - largest));
    sum += values[i];
  }
  const float inverse = 1.0F / sum;
  for (std::size_t i = 0; i < count; ++i) values[i] *= inverse;
}

}  // namespace nano
