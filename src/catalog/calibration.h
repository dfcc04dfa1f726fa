#pragma once
// How a kind of chip turns its rates into time, as measured: the curve of its matrix products, the
// shares that other kernels reach, what an all-reduce costs. A chip without its own calibration
// borrows that of its family, with a wider band.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/facts.h"
#include "catalog/training_curve.h"
#include "units/result.h"

namespace granary {

// Time of a matrix product of F flop and Q bytes on a chip of P flop/s and W byte/s: the smooth
// roofline (x1^q + x2^q)^(1/q) of x1 = (F/P + compute_floor) / compute_share and
// x2 = (Q/W + memory_floor) / memory_share, q = exponent. The five are one set, fitted together
// against the declared P and W of the chip: never compared or mixed one by one.
struct GemmCurve {
  double compute_share = 0, memory_share = 0;  // (0, 1]
  Seconds compute_floor{}, memory_floor{};
  double exponent = 2;  // 1 .. 4
  // Cores (SMs) that share a product tile by tile: F then counts those that idle in its last wave
  // (cost/waves.h). 0: not known, no waves.
  int cores = 0;
  // The P and W that it was fitted against where those are not the chip's declared ones, because
  // more was measured than is declared. Zero: the declared ones.
  FlopsPerSecond peak{};
  BytesPerSecond memory{};
};

// One measured all-reduce over `chips` of one node: the bytes of the tensor that each chip holds.
struct AllReducePoint {
  int chips = 0;
  Bytes bytes;
  Seconds time;
};

struct Calibration {
  std::string id;  // of a chip, of a family, or "any"
  // Of a chip: what a program could allocate; takes the place of the chip's own figure.
  std::optional<Fact<Bytes>> usable_memory;
  std::map<Precision, Fact<GemmCurve>> gemm;
  std::optional<Fact<double>> attention;    // share of P that the fused attention core reaches
  std::optional<Fact<double>> elementwise;  // share of W that elementwise kernels reach
  std::optional<Fact<Seconds>> launch;      // of one elementwise kernel
  std::map<Precision, Fact<TrainingCurve>> training;
  std::optional<Fact<Band>> training_band;
  // Of a family: the chips whose steps the two above were fitted on; others of it borrow them.
  std::vector<std::string> training_chips;
  // Of a whole node, one direction, shared by its chips; where the pool does not say.
  std::optional<Fact<BytesPerSecond>> node_fabric;
  std::vector<AllReducePoint> all_reduce;  // sorted by chips, bytes
};

// "2.9 us", "340 ns", "1.25 ms", "0.5 s": not negative. G1013.
Result<Seconds> parse_duration(std::string_view);
// The same back, in four digits.
std::string duration_text(Seconds);

// The document calibrations/<id>.toml that reads as this calibration.
struct CalibrationText {
  std::vector<std::string> comments;           // lines at the top, without "#"
  std::map<std::string, std::string> sources;  // described in the document itself: key, what
};
std::string document_text(const Calibration&, const CalibrationText&);

}  // namespace granary
