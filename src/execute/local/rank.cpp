#include "execute/local/rank.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <thread>

#include "execute/local/attempt_files.h"
#include "execute/local/files.h"
#include "execute/local/lease.h"

namespace granary {

namespace {

using Steady = std::chrono::steady_clock;

volatile std::sig_atomic_t asked_to_end = 0;
void note_signal(int) { asked_to_end = 1; }

[[noreturn]] void become_program(const Program& program, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::signal(signal, SIG_DFL);
  std::vector<std::string> argv = program.argv, environment;
  for (const auto& [name, value] : program.environment) environment.push_back(name + "=" + value);
  std::vector<char*> arguments, variables;
  for (std::string& text : argv) arguments.push_back(text.data());
  for (std::string& text : environment) variables.push_back(text.data());
  arguments.push_back(nullptr);
  variables.push_back(nullptr);
  if (::chdir(program.folder.c_str()) == 0) {
    ::execve(program.path.c_str(), arguments.data(), variables.data());
  }
  ::_exit(127);
}

// Whether the attempt, as its folder shows it, goes on.
class Folder {
 public:
  Folder(std::string path, Span lease) : path_(std::move(path)), lease_(lease) {}

  bool goes_on() {
    const auto now = Steady::now();
    const Descriptor folder = open_folder(path_);
    if (folder) {
      if (has_file(folder.number(), "revoked") || has_file(folder.number(), "exit.json")) {
        return false;
      }
      const auto lease = read_file(folder.number(), "lease", small_file_limit);
      if (lease && *lease && **lease != seen_) {
        seen_ = **lease;
        changed_ = now;
      }
    }
    return lease_ == Span{} || now - changed_ < lease_;
  }

 private:
  const std::string path_;
  const Span lease_;
  std::string seen_;
  Steady::time_point changed_ = Steady::now();
};

}  // namespace

Result<int> run_rank(const Rank& how) {
  const Descriptor folder = open_folder(how.folder);
  if (!folder) return file_error("open folder", how.folder);
  const auto text = read_file(folder.number(), "ranks.json", launch_file_limit);
  if (!text) return fail(text.error());
  auto program = decode_program(*text ? **text : "");
  if (!program) return fail(program.error());
  program->environment["GRANARY_RANK"] = std::to_string(how.rank);
  if (!how.visible_chips.empty()) {
    program->environment["CUDA_VISIBLE_DEVICES"] = how.visible_chips;
    program->environment["GRANARY_VISIBLE_CHIPS"] = how.visible_chips;
  }
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::signal(signal, note_signal);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) return file_error("start", program->path);
  if (child == 0) become_program(*program, parent);

  Folder attempt(how.folder, how.lease);
  auto look = Steady::now();
  std::optional<Steady::time_point> kill_at;
  bool superseded_now = false;
  int status = 0;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    const auto now = Steady::now();
    if (asked_to_end != 0 && !kill_at) {
      kill_at = now + how.stop_grace;
      ::kill(-child, SIGTERM);
    }
    if (now >= look) {
      look = now + std::chrono::milliseconds(500);
      superseded_now |= !attempt.goes_on();
    }
    if (superseded_now || (kill_at && now >= *kill_at)) ::kill(-child, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  ::kill(-child, SIGKILL);
  if (superseded_now) return superseded_status;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace granary
