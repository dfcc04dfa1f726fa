// granaryd: one journal, one loop, an HTTP API on loopback. Wiring and nothing else.

#include <fmt/core.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <random>

#include "apps/daemon_config.h"
#include "engine/codec.h"
#include "execute/by_runner.h"
#include "execute/local/files.h"
#include "execute/local/local_executor.h"
#include "execute/simulated/simulated_executor.h"
#include "execute/slurm/slurm_executor.h"
#include "serve/api.h"
#include "serve/http_server.h"
#include "serve/loop.h"
#include "serve/token_file.h"
#include "serve/tokens.h"
#include "store/sqlite_journal.h"
#include "store/verify.h"

namespace granary {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point began) {
  return std::chrono::duration<double>(Steady::now() - began).count();
}

int complain(const Error& error) {
  fmt::print(stderr, "error G{}: {}\n", error.code, error.what);
  if (!error.fix.empty()) fmt::print(stderr, "fix: {}\n", error.fix);
  return exit_code(error.kind);
}

// The folder of this program, where its companions are.
std::string own_folder() {
  std::error_code ec;
  return fs::read_symlink("/proc/self/exe", ec).parent_path().string();
}

// The last bytes of runs/<job>/<attempt>/<stream>.
Result<std::string> output_of(const std::string& runs, Id<Job> job, int attempt,
                              const std::string& stream, std::size_t last_bytes) {
  const auto none = fail(Error::Kind::not_found, 2009,
                         to_text(job) + " has no " + stream + " of attempt " +
                             std::to_string(attempt) + " on this machine.");
  if (stream != "stdout" && stream != "stderr") return none;
  const std::string folder = runs + "/" + to_text(job) + "/" + std::to_string(attempt);
  const Descriptor attempt_folder = open_folder(folder);
  if (!attempt_folder) return none;
  const Descriptor file = open_plain(attempt_folder.number(), stream);
  struct stat about {};
  if (!file || ::fstat(file.number(), &about) != 0) return none;
  const auto size = static_cast<std::size_t>(about.st_size);
  std::string text(std::min(size, last_bytes), '\0');
  const ssize_t got =
      ::pread(file.number(), text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

int check_config(const DaemonConfig& config) {
  const auto checked = check(config);
  if (!checked) return complain(checked.error());
  const Configuration& made = checked->made;
  fmt::print("good: {} documents, {} chips, {} models, {} pools, {} programmes, policy {}\n",
             checked->documents.size(), made.catalog.chips.size(), made.catalog.models.size(),
             made.pools.size(), made.programmes.size(), made.policy_name);
  return 0;
}

int check_journal(const std::string& path) {
  const auto began = Steady::now();
  const auto journal = open_journal({path, Access::read_only});
  if (!journal) return complain(journal.error());
  const auto recovered = recover(**journal, Check::steps);
  if (!recovered) return complain(recovered.error());
  const auto verified = verify(path);
  if (!verified) return complain(verified.error());
  fmt::print("good: {} entries, {} postings, chain head {}\n", recovered->head.sequence,
             verified->postings, to_text(recovered->head.chain));
  fmt::print("the books balance; stepping every command again gave the same events ({:.2f} s)\n",
             seconds_since(began));
  return 0;
}

// What runs; ends in reverse order.
struct Daemon {
  std::string data;
  std::unique_ptr<Journal> journal, reader;
  std::unique_ptr<ScaledClock> clock;
  std::unique_ptr<LocalExecutor> local;
  std::unique_ptr<SimulatedExecutor> simulated;
  std::vector<std::unique_ptr<SlurmExecutor>> slurm;  // by site
  std::vector<std::string> runs;                      // folders of attempts
  std::unique_ptr<ByRunner> executor;
  std::unique_ptr<TokenList> tokens;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<HttpServer> server;

  std::string journal_path() const { return data + "/granary.db"; }
  Result<void> open(const DaemonConfig&);
  Result<void> open_journals();
  Result<void> open_tokens();
  Result<void> make_executors(const DaemonConfig&);
  void name_unserved(const DaemonConfig&);
  Result<void> open_loop(double time_factor);
  Result<void> configure(const DaemonConfig&, std::vector<Document>);
  Result<void> listen(const Listen&);
  void close();
};

Result<void> Daemon::open(const DaemonConfig& config) {
  ::umask(077);
  // A wrong flag must leave everything as it was: all of it is looked at before the journal is.
  auto checked = check(config);
  if (!checked) return fail(checked.error());
  const auto free = HttpServer::can_listen(checked->listen.address, checked->listen.port);
  if (!free) return free;
  std::error_code ec;
  fs::create_directories(data, ec);
  if (ec) {
    return fail(Error::Kind::failed, 7025, "Cannot make " + data + ": " + ec.message() + ".",
                "--data names another folder");
  }
  if (auto good = open_journals(); !good) return good;
  ::unlink((data + "/url").c_str());  // of a daemon that was killed: the journal is ours
  auto own_clock = open_clock(data, config);
  if (!own_clock) return fail(own_clock.error());
  clock = std::make_unique<ScaledClock>(*own_clock);
  if (auto good = open_tokens(); !good) return good;
  if (auto made = make_executors(config); !made) return made;
  if (auto good = open_loop(clock->factor()); !good) return good;
  if (auto good = configure(config, std::move(checked->documents)); !good) return good;
  name_unserved(config);
  return listen(checked->listen);
}

Result<void> Daemon::open_journals() {
  auto writer = open_journal({journal_path()});
  if (!writer) return fail(writer.error());
  journal = std::move(*writer);
  auto second = open_journal({journal_path(), Access::read_only});
  if (!second) return fail(second.error());
  reader = std::move(*second);
  return {};
}

// The operator's first token is written once, to DATA/token.
Result<void> Daemon::open_tokens() {
  auto opened = TokenList::open(data + "/tokens.json");
  if (!opened) return fail(opened.error());
  tokens = std::make_unique<TokenList>(std::move(*opened));
  if (!tokens->empty()) return {};
  const auto token = tokens->create("ops");
  if (!token) return fail(token.error());
  return write_private(data + "/token", *token + "\n");
}

// The name under which this daemon's jobs stand in the queues of sites; made once, kept for ever.
Result<std::string> house_of(const std::string& data) {
  const std::string path = data + "/house";
  const auto kept = read_private(path);
  if (!kept) return fail(kept.error());
  if (*kept) return (*kept)->substr(0, (*kept)->find('\n'));
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::random_device random;
  std::string house;
  for (int i = 0; i < 10; ++i) house += letters[random() % letters.size()];
  if (auto written = write_private(path, house + "\n"); !written) return fail(written.error());
  return house;
}

std::string own_user() {
  const passwd* const entry = ::getpwuid(::geteuid());
  return entry == nullptr ? "" : entry->pw_name;
}

Result<void> Daemon::make_executors(const DaemonConfig& config) {
  const std::string folder = fs::absolute(data).lexically_normal().string();
  LocalSettings settings;
  settings.folder = folder + "/runs";
  settings.supervisor = own_folder() + "/granary-supervise";
  settings.program_folders = config.programs;
  settings.program_folders.push_back(own_folder());
  settings.daemon_time = [this](Instant real) { return clock->at(real); };
  runs = {settings.folder};
  const auto files = slurm_files(config);
  if (!files) return fail(files.error());
  const auto house = files->empty() ? Result<std::string>("") : house_of(data);
  if (!house) return fail(house.error());
  std::map<std::string, Executor*> all;
  for (const auto& [name, file] : *files) {
    SlurmSite site;
    site.name = name;
    site.house = *house;
    site.user = own_user();
    const std::string shared =
        config.slurm_shared.empty() ? folder + "/slurm" : config.slurm_shared;
    site.runs = shared + "/" + name;
    site.hints = folder + "/slurm-hints/" + name;
    site.supervisor = settings.supervisor;
    site.program_folders = settings.program_folders;
    site.daemon_time = settings.daemon_time;
    if (auto good = check(site); !good) return good;
    std::error_code ec;
    for (const std::string& one : {site.runs, site.hints}) fs::create_directories(one, ec);
    if (ec)
      return fail(Error::Kind::failed, 7025, "Cannot make " + site.runs + ": " + ec.message());
    runs.push_back(site.runs);
    auto controller = std::make_unique<slurm::CommandLine>(slurm::ClientSettings{.conf = file});
    slurm.push_back(std::make_unique<SlurmExecutor>(std::move(site), std::move(controller)));
    all["slurm:" + name] = slurm.back().get();
  }
  local = std::make_unique<LocalExecutor>(std::move(settings));
  simulated = std::make_unique<SimulatedExecutor>(*clock);
  all["local"] = local.get();
  all["simulated"] = simulated.get();
  executor = std::make_unique<ByRunner>(std::move(all));
  return {};
}

// What the stock has and nobody here can run.
void Daemon::name_unserved(const DaemonConfig& config) {
  const auto files = slurm_files(config);
  loop->read([&](const State& state, Instant) {
    if (!state.configuration) return;
    for (const auto& [id, site] : state.configuration->catalog.sites) {
      if (site.runner != Runner::slurm || files->count(id) != 0) continue;
      fmt::print(stderr, "G7044: site {} runs on Slurm, and no --slurm {}=FILE says where.\n", id,
                 id);
    }
  });
}

Result<void> Daemon::open_loop(double time_factor) {
  const auto began = Steady::now();
  Loop::Options options;
  options.time_factor = time_factor;
  options.output = [this](Id<Job> job, int attempt, const std::string& stream,
                          std::size_t last_bytes) {
    auto output = output_of(runs.front(), job, attempt, stream, last_bytes);
    for (std::size_t i = 1; !output && i < runs.size(); ++i) {
      output = output_of(runs[i], job, attempt, stream, last_bytes);
    }
    return output;
  };
  options.read_all =
      [path = journal_path()](const std::function<void(const Entry&)>& visit) -> Result<void> {
    const auto whole = verify(path, visit);
    if (!whole) return fail(whole.error());
    return {};
  };
  options.report = [](const Error& error) {
    fmt::print(stderr, "G{}: {}\n", error.code, error.what);
  };
  auto opened = Loop::open({*journal, *executor, *clock, reader.get()}, std::move(options));
  if (!opened) return fail(opened.error());
  loop = std::move(*opened);
  fmt::print("granaryd {}  journal sqlite:{} ({} entries, balanced, recovered in {:.2f} s)\n",
             GRANARY_VERSION, journal_path(), loop->head().sequence, seconds_since(began));
  return {};
}

// What the flags say is what the journal says, from now on.
Result<void> Daemon::configure(const DaemonConfig& config, std::vector<Document> documents) {
  bool same = false;
  std::size_t pools_before = 0;
  State copy;
  Instant as_of{};
  loop->read([&](const State& state, Instant now) {
    copy = state;
    as_of = now;
    // A forgotten flag must not swap the stock: without --stock the journal's stays.
    if (state.configuration && config.stocks.empty()) documents = state.configuration->documents;
    if (state.configuration) pools_before = state.configuration->pools.size();
    if (!state.configuration || state.configuration->policy_name != config.policy) return;
    const auto& known = state.configuration->documents;
    same = std::equal(
        known.begin(), known.end(), documents.begin(), documents.end(),
        [](const Document& a, const Document& b) { return a.name == b.name && a.text == b.text; });
  });
  if (same) return {};
  Request request;
  request.command = configure_command(documents, config.policy);
  request.key = "configure " + std::to_string(loop->head().sequence + 1);
  request.body = body_hash(request.command);
  request.actor = "granaryd";
  // What the journal's jobs and reservations forbid is refused without a word in the journal.
  step_onto(copy, request, as_of);
  if (const auto& refused = copy.answers.at(request.key).refused) return fail(*refused);
  const auto answer = loop->submit(std::move(request));
  if (!answer) return fail(answer.error());
  if (answer->refused) return fail(*answer->refused);
  std::size_t pools = 0;
  loop->read([&](const State& state, Instant) { pools = state.configuration->pools.size(); });
  fmt::print("configured: policy {}, {} pools (before: {})\n", config.policy, pools, pools_before);
  return {};
}

Result<void> Daemon::listen(const Listen& where) {
  HttpServer::Options options;
  options.address = where.address;
  options.port = where.port;
  options.workers = 8;  // they wait for the disk: what waits together is stored together
  loop->read([&](const State& state, Instant) {
    const Limits& limits = state.configuration->limits;
    options.header_bytes = limits.header_bytes;
    options.body_bytes = limits.body_bytes;
    options.connections = limits.connections;
    options.request_timeout = limits.request_timeout;
  });
  auto started = HttpServer::start(
      options, [this](std::string_view token) { return tokens->check(token); },
      [this](const HttpRequest& request) { return answer(request, *loop); });
  if (!started) return fail(started.error());
  server = std::move(*started);
  const bool six = where.address.find(':') != std::string::npos;
  const std::string url =
      fmt::format("http://{}:{}", six ? "[" + where.address + "]" : where.address, server->port());
  fmt::print("listening on {}\n", url);
  std::fflush(stdout);
  return write_private(data + "/url", url + "\n");
}

// Answers what has arrived and ends. Local jobs go on under their supervisors.
void Daemon::close() {
  if (journal) ::unlink((data + "/url").c_str());  // without the journal it is another daemon's
  if (server) server->stop();
  if (loop) loop->stop();
}

int run(const DaemonConfig& config) {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) ::sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before there is a second thread
  ::signal(SIGPIPE, SIG_IGN);
  Daemon daemon;
  daemon.data = config.data;
  if (auto opened = daemon.open(config); !opened) {
    daemon.close();
    return complain(opened.error());
  }
  constexpr timespec moment{0, 100'000'000};
  bool healthy = true;
  while (healthy && ::sigtimedwait(&signals, nullptr, &moment) < 0) {
    healthy = daemon.loop->healthy();
  }
  daemon.close();
  return healthy ? 0 : 1;
}

}  // namespace
}  // namespace granary

int main(int argc, char** argv) {
  granary::DaemonConfig config;
  config.data = granary::default_data_folder();
  CLI::App app("granaryd: the daemon of Granary. Its API is on loopback; see docs/API.md.");
  app.set_version_flag("--version", std::string("granaryd ") + GRANARY_VERSION);
  app.set_config("--config", "", "read flags from a TOML file: data = \"/srv/granary\"");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--data", config.data, "folder of the journal, the tokens and the runs")
      ->capture_default_str();
  app.add_option("--listen", config.listen, "address of this machine; port 0: any free one")
      ->capture_default_str();
  app.add_option("--stock", config.stocks,
                 "folder of sites/, programmes/, ..., or one site's file; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--policy", config.policy, "who runs where: fifo or backfill")
      ->capture_default_str();
  app.add_option("--time-factor", config.time_factor, "virtual time: this often as fast")
      ->check(CLI::Range(0.001, 1e6));
  app.add_option("--start-at", config.start_at, "virtual time at the very first start");
  app.add_option("--programs", config.programs, "folder where jobs' programs are found");
  app.add_option("--slurm", config.slurm, "SITE=FILE: the slurm.conf of a site that runs on Slurm")
      ->allow_extra_args(false);
  app.add_option("--slurm-shared", config.slurm_shared,
                 "folder that the nodes of these sites see too; else DATA/slurm");
  app.add_flag("--check-config", config.check_config, "check flags and files, and end");
  app.add_flag("--check-journal", config.check_journal,
               "check chains and books, step every command again, and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ConfigError& error) {
    return granary::complain({granary::Error::Kind::invalid, 1047,
                              std::string("The configuration file: ") + error.what() + ".",
                              "its keys are the flags without dashes: granaryd --help"});
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (config.check_config) return granary::check_config(config);
  if (config.check_journal) return granary::check_journal(config.data + "/granary.db");
  return granary::run(config);
}
