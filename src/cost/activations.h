#pragma once
// Bytes of activations that a layer keeps for its backward pass, as a list of saved tensors.

#include "catalog/catalog.h"
#include "units/quantity.h"

namespace granary {

// Per token and layer, fp16, flash attention (nothing of the s x s matrix is kept), averaged over
// dense and mixture layers. 34 h for the plain transformer of Korthikanti et al. 2022
// (arXiv:2205.05198), section 4: attention 11 h, FFN 19 h, norms 4 h.
BytesPerToken layer_activations(const Shape&);

// The same with full recomputation: only the layer's input.
BytesPerToken layer_input(const Shape&);

}  // namespace granary
