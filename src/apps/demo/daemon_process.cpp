#include "apps/demo/daemon_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "serve/http_client.h"

namespace granary {
namespace {

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  std::string all = text.str();
  while (!all.empty() && (all.back() == '\n' || all.back() == ' ')) all.pop_back();
  return all;
}

pid_t spawn(const std::vector<std::string>& words, const std::filesystem::path& log) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: Ctrl-C in the terminal is for us, we end the daemon in order.
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid = -1;
  if (posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ) != 0) pid = -1;
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return pid;
}

}  // namespace

Result<std::unique_ptr<DaemonProcess>> DaemonProcess::start(const Options& options) {
  std::vector<std::string> words{options.granaryd.string(),
                                 "--data",
                                 options.folder.string(),
                                 "--listen",
                                 "127.0.0.1:0",
                                 "--time-factor",
                                 std::to_string(options.time_factor)};
  if (!options.start_at.empty()) {
    words.push_back("--start-at");
    words.push_back(options.start_at);
  }
  words.insert(words.end(), options.more.begin(), options.more.end());
  const auto log = options.folder / "granaryd.log";
  std::unique_ptr<DaemonProcess> daemon(new DaemonProcess);
  daemon->folder_ = options.folder;
  std::filesystem::remove(options.folder / "url");
  daemon->pid_ = spawn(words, log);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (daemon->pid_ > 0 && daemon->alive() && std::chrono::steady_clock::now() < give_up) {
    daemon->url_ = read_text(options.folder / "url");
    if (!daemon->url_.empty()) {
      daemon->transport_ =
          std::make_unique<HttpTransport>(daemon->url_, read_text(daemon->token_file()));
      const auto live = daemon->transport_->send({"GET", "/livez", {}, {}, {}});
      if (live && live->status == 200) return daemon;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return fail(Error::Kind::unavailable, 7027,
              options.granaryd.string() + " did not start: " + read_text(log).substr(0, 500));
}

bool DaemonProcess::alive() const { return pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0; }

DaemonProcess::~DaemonProcess() {
  if (pid_ <= 0 || !alive()) return;
  kill(pid_, SIGTERM);
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (alive() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  kill(pid_, SIGKILL);
}

}  // namespace granary
