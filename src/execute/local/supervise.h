#pragma once
// The life of one attempt, apart from the daemon: runs the program of a folder at most once, stops
// it when asked, and says how it ended. See attempt_files.h for the files.
//
// A program never outlives its supervisor (the kernel kills it), nothing that the program started
// outlives the attempt, and a supervisor that finds that another one died after `started` launches
// nothing: it ends what is left and reports the attempt as lost.

#include <map>
#include <string>

#include "units/result.h"
#include "units/time.h"

namespace granary {

struct Supervision {
  std::string folder;                          // of the attempt; holds launch.json
  Span stop_grace = std::chrono::seconds(10);  // between asking the program to end and killing it
  std::size_t output_limit = 64 << 20;         // bytes kept of stdout and of stderr
  bool stay = false;                           // this process is the supervisor, not a fork of it
  Span lease{};                                // lease.h; zero: none
  // Variables of the program that are only known where it runs.
  std::map<std::string, std::string> variables = {};
};

// Takes the lock and returns true in the process that is now the supervisor, a fork of the caller
// (or the caller, if it stays);
// false in the caller itself: by then the lock is held, or somebody else had it, or the attempt is
// over. Nothing of the program has happened yet.
Result<bool> become_supervisor(const Supervision&);

// What the supervisor does until the attempt is over.
Result<void> supervise(const Supervision&);

}  // namespace granary
