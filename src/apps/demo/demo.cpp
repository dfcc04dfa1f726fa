#include "apps/demo.h"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "apps/demo/daemon_process.h"
#include "catalog/built_in.h"
#include "serve/http_client.h"
#include "units/time.h"

namespace granary {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr int time_factor = 600;  // one second of ours is ten minutes of the centre
// Slurm takes a second or two to start and to end a job.
constexpr int time_factor_slurm = 120;

// Two real Slurm clusters, as tools/slurm-sandbox starts them.
constexpr const char* east = R"(id = "east"
name = "East"
runner = "slurm"
cluster = "east"
partition = "main"
asset = "CNY"
standing = "assumed"
source = "granary-example"
[[pools]]
chip = "rtx4090"
nodes = 2
chips_per_node = 2
price = "2.60 CNY per chip-hour"
replaceable = false
gres = "rtx4090"
node_names = "rtx4090-[1-2]"
[[pools]]
chip = "a800-sxm-80"
nodes = 2
chips_per_node = 8
price = "18.00 CNY per chip-hour"
replaceable = false
gres = "a800"
node_names = "a800-[1-2]"
)";
constexpr const char* west = R"(id = "west"
name = "West"
runner = "slurm"
cluster = "west"
partition = "main"
asset = "CNY"
standing = "assumed"
source = "granary-example"
[[pools]]
chip = "ascend910b2"
nodes = 2
chips_per_node = 8
price = "12.00 CNY per chip-hour"
replaceable = true
gres = "ascend910b"
node_names = "ascend910b-[1-2]"
)";

std::atomic<bool> interrupted = false;

struct JobText {
  const char* file;
  const char* text;
};

// The jobs of the story. All tenants, tariffs and sites are invented; models and chips are facts of
// the catalogue.
constexpr JobText job_texts[] = {{"tune.toml", R"(payer = "start-up"
purpose = "finetune"
preemptible = true
accept = ["local/cpu x 2"]
expected = "60 min"
[run]
argv = ["nanotrain", "--steps", "420", "--checkpoint-every", "25", "--report-every", "1", "--step-pause", "4"]
checkpoint_every = "5 min"
)"},
                                 {"urgent.toml", R"(payer = "centre"
purpose = "run"
priority = 50
accept = ["local/cpu x 4"]
expected = "20 min"
[run]
argv = ["nanotrain", "--steps", "40", "--checkpoint-every", "20", "--report-every", "10"]
)"},
                                 {"serve-nano.toml", R"(payer = "start-up"
purpose = "serve"
service = true
accept = ["local/cpu x 1"]
expected = "8 h"
[run]
argv = ["nanoserve", "--port", "0"]
health = "/health"
checkpoint = "@CHECKPOINT@"
)"},
                                 {"pretrain.toml", R"(payer = "client"
priority = 10
accept = ["a800-sxm-80 x 128"]
[work]
kind = "pretrain"
model = "qwen-7b"
tokens = "100B"
[run]
argv = ["torchrun", "pretrain.py"]
checkpoint_every = "30 min"
)"},
                                 {"finetune.toml", R"(payer = "start-up"
accept = ["guian/a800-sxm-80 x 16"]
[work]
kind = "finetune"
model = "chatglm-6b"
tokens = "20M"
[run]
argv = ["torchrun", "finetune.py"]
)"},
                                 {"chat.toml", R"(payer = "start-up"
accept = ["rtx2080ti x 1..8"]
[work]
kind = "serve"
model = "chatglm-6b"
rate = "0.2/s"
weights = "int4"
for = "7 d"
[run]
argv = ["serve", "chatglm-6b"]
)"}};

void replace_in(std::string& text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), with);
}

class Demo {
 public:
  // `slurm`: the folder of the clusters; empty: the work runs on this machine's cores.
  Demo(CliContext& context, fs::path folder, fs::path slurm, bool once)
      : context_(context), folder_(std::move(folder)), slurm_(std::move(slurm)), once_(once) {}

  int run() {
    const bool good =
        start() && menu() && money() && train_and_preempt() && serve() && reservation() && books();
    if (good && !once_) stay();
    if (!good && interrupted) context_.err << "demo: interrupted\n";
    end();
    if (good) return 0;
    return interrupted ? 130 : 1;
  }

 private:
  // Prints a part's title and what is going on.
  void title(const std::string& text) { print("\n── " + text + "\n"); }
  void say(const std::string& text) { print("   " + text + "\n"); }
  void print(const std::string& text) {
    context_.out << text;
    context_.out.flush();
  }

  bool fail_with(const std::string& what) {
    context_.err << "demo: " << what << "\n";
    return false;
  }

  bool start() {
    DaemonProcess::Options options;
    options.granaryd = context_.program.parent_path() / "granaryd";
    options.folder = folder_;
    const int factor = slurm_.empty() ? time_factor : time_factor_slurm;
    options.time_factor = factor;
    options.start_at = "2026-11-21T10:00:00Z";
    if (!slurm_.empty()) options.more = write_slurm_stock();
    for (const JobText& job : job_texts) {
      std::string text = job.text;
      if (!slurm_.empty()) {
        replace_in(text, "local/cpu", "east/rtx4090");
        // Its minimum run is over before it ends.
        replace_in(text, "\"--step-pause\", \"4\"", "\"--step-pause\", \"25\"");
      }
      std::ofstream(folder_ / job.file) << text;
    }
    auto started = DaemonProcess::start(options);
    if (!started) return fail_with(started.error().what);
    daemon_ = std::move(*started);
    title("A city's computing centre in miniature");
    say("Chips and models are catalogue facts; sites, tariffs, tenants and programmes are "
        "assumed.");
    say(fmt::format("Time is compressed: one second here is {} minutes there (factor {}).",
                    factor / 60, factor));
    if (slurm_.empty()) {
      say("Sites marked simulated pretend to run; the pool local/cpu really runs processes.");
    } else {
      say("Sites marked simulated pretend to run; east and west are two real Slurm clusters on "
          "this "
          "machine, whose cards are pretended.");
    }
    return granary({"stock"});
  }

  // The sites of the example with two of Slurm in place of this machine.
  std::vector<std::string> write_slurm_stock() {
    const fs::path sites = folder_ / "stock" / "sites";
    fs::create_directories(sites);
    for (const Document& document : built_in_documents()) {
      const fs::path name = document.name;
      if (name.parent_path() == "sites" && name.filename() != "local.toml") {
        std::ofstream(sites / name.filename()) << document.text;
      }
    }
    std::ofstream(sites / "east.toml") << east;
    std::ofstream(sites / "west.toml") << west;
    std::vector<std::string> flags{"--stock", (folder_ / "stock").string()};
    for (const std::string site : {"east", "west"}) {
      flags.push_back("--slurm");
      flags.push_back(site + "=" + (slurm_ / site / "etc" / "slurm.conf").string());
    }
    return flags;
  }

  // Where attempts have their folders.
  fs::path runs() const { return slurm_.empty() ? folder_ / "runs" : folder_ / "slurm" / "east"; }

  // Shows a command and runs it against the daemon.
  bool granary(const std::vector<std::string>& words, int wanted = 0) {
    std::string shown = "\n$ granary";
    for (const std::string& word : words) {
      const bool plain = word.find_first_of(" \"'#*") == std::string::npos && !word.empty();
      shown += plain ? " " + word : " \"" + word + "\"";
    }
    if (interrupted) return false;
    print(shown + "\n");
    CliContext inner{context_.in, context_.out, context_.out};
    inner.width = 120;
    inner.environment = context_.environment;
    inner.environment["GRANARY_URL"] = daemon_->url();
    inner.environment["GRANARY_TOKEN_FILE"] = daemon_->token_file().string();
    inner.directory = folder_;
    inner.program = context_.program;
    const int status = run_cli(words, inner);
    context_.out.flush();
    if (status == wanted) return true;
    return fail_with(fmt::format("that ended with {}, not {}", status, wanted));
  }

  Json get(const std::string& target) {
    const auto response = daemon_->transport().send({"GET", target, {}, {}, {}});
    if (!response || response->status != 200) return Json::object();
    return Json::parse(response->body, nullptr, false);
  }

  // As long as it takes with sanitizers on a busy machine: who waits in vain has a fault.
  bool wait_for(const std::string& what, const std::function<bool()>& done, int seconds = 180) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    while (!interrupted && std::chrono::steady_clock::now() < give_up) {
      if (done()) return true;
      if (!daemon_->alive()) return fail_with("the daemon has ended");
      std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    return interrupted ? false : fail_with("waited in vain for " + what);
  }

  bool is(const std::string& job, const std::string& state) {
    return get("/v1/jobs/" + job).value("state", "") == state;
  }

  bool menu() {
    title("What could run it, how long, for how much?");
    if (!granary(
            {"plan", "pretrain", "--model", "glm-130b", "--tokens", "400B", "--deadline", "120d"}))
      return false;
    say("");
    say("A model of 6 billion parameters must fit one consumer card:");
    return granary({"plan", "serve", "--model", "chatglm-6b", "--rate", "0.2/s", "--chip",
                    "rtx2080ti x 1", "--weights", "int4"}) &&
           granary({"plan", "serve", "--model", "chatglm-6b", "--rate", "0.2/s", "--chip",
                    "rtx2080ti x 1", "--weights", "fp16"},
                   6);
  }

  bool money() {
    title("Who pays? Vouchers of a city, 1 to 2 million CNY each, and two other budgets");
    return granary({"voucher", "grant", "--to", "start-up", "--amount", "1400000", "--programme",
                    "city-vouchers", "--expires", "2027-06-30"}) &&
           granary({"voucher", "grant", "--to", "centre", "--amount", "2000000", "--programme",
                    "internal-use", "--expires", "2027-06-30"}) &&
           granary({"voucher", "grant", "--to", "client", "--amount", "1800000", "--programme",
                    "priority-clients", "--expires", "2027-06-30"}) &&
           granary({"voucher", "grant", "--to", "x", "--amount", "1e3,5", "--programme",
                    "city-vouchers", "--expires", "2027-06-30"},
                   2);
  }

  // What the worker of an attempt said of itself, line by line. The journal has its checkpoints and
  // about one line a second of the rest.
  std::vector<Json> progress(const std::string& job, int attempt) {
    std::vector<Json> lines;
    std::ifstream file(runs() / job / std::to_string(attempt) / "progress.jsonl");
    for (std::string text; std::getline(file, text);) {
      Json line = Json::parse(text, nullptr, false);
      if (line.is_object() && line.contains("loss")) lines.push_back(std::move(line));
    }
    return lines;
  }

  // The first step that both attempts report: after the checkpoint that the second went on from.
  struct Again {
    long step = 0;
    double before = 0, after = 0;
  };
  std::optional<Again> step_made_again(const std::string& job) {
    std::map<long, double> first;
    for (const Json& line : progress(job, 1)) first[line.value("steps", 0L)] = line.at("loss");
    for (const Json& line : progress(job, 2)) {
      const auto before = first.find(line.value("steps", 0L));
      if (before != first.end()) return Again{before->first, before->second, line.at("loss")};
    }
    return std::nullopt;
  }

  bool train_and_preempt() {
    title("A real training run: preempted, refunded to its last checkpoint, resumed");
    if (!granary({"submit", "tune.toml", "--yes"})) return false;
    Json now = Json::object();
    std::string checkpoint;
    const bool trained = wait_for("a checkpoint and work after it", [&] {
      for (const Json& line : progress("j-1", 1)) {
        now = line;
        checkpoint = line.value("checkpoint", checkpoint);
      }
      return now.value("steps", 0) >= 100 && now.value("steps", 0) % 25 <= 10 &&
             now.value("steps", 0) % 25 > 0;
    });
    if (!trained) return false;
    say("");
    say(fmt::format("It has done {} steps, loss {:.4f}; its last checkpoint is {}.",
                    now.value("steps", 0), now.value("loss", 0.0), checkpoint));
    say(fmt::format("Now the centre needs all four {} at once, with a higher priority:",
                    slurm_.empty() ? "cores" : "cards, on two nodes,"));
    if (!granary({"submit", "urgent.toml", "--yes"})) return false;
    const bool stopped = wait_for("the preemption",
                                  [&] { return get("/v1/jobs/j-1").value("preemptions", 0) == 1; });
    if (!stopped) return false;
    if (!granary({"queue"})) return false;
    if (!wait_for("the urgent job to end", [&] { return is("j-2", "finished"); })) return false;
    return resumes_with_its_loss() &&
           wait_for("the training to finish", [&] { return is("j-1", "finished"); }) &&
           granary({"job", "events", "j-1"});
  }

  bool resumes_with_its_loss() {
    std::optional<Again> again;
    bool nothing_lost = false;  // it was stopped on the very step of its checkpoint
    const bool resumed = wait_for("the training to go on", [&] {
      again = step_made_again("j-1");
      const auto first = progress("j-1", 1), second = progress("j-1", 2);
      nothing_lost =
          !second.empty() && second.front().value("steps", 0L) > first.back().value("steps", 0L);
      return again || nothing_lost;
    });
    if (!resumed) return false;
    if (!again) {
      say("It was stopped on the step of a checkpoint: no step had to be made again.");
      return true;
    }
    say(fmt::format("Step {}: loss {:.4f} before the preemption, {:.4f} after it.", again->step,
                    again->before, again->after));
    return again->before == again->after || fail_with("it did not resume with the loss it had");
  }

  bool serve() {
    title("What was trained is served, health-checked and metered by the minute");
    const std::string checkpoint = (runs() / "j-1" / "checkpoints").string();
    std::ifstream in(folder_ / "serve-nano.toml");
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    text.replace(text.find("@CHECKPOINT@"), 12, checkpoint);
    std::ofstream(folder_ / "serve-nano.toml") << text;
    if (!granary({"submit", "serve-nano.toml", "--yes"})) return false;
    std::string endpoint;
    const bool healthy = wait_for("the service to be healthy", [&] {
      endpoint = get("/v1/jobs/j-3").value("endpoint", "");
      return !endpoint.empty();
    });
    if (!healthy) return false;
    if (!slurm_.empty()) {
      say("");
      say("It answers at " + endpoint + "; that node is this machine:");
      endpoint.replace(0, endpoint.find(':'), "127.0.0.1");
    }
    const std::string body = R"({"prompt":"The granary ","max_tokens":32,"seed":7})";
    print(fmt::format("\n$ curl http://{}/v1/completions -d '{}'\n", endpoint, body));
    HttpTransport service("http://" + endpoint, "");
    const auto answered =
        service.send({"POST", "/v1/completions", {{"content-type", "application/json"}}, body, {}});
    if (!answered || answered->status != 200) return fail_with("the service did not answer");
    print(answered->body + "\n");
    const bool metered = wait_for("minutes to be metered", [&] {
      const Json captured = get("/v1/jobs/j-3").value("captured", Json::object());
      return captured.value("amount", "0.00") != "0.00";
    });
    return metered && granary({"job", "show", "j-3"}) &&
           granary({"job", "cancel", "j-3", "--yes"}) &&
           wait_for("the service to stop", [&] { return is("j-3", "cancelled"); });
  }

  bool reservation() {
    title("Internal use is reserved; a priority client waits, and is told why");
    return granary({"reserve", "create", "--chips", "a800-sxm-80 x 160", "--site", "guian", "--for",
                    "14d", "--payer", "centre", "--why", "internal use", "--yes"}) &&
           granary({"submit", "pretrain.toml", "--yes"}) &&
           granary({"submit", "finetune.toml", "--yes"}) &&
           granary({"submit", "chat.toml", "--yes"}) && granary({"queue"}) &&
           granary({"explain", "j-4"});
  }

  bool books() {
    title("Who paid what? A statement, and the books from the first entry");
    if (!granary({"voucher", "statement", "v-1"}) || !granary({"voucher", "verify"})) return false;
    title("What if the centre had run first come, first served?");
    say("The same commands from our own journal, under both policies, with the durations they "
        "had:");
    return granary({"simulate", "--policy", "fifo", "--policy", "backfill"});
  }

  void stay() {
    int chips = 0, pools = 0;
    const Json stock = get("/v1/stock").value("pools", Json::array());
    for (const Json& pool : stock) {
      chips += pool.value("chips", 0);
      ++pools;
    }
    print(
        fmt::format("\ngranaryd: {} chips in {} pools (sites, tariffs and tenants assumed)     "
                    "API {}/v1\n",
                    chips, pools, daemon_->url()));
    print(
        fmt::format("Try:  export GRANARY_URL={} GRANARY_TOKEN_FILE={}\n"
                    "      {} queue      {} explain j-4      Ctrl-C here ends it\n",
                    daemon_->url(), daemon_->token_file().string(), context_.program.string(),
                    context_.program.string()));
    while (!interrupted && daemon_->alive()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  // Ends the daemon. What is left on the machine's own pool is cancelled first and waited for, so
  // that no process outlives the demo.
  void end() {
    if (!daemon_ || !daemon_->alive()) return;
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    for (bool left = true; left && std::chrono::steady_clock::now() < give_up;) {
      left = false;
      for (const Json& job : get("/v1/queue").value("jobs", Json::array())) {
        const std::string state = job.value("state", "");
        const std::string id = job.value("id", "");
        const std::string pool = get("/v1/jobs/" + id).value("wants", Json::array()).dump();
        if (pool.find(slurm_.empty() ? "x cpu" : "x rtx4090") == std::string::npos) continue;
        if (state == "running" || state == "waiting") {
          (void)daemon_->transport().send(
              {"POST", "/v1/jobs/" + id + "/cancel", {{"idempotency-key", "end-" + id}}, "{}", {}});
        }
        left = left || state == "running" || state == "waiting" || state == "stopping";
      }
      if (left) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    }
    daemon_.reset();
  }

  CliContext& context_;
  fs::path folder_, slurm_;
  bool once_;
  std::unique_ptr<DaemonProcess> daemon_;
};

}  // namespace

int run_demo(const std::vector<std::string>& arguments, CliContext& context) {
  bool once = false;
  fs::path folder, slurm;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--once") {
      once = true;
    } else if (arguments[i] == "--dir" && i + 1 < arguments.size()) {
      folder = context.directory / arguments[++i];
    } else if (arguments[i] == "--slurm" && i + 1 < arguments.size()) {
      slurm = fs::absolute(context.directory / arguments[++i]).lexically_normal();
    } else {
      context.err << "error G1000: granary demo knows --once, --dir DIR and --slurm DIR, not \""
                  << arguments[i] << "\".\n";
      return 2;
    }
  }
  const bool temporary = folder.empty();
  if (temporary) {
    std::string name = (fs::temp_directory_path() / "granary-demo-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
      context.err << "error G7021: no folder can be made in " << fs::temp_directory_path() << ".\n";
      return 1;
    }
    folder = name;
  } else if (fs::exists(folder) && !fs::is_empty(folder)) {
    context.err << "error G5004: " << folder.string() << " is not empty; name a fresh folder.\n";
    return 5;
  }
  fs::create_directories(folder);
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = true; };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  const int status = Demo(context, folder, slurm, once).run();
  if (temporary && status != 1) fs::remove_all(folder);
  if (temporary && status == 1) {
    context.err << "demo: journal and logs are in " << folder.string() << "\n";
  }
  return status;
}

}  // namespace granary
