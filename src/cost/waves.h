#pragma once
// Matrix products on a chip of many cores: the product is cut into tiles, the cores take them in
// waves, and those without a tile in the last wave idle. Narrow products (M from 64 to 512) lose
// more by this than by anything else. A model of its own, checked on A100 in fit_test.cpp;
// nanoseconds.

#include "cost/gemm.h"

namespace granary {

// What the chip could compute at its peak while the product occupies it; the product's own flop
// where the curve knows no cores. The library is taken to choose the best of tiles of 128 x 128
// and 64 x 64 and of cutting k into 1, 2 or 4.
Flops occupied_flops(const Practice&, const Gemm&);

}  // namespace granary
