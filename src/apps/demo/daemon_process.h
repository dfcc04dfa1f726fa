#pragma once
// A granaryd of one's own: started in a folder, reached over loopback, ended with its jobs.

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "serve/api.h"
#include "units/result.h"

namespace granary {

class DaemonProcess {
 public:
  struct Options {
    std::filesystem::path granaryd;  // the program
    std::filesystem::path folder;    // its data folder
    int time_factor = 1;
    std::string start_at;                // RFC 3339; empty: now
    std::vector<std::string> more = {};  // flags
  };
  // Starts it and waits until it listens (at most 20 s); G7027 with what it said otherwise.
  static Result<std::unique_ptr<DaemonProcess>> start(const Options&);
  ~DaemonProcess();  // SIGTERM, then waits

  const std::string& url() const { return url_; }
  std::filesystem::path token_file() const { return folder_ / "token"; }
  Transport& transport() { return *transport_; }
  bool alive() const;

 private:
  DaemonProcess() = default;
  pid_t pid_ = -1;
  std::filesystem::path folder_;
  std::string url_;
  std::unique_ptr<Transport> transport_;
};

}  // namespace granary
