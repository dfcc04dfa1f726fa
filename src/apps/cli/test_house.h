#pragma once
// For tests: a stock in virtual time behind the API, and the command line run on it as a person at
// a terminal or a script would.

#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "apps/cli.h"
#include "engine/codec.h"
#include "execute/simulated/simulated_executor.h"
#include "serve/core.h"
#include "simulate/simulation.h"

namespace granary::testing {

inline Instant house_start() { return parse_instant("2026-11-21T18:00:00Z").value(); }

class CliHouse final : public Core, public Transport {
 public:
  explicit CliHouse(const std::vector<Document>& documents)
      : clock_(house_start()),
        executor_(clock_),
        simulation_(clock_, executor_, [this] { return executor_.next_due(); }) {
    Configure configure;
    for (const Document& d : documents) {
      configure.documents.push_back({d.name, sha256(d.text), d.text});
    }
    const Answer answer = simulation_.submit({"configure", body_hash(configure), "ops", configure});
    if (answer.refused) refused = answer.refused->what;
  }

  void advance(Span span) { simulation_.advance(clock_.now() + span); }
  const std::vector<Entry>& history() const { return simulation_.entries(); }

  Result<Answer> submit(Request request) override { return simulation_.submit(request); }
  void read(const std::function<void(const State&, Instant)>& look) override {
    look(simulation_.state(), clock_.now());
  }
  Result<std::vector<Entry>> entries(std::uint64_t after, std::size_t limit) override {
    const auto& all = simulation_.entries();
    const std::size_t from = std::min<std::size_t>(after, all.size());
    return std::vector<Entry>(
        all.begin() + static_cast<std::ptrdiff_t>(from),
        all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), from + limit)));
  }
  Journal::Head head() override {
    const auto& all = simulation_.entries();
    return all.empty() ? Journal::Head{} : Journal::Head{all.back().sequence, all.back().chain};
  }
  Result<std::string> output(Id<Job> id, int, const std::string& stream, std::size_t) override {
    if (stream == "stdout") return "step 1\nstep 2\n";
    return fail(Error::Kind::not_found, 2009, to_text(id) + " has no " + stream + ".");
  }
  Result<HttpResponse> send(const HttpRequest& request) override {
    HttpRequest authenticated = request;
    authenticated.actor = "ops";
    return answer(authenticated, *this);
  }

  std::string refused;  // why the stock could not be configured

 private:
  VirtualClock clock_;
  SimulatedExecutor executor_;
  Simulation simulation_;
};

// How a command is run: what is typed at its question, where it is.
struct Scene {
  Transport* transport = nullptr;
  bool terminal = false;
  bool one_stream = false;  // what is said goes to `out` too, as a terminal shows it
  std::string input;
  std::filesystem::path directory;
  std::map<std::string, std::string> environment;
  int width = 200;
};

struct Ran {
  int status = 0;
  std::string out, err;
};

inline Ran run_words(const std::vector<std::string>& words, const Scene& scene, int& keys) {
  std::istringstream in(scene.input);
  std::ostringstream out, err;
  CliContext context{in, out, scene.one_stream ? out : err};
  context.in_is_terminal = scene.terminal;
  context.out_is_terminal = scene.terminal;
  context.width = scene.width;
  context.environment = scene.environment;
  context.directory = scene.directory;
  context.transport = scene.transport;
  context.new_key = [&] { return "test-" + std::to_string(++keys); };
  Ran ran;
  ran.status = run_cli(words, context);
  ran.out = out.str();
  ran.err = err.str();
  return ran;
}

}  // namespace granary::testing
