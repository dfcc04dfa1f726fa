#include "nano/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace nano {

Result<Progress> Progress::open(const std::string& path) {
  if (path.empty()) return Progress(STDOUT_FILENO, false);
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return fail("cannot open progress file " + path + ": " + std::strerror(errno));
  }
  return Progress(descriptor, true);
}

Progress::Progress(Progress&& other) noexcept
    : descriptor_(other.descriptor_), owned_(std::exchange(other.owned_, false)) {}

Progress::~Progress() {
  if (owned_) ::close(descriptor_);
}

Result<void> Progress::line(std::string text) {
  text += '\n';
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail(std::string("cannot write progress: ") + std::strerror(errno));
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace nano
