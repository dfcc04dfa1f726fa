#pragma once
// What tools/probe writes: one JSON object a line, the first of them says on what and when.
// {"schema":"granary.probe/1","device":"NVIDIA H200","date":"2026-11-21T20:00:00Z","cores":132}
// {"kind":"gemm","precision":"bf16","m":64,"n":4096,"k":4096,"time_us":21.5,"spread":0.01} ...
// The kinds are described in tools/probe/README.md.

#include <map>
#include <string>
#include <vector>

#include "catalog/calibration.h"
#include "cost/fit.h"

namespace granary::cli {

struct Probe {
  std::string device;    // as the driver names it
  std::string date;      // RFC 3339
  std::string software;  // "torch 2.4.0"
  int cores = 0;         // 0: not said
  std::map<Precision, std::vector<GemmPoint>> gemm;
  std::vector<ElementwisePoint> copies;  // what the memory does, and no kernel of a model
  std::vector<ElementwisePoint> elementwise;
  struct Attention {
    Precision precision = Precision::bf16;
    Flops flops;
    Seconds time;
  };
  std::vector<Attention> attention;
  std::vector<AllReducePoint> all_reduce;
  std::optional<Bytes> usable_memory;
  // A step of a random-weight GPT: the decode of one token of each sequence, or a training step.
  struct Run {
    bool training = false;
    Precision precision = Precision::bf16;
    int layers = 0, hidden = 0, heads = 0, ffn = 0;  // heads and ffn 0: not said
    int batch = 0, length = 0;                       // sequences; tokens of each
    Seconds time;
  };
  std::vector<Run> runs;
  double worst_spread = 0;  // of the repeats of one kernel: between its quartiles, over the median
  std::string noisiest;     // that kernel
};

// G1081, naming the line, when it is not such a file.
Result<Probe> read_probe(const std::string& text, const std::string& name);

}  // namespace granary::cli
