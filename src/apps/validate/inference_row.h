#pragma once
// One row of a table of inference measurements, read into what the cost model needs and what was
// measured.

#include <optional>
#include <string>
#include <variant>

#include "apps/validate/validate.h"
#include "cost/service.h"

namespace granary::validation {

// What a figure says, whatever the table calls it.
enum class Quantity {
  first_token,    // seconds
  token,          // seconds of one output token of one sequence
  request,        // seconds of a request from end to end
  output_tokens,  // per second
  input_tokens,   // per second
  all_tokens,     // per second
  requests,       // per second
  fits,           // 1 or 0
  memory          // GB (1e9 bytes), weights, cache and context
};

// offline: all requests are there at once, `batch` of them run together.
enum class Phase { decode, prefill, offline, serving, memory };

struct InferenceRow {
  const Model* model = nullptr;
  const Chip* chip = nullptr;  // absent for memory
  Framework framework;
  WeightFormat weights = WeightFormat::fp16;
  CacheFormat cache = CacheFormat::fp16;
  ReplicaSplit split;
  int replicas = 1;
  Phase phase = Phase::decode;
  Quantity quantity = Quantity::token;
  double measured = 0;        // in the unit of the quantity
  bool per_chip = false;      // rates: of one chip
  bool p95 = false;           // times: a tail (95th percentile and above), else mean or median
  bool weights_only = false;  // memory
  double batch = 1;           // sequences decoded together, or users of a closed loop
  int input = 0, output = 0;
  std::optional<PerSecond> rate;  // of requests to all replicas

  int chips() const { return replicas * split.chips(); }
};

// What the model says of the row's quantity, in its unit; 0 where a replica would not keep up.
double predicted(const InferenceRow&, const ServingPractice&);

// The row, or in one sentence why it cannot be judged.
std::variant<InferenceRow, std::string> read_inference_row(const Row&, const Catalog&);

}  // namespace granary::validation
