#include "cost/cpu_step.h"

#include "cost/gemm.h"

namespace granary {
namespace {
// Of a layer for each token and unit of width, counted in the loops of examples/nano: what norms,
// GELU, biases, residuals and their gradients read and write. The probe times these very passes, so
// their rate is the calibration's share of the memory's.
constexpr double of_width = 240;
// The rest as the bytes of such passes that take as long: for each score (softmax and its
// gradient); of the ends for each token and unit of width, for each word; of Adam for each
// parameter. Ratios of one program to itself, measured at widths 96 and 192 on an EPYC core; they
// are a tenth of a step.
constexpr double of_score = 15, of_end = 60, of_word = 38, of_parameter = 21;

class Products {
 public:
  explicit Products(const Practice& practice) : practice_(practice) {}

  double of(double m, double n, double k) const {
    return gemm_time(practice_, {.m = m, .n = n, .k = k, .activation_bytes = 4, .weight_bytes = 4})
        .base();
  }
  // A matrix of `in` x `out` on `rows` tokens: forward, gradient of the weights, of the input.
  double linear(double rows, double in, double out) const {
    return of(rows, out, in) + of(in, out, rows) + of(rows, in, out);
  }

 private:
  const Practice& practice_;
};
}  // namespace

StepSeconds cpu_step_seconds(const Model& model, const Practice& practice, const StepSize& size) {
  const Shape& s = model.shape.value;
  const double n = size.sequence, batch = size.global_batch, rows = n * batch;
  const double h = s.hidden, heads = s.heads, words = s.vocabulary, layers = s.layers;
  const double wide = heads * s.head_width, kv = 2.0 * s.kv_heads * s.head_width;
  const Products products(practice);
  const auto moved = [&](double bytes) {
    return Seconds(bytes / (practice.elementwise * practice.memory.base()));
  };
  StepSeconds step;
  step.products =
      Seconds(layers * (products.linear(rows, h, wide + kv) + products.linear(rows, wide, h) +
                        products.linear(rows, h, (s.gated_ffn ? 2.0 : 1.0) * s.ffn) +
                        products.linear(rows, s.ffn, h)));
  step.attention =
      Seconds(layers * batch * heads *
              (2 * products.of(n, n, s.head_width) + 4 * products.of(n, s.head_width, n)));
  step.elementwise = moved(layers * (of_width * rows * h + of_score * batch * heads * n * n)) +
                     layers * practice.launch;
  step.ends =
      Seconds(products.linear(rows, h, words)) + moved(rows * (of_end * h + of_word * words));
  step.optimiser = moved(of_parameter * model.counted.total);
  return step;
}

Bytes cpu_step_memory(const Model& model, const StepSize& size) {
  const Shape& s = model.shape.value;
  const double n = size.sequence, rows = n * size.global_batch;
  // Of each layer, kept for the backward pass; of one layer's gradients; the words' probabilities.
  const double kept = rows * s.layers * (8.0 * s.hidden + 2.0 * s.ffn) +
                      1.0 * s.layers * size.global_batch * s.heads * n * n +
                      rows * (7.0 * s.hidden + s.ffn) + rows * s.vocabulary;
  return Bytes(4 * (7 * model.counted.total + kept));
}

}  // namespace granary
