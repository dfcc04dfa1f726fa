// nanotrain: a tiny but real trainer. Exit status: 0 all steps are done, 1 the world failed, 2 the
// flags or the environment are wrong, 143 stopped by SIGTERM.

#include <fmt/core.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "nano/checkpoint.h"
#include "nano/progress.h"
#include "nano/text.h"
#include "nano/training.h"
#include "nanotrain/options.h"

namespace {

using nano::Result;

constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr std::uintmax_t kMostText = std::uintmax_t{1} << 30U;

// A stopped training leaves its last periodic checkpoint and nothing else: whoever stops it wants
// the chips now.
extern "C" void leave(int signal) { _exit(128 + signal); }

int complain(const std::string& sentence, int status) {
  fmt::print(stderr, "nanotrain: {}\n", sentence);
  return status;
}

Result<std::string> read_text(const std::string& path) {
  namespace fs = std::filesystem;
  if (path.empty()) return std::string(nano::built_in_text());
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return nano::fail("data file " + path + " is not a file");
  const auto size = fs::file_size(path, error);
  if (error || size > kMostText) {
    return nano::fail("data file " + path + " is larger than 1 GiB");
  }
  std::string text(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(size))) {
    return nano::fail("data file " + path + " cannot be read");
  }
  return text;
}

// The checkpoint that the environment names: a name in the folder, or a path. If it is not whole,
// the newest one before it, never a later one: what followed it was not asked for.
Result<nano::Training> named(const nano::TrainOptions& options) {
  const bool is_path = options.resume.find('/') != std::string::npos;
  auto training =
      nano::load_checkpoint(is_path ? options.resume : options.folder + "/" + options.resume);
  const auto steps = nano::steps_of(options.resume);
  if (training || !steps) return training;
  auto earlier = nano::newest_checkpoint(options.folder, *steps);
  if (!earlier || !earlier->found) return training;
  fmt::print(stderr, "nanotrain: {}; continuing from {}\n", training.error(), earlier->found->name);
  return std::move(earlier->found->training);
}

// The state to go on from: what the environment names, else the newest checkpoint, else a new one.
Result<nano::Training> start(const nano::TrainOptions& options) {
  if (!options.resume.empty()) return named(options);
  if (options.fresh) return nano::begin_training(options.shape, options.seed);
  auto search = nano::newest_checkpoint(options.folder);
  if (!search) return nano::fail(search.error() + "; --fresh starts from nothing");
  for (const std::string& skipped : search->skipped) {
    fmt::print(stderr, "nanotrain: skipped: {}\n", skipped);
  }
  if (search->found) return std::move(search->found->training);
  return nano::begin_training(options.shape, options.seed);
}

std::string line(const nano::Training& now, const std::string& checkpoint) {
  std::string text =
      fmt::format(R"({{"steps":{},"tokens":{},"loss":{})", now.steps, now.tokens, now.loss);
  if (!checkpoint.empty()) text += fmt::format(R"(,"checkpoint":"{}")", checkpoint);
  return text + "}";
}

class Run {
 public:
  Run(const nano::TrainOptions& options, nano::Trainer& trainer, nano::Progress& progress)
      : options_(options), trainer_(trainer), progress_(progress), begin_(trainer.now().steps) {}

  Result<void> steps() {
    const nano::Training& now = trainer_.now();
    if (now.steps >= options_.steps) return progress_.line(line(now, ""));  // all done before
    while (now.steps < options_.steps) {
      trainer_.step();
      if (!std::isfinite(now.loss)) {
        return nano::fail(fmt::format(
            "the loss is no longer a number at step {}; use a lower --learning-rate", now.steps));
      }
      if (auto told = tell(); !told) return told;
      if (now.steps < options_.steps) {
        std::this_thread::sleep_for(std::chrono::milliseconds(options_.step_pause));
      }
    }
    return {};
  }

 private:
  Result<void> tell() {
    const nano::Training& now = trainer_.now();
    std::string checkpoint;
    if (now.steps == options_.steps || now.steps % options_.checkpoint_every == 0) {
      auto saved = nano::save_checkpoint(options_.folder, now);
      if (!saved) return nano::fail(saved.error());
      checkpoint = *saved;
      written_.insert(now.steps);
      nano::prune_checkpoints(options_.folder, begin_, written_);
    }
    if (checkpoint.empty() && now.steps % options_.report_every != 0) return {};
    return progress_.line(line(now, checkpoint));
  }

  const nano::TrainOptions& options_;
  nano::Trainer& trainer_;
  nano::Progress& progress_;
  std::uint64_t begin_;
  std::set<std::uint64_t> written_;
};

int train(const nano::TrainOptions& options) {
  auto text = read_text(options.data);
  if (!text) return complain(text.error(), kUsage);
  if (auto sound = nano::check(options.shape, options.settings, *text); !sound) {
    return complain(sound.error(), kUsage);
  }
  auto training = start(options);
  if (!training) return complain(training.error(), kFailed);
  if (options.shape_given && !(training->shape == options.shape)) {
    return complain(
        "the checkpoint is of a model of another shape; leave out --layers, --hidden, "
        "--heads and --context, or start with --fresh",
        kUsage);
  }
  if (auto sound = nano::check(training->shape, options.settings, *text); !sound) {
    return complain(sound.error(), kUsage);
  }
  auto progress = nano::Progress::open(options.progress);
  if (!progress) return complain(progress.error(), kFailed);
  nano::Trainer trainer(std::move(*training), options.settings, std::move(*text));
  Run run(options, trainer, *progress);
  if (auto done = run.steps(); !done) return complain(done.error(), kFailed);
  return 0;
}

}  // namespace

int main(int count, char** values) {
  std::signal(SIGTERM, leave);
  std::signal(SIGINT, leave);
  const std::vector<std::string> arguments(values + (count > 0 ? 1 : 0), values + count);
  const auto options = nano::train_options(arguments, nano::environment(nano::kTrainEnvironment));
  if (!options) return complain(options.error(), kUsage);
  if (!options->has_value()) {
    fmt::print("{}", nano::kTrainUsage);
    return 0;
  }
  try {
    return train(**options);
  } catch (const std::bad_alloc&) {
    return complain("there is not enough memory for this model and batch", kFailed);
  }
}
