#include "replay.h"

#include <algorithm>
#include <ctime>
#include <map>
#include <string_view>
#include <tuple>

#include "nano/gemm.h"
#include "nano/operations.h"

namespace probe {
namespace {

using nano::MatrixView;
using nano::Product;

constexpr std::size_t kWords = 256;  // of nanotrain's vocabulary
constexpr double kFootprint = 12e6;  // bytes that the layers fill at least, where they are few
constexpr std::size_t kMostLayers = 8;
constexpr std::size_t kOfFloat = sizeof(float);

std::vector<float> filled(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = 0.001F * static_cast<float>(i % 97) - 0.048F;
  return values;
}

// What reading the clock twice costs this thread.
double clock_seconds() {
  double least = 1;
  for (int i = 0; i < 200; ++i) {
    const double from = thread_seconds();
    least = std::min(least, thread_seconds() - from);
  }
  return least;
}

class Tally {
 public:
  template <class Call>
  void products(const char* form, const Product& p, std::size_t count, Call call) {
    const double from = thread_seconds();
    for (std::size_t i = 0; i < count; ++i) call(i);
    const double spent = since(from);
    if (!counting_) return;
    Kind& kind = kinds_[{p.rows, p.columns, p.inner, form}];
    kind.seconds += spent;
    kind.count += static_cast<double>(count);
  }
  // A pass over `count` floats for which `bytes` are read and written each.
  template <class Call>
  void pass(std::size_t count, std::size_t bytes, Call call) {
    const double from = thread_seconds();
    call();
    const double spent = since(from);
    if (!counting_) return;
    pass_bytes_ += static_cast<double>(count * bytes);
    pass_seconds_ += spent;
  }
  void count() { counting_ = true; }

  Replayed result(double layers) const {
    Replayed all;
    for (const auto& [key, kind] : kinds_) {
      const auto& [rows, columns, inner, form] = key;
      all.products.push_back({rows, columns, inner, form.data(), kind.seconds / kind.count});
      all.product_seconds += kind.seconds / layers;
    }
    all.pass_bytes = pass_bytes_ / layers;
    all.pass_seconds = pass_seconds_ / layers;
    return all;
  }

 private:
  struct Kind {
    double seconds = 0, count = 0;
  };
  double since(double from) const { return std::max(thread_seconds() - from - clock_, 1e-9); }

  std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::string_view>, Kind> kinds_;
  double pass_bytes_ = 0, pass_seconds_ = 0, clock_ = clock_seconds();
  bool counting_ = false;
};

struct Matrix {
  Matrix(std::size_t inputs, std::size_t outputs)
      : in(inputs),
        out(outputs),
        weight(filled(inputs * outputs)),
        gradient(inputs * outputs),
        bias(filled(outputs)),
        bias_gradient(outputs) {}
  std::size_t in, out;
  std::vector<float> weight, gradient, bias, bias_gradient;
};

struct Norm {
  Norm(std::size_t rows, std::size_t width)
      : gain(filled(width)),
        bias(filled(width)),
        mean(rows),
        inverse(rows),
        gain_gradient(width),
        bias_gradient(width) {}
  nano::Normalisation view() { return {gain.data(), bias.data(), mean.data(), inverse.data()}; }
  std::vector<float> gain, bias, mean, inverse, gain_gradient, bias_gradient;
};

struct Layer {
  Layer(const LayerShape& s, std::size_t rows)
      : attention(s.width, 3 * s.width),
        projection(s.width, s.width),
        up(s.width, 4 * s.width),
        down(4 * s.width, s.width),
        norm1(rows, s.width),
        norm2(rows, s.width),
        in(filled(rows * s.width)),
        normed(rows * s.width),
        mixed(rows * s.width),
        middle(rows * s.width),
        normed2(rows * s.width),
        queries(rows * 3 * s.width),
        slope(rows * 4 * s.width),
        active(rows * 4 * s.width),
        scores(rows * s.heads * s.context) {}
  Matrix attention, projection, up, down;
  Norm norm1, norm2;
  std::vector<float> in, normed, mixed, middle, normed2, queries, slope, active, scores;
};

class Layers {
 public:
  Layers(const LayerShape& shape, Tally& tally)
      : s_(shape),
        rows_(shape.context * shape.batch),
        tally_(tally),
        head_(shape.width, kWords),
        out_(filled(rows_ * shape.width)),
        words_(rows_ * kWords),
        stream_(rows_ * shape.width),
        part_(rows_ * shape.width),
        wide_(rows_ * 4 * shape.width),
        of_queries_(rows_ * 3 * shape.width),
        of_scores_(shape.heads * shape.context * shape.context) {
    const double wide = static_cast<double>(shape.width);
    const double bytes = kOfFloat * (24 * wide * wide + static_cast<double>(rows_) * 16 * wide);
    const auto count = static_cast<std::size_t>(kFootprint / bytes) + 1;
    for (std::size_t i = 0; i < std::min(count, kMostLayers); ++i) layers_.emplace_back(s_, rows_);
  }

  std::size_t count() const { return layers_.size(); }

  void step() {
    for (Layer& layer : layers_) forward(layer);
    head();
    stream_ = out_;
    for (std::size_t i = layers_.size(); i-- > 0;) backward(layers_[i]);
  }

 private:
  void linear(const Matrix& m, const float* in, float* out) {
    tally_.pass(rows_ * m.out, kOfFloat, [&] { nano::spread({rows_, m.out}, m.bias.data(), out); });
    const Product p{rows_, m.out, m.in, true};
    tally_.products("forward", p, 1, [&](std::size_t) {
      nano::gemm(p, {in, m.in}, {m.weight.data(), m.out}, out, m.out);
    });
  }
  void linear_backward(Matrix& m, const float* in, const float* gradient, float* in_gradient) {
    tally_.pass(rows_ * m.out, kOfFloat, [&] {
      nano::add_columns({rows_, m.out}, gradient, m.bias_gradient.data());
    });
    const Product weights{m.in, m.out, rows_, true}, input{rows_, m.in, m.out, false};
    tally_.products("weights", weights, 1, [&](std::size_t) {
      nano::gemm(weights, {in, m.in, true}, {gradient, m.out}, m.gradient.data(), m.out);
    });
    tally_.products("input", input, 1, [&](std::size_t) {
      nano::gemm(input, {gradient, m.out}, {m.weight.data(), m.out, true}, in_gradient, m.in);
    });
  }
  void norm(Norm& n, const std::vector<float>& in, std::vector<float>& out) {
    tally_.pass(in.size(), 2 * kOfFloat, [&] {
      nano::normalise({rows_, s_.width}, in.data(), n.view(), out.data());
    });
  }
  void norm_backward(Norm& n, const std::vector<float>& in) {
    tally_.pass(in.size(), 4 * kOfFloat, [&] {
      nano::normalise_backward(
          {rows_, s_.width}, in.data(), n.view(),
          {part_.data(), stream_.data(), n.gain_gradient.data(), n.bias_gradient.data()});
    });
  }
  void add(const std::vector<float>& from, std::vector<float>& to) {
    tally_.pass(to.size(), 3 * kOfFloat, [&] {
      for (std::size_t i = 0; i < to.size(); ++i) to[i] += from[i];
    });
  }

  void forward(Layer& layer) {
    norm(layer.norm1, layer.in, layer.normed);
    linear(layer.attention, layer.normed.data(), layer.queries.data());
    attend(layer);
    linear(layer.projection, layer.mixed.data(), layer.middle.data());
    add(layer.in, layer.middle);
    norm(layer.norm2, layer.middle, layer.normed2);
    linear(layer.up, layer.normed2.data(), layer.slope.data());
    tally_.pass(layer.slope.size(), 3 * kOfFloat,
                [&] { nano::gelu(layer.slope.size(), layer.slope.data(), layer.active.data()); });
    linear(layer.down, layer.active.data(), out_.data());
    add(layer.middle, out_);
  }

  void backward(Layer& layer) {
    linear_backward(layer.down, layer.active.data(), stream_.data(), wide_.data());
    tally_.pass(wide_.size(), 3 * kOfFloat, [&] {
      for (std::size_t i = 0; i < wide_.size(); ++i) wide_[i] *= layer.slope[i];
    });
    linear_backward(layer.up, layer.normed2.data(), wide_.data(), part_.data());
    norm_backward(layer.norm2, layer.middle);
    linear_backward(layer.projection, layer.mixed.data(), stream_.data(), part_.data());
    attend_backward(layer);
    linear_backward(layer.attention, layer.normed.data(), of_queries_.data(), part_.data());
    norm_backward(layer.norm1, layer.in);
  }

  // One product for each head of a sequence: of n x n scores, or of a head's width by scores.
  enum class Core { scores, values, transposed };
  void heads(Core core, const float* left, const float* right, float* out, std::size_t stride) {
    const std::size_t n = s_.context, wide = s_.width / s_.heads, of_all = 3 * s_.width;
    const Product p{n, core == Core::scores ? n : wide, core == Core::scores ? wide : n, false};
    const char* const form = core == Core::scores   ? "input"
                             : core == Core::values ? "forward"
                                                    : "weights";
    tally_.products(form, p, s_.heads, [&](std::size_t k) {
      if (core == Core::scores) {
        nano::gemm(p, {left + k * wide, of_all}, {right + k * wide, of_all, true}, out + k * n * n,
                   stride);
      } else {
        nano::gemm(p, {left + k * n * n, n, core == Core::transposed}, {right + k * wide, of_all},
                   out + k * wide, stride);
      }
    });
  }
  void attend(Layer& layer) {
    const std::size_t n = s_.context;
    for (std::size_t i = 0; i < s_.batch; ++i) {
      const float* const query = layer.queries.data() + i * n * 3 * s_.width;
      float* const scores = layer.scores.data() + i * s_.heads * n * n;
      heads(Core::scores, query, query + s_.width, scores, n);
      heads(Core::values, scores, query + 2 * s_.width, layer.mixed.data() + i * n * s_.width,
            s_.width);
    }
  }
  void attend_backward(Layer& layer) {
    const std::size_t n = s_.context, h = s_.width;
    for (std::size_t i = 0; i < s_.batch; ++i) {
      const float* const query = layer.queries.data() + i * n * 3 * h;
      const float* const scores = layer.scores.data() + i * s_.heads * n * n;
      float* const out = of_queries_.data() + i * n * 3 * h;
      heads(Core::transposed, scores, query, out + 2 * h, 3 * h);
      heads(Core::scores, query, query + 2 * h, of_scores_.data(), n);
      heads(Core::values, of_scores_.data(), query + h, out, 3 * h);
      heads(Core::transposed, of_scores_.data(), query, out + h, 3 * h);
    }
  }

  void head() {
    const std::size_t h = s_.width;
    const Product forward{rows_, kWords, h, false}, weights{kWords, h, rows_, true},
        input{rows_, h, kWords, false};
    tally_.products("input", forward, 1, [&](std::size_t) {
      nano::gemm(forward, {out_.data(), h}, {head_.weight.data(), h, true}, words_.data(), kWords);
    });
    tally_.products("weights", weights, 1, [&](std::size_t) {
      nano::gemm(weights, {words_.data(), kWords, true}, {out_.data(), h}, head_.gradient.data(),
                 h);
    });
    tally_.products("forward", input, 1, [&](std::size_t) {
      nano::gemm(input, {words_.data(), kWords}, {head_.weight.data(), h}, part_.data(), h);
    });
  }

  LayerShape s_;
  std::size_t rows_;
  Tally& tally_;
  Matrix head_;
  std::vector<Layer> layers_;
  std::vector<float> out_, words_, stream_, part_, wide_, of_queries_, of_scores_;
};

}  // namespace

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

Replayed replay(const LayerShape& shape, double seconds) {
  Tally tally;
  Layers layers(shape, tally);
  layers.step();
  tally.count();
  std::size_t steps = 0;
  const double begin = thread_seconds();
  do {
    layers.step();
    ++steps;
  } while (thread_seconds() - begin < seconds);
  return tally.result(static_cast<double>(steps * layers.count()));
}

}  // namespace probe
