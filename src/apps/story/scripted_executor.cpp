#include "apps/story/scripted_executor.h"

#include <algorithm>

namespace granary {

ScriptedExecutor::ScriptedExecutor(const Clock& clock, std::vector<WorkerLine> script)
    : clock_(clock) {
  std::stable_sort(script.begin(), script.end(),
                   [](const WorkerLine& a, const WorkerLine& b) { return a.at < b.at; });
  for (WorkerLine& line : script) script_.push_back({std::move(line), false});
}

Result<void> ScriptedExecutor::launch(const Launch& launch) {
  for (const Line& scripted : script_) {
    const WorkerLine& line = scripted.line;
    const bool of_it = line.what == WorkerLine::What::refused && Id<Job>{line.job} == launch.job;
    if (!of_it || line.at > clock_.now()) continue;
    return fail(Error::Kind::not_found, 2010,
                to_text(launch.job) + " cannot be launched: " + line.checkpoint);
  }
  attempts_.try_emplace({launch.job, launch.attempt},
                        Attempt{clock_.now(), std::nullopt, false, false, 0, launch.service});
  return {};
}

Result<void> ScriptedExecutor::stop(Id<Job> job, int attempt) {
  const auto found = attempts_.find({job, attempt});
  if (found != attempts_.end() && !found->second.stopped) found->second.stopped = clock_.now();
  return {};
}

Result<std::vector<Observed>> ScriptedExecutor::observe(const std::vector<Known>& known) {
  std::vector<Observed> seen;
  for (const Known& k : known) {
    const auto found = attempts_.find({k.job, k.attempt});
    if (found == attempts_.end() || found->second.ended) continue;
    Attempt& attempt = found->second;
    for (Line& scripted : script_) {
      const WorkerLine& line = scripted.line;
      if (attempt.silent || line.what != WorkerLine::What::silent || Id<Job>{line.job} != k.job ||
          scripted.told || line.at > clock_.now() || line.at < attempt.launched) {
        continue;
      }
      attempt.silent = scripted.told = true;
    }
    if (attempt.silent) continue;
    if (!k.confirmed) {
      seen.push_back({WorkerRunning{k.job, k.attempt, attempt.service ? "127.0.0.1:1" : ""}});
    }
    for (Line& scripted : script_) {
      const WorkerLine& line = scripted.line;
      if (attempt.ended || scripted.told || Id<Job>{line.job} != k.job) continue;
      if (line.what == WorkerLine::What::refused) continue;  // of launches only
      if (line.what == WorkerLine::What::silent) continue;
      if (line.at > clock_.now() || line.at < attempt.launched) continue;
      scripted.told = true;
      if (line.what == WorkerLine::What::progress) {
        seen.push_back({WorkerProgress{k.job, k.attempt, ++attempt.lines, line.steps, line.tokens,
                                       line.loss, line.checkpoint, line.at}});
      } else if (line.what == WorkerLine::What::exit) {
        attempt.ended = true;
        seen.push_back(
            {WorkerFinished{k.job, k.attempt, line.exit_code, line.exit_signal, line.at}});
      } else {
        attempt.ended = true;
        seen.push_back({WorkerLost{k.job, k.attempt, line.checkpoint, line.at}});
      }
    }
    if (!attempt.ended && attempt.stopped) {
      attempt.ended = true;
      seen.push_back({WorkerFinished{k.job, k.attempt, 0, 15, *attempt.stopped}});
    }
  }
  return seen;
}

std::optional<Instant> ScriptedExecutor::next_due() const {
  std::optional<Instant> due;
  for (const Line& scripted : script_) {
    const bool runs = std::any_of(attempts_.begin(), attempts_.end(), [&](const auto& entry) {
      return entry.first.first == Id<Job>{scripted.line.job} && !entry.second.ended &&
             !entry.second.silent && entry.second.launched <= scripted.line.at;
    });
    const bool tells = !scripted.told && scripted.line.what != WorkerLine::What::refused &&
                       scripted.line.what != WorkerLine::What::silent;
    if (tells && runs && (!due || scripted.line.at < *due)) due = scripted.line.at;
  }
  return due;
}

}  // namespace granary
