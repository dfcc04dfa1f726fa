#pragma once
// For tests: a real Slurm on this machine, by tools/slurm-sandbox; one for a whole test program.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "slurm/call.h"

namespace granary::slurm {

class Sandbox {
 public:
  // Why there can be none here; empty when there can.
  static std::string why_not() {
    if (::geteuid() != 0) return "only root can start Slurm here";
    if (source().empty()) return "GRANARY_SOURCE is not set";
    for (const char* program : {"/usr/sbin/slurmctld", "/usr/sbin/slurmd", "/usr/sbin/munged",
                                "/usr/bin/sbatch", "/usr/bin/squeue"}) {
      if (!std::filesystem::exists(program)) return std::string(program) + " is not installed";
    }
    return {};
  }
  static bool can_account() {
    return std::filesystem::exists("/usr/sbin/slurmdbd") &&
           std::filesystem::exists("/usr/sbin/mariadbd");
  }

  // `stock` as the tool takes it, "a800:4x8"; of one site, "east".
  Sandbox(const std::string& stock, bool accounting) {
    std::string folder = "/tmp/granary-slurm-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return;
    folder_ = folder;
    for (int tries = 0; tries < 3 && !running_; ++tries) {
      // Below the ports that the system hands out, and likely apart from other tests.
      const int port = 20'000 + 200 * ((::getpid() * 7 + tries * 19) % 60);
      std::vector<std::string> arguments{
          "start",   "--dir",         folder_,       "--port", std::to_string(port),
          "--stock", "east=" + stock, "--no-install"};
      if (accounting) arguments.push_back("--accounting");
      running_ = tool(std::move(arguments));
      if (!running_) tool({"stop", "--dir", folder_, "--wipe"});
    }
  }
  ~Sandbox() {
    if (folder_.empty()) return;
    tool({"stop", "--dir", folder_, "--wipe"});
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  bool running() const { return running_; }
  const std::string& said() const { return said_; }
  std::string conf() const { return folder_ + "/east/etc/slurm.conf"; }
  const std::string& folder() const { return folder_; }
  // kill -9 of "slurmctld" or "slurmd-a800-1"; revive() starts it again.
  bool crash(const std::string& daemon) {
    return tool({"crash", "--dir", folder_, "east", daemon});
  }
  bool revive() { return tool({"start", "--dir", folder_, "--no-install"}); }

 private:
  static std::string source() {
    const char* const root = std::getenv("GRANARY_SOURCE");
    return root == nullptr ? "" : root;
  }
  bool tool(std::vector<std::string> arguments) {
    const Outcome outcome =
        run({.program = source() + "/tools/slurm-sandbox",
             .arguments = std::move(arguments),
             .environment = {{"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}, {"HOME", "/root"}},
             .input = {},
             .limit = std::chrono::seconds(100)});
    said_ = to_text(outcome);
    return outcome.good();
  }

  std::string folder_, said_;
  bool running_ = false;
};

}  // namespace granary::slurm
