// granary-supervise FOLDER: starts a supervisor for the attempt in FOLDER and returns when it is
// there. Exit status: 0 there is one, or the attempt is over; 1 it cannot be; 2 usage.
//
// granary-supervise --stay FOLDER: is the supervisor, and returns when the attempt is over, with
// the exit status of its program (128 and the signal), 77 when the attempt was superseded, 76 when
// it is somebody else's. For batch systems, which watch what they have started.
//
// granary-supervise --rank FOLDER: is one process of an attempt on several nodes (rank.h), of the
// rank that SLURM_PROCID says.
//
// GRANARY_STOP_GRACE_MS: milliseconds between SIGTERM and SIGKILL, 10000 unless set.
// GRANARY_LEASE_MS: time of the attempt's lease (lease.h); none unless set.
// With --stay the program sees the chips that the batch system shows us: CUDA_VISIBLE_DEVICES. And
// SLURM_CONF, SLURM_JOB_ID and the two above, if they are set, so that it can start its ranks.

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "execute/local/attempt_files.h"
#include "execute/local/files.h"
#include "execute/local/lease.h"
#include "execute/local/rank.h"
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

int be_rank(const granary::Supervision& how) {
  granary::Rank rank;
  rank.folder = how.folder;
  rank.lease = how.lease;
  rank.stop_grace = how.stop_grace;
  if (const char* const chips = std::getenv("CUDA_VISIBLE_DEVICES")) rank.visible_chips = chips;
  const char* const number = std::getenv("SLURM_PROCID");
  const char* const end = number == nullptr ? nullptr : number + std::strlen(number);
  if (number == nullptr || std::from_chars(number, end, rank.rank).ptr != end) {
    std::fputs("granary-supervise: SLURM_PROCID is no number\n", stderr);
    return 2;
  }
  const auto status = granary::run_rank(rank);
  if (status) return *status;
  std::fprintf(stderr, "granary-supervise: %s\n", status.error().what.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  granary::Supervision how;
  how.stay = argc == 3 && std::strcmp(argv[1], "--stay") == 0;
  const bool rank = argc == 3 && std::strcmp(argv[1], "--rank") == 0;
  if ((argc != 2 && !how.stay && !rank) || argv[argc - 1][0] != '/') {
    std::fputs("usage: granary-supervise [--stay | --rank] FOLDER (absolute, of one attempt)\n",
               stderr);
    return 2;
  }
  how.folder = argv[argc - 1];
  const auto grace = milliseconds("GRANARY_STOP_GRACE_MS", how.stop_grace);
  const auto lease = milliseconds("GRANARY_LEASE_MS", how.lease);
  if (!grace || !lease) return 2;
  how.stop_grace = *grace;
  how.lease = *lease;
  if (rank) return be_rank(how);
  if (how.stay) {
    const char* const chips = std::getenv("CUDA_VISIBLE_DEVICES");
    if (chips != nullptr && *chips != 0) {
      how.variables["CUDA_VISIBLE_DEVICES"] = how.variables["GRANARY_VISIBLE_CHIPS"] = chips;
    }
    // For srun, and through it for the ranks.
    for (const char* const name :
         {"SLURM_CONF", "SLURM_JOB_ID", "GRANARY_LEASE_MS", "GRANARY_STOP_GRACE_MS"}) {
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
