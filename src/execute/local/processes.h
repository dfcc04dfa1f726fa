#pragma once
// Processes of this machine, told apart by pid and start: a pid alone may be somebody else's by
// the time one looks.

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace granary {

struct Process {
  pid_t pid = 0, parent = 0, session = 0;
  std::uint64_t start_ticks = 0;  // since boot: field 22 of /proc/PID/stat
  bool dead = false;              // a zombie: it runs no more, nobody has asked for its status
};

std::optional<Process> find_process(pid_t);
std::vector<Process> all_processes();

// Two processes with the same pid and start are one only within one boot.
std::string boot_id();

// False when there is no such process (any more).
bool is_alive(pid_t, std::uint64_t start_ticks);
bool send_signal(pid_t, std::uint64_t start_ticks, int signal);

// Whether the process was started with this variable, "NAME=value", in its environment.
bool has_variable(pid_t, const std::string& variable);

}  // namespace granary
