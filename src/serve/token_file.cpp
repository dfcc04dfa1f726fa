#include "serve/token_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace granary {
namespace {

constexpr std::size_t largest = std::size_t{1} << 20;

class File {
 public:
  explicit File(int number) : number_(number) {}
  File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

tl::unexpected<Error> file_failed(const std::string& doing, const std::string& path) {
  return fail(Error::Kind::failed, 7020,
              "Cannot " + doing + " " + path + ": " +
                  std::error_code(errno, std::generic_category()).message() + ".");
}

bool write_all(const File& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.number(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file.number()) == 0;
}

}  // namespace

Result<void> write_private(const std::string& path, std::string_view text) {
  const std::string draft = path + "." + std::to_string(::getpid()) + ".new";
  ::unlink(draft.c_str());
  {
    const File file(
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || !write_all(file, text)) {
      auto failed = file_failed("write", path);
      ::unlink(draft.c_str());
      return failed;
    }
  }
  if (std::rename(draft.c_str(), path.c_str()) != 0) {
    auto failed = file_failed("write", path);
    ::unlink(draft.c_str());
    return failed;
  }
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const File folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.number()) != 0) return file_failed("write", path);
  return {};
}

Result<std::optional<std::string>> read_private(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) {
    if (errno == ENOENT) return std::optional<std::string>();
    return file_failed("read", path);
  }
  struct stat about {};
  if (::fstat(file.number(), &about) != 0) return file_failed("read", path);
  if (!S_ISREG(about.st_mode) || (about.st_mode & 077) != 0) {
    return fail(Error::Kind::failed, 7020, path + " may be read by others than its owner.",
                "chmod 600 " + path);
  }
  std::string text;
  char part[4096];
  for (;;) {
    const ssize_t got = ::read(file.number(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_failed("read", path);
    if (got == 0) return text;
    text.append(part, static_cast<std::size_t>(got));
    if (text.size() > largest) {
      return fail(Error::Kind::failed, 7020, path + " is longer than 1 MiB.");
    }
  }
}

}  // namespace granary
