// What the attempts' folders say, and what is told of it.

#include <algorithm>

#include "execute/local/lease.h"
#include "execute/slurm/site_worker.h"

namespace granary {

void SiteWorker::look_at_files() {
  next_files_ = clocks_.elapsed() + site_.files_every;
  for (auto& [key, attempt] : attempts_) {
    if (attempt.stage == Stage::intended) continue;
    if (attempt.stage == Stage::over && attempt.lines_complete) continue;
    const Descriptor folder = folder_of_attempt(attempt);
    if (!folder) {
      attempt.lines_complete = attempt.stage == Stage::over;
      if (attempt.stage == Stage::fencing) finish_fenced(attempt);
      continue;
    }
    if (attempt.stopping && !attempt.stop_written && attempt.stage != Stage::over) {
      attempt.stop_written =
          write_file(folder.number(), "stop", "asked", Writing::once_safe).has_value();
    }
    attempt.has_started |= has_file(folder.number(), "pid");
    const bool ended = has_file(folder.number(), "exit.json");
    if (ended && !attempt.exit_seen) attempt.exit_seen = clocks_.elapsed();
    if (attempt.has_started) {
      read_progress(attempt, folder.number());
    } else {
      attempt.lines_complete = true;
    }
    if (attempt.stage == Stage::fencing) advance_fence(attempt);
  }
}

void SiteWorker::read_progress(SlurmAttempt& attempt, int folder) {
  if (attempt.launched == Instant{}) {
    const auto text = read_file(folder, "launch.json", launch_file_limit);
    if (const auto program = decode_program(text && *text ? **text : ""); program) {
      attempt.launched = program->launched;
      attempt.service = program->service;
      const auto nodes = program->environment.find("GRANARY_NODES");
      if (nodes != program->environment.end()) {
        attempt.node = nodes->second.substr(0, nodes->second.find(','));
      }
      if (attempt.service && attempt.known_line > 0) {  // it began to listen before that line
        ProgressReader from_start;
        for (const ProgressLine& line : from_start.read(folder, 0).lines) {
          if (line.listening) attempt.port = *line.listening;
        }
      }
    }
  }
  auto part = attempt.progress.read(folder, attempt.known_line);
  attempt.lines_complete = part.complete;
  std::erase_if(part.lines, [&](const ProgressLine& line) {
    if (line.listening && attempt.service) attempt.port = *line.listening;
    return !line.reports;
  });
  // Of those that wrote no checkpoint only the newest is told.
  if (!part.lines.empty()) {
    const std::uint64_t last = part.lines.back().line;
    std::erase_if(part.lines, [&](const ProgressLine& line) {
      return line.checkpoint.empty() && line.line != last;
    });
  }
  attempt.lines = std::move(part.lines);
}

void SiteWorker::finish_fenced(SlurmAttempt& attempt) {
  if (!attempt.final_row) return lose(attempt, attempt.give_up);
  const Instant now = clocks_.real();
  finish(attempt, outcome_of(attempt, *attempt.final_row, std::nullopt,
                             std::min(attempt.final_row->ends.value_or(now), now)));
}

// Over when nothing of it can run any more: lease.h says why.
void SiteWorker::advance_fence(SlurmAttempt& attempt) {
  const Descriptor folder = folder_of_attempt(attempt);
  const Span now = clocks_.elapsed();
  if (!folder) return finish_fenced(attempt);
  if (!attempt.revoked_written) {
    const auto wrote = write_file(folder.number(), "revoked", "", Writing::replace_safe);
    if (!wrote) return;
    attempt.revoked_written = true;
  }
  if (const auto exit = read_exit(folder.number())) {
    const Instant at = std::min(exit->at, clocks_.real());
    if (attempt.final_row)
      return finish(attempt, outcome_of(attempt, *attempt.final_row, exit, at));
    // What came to its own end before it was given up has done its work.
    if (exit->lost.empty() && exit->refused.empty()) {
      return finish(attempt, WorkerFinished{attempt.job, attempt.number, exit->exit_code,
                                            exit->exit_signal, at});
    }
    return finish(attempt, WorkerLost{attempt.job, attempt.number, attempt.give_up, at});
  }
  const auto lease = read_file(folder.number(), "lease", small_file_limit);
  if (lease && !*lease) return finish_fenced(attempt);  // it never ran and never will
  const std::string seen = lease ? **lease : "unreadable at " + std::to_string(now.count());
  if (attempt.lease != seen) {
    attempt.lease = seen;
    attempt.lease_changed = now;
  } else if (now - attempt.lease_changed >= site_.lease + site_.lease_margin) {
    finish_fenced(attempt);
  }
}

void SiteWorker::publish() {
  const Span now = clocks_.elapsed();
  const std::lock_guard lock(mutex_);
  inside_ = 0;
  for (const auto& [key, attempt] : attempts_) {
    inside_ += attempt.stage != Stage::intended && attempt.stage != Stage::over;
    if (forgotten_.count(key) != 0) continue;  // its end was told, and is not told again
    Told& told = told_[key];
    told.started = attempt.has_started;
    if (attempt.service && attempt.port != 0) {
      told.endpoint = attempt.node + ":" + std::to_string(attempt.port);
    }
    told.service = attempt.service;
    told.lines = attempt.lines;
    told.lines_complete = attempt.lines_complete;
    told.launched = attempt.launched;
    told.outcome = attempt.outcome;
  }
  answers_ = failures_ == 0 || !good_poll_ || now - *good_poll_ < site_.unknown_after;
}

Span SiteWorker::until_next() const {
  const Span now = clocks_.elapsed();
  if (poll_is_due() || more_to_submit_) return Span{};
  bool active = false;
  for (const auto& [key, attempt] : attempts_) active |= attempt.stage != Stage::over;
  const Span most = active ? std::chrono::milliseconds(200) : std::chrono::milliseconds(1'000);
  return std::clamp(next_files_ - now, Span(std::chrono::milliseconds(20)), most);
}

Result<std::vector<Observed>> SiteWorker::observe(const std::vector<Executor::Known>& known) {
  std::vector<Observed> seen;
  const std::lock_guard lock(mutex_);
  for (auto& [key, told] : told_) told.named_now = false;
  for (const Executor::Known& one : known) {
    const auto found = told_.find({one.job, one.attempt});
    if (found == told_.end()) continue;
    found->second.named_now = found->second.named_before = true;
    found->second.line = one.line;
    found->second.confirmed = one.confirmed;
  }
  for (auto it = told_.begin(); it != told_.end();) {
    auto& [key, told] = *it;
    tell(key, told, seen);
    // Reported, and the engine has heard it; or nobody ever asked for it.
    if (told.reported && !told.named_now && (told.named_before || !told.launched_here)) {
      forgotten_.insert(key);
      it = told_.erase(it);
    } else {
      ++it;
    }
  }
  return seen;
}

void SiteWorker::tell(const Key& key, Told& told, std::vector<Observed>& seen) const {
  const auto& [job, attempt] = key;
  const Instant latest = clocks_.real();
  const bool runs = told.started && (!told.service || !told.endpoint.empty());
  if (told.named_now && runs && !told.confirmed) {
    seen.push_back({WorkerRunning{job, attempt, told.endpoint}});
  }
  for (const ProgressLine& line : told.lines) {
    if (!told.named_now || line.line <= told.line) continue;
    WorkerProgress progress;
    progress.job = job;
    progress.attempt = attempt;
    progress.line = line.line;
    progress.steps = line.steps;
    progress.tokens = line.tokens;
    progress.loss = line.loss;
    progress.checkpoint = line.checkpoint;
    const Instant at = std::max(std::min(line.at.value_or(latest), latest), told.launched);
    told.last_progress = std::max(told.last_progress, at);
    progress.at = site_.daemon_time(at);
    seen.push_back({progress});
  }
  if (!told.outcome || (told.reported && !told.named_now)) return;
  if (told.named_now && !told.lines_complete) return;  // what it wrote before it ended comes first
  Command outcome = *told.outcome;
  std::visit(
      [&](auto& end) {
        if constexpr (requires { end.at; }) {
          end.at = site_.daemon_time(std::max(std::min(end.at, latest), told.last_progress));
        }
      },
      outcome);
  told.reported = true;
  seen.push_back({std::move(outcome)});
}

}  // namespace granary
