#include "execute/slurm/site_worker.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace granary {

namespace {

constexpr int burst = 16;  // submits between two looks at everything else

// What is forgotten in a power cut is made again: a submit does not wait for a disk.
Result<Descriptor> make_folder_quickly(int inside, const std::string& name) {
  if (::mkdirat(inside, name.c_str(), 0700) != 0 && errno != EEXIST) {
    return file_error("make folder", name);
  }
  Descriptor folder = open_folder(inside, name);
  if (!folder) return file_error("open folder", name);
  return folder;
}

}  // namespace

SlurmClocks real_clocks() {
  return {.elapsed =
              [] {
                struct timespec now {};
                ::clock_gettime(CLOCK_BOOTTIME, &now);
                return Span(std::int64_t{now.tv_sec} * 1'000 + now.tv_nsec / 1'000'000);
              },
          .real = real_now};
}

SiteWorker::SiteWorker(SlurmSite site, slurm::Controller& controller, SlurmClocks clocks)
    : site_(std::move(site)), controller_(controller), clocks_(std::move(clocks)) {
  load_hints();
  publish();
}

Result<void> SiteWorker::launch(const Launch& launch) {
  const Key key{launch.job, launch.attempt};
  auto made = slurm_launch_of(site_, launch);
  const std::lock_guard lock(mutex_);
  told_[key].launched_here = true;
  if (!made) {
    notes_.refused[key] = made.error().what;
    return fail(made.error());
  }
  notes_.launches.insert_or_assign(key, std::move(*made));
  return {};
}

Result<void> SiteWorker::stop(Id<Job> job, int attempt) {
  const std::lock_guard lock(mutex_);
  notes_.stops[{job, attempt}] = true;
  return {};
}

void SiteWorker::load_hints() {
  const auto folder = make_folders(site_.hints);
  if (!folder) return;
  const int copy = ::fcntl(folder->number(), F_DUPFD_CLOEXEC, 3);
  DIR* const list = copy < 0 ? nullptr : ::fdopendir(copy);
  if (list == nullptr) return;
  std::vector<std::string> names;
  while (const dirent* const entry = ::readdir(list)) names.emplace_back(entry->d_name);
  ::closedir(list);
  for (const std::string& name : names) {
    if (!name.ends_with(".json") || name[0] == '.') continue;
    const auto key = of_token(site_, name.substr(0, name.size() - 5));
    if (!key.first) continue;
    const auto text = read_file(folder->number(), name, small_file_limit);
    auto attempt = text && *text ? decode_attempt(**text) : std::nullopt;
    if (!attempt) {  // damaged: there was such an attempt, and no more is known
      attempt.emplace();
      attempt->stage = Stage::submitting;
      attempt->intended = clocks_.real();
    }
    attempt->job = key.first;
    attempt->number = key.second;
    attempt->token = token_of(site_, key.first, key.second);
    // Its sbatch was ours and may have outlived us for a moment, its request for longer.
    if (attempt->stage == Stage::submitting || attempt->stage == Stage::searching) {
      search(*attempt, site_.search_after_restart);
    }
    // How it ended is in the site's list again.
    if (attempt->stage == Stage::fencing && attempt->give_up.empty()) {
      attempt->stage = Stage::acknowledged;
    }
    attempt->acknowledged_at = attempt->stop_asked = clocks_.elapsed();
    attempts_[key] = std::move(*attempt);
  }
}

void SiteWorker::take_notes() {
  Notes notes;
  std::set<Key> forgotten;
  {
    const std::lock_guard lock(mutex_);
    std::swap(notes, notes_);
    std::swap(forgotten, forgotten_);
    for (auto& [key, attempt] : attempts_) {
      const auto told = told_.find(key);
      if (told != told_.end()) attempt.known_line = told->second.line;
    }
  }
  for (const Key& key : forgotten) {
    const auto found = attempts_.find(key);
    if (found == attempts_.end()) continue;
    if (const Descriptor hints = open_folder(site_.hints)) {
      ::unlinkat(hints.number(), (found->second.token + ".json").c_str(), 0);
    }
    attempts_.erase(found);
  }
  const auto attempt_of = [&](const Key& key) -> SlurmAttempt& {
    SlurmAttempt& attempt = attempts_[key];
    if (attempt.token.empty()) {
      attempt.job = key.first;
      attempt.number = key.second;
      attempt.token = token_of(site_, key.first, key.second);
      attempt.intended = clocks_.real();
      // A launch that another process prepared, whose hint is lost.
      const Descriptor folder = folder_of_attempt(attempt);
      if (folder && has_file(folder.number(), "launch.json")) {
        search(attempt, site_.search_after_restart);
      }
    }
    return attempt;
  };
  for (auto& [key, launch] : notes.launches) {
    SlurmAttempt& attempt = attempt_of(key);
    attempt.launch = std::move(launch);
    attempt.service = attempt.launch->program.service;
    if (early_stops_.erase(key) > 0) notes.stops[key] = true;
  }
  for (const auto& [key, why] : notes.refused) {
    SlurmAttempt& attempt = attempt_of(key);
    if (attempt.stage != Stage::intended) continue;
    finish(attempt, LaunchRefused{key.first, key.second, why, clocks_.real()});
  }
  for (const auto& [key, asked] : notes.stops) {
    if (attempts_.count(key) == 0) {  // it may also be somebody else's
      early_stops_.insert(key);
      continue;
    }
    SlurmAttempt& attempt = attempts_[key];
    if (attempt.stopping || attempt.stage == Stage::over) continue;
    attempt.stopping = true;
    attempt.stop_asked = clocks_.elapsed();
    if (attempt.stage == Stage::intended) {
      lose(attempt, "stopped before it started");
    } else {
      write_hint(attempt);
    }
  }
}

void SiteWorker::write_hint(const SlurmAttempt& attempt) {
  const auto hints = make_folders(site_.hints);
  if (!hints) return;
  // It may be forgotten in a power cut: by the time the machine is back the request has come to the
  // controller, which lists its name, or never will; and an attempt's folder starts nothing twice.
  [[maybe_unused]] const auto wrote =
      write_file(hints->number(), attempt.token + ".json", encode(attempt), Writing::replace);
}

void SiteWorker::become(SlurmAttempt& attempt, Stage stage) {
  if (attempt.stage == stage) return;
  attempt.stage = stage;
  attempt.absent_since.reset();
  write_hint(attempt);
}

void SiteWorker::finish(SlurmAttempt& attempt, Command outcome) {
  const bool is_lost = std::holds_alternative<WorkerLost>(outcome);
  attempt.outcome = std::move(outcome);
  become(attempt, Stage::over);
  attempt.lines_complete = false;  // until they have been read once more
  if (!is_lost) return;
  // Whatever of it comes up later finds that it is given up.
  if (const Descriptor folder = folder_of_attempt(attempt)) {
    [[maybe_unused]] const auto revoked =
        write_file(folder.number(), "revoked", "", Writing::replace);
    [[maybe_unused]] const auto over = write_file(folder.number(), "over", "", Writing::replace);
  }
}

void SiteWorker::lose(SlurmAttempt& attempt, const std::string& why) {
  finish(attempt, WorkerLost{attempt.job, attempt.number, why, clocks_.real()});
}

void SiteWorker::fence(SlurmAttempt& attempt, const std::string& why) {
  if (attempt.stage == Stage::fencing || attempt.stage == Stage::over) return;
  if (attempt.give_up.empty()) attempt.give_up = why;
  attempt.lease.reset();
  become(attempt, Stage::fencing);
  const std::lock_guard lock(mutex_);
  ++counts_.fenced;
}

void SiteWorker::search(SlurmAttempt& attempt, Span after) {
  attempt.search_from = clocks_.elapsed() + after;
  become(attempt, Stage::searching);
  poll_wanted_ = true;
  const std::lock_guard lock(mutex_);
  ++counts_.searches;
}

Descriptor SiteWorker::folder_of_attempt(const SlurmAttempt& attempt) const {
  const Descriptor runs = open_folder(site_.runs);
  const Descriptor job = runs ? open_folder(runs.number(), to_text(attempt.job)) : Descriptor();
  return job ? open_folder(job.number(), std::to_string(attempt.number)) : Descriptor();
}

Result<void> SiteWorker::write_files(const SlurmAttempt& attempt) const {
  auto runs = make_folders(site_.runs);
  if (!runs) return fail(runs.error());
  const auto job = make_folder_quickly(runs->number(), to_text(attempt.job));
  if (!job) return fail(job.error());
  const auto folder = make_folder_quickly(job->number(), std::to_string(attempt.number));
  if (!folder) return fail(folder.error());
  for (const auto& [inside, name] :
       {std::pair{folder->number(), "work"}, std::pair{job->number(), "checkpoints"}}) {
    if (const auto made = make_folder_quickly(inside, name); !made) return fail(made.error());
  }
  Program program = attempt.launch->program;
  if (attempt.launch->several_nodes) {
    // The supervisor starts srun, which starts one rank on each node; each reads what it is.
    const auto wrote =
        write_file(folder->number(), "ranks.json", encode(program), Writing::replace);
    if (!wrote) return wrote;
    const std::string nodes = std::to_string(attempt.launch->submission.nodes.size());
    program.path = "/usr/bin/srun";
    program.argv = {"srun",
                    "--nodes=" + nodes,
                    "--ntasks=" + nodes,
                    "--ntasks-per-node=1",
                    "--kill-on-bad-exit=1",
                    "--input=none",
                    "--export=ALL",
                    "--mpi=none",
                    site_.supervisor,
                    "--rank",
                    folder_of(site_, attempt.job, attempt.number)};
  }
  return write_file(folder->number(), "launch.json", encode(program), Writing::replace);
}

bool SiteWorker::may_submit(const SlurmAttempt& attempt) {
  if (attempt.stage != Stage::intended || !attempt.launch || attempt.stopping) return false;
  bool clear = true;
  for (int number = 1; number < attempt.number; ++number) {
    const Key key{attempt.job, number};
    const auto found = attempts_.find(key);
    if (found == attempts_.end()) {
      // One of an earlier process: it may run as long as nobody has seen its end.
      SlurmAttempt earlier;
      earlier.job = attempt.job;
      earlier.number = number;
      earlier.token = token_of(site_, attempt.job, number);
      earlier.intended = clocks_.real();
      const Descriptor folder = folder_of_attempt(earlier);
      if (!folder || !has_file(folder.number(), "launch.json")) continue;
      if (has_file(folder.number(), "exit.json") || has_file(folder.number(), "over")) continue;
      fence(attempts_[key] = std::move(earlier), "superseded by a later attempt");
      clear = false;
    } else if (found->second.stage != Stage::over) {
      fence(found->second, "superseded by a later attempt");
      clear = false;
    }
  }
  return clear;
}

void SiteWorker::submit_due() {
  const bool fresh =
      good_poll_ && failures_ == 0 && clocks_.elapsed() - *good_poll_ < 2 * site_.poll_idle;
  more_to_submit_ = false;
  if (!fresh) return;
  std::size_t inside = 0;
  std::vector<Key> waiting;
  for (const auto& [key, attempt] : attempts_) {
    if (attempt.stage == Stage::intended) {
      waiting.push_back(key);
    } else if (attempt.stage != Stage::over) {
      ++inside;
    }
  }
  int left = burst;
  for (const Key& key : waiting) {
    if (left == 0 || failures_ > 0 || inside >= static_cast<std::size_t>(site_.most_inside)) break;
    if (!may_submit(attempts_[key])) continue;
    submit(attempts_[key]);
    ++inside;
    --left;
  }
  more_to_submit_ = left == 0;
}

void SiteWorker::submit(SlurmAttempt& attempt) {
  if (const auto wrote = write_files(attempt); !wrote) return lose(attempt, wrote.error().what);
  const Span most = std::max(Span{}, config_->kill_wait - Span(std::chrono::seconds(2)));
  slurm::Submission job = attempt.launch->submission;
  job.script = script_of(site_, folder_of(site_, attempt.job, attempt.number),
                         std::min(site_.stop_grace, most));
  become(attempt, Stage::submitting);
  const slurm::SubmitAnswer answer = controller_.submit(job);
  {
    const std::lock_guard lock(mutex_);
    ++counts_.submits;
    counts_.rejected += answer.how == slurm::SubmitAnswer::How::rejected;
    counts_.unknown_submits += answer.how == slurm::SubmitAnswer::How::unknown;
  }
  switch (answer.how) {
    case slurm::SubmitAnswer::How::acknowledged:
      attempt.id = answer.id;
      attempt.acknowledged_at = clocks_.elapsed();
      highest_id_ = std::max(highest_id_, answer.id);
      return become(attempt, Stage::acknowledged);
    case slurm::SubmitAnswer::How::rejected:
      return lose(attempt, "rejected by the site: " + answer.why);
    case slurm::SubmitAnswer::How::misused:
      return finish(attempt, LaunchRefused{attempt.job, attempt.number,
                                           to_text(attempt.job) +
                                               " cannot be launched by Slurm: " + answer.why,
                                           clocks_.real()});
    case slurm::SubmitAnswer::How::unknown:
      return search(attempt, site_.search_after);
  }
}

Span SiteWorker::round() {
  take_notes();
  if (clocks_.elapsed() >= next_files_) look_at_files();
  if (poll_is_due()) poll();
  submit_due();
  publish();
  return until_next();
}

SiteWorker::Counts SiteWorker::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

bool SiteWorker::answers() const {
  const std::lock_guard lock(mutex_);
  return answers_;
}

std::size_t SiteWorker::inside() const {
  const std::lock_guard lock(mutex_);
  return inside_;
}

}  // namespace granary
