#include "execute/local/processes.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "execute/local/files.h"

namespace granary {

namespace {

// Files of /proc have no length to ask for.
std::string read_proc(const std::string& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(limit, '\0');
  std::size_t size = 0;
  while (file && size < limit) {
    const ssize_t got = ::read(file.number(), text.data() + size, limit - size);
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

std::optional<Process> find_process(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  const std::string text = read_proc("/proc/" + std::to_string(pid) + "/stat", 4096);
  const std::size_t name_end = text.rfind(')');  // the name may hold spaces and brackets
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  Process process;
  process.pid = pid;
  char state = 0;
  pid_t group = 0;
  std::string skipped;
  fields >> state >> process.parent >> group >> process.session;
  for (int field = 7; field < 22; ++field) fields >> skipped;
  fields >> process.start_ticks;
  if (!fields) return std::nullopt;
  process.dead = state == 'Z' || state == 'X';
  return process;
}

std::vector<Process> all_processes() {
  std::vector<Process> found;
  DIR* const folder = ::opendir("/proc");
  if (folder == nullptr) return found;
  while (const dirent* const entry = ::readdir(folder)) {
    const int pid = std::atoi(entry->d_name);
    if (const auto process = find_process(pid)) found.push_back(*process);
  }
  ::closedir(folder);
  return found;
}

std::string boot_id() {
  std::string id = read_proc("/proc/sys/kernel/random/boot_id", 64);
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

bool is_alive(pid_t pid, std::uint64_t start_ticks) {
  const auto process = find_process(pid);
  return process && process->start_ticks == start_ticks && !process->dead;
}

bool send_signal(pid_t pid, std::uint64_t start_ticks, int signal) {
  // The descriptor pins the process, so the check of its start holds until the signal is sent.
  const Descriptor pinned(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pinned || !is_alive(pid, start_ticks)) return false;
  return ::syscall(SYS_pidfd_send_signal, pinned.number(), signal, nullptr, 0) == 0;
}

bool has_variable(pid_t pid, const std::string& variable) {
  const std::string all =
      '\0' + read_proc("/proc/" + std::to_string(pid) + "/environ", 256 << 10) + '\0';
  return all.find('\0' + variable + '\0') != std::string::npos;
}

}  // namespace granary
