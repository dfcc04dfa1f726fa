#pragma once
// A kind of chip as a framework runs it with weights and cache of given formats: everything that
// the times of prefill and decode need, made once for a search.

#include "cost/framework.h"
#include "cost/links.h"
#include "cost/practice.h"
#include "cost/quantised.h"

namespace granary {

struct ServingPractice {
  Framework framework;
  WeightFormat weights = WeightFormat::fp16;
  CacheFormat cache = CacheFormat::fp16;
  FormatBytes stored;  // of one parameter
  double element = 2;  // bytes of a cached key or value
  double widened = 0;  // further bytes moved per quantised parameter and pass: no fused kernels
  Practice products;   // matrix products of the layers
  Practice wide;       // 16 bits: the head and the attention core
  Links links;
  Seconds all_reduce;     // floor of one small all-reduce within a node
  BytesPerSecond host;    // offload: what the layers are fetched at; 0 elsewhere
  bool measured = false;  // the framework's share of this family of chips was
  std::string source;

  BytesPerSecond memory() const { return wide.memory; }
};

struct ServingFormats {
  WeightFormat weights = WeightFormat::fp16;
  CacheFormat cache = CacheFormat::fp16;
};

// Nothing when the chip has no 16-bit rate, no memory bandwidth or no calibration to borrow.
std::optional<ServingPractice> serving_practice(const Catalog&, const Chip&, const Framework&,
                                                ServingFormats, int node_chips = 8);

// How far measured times lie from predicted ones: the 10th and 90th percentile of their ratio,
// from the residuals of rows the fit did not see; wider where the family was not measured.
struct TimeBand {
  double low = 1, high = 1;
};
TimeBand decode_band(const ServingPractice&);
TimeBand prefill_band(const ServingPractice&);

// A hard partition with a share of the chip's arithmetic and memory rates; its memory is the
// caller's to divide.
ServingPractice in_partition(const ServingPractice&, double share);

// How one replica is split: over `tensor` chips within each layer, and layer by layer over
// `pipeline` of them.
struct ReplicaSplit {
  int tensor = 1, pipeline = 1;
  int chips() const { return tensor * pipeline; }
  friend bool operator==(const ReplicaSplit&, const ReplicaSplit&) = default;
};

// Seconds of one all-reduce of `bytes` over the tensor group.
Seconds tensor_all_reduce(const ServingPractice&, int tensor, Bytes);

}  // namespace granary
