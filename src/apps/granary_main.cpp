// The program `granary`: run_cli() on the process's own streams.
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <iostream>

#include "apps/cli.h"

extern char** environ;  // NOLINT: POSIX

namespace {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> all;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const char* const equals = std::strchr(*variable, '=');
    if (equals != nullptr)
      all[std::string(static_cast<const char*>(*variable), equals)] = equals + 1;
  }
  return all;
}

int terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a failed write, not a death
  granary::CliContext context{std::cin, std::cout, std::cerr};
  context.in_is_terminal = isatty(STDIN_FILENO) != 0;
  context.out_is_terminal = isatty(STDOUT_FILENO) != 0;
  context.width = terminal_width();
  context.environment = environment();
  std::error_code error;
  context.directory = std::filesystem::current_path(error);
  context.program = std::filesystem::read_symlink("/proc/self/exe", error);
  return granary::run_cli({arguments + std::min(count, 1), arguments + count}, context);
}
