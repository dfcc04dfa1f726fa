#pragma once
// What one asks of the Slurm controller of one site. Every call blocks for at most its time limit
// (30 s, ping 2 s), so calls belong on a thread of their own; one call at a time.
//
// Errors: G7042 (unavailable) the controller does not answer, or too late; G7041 (failed) it
// answered with an error; G7040 its answer cannot be read.

#include <memory>
#include <string>
#include <vector>

#include "slurm/call.h"
#include "slurm/rows.h"

namespace granary::slurm {

// One job: `script` on the nodes named, and on no others. Every value is checked: names of jobs
// are [a-z0-9-]{1,63}, of nodes, accounts, partitions, chips [A-Za-z0-9_.-]; paths are absolute,
// of [A-Za-z0-9_./-] (% and \ mean something to sbatch).
struct Submission {
  std::string name;                // the token; also the comment
  std::string account, partition;  // empty: the site's default
  std::vector<std::string> nodes;
  std::int64_t cpus_per_node = 1;
  std::string gres;                     // of each node, "gpu:a800:8"; empty for none
  std::int64_t memory_mb = 0;           // of each node; 0: not said
  std::int64_t minutes = 1;             // its time limit
  std::string folder = "/";             // where it starts
  std::string output, error;            // files; empty: /dev/null
  std::string reservation;              // may be empty
  std::string script;                   // the batch script itself; nothing of a tenant belongs here
  std::int64_t term_before_end_s = 30;  // SIGTERM to the script this long before the limit
};
// sbatch's arguments for it; G7041 (kind invalid) for a value that may not be passed on.
Result<std::vector<std::string>> arguments_of(const Submission&);

struct SubmitAnswer {
  enum class How {
    acknowledged,  // `id`: the controller has it, though not yet on its disk
    rejected,      // the controller said no; a row of its name may exist all the same
    misused,       // sbatch did not understand us, nothing was sent: a bug of ours
    unknown,       // anything else: there may be such a job
  };
  How how = How::unknown;
  std::uint64_t id = 0;
  std::string why;
};
// What sbatch's outcome means.
SubmitAnswer read_submit(const Outcome&);

class Controller {
 public:
  virtual ~Controller() = default;
  // Whether it answers at all; asked first, because the others hang for long when it does not.
  virtual Result<void> ping() = 0;
  // All jobs of that user, finished ones too while the controller remembers them (MinJobAge); an
  // empty name: of everybody. At 11,500 jobs 0.18 s.
  virtual Result<Queue> queue(const std::string& user) = 0;
  // The same of one name of a job.
  virtual Result<Queue> queue_named(const std::string& name) = 0;
  // What the accounting knows of jobs that were there between two instants, `name` empty or not.
  // It lags by seconds, and may lack what the controller lost.
  virtual Result<History> history(Instant from, Instant to, const std::string& name) = 0;
  virtual Result<Nodes> nodes() = 0;
  virtual Result<SiteConfig> config() = 0;
  virtual SubmitAnswer submit(const Submission&) = 0;
  // Well also for what is gone or never was: the next poll tells.
  virtual Result<void> cancel(std::uint64_t id) = 0;
  virtual Result<void> cancel_named(const std::string& name) = 0;
  // `scontrol -o show job` of one job, by key; G7041 for an id that it does not know.
  virtual Result<std::map<std::string, std::string>> job(std::uint64_t id) = 0;
};

struct ClientSettings {
  std::string conf;                   // slurm.conf of the site, absolute
  std::string programs = "/usr/bin";  // folder of sbatch, squeue, scancel, scontrol, sacct
  Span limit = std::chrono::seconds(30);
  Span ping_limit = std::chrono::seconds(2);
  std::size_t most_output = 64 << 20;
};

// By Slurm's own programs, told apart from everything in our environment.
class CommandLine : public Controller {
 public:
  explicit CommandLine(ClientSettings settings) : settings_(std::move(settings)) {}

  Result<void> ping() override;
  Result<Queue> queue(const std::string& user) override;
  Result<Queue> queue_named(const std::string& name) override;
  Result<History> history(Instant from, Instant to, const std::string& name) override;
  // The same without keeping the rows: for imports.
  Result<Skipped> history_each(Instant from, Instant to,
                               const std::function<void(HistoryRow&&)>& each);
  Result<Nodes> nodes() override;
  Result<SiteConfig> config() override;
  SubmitAnswer submit(const Submission&) override;
  Result<void> cancel(std::uint64_t id) override;
  Result<void> cancel_named(const std::string& name) override;
  Result<std::map<std::string, std::string>> job(std::uint64_t id) override;

  // One program of the folder with these arguments; what the typed calls are made of.
  Outcome call(const std::string& program, std::vector<std::string> arguments,
               std::string input = {}) const;

 private:
  Result<std::string> answer(const std::string& program, std::vector<std::string> arguments) const;
  Outcome timed_call(const std::string& program, std::vector<std::string> arguments,
                     std::string input, Span limit) const;

  ClientSettings settings_;
};

}  // namespace granary::slurm
