// `granary scenario list` and `granary scenario run`.
#include "apps/scenario.h"

#include <fmt/core.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "apps/cli/output.h"
#include "apps/cli/table.h"
#include "apps/scenario/report.h"
#include "apps/scenario/run.h"
#include "catalog/printable.h"
#include "units/text.h"

namespace granary {
namespace {

namespace fs = std::filesystem;
using cli::Align;
using cli::Table;
using Ordered = nlohmann::ordered_json;
constexpr std::size_t text_width = 96;
constexpr int not_as_recorded = 1063;

struct Words {
  std::string verb, name;
  std::vector<std::string> settings;
  std::string report;
  bool json = false;
};

tl::unexpected<Error> usage(const std::string& what) {
  return fail(Error::Kind::invalid, 1000, what,
              "granary scenario list · granary scenario run NAME [--set key=value]... "
              "[--report FILE.html] [--json]");
}

// The value of a flag given as "--flag value" or "--flag=value"; moves `at` past it.
Result<std::string> flag_value(const std::vector<std::string>& words, std::size_t& at) {
  const std::size_t equals = words[at].find('=');
  if (equals != std::string::npos) return words[at].substr(equals + 1);
  if (at + 1 == words.size()) return usage(words[at] + " needs a value.");
  return words[++at];
}

Result<Words> read_words(const std::vector<std::string>& given) {
  Words words;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string flag = given[i].substr(0, given[i].find('='));
    if (flag == "--set" || flag == "--report") {
      const auto value = flag_value(given, i);
      if (!value) return fail(value.error());
      if (flag == "--set") {
        words.settings.push_back(*value);
      } else {
        words.report = *value;
      }
    } else if (given[i] == "--json") {
      words.json = true;
    } else if (given[i].rfind('-', 0) == 0) {
      const std::string near = nearest(flag, {"--set", "--report", "--json"});
      return usage(fmt::format("granary scenario has no flag {}.{}", printable(flag, 40),
                               near.empty() ? "" : " Did you mean " + near + "?"));
    } else if (words.verb.empty()) {
      words.verb = given[i];
    } else if (words.verb == "run" && words.name.empty()) {
      words.name = given[i];
    } else {
      return usage(fmt::format("granary scenario {} takes no further word \"{}\".",
                               printable(words.verb, 40), printable(given[i], 40)));
    }
  }
  if (words.verb != "list" && words.verb != "run") {
    return usage("granary scenario needs one of: list, run.");
  }
  if (words.verb == "run" && words.name.empty()) return usage("Say which scenario to run.");
  if (words.verb == "list" && !(words.settings.empty() && words.report.empty())) {
    return usage("granary scenario list takes no --set and no --report.");
  }
  return words;
}

// GRANARY_SCENARIOS, else scenarios/ where the command is typed, else the one of the source tree
// that the executable was built in (build/PRESET/bin).
Result<fs::path> scenarios_folder(const CliContext& context) {
  std::error_code error;
  const auto set = context.environment.find("GRANARY_SCENARIOS");
  if (set != context.environment.end() && !set->second.empty()) {
    const fs::path folder = context.directory / set->second;
    if (fs::is_directory(folder, error)) return folder;
    return fail(Error::Kind::not_found, 2016,
                fmt::format("GRANARY_SCENARIOS names {}, which is no folder.",
                            printable(set->second, 200)));
  }
  const fs::path here = context.directory / "scenarios";
  if (fs::is_directory(here, error)) return here;
  if (!context.program.empty()) {
    const fs::path built =
        fs::weakly_canonical(context.program.parent_path() / "../../../scenarios", error);
    if (!error && fs::is_directory(built, error)) return built;
  }
  return fail(Error::Kind::not_found, 2016, "There is no folder of scenarios here.",
              "run it where scenarios/ lies, or set GRANARY_SCENARIOS");
}

// Words to lines of at most `text_width` cells; a word is never cut.
std::string wrapped(const std::string& text, const std::string& indent) {
  std::string lines, line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::string longer = line.empty() ? word : line + " " + word;
    if (!line.empty() && indent.size() + longer.size() > text_width) {
      lines += line + "\n" + indent;
      line = word;
    } else {
      line = longer;
    }
    at = end + 1;
  }
  return lines + line + "\n";
}

Result<std::vector<Scenario>> all_scenarios(const fs::path& folder) {
  std::vector<Scenario> all;
  for (const std::string& name : scenario_names(folder)) {
    auto scenario = read_scenario(folder, name);
    if (!scenario) return fail(scenario.error());
    all.push_back(std::move(*scenario));
  }
  return all;
}

Result<int> list(const Words& words, CliContext& context) {
  const auto folder = scenarios_folder(context);
  if (!folder) return fail(folder.error());
  const auto all = all_scenarios(*folder);
  if (!all) return fail(all.error());
  if (words.json) {
    Ordered out{{"schema", "granary.scenarios/1"}, {"scenarios", Ordered::array()}};
    for (const Scenario& s : *all) {
      out["scenarios"].push_back({{"name", s.name},
                                  {"title", s.title},
                                  {"question", s.question},
                                  {"assumptions", s.assumptions.size()},
                                  {"steps", s.steps.size()}});
    }
    context.out << out.dump(2) << "\n";
    return 0;
  }
  Table table({{"NAME"}, {"STEPS", Align::right}, {"TITLE", Align::left, true}});
  for (const Scenario& s : *all) table.add({s.name, std::to_string(s.steps.size()), s.title});
  const int width = context.out_is_terminal ? context.width : 0;
  context.out << table.text({width, false});
  return 0;
}

Ordered json_of(const ScenarioRun& run) {
  const Scenario& s = run.scenario;
  Ordered out{{"schema", "granary.scenario/1"},
              {"name", s.name},
              {"title", s.title},
              {"question", s.question},
              {"as_recorded", !run.failure() && run.compared},
              {"compared", run.compared}};
  out["assumptions"] = Ordered::array();
  for (const ScenarioFigure& a : s.assumptions) {
    out["assumptions"].push_back({{"key", a.key},
                                  {"value", a.value},
                                  {"recorded", a.recorded},
                                  {"standing", to_text(a.standing)},
                                  {"source", a.source}});
  }
  out["steps"] = Ordered::array();
  for (const StepRun& step : run.steps) {
    Ordered one{
        {"say", step.say}, {"command", step.command}, {"exit", step.exit}, {"output", step.output}};
    if (!step.wrong.empty()) one["wrong"] = step.wrong;
    out["steps"].push_back(std::move(one));
  }
  return out;
}

std::string text_of(const ScenarioRun& run) {
  const Scenario& s = run.scenario;
  std::string text = s.title + "\n\n" + wrapped(s.question, "") + "\n";
  Table table({{"ASSUMPTION"}, {"VALUE"}, {"STANDING"}, {"SOURCE"}});
  for (const ScenarioFigure& a : s.assumptions) {
    table.add({a.key, a.changed() ? a.value + " (recorded: " + a.recorded + ")" : a.value,
               to_text(a.standing), a.source});
  }
  if (!table.empty()) text += table.text({}) + "\n";
  for (std::size_t i = 0; i < run.steps.size(); ++i) {
    const std::string number = fmt::format("{}. ", i + 1);
    text += number + wrapped(run.steps[i].say, std::string(number.size(), ' ')) +
            transcript(run.steps[i]) + "\n";
  }
  if (run.failure()) return text;
  return text + (run.compared ? fmt::format("All {} steps as recorded.\n", run.steps.size())
                              : "Assumptions were changed: nothing was compared with the recorded "
                                "answer.\n");
}

Result<void> write_report(const ScenarioRun& run, const fs::path& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << html_report(run);
  out.close();
  if (out) return {};
  return fail(Error::Kind::failed, 7014,
              fmt::format("The report {} cannot be written.", printable(file.string(), 200)));
}

Result<int> run(const Words& words, CliContext& context) {
  const auto folder = scenarios_folder(context);
  if (!folder) return fail(folder.error());
  fs::path absolute = fs::absolute(*folder).lexically_normal();
  if (!absolute.has_filename())
    absolute = absolute.parent_path();  // written with a slash at its end
  auto scenario = read_scenario(absolute, words.name);
  if (!scenario) return fail(scenario.error());
  for (const std::string& setting : words.settings) {
    if (auto good = set_assumption(*scenario, setting); !good) return fail(good.error());
  }
  const ScenarioRun made = run_steps(*scenario);
  if (words.json) {
    context.out << json_of(made).dump(2, ' ', false, Ordered::error_handler_t::replace) << "\n";
  } else {
    context.out << text_of(made);
  }
  if (!words.report.empty()) {
    const auto written = write_report(made, context.directory / words.report);
    if (!written) return fail(written.error());
    context.err << "Report: " << printable(words.report, 200) << "\n";
  }
  if (const auto failure = made.failure()) {
    return fail(Error::Kind::failed, not_as_recorded, "Scenario " + *failure);
  }
  return 0;
}

}  // namespace

int run_scenario(const std::vector<std::string>& arguments, CliContext& context) {
  const auto words = read_words(arguments);
  const auto status = !words                 ? Result<int>(fail(words.error()))
                      : words->verb == "run" ? run(*words, context)
                                             : list(*words, context);
  if (status) return *status;
  // A run that went wrong has already given its object.
  if (words && words->json && status.error().code != not_as_recorded) {
    context.out << cli::error_json(status.error());
  }
  context.err << cli::error_text(status.error(), false);
  return exit_code(status.error().kind);
}

}  // namespace granary
