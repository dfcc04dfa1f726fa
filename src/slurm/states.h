#pragma once
// What Slurm calls the states of jobs and nodes, as closed lists. A word that is on neither list is
// `unknown`; who asked keeps the word, counts it and goes on.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace granary::slurm {

// The words of job_state_string() in slurm-22-05-8-1 and what later versions added.
enum class JobState {
  unknown,
  pending,
  running,
  suspended,
  completed,
  cancelled,
  failed,
  timeout,
  node_fail,
  preempted,
  boot_fail,
  deadline,
  out_of_memory,
  // Flags, which hide the state below them.
  completing,
  configuring,
  resizing,
  requeued,
  requeue_fed,
  requeue_hold,
  special_exit,
  stopped,
  signaling,
  stage_out,
  revoked,
  resv_del_hold,
  power_up_node,
  launch_failed,
  expediting,
};

struct JobStateText {
  JobState state = JobState::unknown;
  std::optional<std::uint32_t> cancelled_by;  // uid, of "CANCELLED by 1000"
  friend bool operator==(const JobStateText&, const JobStateText&) = default;
};
// "RUNNING", "CANCELLED by 0", "CANCELLED+", "CG"; of several flags ("RUNNING,COMPLETING",
// "RUNNING+COMPLETING") the last that is known.
JobStateText read_job_state(std::string_view);
// Slurm's word: "NODE_FAIL"; "UNKNOWN".
std::string to_text(JobState);

// It has ended, and Slurm holds nothing for it any more. Not `completing`: its chips are not free.
bool is_final(JobState);
// Chips are given to it now.
bool holds_chips(JobState);

// What a node can be used for.
enum class NodeUse {
  usable,
  until_claims_end,  // draining: what runs may end, nothing new
  set_aside,         // reserved or in maintenance: not ours, unless the reservation is
  unusable,          // down, drained, failing, not responding, or a word nobody knows
};
struct NodeStateText {
  NodeUse use = NodeUse::unusable;
  bool responding = true;  // no "*", no NOT_RESPONDING
  bool known = true;       // every word was
  friend bool operator==(const NodeStateText&, const NodeStateText&) = default;
};
// "IDLE", "MIXED+DRAIN", "DOWN*+DRAIN", "IDLE+NOT_RESPONDING".
NodeStateText read_node_state(std::string_view);

}  // namespace granary::slurm
