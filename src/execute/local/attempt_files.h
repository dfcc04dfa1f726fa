#pragma once
// The folder of one attempt, runs/<job>/<attempt>/, and who writes what in it:
//
//   executor     launch.json   what to run; written once, before any supervisor
//                stop          its presence asks the attempt to end; its text says why
//   supervisor   lock          held while it lives; its text names it: pid and start_ticks
//                started       boot id; on disk before the program may run, so never twice
//                pid, start_ticks          of the program
//                stdout, stderr            of the program, 64 MiB each at most
//                exit.json     written at the very end, atomically
//   program      progress.jsonl, work/     (its working folder); ../checkpoints/
//
// All of it can be read while any of the three is dead.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "execute/local/processes.h"
#include "units/result.h"
#include "units/time.h"

namespace granary {

// What launch.json says.
struct Program {
  std::string path;  // what is executed
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;  // all of it
  std::string folder;                              // where it starts
  bool service = false;
  std::string health;  // path that answers 200; may be empty
  Instant launched{};  // real time
};
std::string encode(const Program&);
Result<Program> decode_program(const std::string&);

// What exit.json says.
struct Exit {
  int exit_code = 0, exit_signal = 0;
  std::string lost;     // not empty: why there is no exit status
  std::string refused;  // not empty: why the system would not start the program
  Instant at{};         // real time
};
std::string encode(const Exit&);
Result<Exit> decode_exit(const std::string&);

// Nothing while there is no exit.json; a damaged one is a loss.
std::optional<Exit> read_exit(int folder);

// A process that somebody recorded: "pid start_ticks".
struct Recorded {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;
};
std::string encode(const Recorded&);
std::optional<Recorded> decode_recorded(const std::string&);

// Who holds or held the lock, and the program.
std::optional<Recorded> read_supervisor(int folder);
std::optional<Recorded> read_program(int folder);

// Real time.
Instant real_now();

inline constexpr std::size_t launch_file_limit = 8 << 20;
inline constexpr std::size_t small_file_limit = 64 << 10;

}  // namespace granary
