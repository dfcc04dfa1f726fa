#pragma once
// Bytes that a layer keeps from its forward pass for the backward one, as a list of saved tensors:
// models differ, so the list is kept rather than its sum. For the plain transformer of Korthikanti
// et al. 2022 (arXiv:2205.05198), section 4, it sums to 34 h + 5 a s bytes a token: attention
// 11 h + 5 a s, FFN 19 h, norms 4 h.

#include "catalog/catalog.h"
#include "cost/work.h"
#include "units/quantity.h"

namespace granary {

// Per token and layer, 16 bits, averaged over dense and mixture layers.
struct Saved {
  BytesPerToken whole;   // every chip of a tensor group keeps it: norms, inputs, dropout masks
  BytesPerToken split;   // split by the heads or the FFN's columns
  BytesPerToken scores;  // of the s x s matrices: 5 a s, 0 when the attention is fused

  BytesPerToken sum() const { return whole + split + scores; }
};
Saved saved_by_layer(const Shape&, int sequence, bool fused_attention);

// What a chip keeps of one layer under a layout: scores only without recomputation; of a fully
// recomputed layer its input.
BytesPerToken kept_by_chip(const Shape&, const Saved&, const Layout&);

// Bytes per token of a layer as it runs, without scores: for serving.
BytesPerToken layer_activations(const Shape&);

}  // namespace granary
