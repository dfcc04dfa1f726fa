#pragma once
// The work of nanotrain's layers, kernel after kernel as a training step has it, each of them timed
// apart. In a step every operand has memory of its own and was last touched some megabytes ago;
// the same product repeated on the same memory is up to a third faster, and no step does that.

#include <cstddef>
#include <vector>

namespace probe {

struct LayerShape {
  std::size_t width = 0, heads = 0;    // width divides by heads
  std::size_t context = 0, batch = 0;  // tokens of a sequence, sequences
};

// One kind of product: a gradient of weights reads its left operand transposed and adds to the
// result, a gradient of inputs (and the scores of attention) reads the right one transposed.
struct ProductTime {
  std::size_t rows = 0, columns = 0, inner = 0;
  const char* form = "";  // "forward", "weights", "input"
  double seconds = 0;     // of one, the mean over all of the kind
};

struct Replayed {
  std::vector<ProductTime> products;
  // Everything of the layers that is no product and no softmax: norms, GELU, biases, residuals and
  // their gradients, of one layer; bytes read and written.
  double pass_bytes = 0, pass_seconds = 0;
  double product_seconds = 0;
  double seconds() const { return product_seconds + pass_seconds; }  // of one layer
};

// Forward and backward through as many layers as fill a few megabytes, again and again for
// `seconds`, after one time that does not count. Times are those of the calling thread.
Replayed replay(const LayerShape&, double seconds);

// Seconds that this thread ran: what others take of a shared core is not the chip's.
double thread_seconds();

}  // namespace probe
