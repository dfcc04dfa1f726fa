#include <sstream>

#include "apps/cli.h"
#include "apps/story/scripted_executor.h"
#include "apps/story/story.h"
#include "engine/codec.h"
#include "execute/simulated/simulated_executor.h"
#include "serve/clock.h"
#include "serve/http_client.h"
#include "serve/http_server.h"
#include "serve/loop.h"
#include "simulate/simulation.h"
#include "store/sqlite_journal.h"

namespace granary {
namespace {

Request configuring(const Story& story, const std::vector<Document>& documents, int number) {
  Configure configure;
  configure.policy = story.policy;
  configure.limits = story.limits;
  for (const Document& d : documents) {
    configure.documents.push_back({d.name, sha256(d.text), d.text});
  }
  return {"configure-" + std::to_string(number), body_hash(configure), "story", configure};
}

Request configuring(const Story& story) { return configuring(story, story.documents, 1); }

Result<void> made(const Result<Answer>& answer) {
  if (!answer) return fail(answer.error());
  if (answer->refused) return fail(*answer->refused);
  return {};
}

// Workers of a story: scripted ones, or ones that pretend to run for their span.
struct Workers {
  Workers(const Story& story, const Clock& clock) {
    if (story.pretend) {
      auto made = std::make_unique<SimulatedExecutor>(clock);
      next = [p = made.get()] { return p->next_due(); };
      executor = std::move(made);
    } else {
      auto made = std::make_unique<ScriptedExecutor>(clock, story.workers);
      next = [p = made.get()] { return p->next_due(); };
      executor = std::move(made);
    }
  }
  std::unique_ptr<Executor> executor;
  std::function<std::optional<Instant>()> next;
};

// Runs the CLI over a transport; request keys count, so both worlds use the same ones.
int run_words(Transport& transport, int& keys, const std::vector<std::string>& words,
              const std::filesystem::path& folder, std::string& output) {
  std::istringstream in;
  std::ostringstream out;
  CliContext context{in, out, out};
  context.width = 200;
  context.directory = folder;
  context.transport = &transport;
  context.new_key = [&] { return "story-" + std::to_string(++keys); };
  const int status = run_cli(words, context);
  output = out.str();
  return status;
}

class DirectTransport final : public Transport {
 public:
  explicit DirectTransport(Core& core) : core_(core) {}
  Result<HttpResponse> send(const HttpRequest& request) override {
    HttpRequest authenticated = request;
    authenticated.actor = "ops";
    return answer(authenticated, core_);
  }

 private:
  Core& core_;
};

class SimulatedWorld final : public World, private Core {
 public:
  explicit SimulatedWorld(const Story& story)
      : clock_(story_start()),
        workers_(story, clock_),
        simulation_(clock_, *workers_.executor, workers_.next),
        transport_(*this) {
    simulation_.submit(configuring(story));
  }

  Core& core() override { return *this; }
  void advance(Instant to) override { simulation_.advance(to); }
  Result<void> configure(const Story& story, const std::vector<Document>& documents) override {
    return made(simulation_.submit(configuring(story, documents, ++configured_)));
  }
  Result<void> restart() override { return check_replay(simulation_.entries()); }
  int run(const std::vector<std::string>& words, const std::filesystem::path& folder,
          std::string& output) override {
    return run_words(transport_, keys_, words, folder, output);
  }

 private:
  Result<Answer> submit(Request request) override { return simulation_.submit(request); }
  void read(const std::function<void(const State&, Instant)>& look) override {
    look(simulation_.state(), clock_.now());
  }
  Result<std::vector<Entry>> entries(std::uint64_t after, std::size_t limit) override {
    const auto& all = simulation_.entries();
    const std::size_t from = std::min<std::size_t>(after, all.size());
    const std::size_t to = std::min(all.size(), from + limit);
    return std::vector<Entry>(all.begin() + static_cast<std::ptrdiff_t>(from),
                              all.begin() + static_cast<std::ptrdiff_t>(to));
  }
  Journal::Head head() override {
    const auto& all = simulation_.entries();
    return all.empty() ? Journal::Head{} : Journal::Head{all.back().sequence, all.back().chain};
  }
  Result<std::string> output(Id<Job> id, int, const std::string&, std::size_t) override {
    return fail(Error::Kind::not_found, 2009,
                "A simulation keeps no output of " + to_text(id) + ".");
  }

  VirtualClock clock_;
  Workers workers_;
  Simulation simulation_;
  DirectTransport transport_;
  int keys_ = 0, configured_ = 1;
};

class DaemonWorld final : public World {
 public:
  DaemonWorld(const Story& story, std::filesystem::path folder, std::unique_ptr<Journal> journal)
      : story_(story),
        folder_(std::move(folder)),
        clock_(story_start()),
        workers_(story, clock_),
        journal_(std::move(journal)),
        in_folder_(!journal_) {}

  Result<void> start() {
    if (in_folder_) {
      auto opened = open_journal({(folder_ / "granary.db").string()});
      if (!opened) return fail(opened.error());
      journal_ = std::move(*opened);
    }
    Loop::Options options;
    options.manual = true;
    options.check = Check::steps;
    auto loop = Loop::open({*journal_, *workers_.executor, clock_}, std::move(options));
    if (!loop) return fail(loop.error());
    loop_ = std::move(*loop);
    if (loop_->head().sequence == 0) {
      const auto configured = loop_->submit(configuring(story_));
      if (!configured) return fail(configured.error());
      if (configured->refused) return fail(*configured->refused);
    }
    auto server = HttpServer::start(
        {}, [](std::string_view) { return std::optional<std::string>("ops"); },
        [this](const HttpRequest& request) { return answer(request, *loop_); });
    if (!server) return fail(server.error());
    server_ = std::move(*server);
    transport_ = std::make_unique<HttpTransport>(
        "http://127.0.0.1:" + std::to_string(server_->port()), "gr_story");
    loop_->quiesce();
    return {};
  }

  ~DaemonWorld() override { stop(); }

  Core& core() override { return *loop_; }

  void advance(Instant to) override {
    for (;;) {
      auto at = loop_->due();
      const auto timer = at;
      if (const auto report = workers_.next()) {
        const Instant then = std::max(*report, clock_.now());
        if (!at || then < *at) at = then;
      }
      if (!at || *at > to) break;
      const auto head = loop_->head().sequence;
      const Instant was = clock_.now();
      clock_.set(*at);
      loop_->quiesce();
      if (timer && *timer <= *at) {
        (void)loop_->tick();
        loop_->quiesce();
      }
      if (loop_->head().sequence == head && clock_.now() == was) break;
    }
    clock_.set(std::max(to, clock_.now()));
  }

  Result<void> configure(const Story& story, const std::vector<Document>& documents) override {
    const auto done = made(loop_->submit(configuring(story, documents, ++configured_)));
    loop_->quiesce();
    return done;
  }

  Result<void> restart() override {
    stop();
    return start();
  }

  int run(const std::vector<std::string>& words, const std::filesystem::path& folder,
          std::string& output) override {
    const int status = run_words(*transport_, keys_, words, folder, output);
    loop_->quiesce();
    return status;
  }

 private:
  void stop() {
    transport_.reset();
    server_.reset();
    loop_.reset();
    if (in_folder_) journal_.reset();
  }

  Story story_;
  std::filesystem::path folder_;
  ManualClock clock_;
  Workers workers_;
  std::unique_ptr<Journal> journal_;
  bool in_folder_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<HttpTransport> transport_;
  int keys_ = 0, configured_ = 1;
};

}  // namespace

std::unique_ptr<World> make_simulated_world(const Story& story) {
  return std::make_unique<SimulatedWorld>(story);
}

Result<std::unique_ptr<World>> make_daemon_world(const Story& story,
                                                 const std::filesystem::path& folder,
                                                 std::unique_ptr<Journal> journal) {
  auto world = std::make_unique<DaemonWorld>(story, folder, std::move(journal));
  if (auto started = world->start(); !started) return fail(started.error());
  return std::unique_ptr<World>(std::move(world));
}

}  // namespace granary
