#include "execute/local/local_executor.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "execute/local/health.h"
#include "execute/local/program_of.h"
#include "execute/local/spawn.h"

namespace granary {

namespace {

constexpr int failures_allowed = 5;  // checks in a row, of a service that was healthy
constexpr std::string_view unhealthy = "unhealthy";

std::vector<std::string> names_in(const Descriptor& folder) {
  std::vector<std::string> names;
  const int copy = ::fcntl(folder.number(), F_DUPFD_CLOEXEC, 3);
  DIR* const list = copy < 0 ? nullptr : ::fdopendir(copy);
  if (list == nullptr) {
    if (copy >= 0) ::close(copy);
    return names;
  }
  ::rewinddir(list);
  while (const dirent* const entry = ::readdir(list)) names.emplace_back(entry->d_name);
  ::closedir(list);
  std::sort(names.begin(), names.end());
  return names;
}

// The attempt that a folder's name stands for; 0 for any other name.
int attempt_number(const std::string& name) {
  int number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  return error == std::errc{} && stop == end && std::to_string(number) == name ? number : 0;
}

}  // namespace

LocalExecutor::LocalExecutor(LocalSettings settings) : settings_(std::move(settings)) {}

std::string LocalExecutor::path_of(const Key& key) const {
  return settings_.folder + "/" + to_text(key.first) + "/" + std::to_string(key.second);
}

Descriptor LocalExecutor::folder_of(const Key& key) const {
  const Descriptor runs = open_folder(settings_.folder);
  const Descriptor job = runs ? open_folder(runs.number(), to_text(key.first)) : Descriptor();
  return job ? open_folder(job.number(), std::to_string(key.second)) : Descriptor();
}

namespace {

struct Made {
  Descriptor job, attempt;
};

Result<Made> make_attempt_folder(const std::string& runs_path, Id<Job> job, int attempt) {
  if (!job || attempt < 1 || runs_path.empty() || runs_path[0] != '/') {
    return fail(Error::Kind::bug, 9021,
                "attempt " + std::to_string(attempt) + " of " + to_text(job) + " in \"" +
                    runs_path + "\" names no folder.");
  }
  auto runs = make_folders(runs_path);
  if (!runs) return fail(runs.error());
  auto job_folder = make_folder(runs->number(), to_text(job));
  if (!job_folder) return fail(job_folder.error());
  auto folder = make_folder(job_folder->number(), std::to_string(attempt));
  if (!folder) return fail(folder.error());
  return Made{std::move(*job_folder), std::move(*folder)};
}

}  // namespace

Result<void> LocalExecutor::launch(const Launch& launch) {
  const Key key{launch.job, launch.attempt};
  Attempt& attempt = attempts_[key];
  attempt.reported.job = launch.job;
  attempt.reported.attempt = launch.attempt;
  if (const Descriptor folder = folder_of(key);
      !folder || !has_file(folder.number(), "launch.json")) {
    attempt.refused.clear();
    const auto program =
        program_of(launch, {.program_folders = settings_.program_folders,
                            .job_folder = settings_.folder + "/" + to_text(launch.job),
                            .attempt_folder = path_of(key)});
    if (!program) {
      attempt.refused = program.error().what;
      return fail(program.error());
    }
    const auto made = make_attempt_folder(settings_.folder, launch.job, launch.attempt);
    if (!made) return fail(made.error());
    const auto work = make_folder(made->attempt.number(), "work");
    if (!work) return fail(work.error());
    if (launch.recipe.checkpoint.empty()) {
      const auto checkpoints = make_folder(made->job.number(), "checkpoints");
      if (!checkpoints) return fail(checkpoints.error());
    }
    const auto wrote =
        write_file(made->attempt.number(), "launch.json", encode(*program), Writing::once_safe);
    if (!wrote) return wrote;
  }
  const Descriptor folder = folder_of(key);
  if (!folder) return file_error("open folder", path_of(key));
  if (has_file(folder.number(), "exit.json") || is_locked(folder.number(), "lock")) return {};
  return start_supervisor(key);
}

Result<void> LocalExecutor::start_supervisor(const Key& key) {
  attempts_[key].supervised_at = Steady::now();
  return spawn_supervisor({.program = settings_.supervisor,
                           .folder = path_of(key),
                           .stop_grace = settings_.stop_grace});
}

Result<void> LocalExecutor::stop(Id<Job> job, int attempt) {
  const auto made = make_attempt_folder(settings_.folder, job, attempt);
  if (!made) return fail(made.error());
  if (has_file(made->attempt.number(), "exit.json")) return {};
  return ask_to_stop(made->attempt, "asked");
}

Result<void> LocalExecutor::ask_to_stop(const Descriptor& folder, const std::string& why) {
  const auto wrote = write_file(folder.number(), "stop", why, Writing::once_safe);
  if (!wrote) return wrote;
  // Only hurries it: a supervisor also looks for the file, once a second.
  const auto supervisor = read_supervisor(folder.number());
  if (supervisor && is_locked(folder.number(), "lock")) {
    send_signal(supervisor->pid, supervisor->start_ticks, SIGTERM);
  }
  return {};
}

void LocalExecutor::find_live() {
  const Descriptor runs = open_folder(settings_.folder);
  if (!runs) return;
  for (const std::string& job_name : names_in(runs)) {
    const auto job = parse_id<Job>(job_name);
    if (!job || to_text(*job) != job_name) continue;
    const Descriptor job_folder = open_folder(runs.number(), job_name);
    if (!job_folder) continue;
    for (const std::string& attempt_name : names_in(job_folder)) {
      const int number = attempt_number(attempt_name);
      if (number < 1) continue;
      const Descriptor folder = open_folder(job_folder.number(), attempt_name);
      if (!folder || has_file(folder.number(), "exit.json")) continue;
      if (!has_file(folder.number(), "launch.json")) continue;
      Attempt& attempt = attempts_[{*job, number}];
      attempt.reported.job = *job;
      attempt.reported.attempt = number;
    }
  }
}

Result<std::vector<Observed>> LocalExecutor::observe(const std::vector<Known>& known) {
  if (!std::exchange(found_live_, true)) find_live();
  std::map<Key, Known> all;
  for (const auto& [key, attempt] : attempts_) {
    if (!attempt.end_reported) all[key] = attempt.reported;
  }
  std::set<Key> named;
  for (const Known& one : known) {
    all[{one.job, one.attempt}] = one;
    named.insert({one.job, one.attempt});
  }
  check_services();
  std::vector<Observed> seen;
  std::optional<Error> trouble;
  for (const auto& [key, one] : all) look(one, seen, trouble);
  for (auto it = attempts_.begin(); it != attempts_.end();) {
    if (it->second.end_reported && named.count(it->first) == 0) {
      malformed_before_ += it->second.progress.malformed();
      it = attempts_.erase(it);
    } else {
      ++it;
    }
  }
  if (seen.empty() && trouble) return fail(*trouble);
  return seen;
}

void LocalExecutor::look(const Known& known, std::vector<Observed>& seen,
                         std::optional<Error>& trouble) {
  const Key key{known.job, known.attempt};
  Attempt& attempt = attempts_[key];
  attempt.reported.job = known.job;
  attempt.reported.attempt = known.attempt;
  const Descriptor folder = folder_of(key);
  if (!folder || !has_file(folder.number(), "launch.json")) {
    return look_missing(known, attempt, folder && has_file(folder.number(), "stop"), seen);
  }
  attempt.missing_since.reset();
  // Before the progress: what a program wrote before it ended is then all there.
  Look now{key, known, attempt, folder, read_exit(folder.number())};
  if (!attempt.program) {
    const auto text = read_file(folder.number(), "launch.json", launch_file_limit);
    if (const auto program = decode_program(text && *text ? **text : ""); program) {
      attempt.program = *program;
    }
  }
  const bool never_ran = now.exit && !now.exit->refused.empty();
  if (never_ran || (now.exit && !has_file(folder.number(), "pid"))) {
    return report_end(now, seen);
  }
  if (known.confirmed && attempt.health == Health::unknown) attempt.health = Health::healthy;
  std::vector<Observed> progress;
  const bool complete = report_progress(now, progress);
  report_running(now, seen);
  seen.insert(seen.end(), progress.begin(), progress.end());
  if (now.exit) {
    if (complete) report_end(now, seen);
    return;
  }
  if (is_locked(folder.number(), "lock")) return;
  if (attempt.supervised_at && Steady::now() - *attempt.supervised_at < std::chrono::seconds(1)) {
    return;
  }
  ++supervisors_again_;
  if (const auto started = start_supervisor(key); !started) trouble = started.error();
}

void LocalExecutor::look_missing(const Known& known, Attempt& attempt, bool stopped,
                                 std::vector<Observed>& seen) {
  const auto now = Steady::now();
  if (!attempt.missing_since) attempt.missing_since = now;
  const Instant at = settings_.daemon_time(real_now());
  if (!attempt.refused.empty()) {
    attempt.end_reported = true;
    seen.push_back({LaunchRefused{known.job, known.attempt, attempt.refused, at}});
    return;
  }
  // A launch that was decided may still be on its way.
  if (!stopped && now - *attempt.missing_since < settings_.patience) return;
  attempt.end_reported = true;
  const char* const why = stopped ? "stopped before it started" : "never started here";
  seen.push_back({WorkerLost{known.job, known.attempt, why, at}});
}

// Leaves out what need not be told: lines without a checkpoint that a later one supersedes, and the
// newest of them too when another was told a moment ago. It is there again at the next look.
void LocalExecutor::thin_progress(const Look& now, ProgressReader::Part& part) const {
  const auto says_no_checkpoint = [](const ProgressLine& line) { return line.checkpoint.empty(); };
  const auto last = std::find_if(part.lines.rbegin(), part.lines.rend(),
                                 [](const ProgressLine& line) { return line.reports; });
  if (last == part.lines.rend()) return;
  const bool told_lately =
      now.attempt.told_at && Steady::now() - *now.attempt.told_at < settings_.progress_every;
  const bool may_wait = part.complete && !now.exit && told_lately;
  const std::uint64_t keep = may_wait ? 0 : last->line;
  std::erase_if(part.lines, [&](const ProgressLine& line) {
    return line.reports && says_no_checkpoint(line) && line.line != keep;
  });
}

// True when all that is in the file has been reported.
bool LocalExecutor::report_progress(Look& now, std::vector<Observed>& seen) {
  const Instant present = real_now();
  const Instant launched = now.attempt.program ? now.attempt.program->launched : Instant{};
  const Instant latest = now.exit ? std::min(now.exit->at, present) : present;
  const bool service = now.attempt.program && now.attempt.program->service;
  if (service && now.attempt.port == 0 && now.known.line > 0) {  // we came later than that line
    ProgressReader from_start;
    for (const ProgressLine& line : from_start.read(now.folder.number(), 0).lines) {
      if (line.listening) now.attempt.port = *line.listening;
    }
  }
  auto part = now.attempt.progress.read(now.folder.number(), now.known.line);
  for (const ProgressLine& line : part.lines) {
    if (line.listening && service) now.attempt.port = *line.listening;
  }
  thin_progress(now, part);
  for (const ProgressLine& line : part.lines) {
    if (!line.reports) continue;
    now.attempt.told_at = Steady::now();
    WorkerProgress progress;
    progress.job = now.known.job;
    progress.attempt = now.known.attempt;
    progress.line = line.line;
    progress.steps = line.steps;
    progress.tokens = line.tokens;
    progress.loss = line.loss;
    progress.checkpoint = line.checkpoint;
    const Instant at = std::max(std::min(line.at.value_or(latest), latest), launched);
    progress.at = settings_.daemon_time(at);
    now.attempt.last_progress = std::max(now.attempt.last_progress, at);
    now.attempt.reported.line = std::max(now.attempt.reported.line, line.line);
    seen.push_back({progress});
  }
  return part.complete;
}

void LocalExecutor::report_running(Look& now, std::vector<Observed>& seen) {
  if (now.known.confirmed) return;
  const bool service = now.attempt.program && now.attempt.program->service;
  WorkerRunning running{now.known.job, now.known.attempt, ""};
  if (service) {
    if (now.attempt.health != Health::healthy) return;
    running.endpoint = "127.0.0.1:" + std::to_string(now.attempt.port);
  } else if (!has_file(now.folder.number(), "pid")) {
    return;
  }
  now.attempt.reported.confirmed = true;
  seen.push_back({running});
}

void LocalExecutor::report_end(Look& now, std::vector<Observed>& seen) {
  // The end is noted a moment before its file is there: not before what was seen in that moment.
  const Instant ended = std::max(std::min(now.exit->at, real_now()), now.attempt.last_progress);
  const Instant at = settings_.daemon_time(ended);
  const auto stop = read_file(now.folder.number(), "stop", small_file_limit);
  std::string lost = now.exit->lost;
  if (lost.empty() && stop && *stop && **stop == unhealthy) lost = unhealthy;
  if (!now.exit->refused.empty()) {
    const std::string why = to_text(now.known.job) + " cannot be launched: " + now.exit->refused;
    seen.push_back({LaunchRefused{now.known.job, now.known.attempt, why, at}});
  } else if (lost.empty()) {
    seen.push_back({WorkerFinished{now.known.job, now.known.attempt, now.exit->exit_code,
                                   now.exit->exit_signal, at}});
  } else {
    seen.push_back({WorkerLost{now.known.job, now.known.attempt, lost, at}});
  }
  now.attempt.end_reported = true;
}

void LocalExecutor::check_services() {
  const auto now = Steady::now();
  std::vector<Healthy> questions;
  std::vector<std::map<Key, Attempt>::iterator> asked;
  for (auto it = attempts_.begin(); it != attempts_.end(); ++it) {
    Attempt& attempt = it->second;
    if (attempt.port == 0 || attempt.end_reported || !attempt.program) continue;
    const bool waiting = attempt.health == Health::unknown;  // the sooner the better
    if (!waiting && attempt.checked_at && now - *attempt.checked_at < settings_.health_every) {
      continue;
    }
    attempt.checked_at = now;
    questions.push_back({attempt.port, attempt.program->health});
    asked.push_back(it);
  }
  if (questions.empty()) return;
  const std::vector<bool> answers = check_health(questions, settings_.health_timeout);
  for (std::size_t i = 0; i < asked.size(); ++i)
    judge(asked[i]->first, asked[i]->second, answers[i]);
}

void LocalExecutor::judge(const Key& key, Attempt& attempt, bool healthy) {
  if (healthy) {
    attempt.health = Health::healthy;
    attempt.failed_in_a_row = 0;
    return;
  }
  ++failed_checks_;
  if (attempt.health == Health::unknown) return;  // still loading
  attempt.health = Health::failing;
  if (++attempt.failed_in_a_row < failures_allowed) return;
  attempt.failed_in_a_row = 0;
  // Its end is reported as a loss once it is gone, and its chips are free, by what `stop` says.
  const Descriptor folder = folder_of(key);
  if (folder && !has_file(folder.number(), "exit.json")) {
    [[maybe_unused]] const auto asked = ask_to_stop(folder, std::string(unhealthy));
  }
}

LocalExecutor::Counts LocalExecutor::counts() const {
  Counts counts{malformed_before_, supervisors_again_, failed_checks_};
  for (const auto& [key, attempt] : attempts_)
    counts.malformed_lines += attempt.progress.malformed();
  return counts;
}

}  // namespace granary
