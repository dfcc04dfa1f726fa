// granary-supervise FOLDER: starts a supervisor for the attempt in FOLDER and returns when it is
// there. Exit status: 0 there is one, or the attempt is over; 1 it cannot be; 2 usage.
// GRANARY_STOP_GRACE_MS: milliseconds between SIGTERM and SIGKILL, 10000 unless set.

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "execute/local/supervise.h"

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] != '/') {
    std::fputs("usage: granary-supervise FOLDER (absolute, of one attempt)\n", stderr);
    return 2;
  }
  granary::Supervision how;
  how.folder = argv[1];
  if (const char* const text = std::getenv("GRANARY_STOP_GRACE_MS")) {
    long long grace = 0;
    const char* const end = text + std::strlen(text);
    const auto [stop, error] = std::from_chars(text, end, grace);
    if (error != std::errc{} || stop != end || grace < 0 || grace > 3'600'000) {
      std::fputs("granary-supervise: GRANARY_STOP_GRACE_MS is not 0..3600000\n", stderr);
      return 2;
    }
    how.stop_grace = granary::Span(grace);
  }
  const auto here = granary::become_supervisor(how);
  granary::Result<void> done;
  if (!here) {
    done = granary::fail(here.error());
  } else if (*here) {
    done = granary::supervise(how);
  }
  if (done) return 0;
  std::fprintf(stderr, "granary-supervise: %s\n", done.error().what.c_str());
  return 1;
}
