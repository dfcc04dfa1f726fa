#include "execute/local/supervise.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "execute/local/attempt_files.h"
#include "execute/local/files.h"
#include "execute/local/lease.h"
#include "execute/local/program_run.h"

namespace granary {

namespace {

// A full disk must not turn an exit into a loss: tried again for as long as there is a folder.
Result<void> report(const Supervision& how, int folder, Exit exit) {
  exit.at = real_now();
  while (true) {
    const auto wrote = write_file(folder, "exit.json", encode(exit), Writing::once_safe);
    if (wrote || !open_folder(how.folder)) return wrote;
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

// Whatever still runs of an attempt whose supervisor died: the program and its session, if its pid
// is still its own, and what was started with its environment.
std::vector<Process> left_over(const std::optional<Recorded>& program, const std::string& mark) {
  std::vector<Process> found;
  const bool led_by_program = program && is_alive(program->pid, program->start_ticks);
  for (const Process& process : all_processes()) {
    if (process.dead || process.pid == ::getpid()) continue;
    const bool in_session = led_by_program && process.session == program->pid;
    if (in_session || has_variable(process.pid, mark)) found.push_back(process);
  }
  return found;
}

Result<void> resolve_lost(const Supervision& how, int folder, const std::string& booted) {
  if (booted == boot_id()) {
    const auto program = read_program(folder);
    const std::string mark = "GRANARY_PROGRESS=" + how.folder + "/progress.jsonl";
    for (auto left = left_over(program, mark); !left.empty(); left = left_over(program, mark)) {
      for (const Process& process : left) send_signal(process.pid, process.start_ticks, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  Exit lost;
  lost.lost = booted == boot_id() ? "supervisor died" : "the machine was started anew";
  return report(how, folder, lost);
}

Result<void> run_once(const Supervision& how, int folder) {
  Exit exit;
  const auto text = read_file(folder, "launch.json", launch_file_limit);
  Result<Program> program = !text    ? Result<Program>(fail(text.error()))
                            : !*text ? decode_program("")
                                     : decode_program(**text);
  if (!program) {
    exit.lost = program.error().what;
    return report(how, folder, exit);
  }
  if (has_file(folder, "stop")) {
    exit.lost = "stopped before it started";
    return report(how, folder, exit);
  }
  if (how.lease > Span{}) {
    const auto taken = Lease::take(folder);
    if (!taken) return fail(taken.error());
    if (!*taken) {
      exit.lost = superseded;
      return report(how, folder, exit);
    }
  }
  for (const auto& [name, value] : how.variables) program->environment[name] = value;
  if (auto good = write_file(folder, "started", boot_id(), Writing::once_safe); !good) return good;
  const auto ended = run_program(*program, how, folder);
  if (ended) {
    exit = *ended;
  } else {
    exit.lost = ended.error().what;
  }
  return report(how, folder, exit);
}

}  // namespace

Result<bool> become_supervisor(const Supervision& how) {
  const Descriptor folder = open_folder(how.folder);
  if (!folder) return file_error("open folder", how.folder);
  Descriptor lock(
      ::openat(folder.number(), "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!lock) return file_error("open", "lock");
  const auto taken = take_lock(lock.number());
  if (!taken) return fail(taken.error());
  if (!*taken || has_file(folder.number(), "exit.json")) return false;
  const pid_t child = how.stay ? 0 : ::fork();
  if (child < 0) return file_error("start", "a supervisor");
  if (child > 0) return false;  // the child still holds the lock when this process is gone
  // Once the lock names this process it may be signalled: run_program() hears it later.
  sigset_t later;
  ::sigemptyset(&later);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&later, signal);
  ::sigprocmask(SIG_BLOCK, &later, nullptr);
  const auto self = find_process(::getpid());
  const std::string text = self ? encode(Recorded{self->pid, self->start_ticks}) : "";
  if (::ftruncate(lock.number(), 0) != 0 ||
      ::pwrite(lock.number(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return file_error("write", "lock");
  }
  static Descriptor held;
  held = std::move(lock);  // until the process ends
  return true;
}

Result<void> supervise(const Supervision& how) {
  const Descriptor folder = open_folder(how.folder);
  if (!folder) return file_error("open folder", how.folder);
  const auto started = read_file(folder.number(), "started", small_file_limit);
  if (!started) return fail(started.error());
  if (*started) return resolve_lost(how, folder.number(), **started);
  return run_once(how, folder.number());
}

}  // namespace granary
