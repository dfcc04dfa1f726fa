#pragma once
// Time of an all-reduce inside one node, between measured points. A single latency plus rate misses
// measured times by 8 to 38 % because libraries switch protocols with size; so points come first,
// where a chip has its own. About 100 ns a call, no allocation.

#include <span>

#include "catalog/calibration.h"

namespace granary {

// `bytes`: of the tensor that each of `chips` holds. Of the measured group nearest in size;
// straight lines in log size and log time, constant below the first point, beyond the last along
// the line of the last two. A group of another size moves 2 (n - 1) / n of the bytes through each
// chip instead. Requires points in the order of Calibration::all_reduce, at least one, and chips >=
// 2.
Seconds all_reduce_time(std::span<const AllReducePoint>, int chips, Bytes);

}  // namespace granary
