#pragma once
// Stories: text files of commands and expected outcomes, told to a simulation and to a daemon
// alike.
//
//   # a comment
//   stock   local/cpu 1 x 4        tariff local/cpu "1.20 CNY per chip-hour"
//   followed east                     more of the site's file; its queue is its own
//     cluster = "east"
//   operator local west               who runs the site and is paid for it
//   site local                        with indented lines: more of the site's file
//   programme city "1000000 CNY"   policy backfill   limit minimum_run "10 min"
//     share = "30 %"                 more of the programme's file; kind, caps, ... as there
//     [[pools.tariff]]               under a tariff: more of the pool's part of its site's file
//   programme city-vouchers as shipped
//   file job.toml
//     payer = "lab"
//     ...
//   at 0s   $ granary voucher grant --to lab --amount 100 --programme city --expires 2027-06-30
//           exit 0  ~ v-1 granted
//   worker  j-1 progress step=5 tokens=640 loss=3.5 checkpoint=c5 at 20m
//   worker  j-1 exit 0 at 40m          worker j-2 lost "node gone" at 5m
//   worker  j-2 silent at 20m         the attempt that runs then says nothing any more
//   worker  j-3 refused 'there is no program "x".' at 0s      every launch from then on
//   at 30m  expect j-1 running because fits
//   at 30m  expect v-1 left 95.20      expect v-1 held 4.80     expect revenue local 2.40
//   at 30m  expect account CASH:lab 70.00 held 20.00
//   at 35m  restart
//   at 36m  tariff local/cpu "2.00 CNY per chip-hour"    a new configuration
//           exit 0
//   end     books balanced, replay equal
//
// Times count from the story's first instant, 2026-11-21T00:00:00Z. Workers run as soon as they are
// launched, end by signal 15 when they are stopped, and otherwise do what their lines say.
// `worker all pretend` makes every job run for its span instead.

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "serve/core.h"
#include "units/result.h"

namespace granary {

// One line of a worker's script.
struct WorkerLine {
  std::uint64_t job = 0;
  Instant at{};
  enum class What { progress, exit, lost, refused, silent } what = What::progress;
  std::int64_t steps = 0, tokens = 0;
  double loss = 0;
  std::string checkpoint;  // or why it was lost or refused
  int exit_code = 0, exit_signal = 0;
};

struct StoryLine {
  int number = 0;  // in the file
  Instant at{};
  enum class What { command, configure, expect, restart } what = What::command;
  std::vector<std::string> words;   // of the command after `granary`, or of the expectation
  std::vector<Document> documents;  // of a new configuration
  int exit = 0;                     // wanted exit status
  std::vector<std::string> shown;   // texts that its output must contain
};

struct Story {
  std::string file;
  std::vector<Document> documents;  // catalogue, sites, programmes
  std::string policy = "backfill";
  Limits limits;
  std::map<std::string, std::string> files;
  bool pretend = false;  // workers run for their span
  std::vector<WorkerLine> workers;
  std::vector<StoryLine> lines;
};

inline Instant story_start() { return parse_instant("2026-11-21T00:00:00Z").value(); }

// Errors name the line.
Result<Story> parse_story(const std::string& file, const std::string& text);

// What a story is told to.
class World {
 public:
  virtual ~World() = default;
  virtual Core& core() = 0;
  // Lets time pass up to that instant; everything due by then has happened.
  virtual void advance(Instant to) = 0;
  // Another configuration, asked for now; an error if it is refused.
  virtual Result<void> configure(const Story&, const std::vector<Document>&) = 0;
  // Ends and comes back, as a daemon after a crash.
  virtual Result<void> restart() = 0;
  // Runs `granary` with these words in that folder; `output` gets what it printed on both streams.
  virtual int run(const std::vector<std::string>& words, const std::filesystem::path& folder,
                  std::string& output) = 0;
};
std::unique_ptr<World> make_simulated_world(const Story&);
// A real loop, HTTP on loopback and SQLite in `folder`, with a manual clock and scripted workers.
// With another `journal`, which lives through restarts, in its place.
Result<std::unique_ptr<World>> make_daemon_world(const Story&, const std::filesystem::path& folder,
                                                 std::unique_ptr<Journal> journal = nullptr);

// Tells the story; each failure is a sentence that begins with file and line. The entries it made
// go to `entries`.
std::vector<std::string> tell(const Story&, World&, const std::filesystem::path& folder,
                              std::vector<Entry>& entries);

// Law I15: one stream of commands gives one journal, byte for byte. The first entry that differs,
// as a sentence; empty when none does.
std::string first_difference(const std::vector<Entry>&, const std::vector<Entry>&);

// Stepping the recorded requests again gives the same events byte for byte, and folding the events
// alone gives the state that stepping ends in; else what differs.
Result<void> check_replay(const std::vector<Entry>&);

}  // namespace granary
