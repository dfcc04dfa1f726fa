#pragma once
// For tests: a runs folder of its own, and the patience that a busy machine needs.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "execute/local/local_executor.h"

namespace granary {

// True as soon as `condition` is; false when it never is.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

inline std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class LocalFixture : public testing::Test {
 protected:
  LocalFixture() {
    std::string folder = testing::TempDir() + "granary-execute-XXXXXX";
    folder_ = ::mkdtemp(folder.data());
    settings_.folder = folder_ / "runs";
    const char* const bin = std::getenv("GRANARY_BIN");
    settings_.supervisor = std::string(bin == nullptr ? "bin" : bin) + "/granary-supervise";
    settings_.stop_grace = std::chrono::milliseconds(200);
    settings_.patience = Span{};
    settings_.health_every = Span{};
  }
  ~LocalFixture() override {
    settings_.stop_grace = Span{};
    LocalExecutor last(settings_);
    for (const Id<Job> job : launched_) {
      if (!exists(attempt(job) / "launch.json")) continue;
      EXPECT_TRUE(last.stop(job, 1));
      EXPECT_TRUE(eventually([&] {
        [[maybe_unused]] const auto seen = last.observe({{job, 1, 0, true}});
        return exists(attempt(job) / "exit.json");
      }));
    }
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path attempt(Id<Job> job) const {
    return std::filesystem::path(settings_.folder) / to_text(job) / "1";
  }

  // Attempt 1 of the job, on one chip of one node.
  Launch launch_of(std::uint64_t job, std::vector<std::string> argv) {
    launched_.push_back({job});
    Launch launch;
    launch.job = {job};
    launch.attempt = 1;
    launch.pool = "local/cpu";
    launch.recipe.argv = std::move(argv);
    launch.recipe.environment["OUT"] = folder_ / "out";
    launch.wanted.chips = 1;
    launch.held = {{"local-cpu-01", {Id<Node>{1}, 0, whole_chip}}};
    return launch;
  }
  Launch shell(std::uint64_t job, const std::string& script) {
    return launch_of(job, {"/bin/sh", "-c", script});
  }

  // What is seen of attempt 1 until a report of type T comes; what `known` says is kept up to date
  // as an engine would.
  template <class T>
  std::vector<Command> observe_until(LocalExecutor& executor, Executor::Known known) {
    std::vector<Command> all;
    const bool came = eventually([&] {
      const auto seen = executor.observe({known});
      EXPECT_TRUE(seen) << (seen ? "" : seen.error().what);
      if (!seen) return true;
      bool found = false;
      for (const Observed& one : *seen) {
        all.push_back(one.command);
        found |= std::holds_alternative<T>(one.command);
        known.confirmed |= std::holds_alternative<WorkerRunning>(one.command);
        if (const auto* progress = std::get_if<WorkerProgress>(&one.command)) {
          known.line = progress->line;
        }
      }
      return found;
    });
    EXPECT_TRUE(came) << "no such report of " << to_text(known.job);
    return all;
  }
  template <class T>
  T first(LocalExecutor& executor, Id<Job> job, std::uint64_t line = 0, bool confirmed = true) {
    for (const Command& command : observe_until<T>(executor, {job, 1, line, confirmed})) {
      if (const T* const found = std::get_if<T>(&command)) return *found;
    }
    return {};
  }

  std::filesystem::path folder_;
  LocalSettings settings_;
  std::vector<Id<Job>> launched_;
};

}  // namespace granary
