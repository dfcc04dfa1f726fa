#pragma once
// Runs one program to its end and keeps what it says: by argument list, without a shell, with an
// environment made of nothing but what is given, killed when it takes too long or says too much,
// and killed by the kernel when the thread that called dies. Blocks its caller.

#include <map>
#include <string>
#include <vector>

#include "units/time.h"

namespace granary::slurm {

struct Call {
  std::string program;                             // absolute path
  std::vector<std::string> arguments;              // without the program itself
  std::map<std::string, std::string> environment;  // all of it
  std::string input;                               // what it reads from stdin
  Span limit = std::chrono::seconds(30);
  std::size_t most_output = 64 << 20;  // bytes of stdout; of stderr 64 KiB are kept
};

struct Outcome {
  enum class How {
    exited,       // `code` is its exit status
    signalled,    // `code` is the signal
    out_of_time,  // killed after `limit`
    too_much,     // killed for what it wrote
    not_started,  // the system would not; `errors` says why
  };
  How how = How::not_started;
  int code = 0;
  std::string output, errors;
  Span took{};

  bool good() const { return how == How::exited && code == 0; }
};

Outcome run(const Call&);

// "exit status 1: sbatch: error: Invalid partition", "no answer within 30 s", for a message.
std::string to_text(const Outcome&);

}  // namespace granary::slurm
