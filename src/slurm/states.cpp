#include "slurm/states.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace granary::slurm {

namespace {

struct Word {
  std::string_view word, brief;
  JobState state;
};
constexpr std::array<Word, 27> words{{
    {"PENDING", "PD", JobState::pending},
    {"RUNNING", "R", JobState::running},
    {"SUSPENDED", "S", JobState::suspended},
    {"COMPLETED", "CD", JobState::completed},
    {"CANCELLED", "CA", JobState::cancelled},
    {"FAILED", "F", JobState::failed},
    {"TIMEOUT", "TO", JobState::timeout},
    {"NODE_FAIL", "NF", JobState::node_fail},
    {"PREEMPTED", "PR", JobState::preempted},
    {"BOOT_FAIL", "BF", JobState::boot_fail},
    {"DEADLINE", "DL", JobState::deadline},
    {"OUT_OF_MEMORY", "OOM", JobState::out_of_memory},
    {"COMPLETING", "CG", JobState::completing},
    {"CONFIGURING", "CF", JobState::configuring},
    {"RESIZING", "RS", JobState::resizing},
    {"REQUEUED", "RQ", JobState::requeued},
    {"REQUEUE_FED", "RF", JobState::requeue_fed},
    {"REQUEUE_HOLD", "RH", JobState::requeue_hold},
    {"SPECIAL_EXIT", "SE", JobState::special_exit},
    {"STOPPED", "ST", JobState::stopped},
    {"SIGNALING", "SI", JobState::signaling},
    {"STAGE_OUT", "SO", JobState::stage_out},
    {"REVOKED", "RV", JobState::revoked},
    {"RESV_DEL_HOLD", "RD", JobState::resv_del_hold},
    {"POWER_UP_NODE", "PU", JobState::power_up_node},
    {"LAUNCH_FAILED", "LF", JobState::launch_failed},
    {"EXPEDITING", "EX", JobState::expediting},
}};

JobState one_word(std::string_view text) {
  for (const Word& each : words) {
    if (text == each.word || text == each.brief) return each.state;
  }
  return JobState::unknown;
}

template <std::size_t count>
bool is_one_of(std::string_view text, const std::array<std::string_view, count>& all) {
  return std::find(all.begin(), all.end(), text) != all.end();
}

// Calls `each` with every part of a text between any of the separators.
template <class Each>
void each_part(std::string_view text, std::string_view separators, const Each& each) {
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    if (end > 0 && !text.empty()) each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

JobStateText read_job_state(std::string_view text) {
  JobStateText found;
  const std::size_t blank = text.find(' ');
  each_part(text.substr(0, blank), "+,", [&](std::string_view word) {
    const JobState state = one_word(word);
    if (state != JobState::unknown) found.state = state;
  });
  constexpr std::string_view by = " by ";
  if (blank != std::string_view::npos && text.substr(blank).starts_with(by)) {
    const std::string_view number = text.substr(blank + by.size());
    std::uint32_t uid = 0;
    const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), uid);
    if (error == std::errc{} && stop == number.data() + number.size()) found.cancelled_by = uid;
  }
  return found;
}

std::string to_text(JobState state) {
  for (const Word& each : words) {
    if (each.state == state) return std::string(each.word);
  }
  return "UNKNOWN";
}

bool is_final(JobState state) {
  switch (state) {
    case JobState::completed:
    case JobState::cancelled:
    case JobState::failed:
    case JobState::timeout:
    case JobState::node_fail:
    case JobState::preempted:
    case JobState::boot_fail:
    case JobState::deadline:
    case JobState::out_of_memory:
    case JobState::revoked:
    case JobState::launch_failed:
      return true;
    default:
      return false;
  }
}

bool holds_chips(JobState state) {
  switch (state) {
    case JobState::running:
    case JobState::suspended:
    case JobState::configuring:
    case JobState::resizing:
    case JobState::stopped:
    case JobState::signaling:
    case JobState::completing:
    case JobState::stage_out:
    case JobState::power_up_node:
      return true;
    default:
      return false;
  }
}

NodeStateText read_node_state(std::string_view text) {
  NodeStateText found;
  bool base = false, drain = false, busy = false, aside = false, bad = false;
  each_part(text, "+", [&](std::string_view word) {
    // Marks behind a word: "*" does not respond, others are of power and of the future.
    while (!word.empty() && std::string_view("*~#!%$@^-").find(word.back()) != word.npos) {
      if (word.back() == '*') found.responding = false;
      word.remove_suffix(1);
    }
    if (is_one_of<5>(word, {"ALLOCATED", "MIXED", "COMPLETING", "DRAINING", "FAILING"}))
      busy = true;
    if (is_one_of<8>(word, {"IDLE", "ALLOCATED", "MIXED", "PLANNED", "COMPLETING", "DOWN",
                            "RESERVED", "MAINT"})) {
      base = true;
    }
    if (is_one_of<3>(word, {"DRAIN", "DRAINED", "DRAINING"})) {
      drain = base = true;
    } else if (is_one_of<3>(word, {"RESERVED", "MAINT", "MAINTENANCE"})) {
      aside = true;
    } else if (word == "NOT_RESPONDING") {
      found.responding = false;
    } else if (is_one_of<14>(word, {"DOWN", "FAIL", "FAILING", "INVAL", "INVALID", "INVALID_REG",
                                    "UNKNOWN", "ERROR", "FUTURE", "POWERED_DOWN", "POWERING_DOWN",
                                    "POWER_DOWN", "REBOOT", "REBOOT_ISSUED"})) {
      bad = true;
    } else if (!is_one_of<10>(word,
                              {"IDLE", "ALLOCATED", "MIXED", "PLANNED", "COMPLETING", "CLOUD",
                               "DYNAMIC_NORM", "POWERING_UP", "POWER_UP", "REBOOT_REQUESTED"})) {
      found.known = false;
    }
  });
  if (!base || bad || !found.responding || !found.known) {
    found.use = NodeUse::unusable;
  } else if (drain) {
    found.use = busy ? NodeUse::until_claims_end : NodeUse::unusable;
  } else {
    found.use = aside ? NodeUse::set_aside : NodeUse::usable;
  }
  return found;
}

}  // namespace granary::slurm
