#include "execute/slurm/attempt.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "execute/local/lease.h"

namespace granary {

namespace {

using Json = nlohmann::json;
using Word = slurm::JobState;

constexpr std::array<std::string_view, 7> stages{
    "intended", "submitting", "searching", "acknowledged", "running", "fencing", "over"};

std::int64_t millis(Instant at) { return at.time_since_epoch().count(); }
Instant instant(const Json& json) { return Instant(Span(json.get<std::int64_t>())); }

Json encode_outcome(const Command& command) {
  if (const auto* end = std::get_if<WorkerFinished>(&command)) {
    return {{"exit_code", end->exit_code},
            {"exit_signal", end->exit_signal},
            {"at_ms", millis(end->at)}};
  }
  if (const auto* lost = std::get_if<WorkerLost>(&command)) {
    return {{"lost", lost->why}, {"at_ms", millis(lost->at)}};
  }
  const auto& refused = std::get<LaunchRefused>(command);
  return {{"refused", refused.why}, {"at_ms", millis(refused.at)}};
}

Command decode_outcome(const Json& json, Id<Job> job, int attempt) {
  const Instant at = instant(json.at("at_ms"));
  if (json.contains("lost")) return WorkerLost{job, attempt, json.at("lost"), at};
  if (json.contains("refused")) return LaunchRefused{job, attempt, json.at("refused"), at};
  return WorkerFinished{job, attempt, json.at("exit_code"), json.at("exit_signal"), at};
}

bool begins_with_any(const std::string& text, const auto& beginnings) {
  return std::any_of(beginnings.begin(), beginnings.end(),
                     [&](std::string_view beginning) { return text.starts_with(beginning); });
}

}  // namespace

std::string to_text(Stage stage) { return std::string(stages[static_cast<std::size_t>(stage)]); }

std::string encode(const SlurmAttempt& attempt) {
  Json json{{"attempt", attempt.number},
            {"give_up", attempt.give_up},
            {"id", attempt.id},
            {"intended_ms", millis(attempt.intended)},
            {"job", attempt.job.value},
            {"stage", to_text(attempt.stage)},
            {"stopping", attempt.stopping}};
  if (attempt.outcome) json["outcome"] = encode_outcome(*attempt.outcome);
  return json.dump() + "\n";
}

std::optional<SlurmAttempt> decode_attempt(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    SlurmAttempt attempt;
    attempt.job.value = json.at("job");
    attempt.number = json.at("attempt");
    attempt.id = json.at("id");
    attempt.intended = instant(json.at("intended_ms"));
    attempt.stopping = json.at("stopping");
    attempt.give_up = json.at("give_up");
    const auto stage = std::find(stages.begin(), stages.end(), json.at("stage").get<std::string>());
    if (stage == stages.end() || attempt.number < 1 || !attempt.job) return std::nullopt;
    attempt.stage = static_cast<Stage>(stage - stages.begin());
    if (json.contains("outcome")) {
      attempt.outcome = decode_outcome(json.at("outcome"), attempt.job, attempt.number);
    }
    if ((attempt.stage == Stage::over) != attempt.outcome.has_value()) return std::nullopt;
    return attempt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string why_never(const slurm::QueueRow& row) {
  constexpr std::array<std::string_view, 12> lasting{
      "PartitionNodeLimit", "PartitionTimeLimit", "Assoc",   "QOS",       "Bad",
      "ReqNodeNotAvail",    "Reservation",        "JobHeld", "BeginTime", "Invalid",
      "NodeDown",           "PartitionDown"};
  return begins_with_any(row.reason, lasting) ? row.reason : "";
}

std::string changed_by_site(const slurm::Submission& asked, const slurm::QueueRow& row) {
  const auto differs = [](const std::string& what, const std::string& is, const std::string& was) {
    return what + " is \"" + is + "\", not \"" + was + "\"";
  };
  if (!asked.partition.empty() && row.partition != asked.partition) {
    return differs("the partition", row.partition, asked.partition);
  }
  if (!asked.account.empty() && row.account != asked.account) {
    return differs("the account", row.account, asked.account);
  }
  if (row.limit != std::optional<Span>(std::chrono::minutes(asked.minutes))) {
    return differs("the time limit", row.limit ? to_text(*row.limit) : "none",
                   to_text(Span(std::chrono::minutes(asked.minutes))));
  }
  if (!row.task.empty()) return differs("the array", row.task, "");
  const auto gres = slurm::read_gres(asked.gres);
  if (gres && row.gres != *gres) return "the chips asked for are not \"" + asked.gres + "\"";
  if (row.node_list.empty()) return {};
  auto nodes = slurm::expand_nodes(row.node_list);
  if (!nodes) return nodes.error().what;
  std::vector<std::string> wanted = asked.nodes;
  std::sort(wanted.begin(), wanted.end());
  std::sort(nodes->begin(), nodes->end());
  if (*nodes == wanted) return {};
  return differs("the nodes", row.node_list,
                 asked.nodes.front() + (wanted.size() > 1 ? ",..." : ""));
}

namespace {

Command lost(const SlurmAttempt& attempt, std::string why, Instant at) {
  return WorkerLost{attempt.job, attempt.number, std::move(why), at};
}

// Of a row without any word of a supervisor.
Command without_exit(const SlurmAttempt& attempt, const slurm::QueueRow& row, Instant at) {
  switch (row.state) {
    case Word::failed:
      if (row.node_list.empty()) return lost(attempt, "rejected by the site: " + row.reason, at);
      return lost(attempt, "the supervisor ended without a word (" + row.reason + ")", at);
    case Word::timeout:
    case Word::deadline:
    case Word::out_of_memory:
      // Its own doing: it is paid for.
      return WorkerFinished{attempt.job, attempt.number, 0, 9, at};
    case Word::cancelled:
      if (attempt.stopping) return lost(attempt, "stopped before it started", at);
      return lost(attempt, "cancelled at the site", at);
    case Word::preempted:
      return lost(attempt, "preempted at the site", at);
    case Word::completed:
      return lost(attempt, "the supervisor ended without a word", at);
    default:
      return lost(attempt, "the site says " + row.state_text, at);
  }
}

}  // namespace

Command outcome_of(const SlurmAttempt& attempt, const slurm::QueueRow& row,
                   const std::optional<Exit>& exit, Instant at) {
  if (exit && !exit->refused.empty()) {
    return LaunchRefused{attempt.job, attempt.number,
                         to_text(attempt.job) + " cannot be launched: " + exit->refused, exit->at};
  }
  const Instant ended = exit ? std::min(exit->at, at) : at;
  if (!attempt.give_up.empty()) return lost(attempt, attempt.give_up, ended);
  if (!exit) return without_exit(attempt, row, at);
  if (!exit->lost.empty()) return lost(attempt, exit->lost, ended);
  if (row.state == Word::preempted) return lost(attempt, "preempted at the site", ended);
  if (row.state == Word::cancelled && !attempt.stopping) {
    return lost(attempt, "cancelled at the site", ended);
  }
  return WorkerFinished{attempt.job, attempt.number, exit->exit_code, exit->exit_signal, ended};
}

}  // namespace granary
