#pragma once
// The tables of Slurm: jobs that squeue and sacct list, nodes and settings that scontrol shows. A
// row that cannot be read is skipped and counted, with the reason of the first; nothing a site
// writes makes a whole answer useless. Linear in the text.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slurm/states.h"
#include "slurm/values.h"

namespace granary::slurm {

// What was left out of an answer.
struct Skipped {
  std::uint64_t rows = 0;
  std::string first;                // why the first of them was; empty when there is none
  std::uint64_t unknown_words = 0;  // states of rows that were kept
};

// One job or array task of `squeue -h -r -o queue_format`.
struct QueueRow {
  std::uint64_t id = 0;
  std::uint64_t array = 0;  // the array's id; `id` where there is no array
  std::string task;         // its place in the array; empty where there is none
  JobState state = JobState::unknown;
  std::string state_text;  // Slurm's word
  std::string reason, name;
  std::optional<Instant> submitted;  // of the present queueing: a requeue changes it
  std::optional<Instant> started;    // of a pending job an estimate
  std::optional<Instant> ends;       // of a running job its limit
  std::int64_t nodes = 0;
  std::string node_list;                     // compressed: expand_nodes()
  std::map<std::string, std::int64_t> gres;  // of each node, as asked for: "gpu:a800" -> 8
  std::string account, user, partition;
  std::optional<Span> limit;
};
// Each line starts with 0x1e, so that a newline inside a field does not end it.
extern const char* const queue_format;
struct Queue {
  std::vector<QueueRow> rows;
  Skipped skipped;
};
Queue read_queue(std::string_view);

// One record of `sacct -n -P -X -D --delimiter=0x1f -o history_columns`: one queueing of one job.
struct HistoryRow {
  std::string cluster;
  std::uint64_t raw_id = 0;
  std::string shown_id;  // "14_2", "14_[1-2]", "12+1"
  std::string name;
  JobState state = JobState::unknown;
  std::string state_text;
  std::optional<std::uint32_t> cancelled_by;  // uid
  std::optional<Instant> submitted, eligible, started, ended;
  Span elapsed{};
  std::optional<Span> limit;
  ExitStatus exit;
  Resources allocated, requested;  // allocated is empty if it never started
  std::string node_list, reason;
  std::uint64_t index = 0;  // DBIndex, unique in its cluster; 0 where the site has none
  std::string account, user, partition, qos, reservation;
};
extern const char* const history_columns;
struct HistoryFormat {
  char separator = '\x1f';
  // The first line names the columns, as sacct writes without -n: they may then come in any order,
  // and some may be missing. Otherwise they are history_columns.
  bool header = false;
};
// Calls `each` with every row in turn, so that a long history is never in memory as rows. An error
// only for a header that lacks JobIDRaw, State, Submit or Start.
Result<Skipped> read_history(std::string_view, const HistoryFormat&,
                             const std::function<void(HistoryRow&&)>& each);
struct History {
  std::vector<HistoryRow> rows;
  Skipped skipped;
};
History read_history(std::string_view);

// One line of `scontrol -o show node`.
struct NodeRow {
  std::string name;
  NodeStateText state;
  std::string state_text;
  std::map<std::string, std::int64_t> gres;
  Resources configured, allocated;
  std::vector<std::string> features, partitions;
  std::string reason, version;
  std::optional<Instant> booted, slurmd_started;
};
struct Nodes {
  std::vector<NodeRow> rows;
  Skipped skipped;
};
Nodes read_nodes(std::string_view);

// `scontrol show config`.
struct SiteConfig {
  std::string cluster, version;   // "22.05.8"
  std::optional<Instant> booted;  // BOOT_TIME of the controller
  std::uint64_t next_job_id = 0;  // 0: not said
  Span min_job_age = std::chrono::seconds(300), slurmd_timeout = std::chrono::seconds(300),
       kill_wait = std::chrono::seconds(30);
  std::string auth_info, preempt_mode, accounting_storage, accounting_store_flags;
  bool requeues = true;  // JobRequeue
  std::int64_t max_array_size = 0;
  bool has_accounting() const;  // slurmdbd answers sacct
};
// An error when it says neither ClusterName nor SLURM_VERSION: it is something else.
Result<SiteConfig> read_config(std::string_view);

// One line of `scontrol -o show job` or `show reservation`, by key. Values may hold blanks; a key
// is a word of letters, digits and ":/_." before the first '=' behind a blank. At most 500 keys.
std::map<std::string, std::string> read_pairs(std::string_view line);

}  // namespace granary::slurm
