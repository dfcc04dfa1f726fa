#include "apps/scenario/run.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "apps/cli.h"
#include "apps/scenario/arithmetic.h"
#include "apps/scenario/purchases.h"
#include "apps/story/story.h"
#include "catalog/built_in.h"
#include "catalog/printable.h"

namespace granary {
namespace {

namespace fs = std::filesystem;
constexpr int terminal_width = 100;
constexpr int nothing_fits_status = 6;

// As a shell would need the word.
std::string quoted(const std::string& word) {
  const bool bare = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string("-_./:=,+%").find(c) != std::string::npos;
  });
  return bare ? word : "\"" + word + "\"";
}

std::string command_of(const ScenarioStep& step) {
  if (!step.play.empty()) return "= told to a simulation: " + step.play;
  std::string command = step.run.empty() ? "= " + step.compute : "$ granary";
  for (const std::string& word : step.run) command += " " + quoted(word);
  for (const auto& [key, value] : step.with) command += " " + quoted(key + "=" + value);
  return command;
}

// Runs the command and returns its exit status. What it says beside its data is kept only when it
// fails: then it is the answer.
int run_command(const ScenarioStep& step, const fs::path& directory, std::string& output) {
  std::istringstream in;
  std::ostringstream out, talk;
  CliContext context{in, out, talk};
  context.width = terminal_width;
  context.directory = directory;
  const int status = run_cli(step.run, context);
  output = out.str() + (status == 0 ? "" : talk.str());
  return status;
}

int compute(const ScenarioStep& step, const fs::path& directory, std::string& output) {
  const auto catalog = parse_catalog(built_in_documents());
  const auto text = !catalog                    ? Result<std::string>(fail(catalog.error()))
                    : is_purchase(step.compute) ? purchased(step.compute, step.with, directory)
                                                : computed(step.compute, step.with, *catalog);
  output = text ? *text : fmt::format("error G{:04}: {}\n", text.error().code, text.error().what);
  return text ? 0 : exit_code(text.error().kind);
}

// What the steps after a story ask: the simulation it was told to, and its files.
class Played {
 public:
  Played() = default;
  Played(const Played&) = delete;
  Played& operator=(const Played&) = delete;
  ~Played() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  bool told() const { return world_ != nullptr; }

  int tell_story(const fs::path& file, std::string& output) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    const auto story = parse_story(file.filename().string(), text.str());
    if (!story) {
      output = fmt::format("error G{:04}: {}\n", story.error().code, story.error().what);
      return exit_code(story.error().kind);
    }
    folder_ = fs::temp_directory_path() /
              fmt::format("granary-scenario-{}-{}", ::getpid(), file.stem().string());
    world_ = make_simulated_world(*story);
    std::vector<Entry> entries;
    for (const std::string& failure : tell(*story, *world_, folder_, entries)) {
      output += failure + "\n";
    }
    if (!output.empty()) return 1;
    const auto commands =
        std::count_if(story->lines.begin(), story->lines.end(),
                      [](const StoryLine& line) { return line.what == StoryLine::What::command; });
    output = fmt::format(
        "{} commands, {} entries from {} to {}: all as told, books balanced, replay equal.\n",
        commands, entries.size(), to_text(entries.front().at), to_text(entries.back().at));
    return 0;
  }

  int ask(const std::vector<std::string>& words, std::string& output) {
    return world_->run(words, folder_, output);
  }

 private:
  std::unique_ptr<World> world_;
  fs::path folder_;
};

bool asks(const ScenarioStep& step) {
  const std::string& verb = step.run.front();
  return verb != "plan" && verb != "catalog";
}

int run_step(const Scenario& scenario, const ScenarioStep& step, Played& played,
             std::string& output) {
  const fs::path directory = scenario.folder.parent_path().parent_path();
  if (!step.play.empty()) return played.tell_story(scenario.folder / step.play, output);
  if (step.run.empty()) return compute(step, directory, output);
  return asks(step) && played.told() ? played.ask(step.run, output)
                                     : run_command(step, directory, output);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// What is not as recorded, as the end of a sentence; empty if nothing.
std::string difference(const ScenarioStep& step, const StepRun& run, bool compared) {
  if (!compared) {
    const bool answered = run.exit == 0 || run.exit == nothing_fits_status || run.exit == step.exit;
    return answered ? ""
                    : fmt::format("ended with exit {}: {}", run.exit,
                                  printable(first_line(run.output), 300));
  }
  if (run.exit != step.exit) {
    return fmt::format("ended with exit {}, not {}: {}", run.exit, step.exit,
                       printable(first_line(run.output), 300));
  }
  for (const std::string& text : step.expects) {
    if (run.output.find(text) != std::string::npos) continue;
    return fmt::format("does not show \"{}\"", printable(text, 100));
  }
  return "";
}

}  // namespace

std::optional<std::string> ScenarioRun::failure() const {
  if (steps.empty() || steps.back().wrong.empty()) return std::nullopt;
  return fmt::format("{}, step {} {}", scenario.name, steps.size(), steps.back().wrong);
}

ScenarioRun run_steps(const Scenario& scenario) {
  ScenarioRun run{scenario, {}, !scenario.changed()};
  Played played;
  for (const ScenarioStep& as_written : scenario.steps) {
    const ScenarioStep step = filled_in(scenario, as_written);
    StepRun made{step.say, command_of(step), 0, "", ""};
    made.exit = run_step(scenario, step, played, made.output);
    const std::string wrong = difference(step, made, run.compared);
    if (!wrong.empty()) made.wrong = wrong.back() == '.' ? wrong : wrong + ".";
    run.steps.push_back(std::move(made));
    if (!wrong.empty()) break;
  }
  return run;
}

std::string transcript(const StepRun& step) {
  std::string text = step.command + "\n" + step.output;
  if (text.back() != '\n') text += '\n';
  if (step.exit != 0) text += fmt::format("(exit {})\n", step.exit);
  return text;
}

}  // namespace granary
