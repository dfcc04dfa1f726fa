#include "nano/shape.h"

#include <cmath>
#include <utility>

#include "nano/random.h"

namespace nano {
namespace {

constexpr std::size_t kMostLayers = 64;
constexpr std::size_t kMostHidden = 4096;
constexpr std::size_t kMostContext = 4096;
constexpr std::size_t kMostParameters = 500'000'000;

std::string outside(const char* what, std::size_t value, std::size_t least, std::size_t most) {
  return std::string(what) + " is " + std::to_string(value) + "; it must be from " +
         std::to_string(least) + " to " + std::to_string(most);
}

class Allocation {
 public:
  std::size_t take(std::string name, std::size_t count, Tensor::Start start) {
    const std::size_t offset = next_;
    tensors.push_back({std::move(name), offset, count, start});
    next_ += count;
    return offset;
  }
  std::size_t taken() const { return next_; }
  std::vector<Tensor> tensors;

 private:
  std::size_t next_ = 0;
};

LayerOffsets layer_offsets(const Shape& shape, const std::string& prefix, Allocation& all) {
  using Start = Tensor::Start;
  const std::size_t h = shape.hidden;
  const std::size_t inner = shape.inner();
  LayerOffsets at;
  at.norm1_gain = all.take(prefix + "norm1.gain", h, Start::one);
  at.norm1_bias = all.take(prefix + "norm1.bias", h, Start::zero);
  at.attention = all.take(prefix + "attention.weight", h * 3 * h, Start::normal);
  at.attention_bias = all.take(prefix + "attention.bias", 3 * h, Start::zero);
  at.projection = all.take(prefix + "projection.weight", h * h, Start::residual);
  at.projection_bias = all.take(prefix + "projection.bias", h, Start::zero);
  at.norm2_gain = all.take(prefix + "norm2.gain", h, Start::one);
  at.norm2_bias = all.take(prefix + "norm2.bias", h, Start::zero);
  at.up = all.take(prefix + "up.weight", h * inner, Start::normal);
  at.up_bias = all.take(prefix + "up.bias", inner, Start::zero);
  at.down = all.take(prefix + "down.weight", inner * h, Start::residual);
  at.down_bias = all.take(prefix + "down.bias", h, Start::zero);
  return at;
}

}  // namespace

Result<void> check(const Shape& shape) {
  if (shape.layers < 1 || shape.layers > kMostLayers) {
    return fail(outside("layers", shape.layers, 1, kMostLayers));
  }
  if (shape.hidden < 4 || shape.hidden > kMostHidden) {
    return fail(outside("hidden", shape.hidden, 4, kMostHidden));
  }
  if (shape.context < 2 || shape.context > kMostContext) {
    return fail(outside("context", shape.context, 2, kMostContext));
  }
  if (shape.heads < 1 || shape.heads > shape.hidden) {
    return fail(outside("heads", shape.heads, 1, shape.hidden));
  }
  if (shape.hidden % shape.heads != 0) {
    return fail("hidden " + std::to_string(shape.hidden) + " is not a multiple of heads " +
                std::to_string(shape.heads));
  }
  const std::size_t parameters = offsets(shape).count;
  if (parameters > kMostParameters) {
    return fail("the model would have " + std::to_string(parameters) +
                " parameters; the limit is " + std::to_string(kMostParameters));
  }
  return {};
}

Offsets offsets(const Shape& shape) {
  Allocation all;
  Offsets at;
  at.token = all.take("token", kVocabulary * shape.hidden, Tensor::Start::normal);
  at.position = all.take("position", shape.context * shape.hidden, Tensor::Start::normal);
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    at.layers.push_back(layer_offsets(shape, "layer" + std::to_string(layer) + ".", all));
  }
  at.norm_gain = all.take("norm.gain", shape.hidden, Tensor::Start::one);
  at.norm_bias = all.take("norm.bias", shape.hidden, Tensor::Start::zero);
  at.count = all.taken();
  at.tensors = std::move(all.tensors);
  return at;
}

std::vector<float> initial_weights(const Shape& shape, std::uint64_t seed) {
  const Offsets at = offsets(shape);
  std::vector<float> weights(at.count, 0.0F);
  Random random(seed);
  for (const Tensor& tensor : at.tensors) {
    const bool residual = tensor.start == Tensor::Start::residual;
    const double scale =
        residual ? 0.02 / std::sqrt(2.0 * static_cast<double>(shape.layers)) : 0.02;
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.count; ++i) {
      if (tensor.start == Tensor::Start::one) weights[i] = 1.0F;
      if (tensor.start == Tensor::Start::normal || residual) {
        weights[i] = static_cast<float>(scale * random.normal());
      }
    }
  }
  return weights;
}

}  // namespace nano
