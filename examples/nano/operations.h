#pragma once
// The parts of a pass that are not matrix products. All matrices are row-major and dense.

#include <cstddef>

namespace nano {

struct Extents {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

// out = gain * (in - mean) / deviation + bias, row by row. `mean` and `inverse` (of the deviation)
// receive one value per row, which the backward pass needs.
struct Normalisation {
  const float* gain = nullptr;
  const float* bias = nullptr;
  float* mean = nullptr;
  float* inverse = nullptr;
};
void normalise(Extents, const float* in, const Normalisation&, float* out);

// Adds to the gradients of gain and bias, and adds the gradient of `in` to `in_gradient`.
struct NormalisationGradient {
  const float* out = nullptr;  // gradient of the result
  float* in = nullptr;
  float* gain = nullptr;
  float* bias = nullptr;
};
void normalise_backward(Extents, const float* in, const Normalisation&,
                        const NormalisationGradient&);

// Fills every row of `out` with `bias`: what a product then accumulates onto.
void spread(Extents, const float* bias, float* out);
// sum[column] += the column's values in row order.
void add_columns(Extents, const float* in, float* sum);

// out = gelu(in) in its tanh form (Hendrycks and Gimpel, 2016); `in` becomes the slope there.
void gelu(std::size_t count, float* in, float* out);

// In place: values[i] = exp(scale * values[i]) / sum, for the first `count` values.
void softmax(std::size_t count, float scale, float* values);

}  // namespace nano
