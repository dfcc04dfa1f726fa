#pragma once
// Small files in folders that others may die in, at any moment: written whole or not at all, read
// with a bound, never through a link that somebody planted. Folders are open descriptors, so a
// name never climbs out of them. Errors are G7021.

#include <optional>
#include <string>
#include <string_view>

#include "units/result.h"

namespace granary {

// Owns an open file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }

  int number() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  void close();

 private:
  int release() { return std::exchange(number_, -1); }
  int number_ = -1;
};

// "cannot write x: No space left on device", from errno.
tl::unexpected<Error> file_error(const std::string& doing, const std::string& name);

// The folder with all its parents, made where missing (0700).
Result<Descriptor> make_folders(const std::string& path);
// One folder inside another, made durably where missing. Not through a link.
Result<Descriptor> make_folder(int inside, const std::string& name);
// An invalid descriptor when there is no such folder, or when it is a link.
Descriptor open_folder(int inside, const std::string& name);
Descriptor open_folder(const std::string& path);

bool has_file(int folder, const std::string& name);

// A plain file of at most `limit` bytes; nothing when there is none. An error for anything else: a
// link, a pipe, too long.
Result<std::optional<std::string>> read_file(int folder, const std::string& name,
                                             std::size_t limit);
// Open for reading without waiting and without following; invalid unless it is a plain file.
Descriptor open_plain(int folder, const std::string& name);

enum class Writing {
  replace,       // atomically; may be forgotten in a power cut
  replace_safe,  // atomically, and on disk when this returns
  once_safe,     // the same, but what is already there stays
};
Result<void> write_file(int folder, const std::string& name, std::string_view text, Writing);

// A lock that a process and those it forks hold until the last of them is gone.
// True when it is now ours, false when somebody else lives.
Result<bool> take_lock(int file);
// Looks without touching: a lock asked for at that moment is not disturbed.
bool is_locked(int folder, const std::string& name);

}  // namespace granary
