#include "execute/local/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace granary {

namespace {

class SpawnActions {
 public:
  explicit SpawnActions(const std::string& log) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, 2, log.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, 3);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnActions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<void> spawn_supervisor(const Supervisor& supervisor) {
  const SpawnActions how(supervisor.folder + "/supervisor.log");
  std::string program = supervisor.program, folder = supervisor.folder;
  std::string grace = "GRANARY_STOP_GRACE_MS=" + std::to_string(supervisor.stop_grace.count());
  std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
  std::array<char*, 3> argv{program.data(), folder.data(), nullptr};
  std::array<char*, 3> environment{grace.data(), path.data(), nullptr};
  pid_t child = 0;
  const int cause = ::posix_spawn(&child, program.c_str(), how.actions(), how.attributes(),
                                  argv.data(), environment.data());
  if (cause != 0) {
    return fail(Error::Kind::failed, 7022,
                "cannot start " + program + ": " + std::strerror(cause) + ".");
  }
  // It leaves a fork of itself behind and ends at once.
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      return fail(Error::Kind::failed, 7022,
                  "lost sight of " + program + ": " + std::strerror(errno) + ".");
    }
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return fail(Error::Kind::failed, 7022,
              program + " did not take " + folder + "; what it said is in supervisor.log there.");
}

}  // namespace granary
