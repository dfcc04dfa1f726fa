#include "store/file_lock.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

namespace granary {
namespace {
tl::unexpected<Error> cannot_lock(const std::string& path, int number) {
  return fail(Error::Kind::failed, 7001,
              fmt::format("journal {} cannot be locked: {}.", path,
                          std::generic_category().message(number)));
}

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
  const std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  return pid.empty() ? "another process" : "process " + pid.substr(0, pid.find('\n'));
}
}  // namespace

Result<FileLock> FileLock::take(const std::string& path) {
  const int descriptor = ::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return cannot_lock(path, errno);
  FileLock lock(descriptor);
  // A process that a killed daemon was just starting has its descriptors until it is another
  // program: the lock outlives the daemon by a moment.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return cannot_lock(path, errno);
    if (std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      continue;
    }
    return fail(Error::Kind::conflict, 7005,
                fmt::format("journal {} is in use by {}.", path, holder(descriptor)),
                "Stop that daemon, or give this one a journal of its own.");
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0 ||
      ::pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return cannot_lock(path, errno);
  }
  return lock;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace granary
