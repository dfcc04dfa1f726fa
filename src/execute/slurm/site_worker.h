#pragma once
// All attempts on one Slurm site. launch(), stop() and observe() put and read notes and never wait
// for Slurm; round() does the work, on one thread of its own (slurm_executor.h), or step by step in
// a test.
//
// Slurm is asked by whole lists (one squeue every few seconds, never by job), a ping first. When it
// does not answer nothing is lost and nothing is submitted: claims stand, attempts that run go on,
// and it is asked again with growing patience. At each sign that the controller was started anew
// (its boot time, or a job number that went back) every attempt that it does not list is searched
// for.

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "engine/ports.h"
#include "execute/local/files.h"
#include "execute/slurm/attempt.h"
#include "execute/slurm/site.h"

namespace granary {

// Monotonic and real time.
struct SlurmClocks {
  std::function<Span()> elapsed;
  std::function<Instant()> real;
};
SlurmClocks real_clocks();

class SiteWorker {
 public:
  // `controller` must outlive it. Attempts of earlier processes are found in SlurmSite::hints.
  SiteWorker(SlurmSite, slurm::Controller& controller, SlurmClocks);

  // As Executor says. A launch that can never be is an error at once.
  Result<void> launch(const Launch&);
  Result<void> stop(Id<Job>, int attempt);
  Result<std::vector<Observed>> observe(const std::vector<Executor::Known>&);

  // Does what is due and returns how long nothing will be.
  Span round();

  struct Counts {
    std::uint64_t submits = 0, unknown_submits = 0, rejected = 0, polls = 0, failed_polls = 0,
                  controller_starts = 0, searches = 0, fenced = 0, duplicates = 0, strays = 0,
                  skipped_rows = 0, unknown_words = 0, slow_starts = 0, changed_requests = 0;
    Span slowest_poll{};
  };
  Counts counts() const;
  // False while it has not answered for SlurmSite::unknown_after: nothing should be placed there.
  bool answers() const;
  std::size_t inside() const;  // attempts that Slurm may have

 private:
  using Key = std::pair<Id<Job>, int>;
  using Rows = std::map<std::string, std::vector<const slurm::QueueRow*>>;
  // What observe() may tell of an attempt, and what it heard.
  struct Told {
    bool started = false, service = false, reported = false, lines_complete = true;
    bool launched_here = false, named_before = false, named_now = false;
    std::string endpoint;
    std::vector<ProgressLine> lines;
    Instant launched{}, last_progress{};
    std::uint64_t line = 0;  // that the engine has
    bool confirmed = false;
    std::optional<Command> outcome;
  };

  void load_hints();
  void take_notes();
  void write_hint(const SlurmAttempt&);
  void become(SlurmAttempt&, Stage);
  void finish(SlurmAttempt&, Command);
  void lose(SlurmAttempt&, const std::string& why);
  void fence(SlurmAttempt&, const std::string& why);
  void search(SlurmAttempt&, Span after);
  Descriptor folder_of_attempt(const SlurmAttempt&) const;
  Result<void> write_files(const SlurmAttempt&) const;

  void look_at_files();
  void read_progress(SlurmAttempt&, int folder);
  void advance_fence(SlurmAttempt&);
  void finish_fenced(SlurmAttempt&);
  bool poll_is_due() const;
  void poll();
  Result<slurm::Queue> ask();
  void failed(const Error&);
  bool note_config(const slurm::SiteConfig&);
  void advance(SlurmAttempt&, const Rows&);
  void advance_row(SlurmAttempt&, const slurm::QueueRow&);
  void advance_absent(SlurmAttempt&);
  void refuse_what_never_starts(SlurmAttempt&, const slurm::QueueRow&);
  void conclude(SlurmAttempt&, const slurm::QueueRow&);
  const slurm::QueueRow& choose(SlurmAttempt&, const std::vector<const slurm::QueueRow*>&);
  std::optional<slurm::QueueRow> final_in_history(const SlurmAttempt&);
  void cancel(SlurmAttempt&, std::uint64_t id);
  void handle_strays(const Rows&);
  void submit_due();
  bool may_submit(const SlurmAttempt&);
  void submit(SlurmAttempt&);
  void publish();
  void tell(const Key&, Told&, std::vector<Observed>&) const;
  Span until_next() const;

  const SlurmSite site_;
  slurm::Controller& controller_;
  const SlurmClocks clocks_;

  // The worker's own.
  std::map<Key, SlurmAttempt> attempts_;
  std::set<Key> early_stops_;  // of attempts that were not launched here, yet
  std::optional<slurm::SiteConfig> config_;
  std::string cluster_;                            // the first that it was
  std::map<std::string, std::uint64_t> in_queue_;  // of our house, in the latest poll
  std::optional<Span> polled_, good_poll_;
  Span next_poll_{}, next_files_{}, poll_took_{};
  bool poll_wanted_ = true, more_to_submit_ = false;
  int failures_ = 0;
  std::uint64_t highest_id_ = 0;
  unsigned jitter_ = 0;

  // Between the threads.
  mutable std::mutex mutex_;
  struct Notes {
    std::map<Key, SlurmLaunch> launches;
    std::map<Key, std::string> refused;
    std::map<Key, bool> stops;
  };
  Notes notes_;
  std::map<Key, Told> told_;
  std::set<Key> forgotten_;
  Counts counts_;
  bool answers_ = true;
  std::size_t inside_ = 0;
};

}  // namespace granary
