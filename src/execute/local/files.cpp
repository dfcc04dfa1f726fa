#include "execute/local/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace granary {

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

void Descriptor::close() {
  if (number_ >= 0) ::close(number_);
  number_ = -1;
}

tl::unexpected<Error> file_error(const std::string& doing, const std::string& name) {
  return fail(Error::Kind::failed, 7021,
              "cannot " + doing + " " + name + ": " + std::strerror(errno) + ".");
}

Descriptor open_folder(int inside, const std::string& name) {
  return Descriptor(
      ::openat(inside, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

Descriptor open_folder(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

Result<Descriptor> make_folders(const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    ::mkdir(path.substr(0, end).c_str(), 0700);  // the last one tells whether it worked
  }
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return file_error("make folder", path);
  Descriptor folder = open_folder(path);
  if (!folder) return file_error("open folder", path);
  return folder;
}

Result<Descriptor> make_folder(int inside, const std::string& name) {
  if (::mkdirat(inside, name.c_str(), 0700) == 0) {
    if (::fsync(inside) != 0) return file_error("make folder", name);
  } else if (errno != EEXIST) {
    return file_error("make folder", name);
  }
  Descriptor folder = open_folder(inside, name);
  if (!folder) return file_error("open folder", name);
  return folder;
}

bool has_file(int folder, const std::string& name) {
  struct stat status {};
  return ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
}

Descriptor open_plain(int folder, const std::string& name) {
  Descriptor file(::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return file;
  struct stat status {};
  if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
    errno = EINVAL;
    return {};
  }
  return file;
}

Result<std::optional<std::string>> read_file(int folder, const std::string& name,
                                             std::size_t limit) {
  const Descriptor file = open_plain(folder, name);
  if (!file) {
    if (errno == ENOENT) return std::nullopt;
    return file_error("read", name);
  }
  std::string text(limit + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.number(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error("read", name);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > limit) {
    return fail(Error::Kind::failed, 7021,
                name + " is longer than " + std::to_string(limit) + " bytes.");
  }
  text.resize(size);
  return text;
}

namespace {

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(file, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

}  // namespace

Result<void> write_file(int folder, const std::string& name, std::string_view text,
                        Writing writing) {
  static std::atomic<unsigned> count{0};
  const std::string draft =
      "." + name + "." + std::to_string(::getpid()) + "." + std::to_string(count++);
  const bool safe = writing != Writing::replace;
  Descriptor file(
      ::openat(folder, draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return file_error("write", name);
  bool good = write_all(file.number(), text) && (!safe || ::fsync(file.number()) == 0);
  file.close();
  if (good && writing == Writing::once_safe) {
    good = ::renameat2(folder, draft.c_str(), folder, name.c_str(), RENAME_NOREPLACE) == 0;
    if (!good && errno == EEXIST) {
      ::unlinkat(folder, draft.c_str(), 0);
      return {};
    }
  } else if (good) {
    good = ::renameat(folder, draft.c_str(), folder, name.c_str()) == 0;
  }
  if (good && safe) good = ::fsync(folder) == 0;
  if (!good) {
    const int cause = errno;
    ::unlinkat(folder, draft.c_str(), 0);
    errno = cause;
    return file_error("write", name);
  }
  return {};
}

namespace {

struct flock whole_file(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

// Locks of open file descriptions: inherited by a fork, gone with its last holder, and unlike
// those of flock() they can be looked at without being taken for a moment.
Result<bool> take_lock(int file) {
  struct flock lock = whole_file(F_WRLCK);
  if (::fcntl(file, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return file_error("lock", "lock");
}

bool is_locked(int folder, const std::string& name) {
  const Descriptor file = open_plain(folder, name);
  if (!file) return false;
  struct flock lock = whole_file(F_WRLCK);
  return ::fcntl(file.number(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace granary
