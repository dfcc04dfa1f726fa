#pragma once
// A job as people and programs write it, and how it becomes a request: `granary submit job.toml`
// and POST /v1/jobs carry the same keys. Text in, request out; nothing is looked up outside the
// arguments.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/job.h"
#include "plan/work_text.h"

namespace granary {

struct JobFile {
  std::string team;                  // of the payer, whose budget counts it
  std::string name, payer, purpose;  // purpose: that of the work unless said; required without work
  int priority = 0;
  bool preemptible = false, wait_for_funds = false;
  std::vector<std::string> accept;  // "a800-sxm-80 x 64..128"
  std::string inside;               // "r-2": only on the chips of that reservation
  std::string quote;                // "q-3#1": that option at its quoted price; work, accept and
                                    // expected may be left out, else they must be the quote's
  std::string time_limit;           // "2 h"
  std::string expected;             // without work: how long the program is expected to take on
                                    // the most chips it accepts; fewer take that much longer
  bool service = false;             // without work: runs until `expected` is over
  WorkText work;                    // empty: a program of the tenant's own
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
  std::string data, checkpoint, checkpoint_every, health;
};

// Reads TOML:
//   payer = "lab"          team = "vision"
//   priority = 10          preemptible = true
//   accept = ["a800-sxm-80 x 64..128"]            time_limit = "2 h"      expected = "20 min"
//   chips = "a800-sxm-80 x 64": short for one accepted kind
//   [work]  kind, model, tokens, ...              [run]  argv, environment, data, checkpoint, ...
// Errors begin "FILE:LINE:COLUMN: " and show the line with a caret (G1010); unknown keys name the
// nearest known one.
Result<JobFile> parse_job_file(const std::string& file, std::string_view text);

// Plans the work (or takes the accepted chips as they are), keeps what is accepted as choices and
// what else would fit as `others`. Of a job that leaves all this to its quote it has no choices.
// G6001 when nothing fits, G1009 when nothing is accepted. Milliseconds to tenths of a second: call
// it off the loop, on a configuration. `at` is when it is asked: choices are ranked at the tariff
// from then on.
Result<JobRequest> to_request(const JobFile&, const Catalog&, const std::vector<Pool>&, Instant at);

// One accept text to its meaning, as an error of a flag (G1010).
Result<std::vector<Accept>> read_accepts(const std::vector<std::string>&);

}  // namespace granary
