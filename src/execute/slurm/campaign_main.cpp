// slurm_campaign WHAT NUMBER [SEED]: one part of campaigns/slurm, on a real Slurm that it starts
// and stops. Prints figures; exit status 0 if all that must hold did, 77 where there can be no
// Slurm.
//
//   submits N   N submits that are cut off at a random moment
//   kills N     N kills of the controller while jobs come and go
//   hostile N   N launches of hostile programs, compared with what Slurm made of them
//   jobs N      N short jobs over 16 nodes, against a plain loop of sbatch
//   poll N      one poll with N jobs in the queue

#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "execute/slurm/slurm_executor.h"
#include "slurm/sandbox_for_tests.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;
using slurm::CommandLine;
using slurm::Sandbox;

constexpr const char* partition = "main";

double seconds_since(Steady::time_point began) {
  return std::chrono::duration<double>(Steady::now() - began).count();
}

// Cuts every submit off after a random time: before sbatch has asked, while it waits, or never.
class CutOff final : public CommandLine {
 public:
  CutOff(std::string conf, std::uint64_t seed)
      : CommandLine({.conf = conf}), conf_(std::move(conf)), random_(seed) {}
  slurm::SubmitAnswer submit(const slurm::Submission& job) override {
    CommandLine hasty({.conf = conf_, .limit = Span(1 + random_() % 60)});
    return hasty.submit(job);
  }

 private:
  const std::string conf_;
  std::mt19937_64 random_;
};

class Campaign {
 public:
  Campaign(const Sandbox& sandbox, std::uint64_t seed) : sandbox_(sandbox), random_(seed) {
    std::string folder = "/tmp/granary-campaign-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    site_.name = "east";
    site_.house = "c" + std::to_string(::getpid() % 1'000'000);
    site_.memory_mb_per_chip = 100;
    site_.hints = folder_ / "hints";
    site_.runs = folder_ / "runs";
    site_.supervisor =
        std::filesystem::read_symlink("/proc/self/exe").parent_path() / "granary-supervise";
    site_.stop_grace = 1s;
    site_.lease = 10s;  // real sites: a minute. Only what is lost waits for it
    site_.lease_margin = 2s;
  }
  ~Campaign() { std::filesystem::remove_all(folder_); }

  int submits(int number) {
    CommandLine warm({.conf = sandbox_.conf()});
    [[maybe_unused]] const auto up = warm.ping();
    start(std::make_unique<CutOff>(sandbox_.conf(), random_()));
    for (int job = 1; job <= number; ++job) launch(job, 1);
    const bool done = work_until_over(20min);
    const auto counts = executor_->counts();
    fmt::print("{} jobs, {} submits, {} of them cut off, {} attempts lost and repeated\n", number,
               counts.submits, counts.unknown_submits, repeated_);
    return judge(done, number);
  }

  int kills(int number, Sandbox& sandbox) {
    start(std::make_unique<CommandLine>(slurm::ClientSettings{.conf = sandbox_.conf()}));
    int job = 0, killed = 0;
    const auto began = Steady::now();
    for (; killed < number; ++killed) {
      const auto until = Steady::now() + Span(500 + random_() % 5'500);
      while (Steady::now() < until) {
        if (running_.size() < 40) launch(++job, 1);
        listen();
        resume_nodes();
        std::this_thread::sleep_for(50ms);
      }
      if (!sandbox.crash("slurmctld") || !sandbox.revive()) {
        fmt::print("the controller could not be killed: {}\n", sandbox.said());
        return 1;
      }
    }
    const double took = seconds_since(began);
    const bool done = work_until_over(10min);
    const auto counts = executor_->counts();
    fmt::print(
        "{} kills of the controller in {:.0f} s, {} seen, {} jobs, {} submits "
        "({} unanswered), {} attempts lost and repeated, {} fenced, "
        "{} nodes drained for a number given twice\n",
        killed, took, counts.controller_starts, job, counts.submits, counts.unknown_submits,
        repeated_, counts.fenced, resumes_);
    return judge(done, job);
  }

  int hostile(int number) {
    start(std::make_unique<CommandLine>(slurm::ClientSettings{.conf = sandbox_.conf()}));
    CommandLine client({.conf = sandbox_.conf()});
    const std::vector<std::string> options{"--array=0-5000",
                                           "--output=/etc/cron.d/x",
                                           "--export=ALL,LD_PRELOAD=/tmp/x.so",
                                           "--uid=0",
                                           "--begin=now+1day",
                                           "--requeue",
                                           "--nodes=16",
                                           "--exclusive",
                                           "--time=100000",
                                           "--job-name=x"};
    int differ = 0;
    for (int job = 1; job <= number; ++job) {
      const std::string& option = options[static_cast<std::size_t>(job) % options.size()];
      Launch one = launch_of(job, 1, "sleep 30");
      one.recipe.argv[2] = "#!/bin/bash\n#SBATCH " + option + "\nsleep 30 # $(touch " +
                           (folder_ / "planted").string() + ")";
      one.recipe.argv.push_back("\n#SBATCH " + option + "\n`touch " +
                                (folder_ / "planted").string() + "`");
      one.recipe.environment["SBATCH_PARTITION"] = "urgent";
      one.recipe.environment["LD_LIBRARY_PATH"] = "\n#SBATCH " + option;
      one.recipe.data = "$(touch " + (folder_ / "planted").string() + ")";
      if (!executor_->launch(one)) ++differ;
      running_[job] = 1;
    }
    const auto deadline = Steady::now() + 60s;
    std::map<std::string, std::uint64_t> ids;
    while (ids.size() < static_cast<std::size_t>(number) && Steady::now() < deadline) {
      listen();
      const auto queue = client.queue("");
      for (const slurm::QueueRow& row : queue ? queue->rows : std::vector<slurm::QueueRow>{}) {
        if (of_token(site_, row.name).first && row.state == slurm::JobState::running) {
          ids[row.name] = row.id;
        }
      }
      std::this_thread::sleep_for(200ms);
    }
    for (const auto& [name, id] : ids) {
      const auto shown = client.job(id);
      const std::string why = shown ? difference(*shown, name) : shown.error().what;
      if (!why.empty()) {
        ++differ;
        fmt::print("{}: {}\n", name, why);
      }
    }
    for (const auto& [job, attempt] : running_) {
      if (!executor_->stop({static_cast<std::uint64_t>(job)}, attempt)) ++differ;
    }
    const bool done = work_until_over(2min);
    const bool planted = std::filesystem::exists(folder_ / "planted");
    fmt::print(
        "{} hostile programs, {} looked at while they ran, {} differ from the plan, shell "
        "expansions of ours: {}\n",
        number, ids.size(), differ, planted ? "yes" : "none");
    return done && differ == 0 && !planted && ids.size() == static_cast<std::size_t>(number) ? 0
                                                                                             : 1;
  }

  int jobs(int number) {
    CommandLine client({.conf = sandbox_.conf()});
    auto began = Steady::now();
    std::vector<double> ends;
    for (int job = 1; job <= number; ++job) {
      slurm::Submission one;
      one.name = "plain-" + std::to_string(job);
      one.partition = partition;
      one.nodes = {node_of(job)};
      one.gres = "gpu:a800:1";
      one.memory_mb = 100;
      one.minutes = 5;
      one.script = "#!/bin/bash\n:\nexec /bin/true\n";
      if (client.submit(one).how != slurm::SubmitAnswer::How::acknowledged) return 1;
    }
    const double plain_submits = seconds_since(began);
    while (true) {
      const auto queue = client.queue("");
      std::size_t over = 0;
      for (const slurm::QueueRow& row : queue ? queue->rows : std::vector<slurm::QueueRow>{}) {
        over += row.name.starts_with("plain-") && slurm::is_final(row.state);
      }
      if (over >= static_cast<std::size_t>(number)) break;
      std::this_thread::sleep_for(100ms);
    }
    const double plain = seconds_since(began);

    start(std::make_unique<CommandLine>(slurm::ClientSettings{.conf = sandbox_.conf()}));
    began = Steady::now();
    for (int job = 1; job <= number; ++job) {
      Launch one = launch_of(job, 1, "");
      one.recipe.argv = {"/bin/true"};
      if (!executor_->launch(one)) return 1;
      running_[job] = 1;
    }
    while (executor_->counts().submits < static_cast<std::uint64_t>(number) &&
           seconds_since(began) < 1'200) {
      listen();
      std::this_thread::sleep_for(20ms);
    }
    const double our_submits = seconds_since(began);
    const bool done = work_until_over(20min);
    const double ours = seconds_since(began);
    const auto counts = executor_->counts();
    fmt::print("executor: all submitted after {:.1f} s, {} polls, the slowest {:.2f} s\n",
               our_submits, counts.polls, static_cast<double>(counts.slowest_poll.count()) / 1e3);
    fmt::print(
        "{} jobs over 16 nodes: plain sbatch loop {:.1f} s = {:.1f} jobs/s (submits alone "
        "{:.1f}/s), executor {:.1f} s = {:.1f} jobs/s: {:.0f} %\n",
        number, plain, number / plain, number / plain_submits, ours, number / ours,
        100 * plain / ours);
    return done && finished_.size() == static_cast<std::size_t>(number) && plain / ours >= 0.8 ? 0
                                                                                               : 1;
  }

  int poll(int number) {
    CommandLine client({.conf = sandbox_.conf()});
    const auto answer =
        client.call("sbatch",
                    {"--parsable", "--hold", "--array=0-" + std::to_string(number - 1),
                     "--job-name=others", "--mem=100", "--output=/dev/null", "--time=5"},
                    "#!/bin/bash\n:\n");
    if (!answer.good()) return 1;
    double slowest = 0, sum = 0;
    std::size_t rows = 0;
    constexpr int times = 10;
    for (int i = 0; i < times; ++i) {
      const auto began = Steady::now();
      const auto up = client.ping();
      const auto config = client.config();
      const auto queue = client.queue("");
      if (!up || !config || !queue) return 1;
      rows = queue->rows.size();
      const double took = seconds_since(began);
      slowest = std::max(slowest, took);
      sum += took;
    }
    fmt::print(
        "one poll (ping, config, squeue) with {} jobs: mean {:.3f} s, slowest of {} {:.3f} "
        "s\n",
        rows, sum / times, times, slowest);
    return rows >= static_cast<std::size_t>(number) && slowest < 1 ? 0 : 1;
  }

 private:
  static std::string node_of(int job) { return "a800-" + std::to_string(1 + job % 16); }

  Launch launch_of(int job, int attempt, const std::string& script) const {
    Launch one;
    one.job = {static_cast<std::uint64_t>(job)};
    one.attempt = attempt;
    one.pool = "east/a800";
    one.gres = "a800";
    one.account = "root";
    one.partition = partition;
    one.recipe.argv = {"/bin/sh", "-c", script, "program"};
    one.wanted.chips = 1;
    one.held = {{node_of(job), {Id<Node>{1}, 0, whole_chip}}};
    one.span = 1min;
    return one;
  }

  void start(std::unique_ptr<slurm::Controller> controller) {
    executor_ = std::make_unique<SlurmExecutor>(site_, std::move(controller));
  }

  // A program that notes when another one of its job runs beside it.
  void launch(int job, int attempt) {
    const std::string mine = (folder_ / ("job-" + std::to_string(job))).string();
    const std::string sleep = fmt::format("{}.{}", random_() % 2, random_() % 10);
    const auto noted = executor_->launch(
        launch_of(job, attempt,
                  "exec 9>" + mine + ".lock; flock -n 9 || echo " + std::to_string(job) + " >>" +
                      (folder_ / "doubled").string() + "; echo $GRANARY_ATTEMPT >>" + mine +
                      "; sleep " + sleep));
    if (!noted) fmt::print("j-{}: {}\n", job, noted.error().what);
    running_[job] = attempt;
  }

  void listen() {
    std::vector<Executor::Known> known;
    for (const auto& [job, attempt] : running_) {
      known.push_back({{static_cast<std::uint64_t>(job)}, attempt, 0, confirmed_.count(job) != 0});
    }
    const auto seen = executor_->observe(known);
    if (!seen) return;
    for (const Observed& one : *seen) {
      if (const auto* running = std::get_if<WorkerRunning>(&one.command)) {
        confirmed_.insert(static_cast<int>(running->job.value));
      } else if (const auto* end = std::get_if<WorkerFinished>(&one.command)) {
        const int job = static_cast<int>(end->job.value);
        if (running_.erase(job) > 0) ++finished_[job];
        if (end->exit_code != 0 || end->exit_signal != 0) ++failed_;
      } else if (const auto* lost = std::get_if<WorkerLost>(&one.command)) {
        const int job = static_cast<int>(lost->job.value);
        const auto found = running_.find(job);
        if (found == running_.end() || found->second != lost->attempt) continue;
        ++whys_[lost->why.substr(0, 60)];
        ++repeated_;
        confirmed_.erase(job);
        if (lost->attempt >= 20) {
          running_.erase(found);
        } else {
          launch(job, lost->attempt + 1);
        }
      } else if (const auto* refused = std::get_if<LaunchRefused>(&one.command)) {
        fmt::print("refused: {}\n", refused->why);
        running_.erase(static_cast<int>(refused->job.value));
      }
    }
  }

  // What an operator does: a controller that gave a number again has drained the node where the
  // first of that number ran, and it stays so.
  void resume_nodes() {
    if (Steady::now() - resumed_ < 5s) return;
    resumed_ = Steady::now();
    CommandLine client({.conf = sandbox_.conf()});
    const auto nodes = client.ping() ? client.nodes() : Result<slurm::Nodes>{};
    for (const slurm::NodeRow& node : nodes ? nodes->rows : std::vector<slurm::NodeRow>{}) {
      if (!node.reason.starts_with("Duplicate jobid")) continue;
      const auto said =
          client.call("scontrol", {"update", "NodeName=" + node.name, "State=RESUME"});
      resumes_ += said.good();
    }
  }

  bool work_until_over(Span longest) {
    const auto deadline = Steady::now() + longest;
    while (!running_.empty() && Steady::now() < deadline) {
      listen();
      resume_nodes();
      std::this_thread::sleep_for(20ms);
    }
    return running_.empty();
  }

  int judge(bool done, int number) {
    std::ifstream file(folder_ / "doubled");
    int doubled = 0;
    for (std::string line; std::getline(file, line);) ++doubled;
    int twice = 0;  // one attempt that ran twice
    for (int job = 1; job <= number; ++job) {
      std::ifstream runs(folder_ / ("job-" + std::to_string(job)));
      std::multiset<std::string> attempts;
      for (std::string line; std::getline(runs, line);) attempts.insert(line);
      for (const std::string& attempt : attempts) twice += attempts.count(attempt) > 1;
    }
    const int lost = number - static_cast<int>(finished_.size());
    for (const auto& [why, count] : whys_) fmt::print("  {} times: {}\n", count, why);
    fmt::print(
        "doubled {}, attempts that ran twice {}, without an end {}, failed {}, second jobs "
        "of one name {}\n",
        doubled, twice, lost, failed_, executor_->counts().duplicates);
    return done && doubled == 0 && twice == 0 && lost == 0 && failed_ == 0 ? 0 : 1;
  }

  // What Slurm shows of a job against what was planned; empty if nothing differs.
  std::string difference(const std::map<std::string, std::string>& shown,
                         const std::string& name) const {
    const auto key = of_token(site_, name);
    const std::string folder = folder_of(site_, key.first, key.second);
    const std::map<std::string, std::string> plan{
        {"JobName", name},
        {"UserId", "root(0)"},
        {"Account", "root"},
        {"Partition", "main"},
        {"Requeue", "0"},
        {"Restarts", "0"},
        {"NumNodes", "1"},
        {"NodeList", node_of(static_cast<int>(key.first.value))},
        {"TimeLimit", "01:02:00"},
        {"WorkDir", folder},
        {"StdOut", folder + "/supervisor.log"},
        {"StdErr", folder + "/supervisor.log"},
        {"StdIn", "/dev/null"},
        {"Command", "(null)"},
        {"Comment", name},
        {"TresPerNode", "gres:gpu:a800:1"}};
    for (const auto& [field, value] : plan) {
      const auto found = shown.find(field);
      if (found != shown.end() && found->second == value) continue;
      return field + " is " + (found == shown.end() ? "not shown" : found->second) + ", not " +
             value;
    }
    return shown.count("ArrayJobId") != 0 ? "it is an array" : "";
  }

  const Sandbox& sandbox_;
  std::mt19937_64 random_;
  std::filesystem::path folder_;
  SlurmSite site_;
  std::unique_ptr<SlurmExecutor> executor_;
  std::map<int, int> running_, finished_;
  std::set<int> confirmed_;
  std::map<std::string, int> whys_;
  int repeated_ = 0, failed_ = 0, resumes_ = 0;
  Steady::time_point resumed_{};
};

int run_campaign(const std::string& what, int number, std::uint64_t seed) {
  if (const std::string why = Sandbox::why_not(); !why.empty()) {
    fmt::print("skipped: {}.\n", why);
    return 77;
  }
  Sandbox sandbox("a800:16x8", Sandbox::can_account());
  if (!sandbox.running()) {
    fmt::print("no Slurm: {}\n", sandbox.said());
    return 1;
  }
  Campaign campaign(sandbox, seed);
  if (what == "submits") return campaign.submits(number);
  if (what == "kills") return campaign.kills(number, sandbox);
  if (what == "hostile") return campaign.hostile(number);
  if (what == "jobs") return campaign.jobs(number);
  if (what == "poll") return campaign.poll(number);
  return 2;
}

}  // namespace
}  // namespace granary

int main(int argc, char** argv) {
  const int number = argc > 2 ? std::atoi(argv[2]) : 0;
  if (number < 1) {
    fmt::print(stderr, "usage: slurm_campaign submits|kills|hostile|jobs|poll NUMBER [SEED]\n");
    return 2;
  }
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  return granary::run_campaign(argv[1], number, seed);
}
