#pragma once
// One writer per journal: PATH.lock is locked for as long as this lives, and tells who holds it.
// The lock goes with the process, however it ends; the file stays and means nothing. Children that
// are started with exec do not inherit it.

#include <string>
#include <utility>

#include "units/result.h"

namespace granary {

class FileLock {
 public:
  // G7005 when another process holds it, and still does a second later: what a killed daemon was
  // just starting has its descriptors for a moment; G7001 when the file cannot be made.
  static Result<FileLock> take(const std::string& path);

  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace granary
