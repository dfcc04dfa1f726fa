#pragma once
// For tests: a Slurm in one object with a clock that stands still until it is moved. It loses
// submits and answers, forgets what it has acknowledged, gives numbers again, and its nodes go on
// running what it has forgotten or given up. What runs on a node keeps to lease.h, as
// granary-supervise does.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "execute/slurm/site_worker.h"

namespace granary {

// What ends a worker in the middle of a call, as kill -9 ends a daemon.
struct Crash {};

class FakeSlurm final : public slurm::Controller {
 public:
  using Random = std::mt19937_64;
  using Word = slurm::JobState;
  struct Faults {
    int crash = 0, lost_submit = 0, lost_answer = 0, late_submit = 0;  // of 1000 calls each
  };

  explicit FakeSlurm(std::uint64_t seed, Span lease) : random_(seed), lease_(lease) {}

  Faults faults;
  bool accounting = true, accounting_answers = true;

  SlurmClocks clocks() {
    return {.elapsed = [this] { return now_; }, .real = [this] { return real(); }};
  }
  Span now() const { return now_; }
  Instant real() const { return Instant(std::chrono::seconds(1'795'890'000)) + now_; }
  bool chance(int of_1000) { return static_cast<int>(random_() % 1'000) < of_1000; }
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

  // Time goes on for everything: requests arrive, jobs start and end, leases run out.
  void pass(Span span) {
    for (const Span end = now_ + span; now_ < end;) {
      now_ += std::min<Span>(end - now_, std::chrono::milliseconds(500));
      if (up_) arrive();
      if (up_) start_waiting();
      for (Process& process : processes_) live(process);
      std::erase_if(processes_, [](const Process& process) { return !process.alive; });
      if (now_ - saved_at_ >= std::chrono::seconds(5) && up_) save();
    }
  }

  // Attempts that run now, by job: what must never be two.
  std::map<std::uint64_t, std::set<int>> running() const {
    std::map<std::uint64_t, std::set<int>> all;
    for (const Process& process : processes_) {
      if (process.alive) all[process.job].insert(process.attempt);
    }
    return all;
  }
  std::uint64_t runs_of(std::uint64_t job, int attempt) const {
    const auto found = runs_.find({job, attempt});
    return found == runs_.end() ? 0 : found->second;
  }
  std::uint64_t doubled() const { return doubled_; }

  // Faults of the site.
  // Whether it would forget something that runs or waits.
  bool would_forget() const {
    return up_ && std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
             return saved_.count(entry.first) == 0 && !entry.second.ended;
           });
  }
  void kill_controller() {
    if (!std::exchange(up_, false)) return;
    arriving_.clear();
    // What it forgets: everything since the last save. Its nodes may not.
    for (const auto& [id, job] : jobs_) {
      if (saved_.count(id) != 0) continue;
      for (Process& process : processes_) {
        if (process.id != id || process.folder != job.submission.folder) continue;
        process.alive = chance(600);
        process.cut_off = chance(500);
      }
    }
    jobs_ = saved_;
    next_id_ = saved_next_;
  }
  void revive_controller() {
    if (std::exchange(up_, true)) return;
    ++boot_;
    saved_at_ = now_;
  }
  // One running job at random; false when none runs.
  bool fail_node() {
    return with_one(running_states(), [&](Job& job) {
      end(job, Word::node_fail);
      for (Process& process : processes_) {
        if (process.id != job.id || process.folder != job.submission.folder) continue;
        // It is dead, or cut off from the shared folder, or only from the controller.
        process.alive = !chance(400);
        process.cut_off = chance(500);
      }
    });
  }
  bool cancel_by_operator() {
    return with_one(all_states(), [&](Job& job) { end_job(job, Word::cancelled); });
  }
  bool preempt() {
    return with_one(running_states(), [&](Job& job) { end_job(job, Word::preempted); });
  }
  bool requeue() {
    return with_one(running_states(), [&](Job& job) {
      kill_processes(job);
      job.state = Word::pending;
      job.reason = "BeginTime";
      job.starts_at = now_ + std::chrono::seconds(120);
    });
  }
  bool hold() {
    return with_one({Word::pending}, [&](Job& job) {
      job.reason = "JobHeldAdmin";
      job.starts_at = now_ + std::chrono::hours(100);
    });
  }

  Result<void> ping() override {
    may_crash();
    if (up_) return {};
    return down();
  }
  Result<slurm::Queue> queue(const std::string&) override {
    may_crash();
    if (!up_) return down();
    slurm::Queue queue;
    for (const auto& [id, job] : jobs_) {
      if (job.ended && now_ - *job.ended > std::chrono::seconds(600)) continue;
      queue.rows.push_back(row_of(job));
    }
    return queue;
  }
  Result<slurm::Queue> queue_named(const std::string&) override { return down(); }
  Result<slurm::History> history(Instant, Instant, const std::string& name) override {
    may_crash();
    if (!accounting_answers) return fail(Error::Kind::failed, 7041, "slurmdbd is down");
    slurm::History history;
    for (const slurm::HistoryRow& row : history_) {
      if (row.name == name) history.rows.push_back(row);
    }
    return history;
  }
  Result<slurm::Nodes> nodes() override { return slurm::Nodes{}; }
  Result<slurm::SiteConfig> config() override {
    if (!up_) return down();
    slurm::SiteConfig config;
    config.cluster = "fake";
    config.version = "22.05.8";
    config.booted = Instant(std::chrono::seconds(1'795'880'000 + boot_));
    config.next_job_id = next_id_;
    if (accounting) config.accounting_storage = "accounting_storage/slurmdbd";
    return config;
  }
  slurm::SubmitAnswer submit(const slurm::Submission& job) override {
    using How = slurm::SubmitAnswer::How;
    may_crash();
    if (!up_ || chance(faults.lost_submit)) return {How::unknown, 0, "no controller"};
    if (chance(faults.late_submit)) {
      arriving_.push_back({now_ + std::chrono::milliseconds(below(10'000)), job});
      may_crash();
      return {How::unknown, 0, "no answer"};
    }
    const std::uint64_t id = take(job);
    may_crash();
    if (chance(faults.lost_answer)) return {How::unknown, 0, "no answer"};
    return {How::acknowledged, id, ""};
  }
  Result<void> cancel(std::uint64_t id) override {
    may_crash();
    if (!up_) return down();
    const auto found = jobs_.find(id);
    if (found != jobs_.end() && !found->second.ended) end_job(found->second, Word::cancelled);
    return {};
  }
  Result<void> cancel_named(const std::string& name) override {
    may_crash();
    if (!up_) return down();
    for (auto& [id, job] : jobs_) {
      if (job.submission.name == name && !job.ended) end_job(job, Word::cancelled);
    }
    return {};
  }
  Result<std::map<std::string, std::string>> job(std::uint64_t) override { return down(); }

 private:
  struct Job {
    std::uint64_t id = 0;
    slurm::Submission submission;
    Word state = Word::pending;
    std::string reason = "None";
    Span starts_at{};
    Instant submitted{};
    std::optional<Instant> started;
    std::optional<Span> ended;
    bool had_nodes = false;
  };
  struct Process {
    std::uint64_t id = 0, job = 0;
    int attempt = 0;
    std::string folder;
    bool alive = true, cut_off = false;
    Span ends{}, renewed{};
    std::uint64_t lease = 1;
  };
  struct Late {
    Span at;
    slurm::Submission submission;
  };

  static tl::unexpected<Error> down() {
    return fail(Error::Kind::unavailable, 7042, "the controller does not answer");
  }
  void may_crash() {
    if (chance(faults.crash)) throw Crash{};
  }
  static std::set<Word> running_states() { return {Word::running}; }
  static std::set<Word> all_states() { return {Word::running, Word::pending}; }
  template <class Do>
  bool with_one(const std::set<Word>& states, const Do& act) {
    if (!up_) return false;
    std::vector<Job*> found;
    for (auto& [id, job] : jobs_) {
      if (states.count(job.state) != 0) found.push_back(&job);
    }
    if (found.empty()) return false;
    act(*found[below(found.size())]);
    return true;
  }
  void save() {
    saved_ = jobs_;
    saved_next_ = next_id_;
    saved_at_ = now_;
  }
  std::uint64_t take(const slurm::Submission& submission) {
    Job job;
    job.id = next_id_++;
    job.submission = submission;
    job.submitted = real();
    job.starts_at = now_ + std::chrono::milliseconds(below(3'000));
    jobs_[job.id] = job;
    return job.id;
  }
  void arrive() {
    for (const Late& late : arriving_) {
      if (late.at <= now_) take(late.submission);
    }
    std::erase_if(arriving_, [this](const Late& late) { return late.at <= now_; });
  }
  static bool has(const std::string& folder, const std::string& name) {
    return std::filesystem::exists(folder + "/" + name);
  }
  static void write(const std::string& folder, const std::string& name, const std::string& text) {
    std::ofstream(folder + "/" + name + ".draft") << text;
    std::filesystem::rename(folder + "/" + name + ".draft", folder + "/" + name);
  }
  void write_exit(const std::string& folder, Exit exit) {
    exit.at = real();
    if (!has(folder, "exit.json")) write(folder, "exit.json", encode(exit));
  }
  void start_waiting() {
    for (auto& [id, job] : jobs_) {
      if (job.state != Word::pending || now_ < job.starts_at) continue;
      const std::string folder = job.submission.folder;
      job.state = Word::running;
      job.started = real();
      job.had_nodes = true;
      if (!std::filesystem::exists(folder) || has(folder, "revoked")) {
        end(job, Word::failed);
        continue;
      }
      if (has(folder, "started")) {  // another one holds the attempt's lock
        end(job, Word::failed);
        continue;
      }
      if (has(folder, "stop")) {
        write_exit(
            folder,
            {.exit_code = 0, .exit_signal = 0, .lost = "not started", .refused = {}, .at = {}});
        end(job, Word::completed);
        continue;
      }
      write(folder, "lease", "1");
      write(folder, "started", "boot");
      write(folder, "pid", "1");
      Process process;
      process.id = id;
      process.folder = folder;
      const std::filesystem::path path = folder;
      process.job = parse_id<granary::Job>(path.parent_path().filename().string())->value;
      process.attempt = std::stoi(path.filename().string());
      process.ends = now_ + std::chrono::milliseconds(1'000 + below(60'000));
      process.renewed = now_;
      for (const Process& other : processes_) {
        doubled_ += other.alive && other.job == process.job;
      }
      ++runs_[{process.job, process.attempt}];
      processes_.push_back(process);
    }
  }
  void live(Process& process) {
    if (!process.alive) return;
    if (process.cut_off) {
      if (now_ - process.renewed >= lease_) process.alive = false;
      return;  // it cannot write its end
    }
    Exit exit;
    if (has(process.folder, "revoked")) {
      exit.lost = "superseded";
    } else if (has(process.folder, "stop")) {
      exit.exit_signal = 15;
    } else if (now_ < process.ends) {
      process.renewed = now_;
      write(process.folder, "lease", std::to_string(++process.lease));
      return;
    }
    process.alive = false;
    write_exit(process.folder, exit);
    const auto found = jobs_.find(process.id);
    if (found == jobs_.end() || found->second.submission.folder != process.folder) return;
    if (up_ && !found->second.ended) {  // else settle() tells it
      end(found->second,
          exit.exit_signal != 0 || !exit.lost.empty() ? Word::failed : Word::completed);
    }
  }
  void kill_processes(const Job& job) {
    for (Process& process : processes_) {
      if (process.id == job.id && process.folder == job.submission.folder) process.alive = false;
    }
  }
  void end_job(Job& job, Word state) {
    kill_processes(job);
    end(job, state);
  }
  void end(Job& job, Word state) {
    job.state = state;
    job.ended = now_;
    slurm::HistoryRow row;
    row.raw_id = job.id;
    row.name = job.submission.name;
    row.state = state;
    row.state_text = slurm::to_text(state);
    row.submitted = job.submitted;
    row.started = job.started;
    row.ended = real();
    if (job.had_nodes) row.node_list = job.submission.nodes[0];
    if (!chance(200)) history_.push_back(row);  // accounting lacks some for ever
  }
  slurm::QueueRow row_of(const Job& job) const {
    slurm::QueueRow row;
    row.id = row.array = job.id;
    row.state = job.state;
    row.state_text = slurm::to_text(job.state);
    row.reason = job.reason;
    row.name = job.submission.name;
    row.submitted = job.submitted;
    row.started = job.started;
    if (job.ended) row.ends = real() - (now_ - *job.ended);
    row.nodes = 1;
    if (job.had_nodes) row.node_list = job.submission.nodes[0];
    row.gres = *slurm::read_gres(job.submission.gres);
    row.partition = job.submission.partition;
    row.account = job.submission.account;
    row.limit = std::chrono::minutes(job.submission.minutes);
    return row;
  }

  Random random_;
  const Span lease_;
  Span now_{std::chrono::seconds(1)}, saved_at_{};
  bool up_ = true;
  int boot_ = 0;
  std::uint64_t next_id_ = 1, saved_next_ = 1, doubled_ = 0;
  std::map<std::uint64_t, Job> jobs_, saved_;
  std::vector<Process> processes_;
  std::vector<Late> arriving_;
  std::vector<slurm::HistoryRow> history_;
  std::map<std::pair<std::uint64_t, int>, std::uint64_t> runs_;

 public:
  // Jobs whose process is gone while nobody told the controller: slurmd tells it after a while.
  void settle() {
    if (!up_) return;
    for (auto& [id, job] : jobs_) {
      if (job.state != Word::running) continue;
      const bool lives = std::any_of(processes_.begin(), processes_.end(), [&](const Process& p) {
        return p.alive && p.id == job.id && p.folder == job.submission.folder;
      });
      if (!lives)
        end(job, has(job.submission.folder, "exit.json") ? Word::completed : Word::failed);
    }
  }
};

}  // namespace granary
