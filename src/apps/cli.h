#pragma once
// The command line `granary`, as a function: main() gives it the process's streams, stories and
// tests give it strings.

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "serve/api.h"

namespace granary {

struct CliContext {
  std::istream& in;
  std::ostream& out;  // data
  std::ostream& err;  // talk
  bool in_is_terminal = false, out_is_terminal = false;
  int width = 100;  // of the terminal
  std::map<std::string, std::string>
      environment{};                       // GRANARY_URL, GRANARY_TOKEN_FILE, NO_COLOR, ...
  std::filesystem::path directory{};       // files named on the command line are found here
  Transport* transport = nullptr;          // null: HTTP to GRANARY_URL
  std::function<std::string()> new_key{};  // request keys; empty: random ones
  std::filesystem::path program{};         // of this executable, to find its companions
};

// Runs one command and returns its exit status (0 ok, 1 failed, 2 usage, 3 not found, 4 refused,
// 5 conflict, 6 infeasible, 7 unreachable, 8 not authenticated, 9 partly done).
int run_cli(const std::vector<std::string>& arguments, CliContext&);

}  // namespace granary
