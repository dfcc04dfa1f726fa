#pragma once
// One attempt on a Slurm site, from the wish to run it to its end, and what is kept of it on disk.
//
//   intended --submit--> submitting --answered--> acknowledged --seen--> running --> over
//                            |  `--refused--> over (lost: rejected)
//                            `--anything else--> searching --found--> acknowledged
//   acknowledged, running --its row is gone, or the controller forgot--> searching
//   searching --absent twice--> fencing --it cannot run any more--> over (lost)
//   acknowledged, running --ended, and its supervisor did not say how--> fencing
//
// An attempt is over only when nothing of it can run any more, so the engine, which starts another
// one when it hears of a loss, never has two at a time.

#include <optional>
#include <string>

#include "engine/ports.h"
#include "execute/local/progress_file.h"
#include "execute/slurm/site.h"

namespace granary {

enum class Stage { intended, submitting, searching, acknowledged, running, fencing, over };
std::string to_text(Stage);

struct SlurmAttempt {
  Id<Job> job;
  int number = 0;
  std::string token;
  Stage stage = Stage::intended;

  // Hints: a new process may go on without them, it only searches longer.
  std::uint64_t id = 0;            // of Slurm's job
  Instant intended{};              // real time
  bool stopping = false;           // asked to
  std::string give_up;             // why it was cancelled, not asked by the engine; or fenced
  std::optional<Command> outcome;  // once it is over

  // Of this process only.
  std::optional<SlurmLaunch> launch;  // what to submit
  std::string refused;                // why it cannot be launched at all
  std::string trouble;                // why its files cannot be written, at the moment
  Span acknowledged_at{}, search_from{}, stop_asked{};
  bool durable = false, stop_written = false, cancelled = false;
  std::optional<Span> absent_since, refused_since, final_since, exit_seen;
  std::optional<Instant> absent_boot;
  std::optional<slurm::QueueRow> final_row;  // what it is to be ended with, once that is certain
  bool revoked_written = false;
  std::optional<std::string> lease;  // as last seen, while fencing
  Span lease_changed{};

  // What its files say.
  bool has_started = false;
  bool service = false;
  Instant launched{};
  int port = 0;
  std::string node;  // the first
  ProgressReader progress;
  std::vector<ProgressLine> lines;
  std::uint64_t known_line = 0;
  bool lines_complete = true;
  Instant last_progress{};

  // What was told to the engine.
  bool told_end = false;
};

// The hint, "granary-h1-7-1.json" in SlurmSite::hints. Damaged: nothing, and it is searched for.
std::string encode(const SlurmAttempt&);
std::optional<SlurmAttempt> decode_attempt(const std::string&);

// What a row that is final means, and an exit that a supervisor wrote, if any. `at` is real time.
Command outcome_of(const SlurmAttempt&, const slurm::QueueRow&, const std::optional<Exit>&,
                   Instant at);
// Why a waiting job will not start by itself; empty for reasons that pass.
std::string why_never(const slurm::QueueRow&);
// What differs between what was asked for and what the site made of it; empty if nothing does.
std::string changed_by_site(const slurm::Submission&, const slurm::QueueRow&);

}  // namespace granary
