// nanoserve: serves what nanotrain trained. Exit status: 0 stopped by a signal, 1 the world failed,
// 2 the flags or the environment are wrong.

#include <fmt/core.h>

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "nano/options.h"
#include "nano/progress.h"
#include "nanoserve/options.h"
#include "nanoserve/server.h"

namespace {

int complain(const std::string& sentence, int status) {
  fmt::print(stderr, "nanoserve: {}\n", sentence);
  return status;
}

}  // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values + (count > 0 ? 1 : 0), values + count);
  const auto options = nano::serve_options(arguments, nano::environment(nano::kServeEnvironment));
  if (!options) return complain(options.error(), 2);
  if (!options->has_value()) {
    fmt::print("{}", nano::kServeUsage);
    return 0;
  }
  auto progress = nano::Progress::open((*options)->progress);
  if (!progress) return complain(progress.error(), 1);
  try {
    const auto served = nano::serve(**options, *progress);
    return served ? 0 : complain(served.error(), 1);
  } catch (const std::exception& error) {
    return complain(std::string("stopped: ") + error.what(), 1);
  }
}
