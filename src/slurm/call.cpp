#include "slurm/call.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "slurm/values.h"

namespace granary::slurm {

namespace {

using Steady = std::chrono::steady_clock;
constexpr std::size_t most_errors = 64 << 10;

class File {
 public:
  explicit File(int number = -1) : number_(number) {}
  File(File&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~File() { close(); }
  int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

struct Pipe {
  File read, write;
};

bool make(Pipe& pipe) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
  pipe.read = File(ends[0]);
  pipe.write = File(ends[1]);
  return true;
}

// A file in memory, so that a child which does not read never holds us up.
File input_of(const std::string& text) {
  if (text.empty()) return File(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  File file(::memfd_create("input", MFD_CLOEXEC));
  std::string_view left = text;
  while (file.number() >= 0 && !left.empty()) {
    const ssize_t wrote = ::write(file.number(), left.data(), left.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return File();
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
  if (file.number() >= 0) ::lseek(file.number(), 0, SEEK_SET);
  return file;
}

// Everything the child needs, made before the fork: after it only system calls.
struct Prepared {
  std::vector<std::string> argv, environment;
  std::vector<char*> argv_pointers, environment_pointers;
  File input;
  Pipe out, err, failed;
};

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

bool prepare(const Call& call, Prepared& ready) {
  ready.argv = {call.program};
  ready.argv.insert(ready.argv.end(), call.arguments.begin(), call.arguments.end());
  for (const auto& [name, value] : call.environment) {
    ready.environment.push_back(name + "=" + value);
  }
  ready.argv_pointers = pointers(ready.argv);
  ready.environment_pointers = pointers(ready.environment);
  ready.input = input_of(call.input);
  return ready.input.number() >= 0 && make(ready.out) && make(ready.err) && make(ready.failed);
}

[[noreturn]] void become(const Call& call, const Prepared& ready, pid_t parent) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // it died before the line above
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(ready.input.number(), 0);
  ::dup2(ready.out.write.number(), 1);
  ::dup2(ready.err.write.number(), 2);
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (::chdir("/") == 0) {
    ::execve(call.program.c_str(), ready.argv_pointers.data(), ready.environment_pointers.data());
  }
  const int why = errno;
  [[maybe_unused]] const ssize_t wrote = ::write(ready.failed.write.number(), &why, sizeof why);
  ::_exit(127);
}

// Why there is no program; 0 when there is one.
int why_not_started(Pipe& failed) {
  failed.write.close();
  int why = 0;
  ssize_t got = 0;
  do {
    got = ::read(failed.read.number(), &why, sizeof why);
  } while (got < 0 && errno == EINTR);
  return got == sizeof why ? why : 0;
}

// Reads what is there. False at the end; too much is told by the size of `text`.
bool take(File& from, std::string& text, std::size_t most) {
  std::array<char, 64 << 10> buffer;
  while (true) {
    const ssize_t got = ::read(from.number(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) {
      from.close();
      return false;
    }
    if (text.size() <= most) text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > most) return true;
  }
}

void wait_for(pid_t child, Outcome& outcome) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.how = WIFSIGNALED(status) ? Outcome::How::signalled : Outcome::How::exited;
  outcome.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

// Until the child ends or is over one of its limits.
void watch(const Call& call, pid_t child, Prepared& ready, Outcome& outcome) {
  const auto deadline = Steady::now() + call.limit;
  const File ended(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  ::fcntl(ready.out.read.number(), F_SETFL, O_NONBLOCK);
  ::fcntl(ready.err.read.number(), F_SETFL, O_NONBLOCK);
  std::optional<Outcome::How> over;
  while (!over) {
    const auto left = std::chrono::ceil<Span>(deadline - Steady::now());
    if (left <= Span{}) {
      over = Outcome::How::out_of_time;
      break;
    }
    std::array<pollfd, 3> watched{{{ended.number(), POLLIN, 0},
                                   {ready.out.read.number(), POLLIN, 0},
                                   {ready.err.read.number(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), static_cast<int>(left.count())) < 0) continue;
    const bool gone = watched[0].revents != 0;
    // Gone: what it wrote is all there, whoever else still has the pipe.
    if (ready.out.read.number() >= 0) take(ready.out.read, outcome.output, call.most_output);
    if (ready.err.read.number() >= 0) take(ready.err.read, outcome.errors, most_errors);
    if (outcome.output.size() > call.most_output) over = Outcome::How::too_much;
    if (gone) break;
  }
  if (over) ::kill(-child, SIGKILL);
  if (over) ::kill(child, SIGKILL);  // before it was a group
  wait_for(child, outcome);
  ::kill(-child, SIGKILL);  // what it left behind; the group's number is not free while one lives
  if (over) outcome.how = *over;
  outcome.output.resize(std::min(outcome.output.size(), call.most_output));
  outcome.errors.resize(std::min(outcome.errors.size(), most_errors));
}

}  // namespace

Outcome run(const Call& call) {
  Outcome outcome;
  const auto began = Steady::now();
  Prepared ready;
  if (!prepare(call, ready)) {
    outcome.errors = std::string("cannot prepare: ") + std::strerror(errno);
    return outcome;
  }
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(call, ready, parent);
  if (child < 0) {
    outcome.errors = std::string("cannot start: ") + std::strerror(errno);
    return outcome;
  }
  ready.out.write.close();
  ready.err.write.close();
  if (const int why = why_not_started(ready.failed); why != 0) {
    wait_for(child, outcome);
    outcome = {};
    outcome.errors = "cannot start " + call.program + ": " + std::strerror(why);
    return outcome;
  }
  watch(call, child, ready, outcome);
  outcome.took = std::chrono::duration_cast<Span>(Steady::now() - began);
  return outcome;
}

std::string to_text(const Outcome& outcome) {
  std::string_view said = outcome.errors.empty() ? outcome.output : outcome.errors;
  while (!said.empty() && said.back() == '\n') said.remove_suffix(1);
  const std::string text = said.empty() ? "" : ": " + clean(said, 200);
  switch (outcome.how) {
    case Outcome::How::exited:
      return "exit status " + std::to_string(outcome.code) + text;
    case Outcome::How::signalled:
      return "killed by signal " + std::to_string(outcome.code) + text;
    case Outcome::How::out_of_time:
      return "no answer within " + granary::to_text(outcome.took) + text;
    case Outcome::How::too_much:
      return "an answer of more than " + std::to_string(outcome.output.size()) + " bytes";
    case Outcome::How::not_started:
      return outcome.errors;
  }
  return {};
}

}  // namespace granary::slurm
