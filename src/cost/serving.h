#pragma once
// The numbers behind serving_step(), without their words: what a search compares.

#include "cost/cost.h"

namespace granary {

// What every request is like.
struct RequestShape {
  int prompt = 0, output = 0;  // tokens
};

struct ServingSeconds {
  Seconds prefill_compute, prefill_traffic;  // of one prompt
  // Of one token of each of the sequences decoded together.
  Seconds decode_weights, decode_cache, decode_traffic, decode_overhead;

  Seconds prefill() const { return prefill_compute + prefill_traffic; }
  Seconds decode() const {
    return decode_weights + decode_cache + decode_traffic + decode_overhead;
  }
};

ServingSeconds serving_seconds(const Model&, const Chip&, const Achieved&, const Layout&, int batch,
                               const RequestShape&);

// Requests a replica finishes each second when `batch` of them are always under way: each is
// prefilled alone, then decoded with the others.
PerSecond sustained_rate(const ServingSeconds&, int batch, int output);

}  // namespace granary
