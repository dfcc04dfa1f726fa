#pragma once
// Runs attempts as processes of this machine, each under a supervisor of its own that lives outside
// the daemon's process group: the daemon may die and return. All that must survive is in folders
// (attempt_files.h); what is kept in memory is only what has been read so far.
//
// A report is repeated until `known` shows that the engine has it, so losing one loses nothing.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports.h"
#include "execute/local/attempt_files.h"
#include "execute/local/files.h"
#include "execute/local/progress_file.h"

namespace granary {

struct LocalSettings {
  std::string folder;      // absolute; runs/, made when missing, one executor's alone
  std::string supervisor;  // path of granary-supervise
  std::vector<std::string> program_folders;  // where plain program names are looked up first
  // From this machine's time to the daemon's, which a demo may compress.
  std::function<Instant(Instant real)> daemon_time = [](Instant real) { return real; };
  Span stop_grace = std::chrono::seconds(10);   // from asking to killing
  Span patience = std::chrono::seconds(5);      // with a known attempt that has no folder yet
  Span health_every = std::chrono::seconds(1);  // of each service
  Span health_timeout = std::chrono::milliseconds(300);
  // Of lines that wrote no checkpoint the newest is reported this often, and the last one before
  // the end; a checkpoint is reported at once.
  Span progress_every = std::chrono::seconds(1);
};

class LocalExecutor final : public Executor {
 public:
  explicit LocalExecutor(LocalSettings);

  // When it returns, a supervisor has the attempt. A recipe that cannot be launched is an error
  // (program_of.h), and LaunchRefused is reported with that sentence while the attempt is known.
  // G7022 when no supervisor can be started; it is tried again when the attempt is looked at.
  Result<void> launch(const Launch&) override;
  // What was asked to stop before it was launched is never started.
  Result<void> stop(Id<Job>, int attempt) override;
  // Attempts that `known` does not name are reported once, if they were launched here or still ran
  // when this executor came. Takes at most LocalSettings::health_timeout for health checks; an
  // error only when it had nothing else to say.
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override;

  struct Counts {
    std::uint64_t malformed_lines = 0;    // of progress files, skipped
    std::uint64_t supervisors_again = 0;  // started for attempts whose supervisor had died
    std::uint64_t failed_checks = 0;      // of health
  };
  Counts counts() const;

 private:
  using Key = std::pair<Id<Job>, int>;
  using Steady = std::chrono::steady_clock;
  enum class Health { unknown, healthy, failing };
  struct Attempt {
    Known reported;  // what this executor has reported, for attempts nobody knows
    bool end_reported = false;
    std::string refused;             // why it could not be launched
    std::optional<Program> program;  // of launch.json, once read
    ProgressReader progress;
    Instant last_progress{};  // real time
    std::optional<Steady::time_point> missing_since, supervised_at, checked_at, told_at;
    int port = 0;  // of a service, once it listens
    Health health = Health::unknown;
    int failed_in_a_row = 0;
  };
  // One attempt under one look.
  struct Look {
    Key key;
    Known known;
    Attempt& attempt;
    const Descriptor& folder;
    std::optional<Exit> exit;
  };

  Descriptor folder_of(const Key&) const;
  std::string path_of(const Key&) const;
  Result<void> start_supervisor(const Key&);
  Result<void> ask_to_stop(const Descriptor& folder, const std::string& why);
  void find_live();
  void look(const Known&, std::vector<Observed>&, std::optional<Error>&);
  void look_missing(const Known&, Attempt&, bool stopped, std::vector<Observed>&);
  bool report_progress(Look&, std::vector<Observed>&);
  void thin_progress(const Look&, ProgressReader::Part&) const;
  void report_running(Look&, std::vector<Observed>&);
  void report_end(Look&, std::vector<Observed>&);
  void check_services();
  void judge(const Key&, Attempt&, bool healthy);

  LocalSettings settings_;
  std::map<Key, Attempt> attempts_;
  bool found_live_ = false;
  std::uint64_t malformed_before_ = 0;  // of attempts that are forgotten
  std::uint64_t supervisors_again_ = 0, failed_checks_ = 0;
};

}  // namespace granary
