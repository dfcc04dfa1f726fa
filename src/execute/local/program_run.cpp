#include "execute/local/program_run.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "execute/local/files.h"
#include "execute/local/lease.h"

namespace granary {

namespace {

using Steady = std::chrono::steady_clock;

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return file_error("make", "a pipe");
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

// Everything the child needs, made before the fork: after it only system calls.
struct Prepared {
  std::vector<std::string> argv, environment;
  std::vector<char*> argv_pointers, environment_pointers;
  Descriptor null, work;
  Pipe gate, out, err;
  Pipe failed;  // what execve answered; closed by itself when there is a program
};

[[noreturn]] void become_program(const Program& program, const Prepared& ready, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  char go = 0;
  ssize_t got = 0;
  do {
    got = ::read(ready.gate.read.number(), &go, 1);
  } while (got < 0 && errno == EINTR);
  if (got != 1) ::_exit(127);
  const struct rlimit none {};
  ::setrlimit(RLIMIT_CORE, &none);
  ::dup2(ready.null.number(), 0);
  ::dup2(ready.out.write.number(), 1);
  ::dup2(ready.err.write.number(), 2);
  const bool moved = ::fchdir(ready.work.number()) == 0;
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  sigset_t nothing;
  ::sigemptyset(&nothing);
  ::sigprocmask(SIG_SETMASK, &nothing, nullptr);
  if (moved) {
    ::execve(program.path.c_str(), ready.argv_pointers.data(), ready.environment_pointers.data());
  }
  const int why = errno;
  [[maybe_unused]] const ssize_t wrote = ::write(ready.failed.write.number(), &why, sizeof why);
  ::_exit(127);
}

// One of the program's outputs, copied into a file until that is full.
class Output {
 public:
  Output(Descriptor from, int folder, const std::string& name, std::size_t limit)
      : from_(std::move(from)),
        to_(::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                     0600)),
        left_(limit) {
    ::fcntl(from_.number(), F_SETFL, O_NONBLOCK);
  }

  int number() const { return from_.number(); }  // -1: at its end

  // Copies what is there; false when nothing is. What finds no place is dropped, so that the
  // program never waits for it.
  bool copy() {
    std::array<char, 64 << 10> buffer;
    const ssize_t got = ::read(from_.number(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
    if (got <= 0) {
      from_.close();
      return false;
    }
    std::size_t keep = std::min(left_, static_cast<std::size_t>(got));
    left_ -= keep;
    const char* at = buffer.data();
    while (keep > 0 && to_) {
      const ssize_t wrote = ::write(to_.number(), at, keep);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) {  // a full disk: nothing more is kept
        left_ = 0;
        return true;
      }
      at += wrote;
      keep -= static_cast<std::size_t>(wrote);
    }
    return true;
  }

 private:
  Descriptor from_, to_;
  std::size_t left_;
};

Result<Prepared> prepare(const Program& program) {
  Prepared ready;
  ready.argv = program.argv;
  for (const auto& [name, value] : program.environment) {
    ready.environment.push_back(name + "=" + value);
  }
  ready.work = open_folder(program.folder);
  if (!ready.work) return file_error("open folder", program.folder);
  auto gate = make_pipe(), out = make_pipe(), err = make_pipe(), failed = make_pipe();
  for (const auto* pipe : {&gate, &out, &err, &failed}) {
    if (!*pipe) return fail(pipe->error());
  }
  ready.gate = std::move(*gate);
  ready.out = std::move(*out);
  ready.err = std::move(*err);
  ready.failed = std::move(*failed);
  ready.null = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  return ready;
}

// The program and all that descends from it, watched from outside.
class Watch {
 public:
  Watch(pid_t program, const Supervision& how, int folder, int signals, Prepared& ready)
      : program_(program),
        how_(how),
        folder_(folder),
        signals_(signals),
        outputs_{Output(std::move(ready.out.read), folder, "stdout", how.output_limit),
                 Output(std::move(ready.err.read), folder, "stderr", how.output_limit)} {}

  // Without a lease: nullptr.
  Exit until_all_are_gone(Lease* lease) {
    while (!exit_) {
      if (!asked_ && has_file(folder_, "stop")) ask_to_stop();
      if (asked_ && Steady::now() >= kill_at_) ::kill(-program_, SIGKILL);
      wait_a_while(std::chrono::milliseconds(asked_ ? 50 : 1000));
    }
    if (lease != nullptr) lease->end();  // the program's number may be another's from now on
    // Orphans of the program are children of this process now, wherever they moved to.
    while (reap()) {
      for (const Process& process : all_processes()) {
        if (process.parent == ::getpid() && !process.dead) ::kill(process.pid, SIGKILL);
      }
      wait_a_while(std::chrono::milliseconds(10));
    }
    for (Output& output : outputs_) {
      while (output.copy()) {  // no writer of the attempt is left
      }
    }
    return *exit_;
  }

 private:
  void ask_to_stop() {
    asked_ = true;
    kill_at_ = Steady::now() + how_.stop_grace;
    // It may not yet have come to the line that makes it a group.
    if (::kill(-program_, SIGTERM) != 0) ::kill(program_, SIGTERM);
  }

  void wait_a_while(Span longest) {
    std::array<pollfd, 3> watched{{{signals_, POLLIN, 0},
                                   {outputs_[0].number(), POLLIN, 0},
                                   {outputs_[1].number(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), static_cast<int>(longest.count())) <= 0) return;
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      if (watched[i + 1].revents != 0) outputs_[i].copy();
    }
    if (watched[0].revents == 0) return;
    signalfd_siginfo got{};
    if (::read(signals_, &got, sizeof got) != sizeof got) return;
    if (got.ssi_signo == SIGCHLD) {
      reap();
    } else if (!asked_) {
      ask_to_stop();
    }
  }

  // Whether children are left.
  bool reap() {
    int status = 0;
    pid_t gone = 0;
    while ((gone = ::waitpid(-1, &status, WNOHANG)) > 0) {
      if (gone != program_) continue;
      exit_.emplace();
      if (WIFSIGNALED(status)) exit_->exit_signal = WTERMSIG(status);
      if (WIFEXITED(status)) exit_->exit_code = WEXITSTATUS(status);
    }
    return gone == 0;
  }

  const pid_t program_;
  const Supervision& how_;
  const int folder_, signals_;
  std::array<Output, 2> outputs_;
  bool asked_ = false;
  Steady::time_point kill_at_{};
  std::optional<Exit> exit_;
};

// Waits until there is a program; why not, if there is none. Nothing too when the child has died.
std::string why_not_started(const Program& program, Pipe& failed) {
  failed.write.close();
  int why = 0;
  ssize_t got = 0;
  do {
    got = ::read(failed.read.number(), &why, sizeof why);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof why) return {};
  return "the system cannot start " + program.path + ": " + std::strerror(why) + ".";
}

}  // namespace

Result<Exit> run_program(const Program& program, const Supervision& how, int folder) {
  ::umask(077);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t watched;
  ::sigemptyset(&watched);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&watched, signal);
  ::sigprocmask(SIG_SETMASK, &watched, nullptr);
  const Descriptor signals(::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return file_error("watch", "signals");
  auto ready = prepare(program);
  if (!ready) return fail(ready.error());
  ready->argv_pointers = pointers(ready->argv);
  ready->environment_pointers = pointers(ready->environment);

  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return file_error("start", program.path);
  if (child == 0) {
    ready->gate.write.close();
    become_program(program, *ready, parent);
  }
  ready->gate.read.close();
  ready->out.write.close();
  ready->err.write.close();
  const auto born = find_process(child);
  const std::string ticks = std::to_string(born ? born->start_ticks : 0);
  auto recorded = write_file(folder, "start_ticks", ticks + "\n", Writing::replace);
  if (recorded) {
    recorded = write_file(folder, "pid", std::to_string(child) + "\n", Writing::replace);
  }
  if (!recorded) {  // the gate closes unopened: the child ends without having been the program
    ready->gate.write.close();
    ::waitpid(child, nullptr, 0);
    return fail(recorded.error());
  }
  Watch watch(child, how, folder, signals.number(), *ready);
  if (::write(ready->gate.write.number(), "g", 1) != 1) return file_error("start", program.path);
  ready->gate.write.close();
  const std::string refused = why_not_started(program, ready->failed);
  std::optional<Lease> lease;
  if (how.lease > Span{}) {
    lease.emplace(folder, how.lease, [child] { ::kill(-child, SIGKILL); });
  }
  Exit exit = watch.until_all_are_gone(lease ? &*lease : nullptr);
  if (lease && lease->lost()) exit.lost = superseded;
  exit.refused = refused;
  return exit;
}

}  // namespace granary
