#pragma once
// progress.jsonl: what a worker says of itself, one JSON object per line, appended:
//
//   {"steps":50,"tokens":6400,"loss":2.31,"checkpoint":"step-50","at_ms":1795284120000}
//   {"listening":"127.0.0.1:8001"}
//
// `steps` and `tokens` count from the beginning of the work; all keys may be left out, others are
// not looked at. A line is 4 KiB at most and counts once it ends with a newline; what cannot be
// understood is skipped but counts as a line.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "units/time.h"

namespace granary {

struct ProgressLine {
  std::uint64_t line = 0;  // from 1, over all lines
  std::int64_t steps = 0, tokens = 0;
  double loss = 0;
  std::string checkpoint;
  std::optional<Instant> at;     // real time, as the worker says
  std::optional<int> listening;  // port on 127.0.0.1 of a service
  bool reports = false;          // says something of steps, tokens, loss or a checkpoint
};

// Nothing when the text is not such a line.
std::optional<ProgressLine> parse_progress(std::string_view);

// Reads a growing file a part at a time.
class ProgressReader {
 public:
  struct Part {
    std::vector<ProgressLine> lines;  // after `known`, in order; at most 64
    bool complete = true;             // nothing more to read now
  };
  // The lines after line number `known`, from at most 1 MiB of the file. When there are more than
  // 64, those that wrote no checkpoint and that later ones supersede are left out. Asked again with
  // the same `known` it gives them again, and what is new.
  Part read(int folder, std::uint64_t known);

  std::uint64_t malformed() const { return malformed_; }

 private:
  struct Place {
    std::uint64_t line = 0;  // lines before it
    std::int64_t offset = 0;
    bool inside = false;  // within a line that is too long
  };
  void skip_to(int file, std::uint64_t known);

  Place place_;                  // where reading goes on
  std::uint64_t for_known_ = 0;  // the `known` that place_ is good for, and any above
  std::uint64_t counted_ = 0;    // lines up to this one are in malformed_
  std::uint64_t malformed_ = 0;
};

}  // namespace granary
