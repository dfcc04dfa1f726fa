// granary-supervise FOLDER: starts a supervisor for the attempt in FOLDER and returns when it is
// there. Exit status: 0 there is one, or the attempt is over; 1 it cannot be; 2 usage.
//
// granary-supervise --stay FOLDER: is the supervisor, and returns when the attempt is over, with
// the exit status of its program (128 and the signal), 77 when the attempt was superseded, 76 when
// it is somebody else's. For batch systems, which watch what they have started.
//
// GRANARY_STOP_GRACE_MS: milliseconds between SIGTERM and SIGKILL, 10000 unless set.
// GRANARY_LEASE_MS: time of the attempt's lease (lease.h); none unless set.
// With --stay the program sees the chips that the batch system shows us: CUDA_VISIBLE_DEVICES. And
// SLURM_CONF and SLURM_JOB_ID, if they are set, so that it can start its ranks.

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "execute/local/attempt_files.h"
#include "execute/local/files.h"
#include "execute/local/lease.h"
#include "execute/local/supervise.h"

namespace {

// Nothing when it is set to no such number.
std::optional<granary::Span> milliseconds(const char* variable, granary::Span otherwise) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return otherwise;
  long long number = 0;
  const char* const end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, number);
  if (error == std::errc{} && stop == end && number >= 0 && number <= 3'600'000) {
    return granary::Span(number);
  }
  std::fprintf(stderr, "granary-supervise: %s is not 0..3600000\n", variable);
  return std::nullopt;
}

// What a batch system that watches this process is told.
int status_of(const std::string& path) {
  const granary::Descriptor folder = granary::open_folder(path);
  const auto exit = folder ? granary::read_exit(folder.number()) : std::nullopt;
  if (!exit) return 76;
  if (exit->lost == granary::superseded) return granary::superseded_status;
  if (!exit->lost.empty() || !exit->refused.empty()) return 1;
  return exit->exit_signal != 0 ? 128 + exit->exit_signal : exit->exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  granary::Supervision how;
  how.stay = argc == 3 && std::strcmp(argv[1], "--stay") == 0;
  if ((argc != 2 && !how.stay) || argv[argc - 1][0] != '/') {
    std::fputs("usage: granary-supervise [--stay] FOLDER (absolute, of one attempt)\n", stderr);
    return 2;
  }
  how.folder = argv[argc - 1];
  const auto grace = milliseconds("GRANARY_STOP_GRACE_MS", how.stop_grace);
  const auto lease = milliseconds("GRANARY_LEASE_MS", how.lease);
  if (!grace || !lease) return 2;
  how.stop_grace = *grace;
  how.lease = *lease;
  if (how.stay) {
    if (const char* const chips = std::getenv("CUDA_VISIBLE_DEVICES"); chips != nullptr) {
      how.variables["CUDA_VISIBLE_DEVICES"] = how.variables["GRANARY_VISIBLE_CHIPS"] = chips;
    }
    for (const char* const name : {"SLURM_CONF", "SLURM_JOB_ID"}) {
      if (const char* const value = std::getenv(name)) how.variables[name] = value;
    }
  }
  const auto here = granary::become_supervisor(how);
  granary::Result<void> done;
  if (!here) {
    done = granary::fail(here.error());
  } else if (*here) {
    done = granary::supervise(how);
  }
  if (done) return how.stay ? status_of(how.folder) : 0;
  std::fprintf(stderr, "granary-supervise: %s\n", done.error().what.c_str());
  return 1;
}
