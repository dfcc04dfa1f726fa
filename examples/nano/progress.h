#pragma once
// Where a program says how far it is: one JSON object per line, appended.

#include <string>

#include "nano/result.h"

namespace nano {

class Progress {
 public:
  // Appends to the file at `path`, which is created if missing; standard output if `path` is empty.
  static Result<Progress> open(const std::string& path);
  Progress(Progress&&) noexcept;
  Progress& operator=(Progress&&) = delete;
  ~Progress();

  // Writes the line and its end in one write, so that a reader sees whole lines.
  Result<void> line(std::string text);
  bool is_file() const { return owned_; }

 private:
  Progress(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {}

  int descriptor_;
  bool owned_;
};

}  // namespace nano
