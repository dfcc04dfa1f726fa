#include "apps/scenario/scenario_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "catalog/printable.h"
#include "catalog/reader.h"
#include "units/text.h"

namespace granary {
namespace {

namespace fs = std::filesystem;
using Type = TomlNode::Type;
constexpr std::uintmax_t largest_file = 256 * 1024;
constexpr std::size_t longest_text = 2000;
constexpr std::size_t longest_name = 60;
constexpr std::string_view folder_key = "scenario";

// The text with each ${KEY} replaced by value_of(KEY).
template <class ValueOf>
std::string replaced(const std::string& text, ValueOf value_of) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const std::size_t begin = text.find("${", at);
    const std::size_t end = begin == std::string::npos ? begin : text.find('}', begin);
    if (end == std::string::npos) return out + text.substr(at);
    out += text.substr(at, begin - at) + value_of(text.substr(begin + 2, end - begin - 2));
    at = end + 1;
  }
}

template <class ValueOf>
ScenarioStep replaced(ScenarioStep step, ValueOf value_of) {
  step.say = replaced(step.say, value_of);
  for (std::string& word : step.run) word = replaced(word, value_of);
  for (auto& [key, value] : step.with) value = replaced(value, value_of);
  for (std::string& text : step.expects) text = replaced(text, value_of);
  return step;
}

std::vector<std::string> keys_of(const Scenario& scenario) {
  std::vector<std::string> keys;
  for (const ScenarioFigure& assumption : scenario.assumptions) keys.push_back(assumption.key);
  return keys;
}

class ScenarioReader {
 public:
  explicit ScenarioReader(const std::string& name)
      : document_(name + "/scenario.toml"), reading_{document_, catalog_} {
    scenario_.name = name;
  }

  Result<Scenario> read(const std::string& text) {
    const auto root = parse_tree({document_, text});
    if (!root) return fail(root.error());
    Reader reader(reading_, *root, "", "a scenario", {"title", "question", "assumptions", "steps"});
    scenario_.title = reader.text("title", "\"...\"");
    scenario_.question = reader.text("question", "\"...\"", longest_text);
    if (const TomlNode* all = root->find("assumptions")) assumptions(reader, *all);
    if (const TomlNode* all = reader.required("steps", Type::list, "[[steps]]")) {
      for (const TomlNode& each : all->items) step(each);
    }
    for (const auto& [key, line] : lines_) {
      if (used_.count(key)) continue;
      reading_.report(
          1062, line, fmt::format("no step uses the assumption {}.", printable(key)),
          fmt::format("write ${{{}}} where its value stands, or remove it", printable(key)));
    }
    if (reading_.error) return fail(*reading_.error);
    return std::move(scenario_);
  }

 private:
  void assumptions(Reader& reader, const TomlNode& all) {
    if (all.type != Type::table) {
      return reader.report(1026, "assumptions", "must be tables.", "write [assumptions.KEY]");
    }
    std::vector<ScenarioFigure>& found = scenario_.assumptions;
    for (std::size_t i = 0; i < all.entries.size(); ++i) {
      const auto& [key, table] = all.entries[i];
      Reader inner(reading_, table, "assumptions." + key + ".", "an assumption",
                   {"value", "standing", "source"});
      ScenarioFigure assumption;
      assumption.key = key;
      assumption.value = assumption.recorded = inner.text("value", "\"...\"");
      assumption.standing = inner.standing();
      assumption.source = inner.text("source", "\"where it is from\"", longest_text);
      lines_[key] = all.key_lines[i];
      found.push_back(std::move(assumption));
    }
    std::stable_sort(found.begin(), found.end(),
                     [&](const ScenarioFigure& a, const ScenarioFigure& b) {
                       return lines_.at(a.key) < lines_.at(b.key);
                     });
    keys_ = keys_of(scenario_);
  }

  void step(const TomlNode& table) {
    Reader reader(reading_, table, "steps.", "a step",
                  {"say", "run", "compute", "with", "play", "exit", "expects"});
    ScenarioStep step;
    step.say = reader.text("say", "\"...\"", longest_text);
    const int kinds = reader.has("run") + reader.has("compute") + reader.has("play");
    if (kinds != 1 || reader.has("with") != reader.has("compute")) {
      reading_.report(1062, table.line, "a step has either run, or compute and with, or play.",
                      "write run = [\"plan\", ...]");
    }
    if (reader.has("run")) step.run = command(reader);
    if (reader.has("compute")) step.compute = reader.text("compute", "\"replicas\"");
    if (reader.has("play")) step.play = story(reader);
    step.exit = reader.whole_or("exit", 0, 0, 9);
    if (reader.has("expects")) step.expects = texts(reader, "expects");
    if (const TomlNode* with = table.find("with")) {
      Keys keys;
      for (const auto& [key, value] : with->entries) keys.push_back(key);
      Reader figures(reading_, *with, "steps.with.", "figures", keys);
      for (const std::string& key : keys) step.with[key] = figures.text(key, "\"...\"");
    }
    check_keys(table.line, step);
    scenario_.steps.push_back(std::move(step));
  }

  std::string story(Reader& reader) {
    const std::string file = reader.text("play", "\"two-cities.story\"");
    if (!file.ends_with(".story") || !is_scenario_name(file.substr(0, file.size() - 6))) {
      reader.report(1062, "play", "names a story of the scenario's folder.",
                    "write play = \"two-cities.story\"");
    }
    played_ = true;
    return file;
  }

  // Commands that need no daemon and start no scenario; once a story was told, also what asks.
  std::vector<std::string> command(Reader& reader) {
    std::vector<std::string> words = texts(reader, "run");
    Keys verbs{"plan", "simulate", "catalog"};
    if (played_)
      verbs.insert(verbs.end(), {"report", "voucher", "account", "queue", "job", "explain"});
    if (words.empty() || std::find(verbs.begin(), verbs.end(), words.front()) == verbs.end()) {
      reader.report(1062, "run", "a step runs plan, simulate or catalog, which need no daemon.",
                    "write run = [\"plan\", ...]");
    }
    return words;
  }

  std::vector<std::string> texts(Reader& reader, const char* key) {
    const TomlNode* const list = reader.required(key, Type::list, "[\"...\"]");
    std::vector<std::string> all;
    if (!list) return all;
    for (const TomlNode& item : list->items) {
      if (item.type != Type::text || item.text.empty()) {
        reader.report(1026, key, "must hold texts that are not empty.",
                      fmt::format("write {} = [\"...\"]", key));
      }
      all.push_back(item.text);
    }
    return all;
  }

  // Each ${KEY} must be known; those that are used are remembered.
  void check_keys(std::uint32_t line, const ScenarioStep& step) {
    (void)replaced(step, [&](const std::string& key) {
      used_.insert(key);
      if (key != folder_key && !lines_.count(key)) {
        const std::string name = printable(key);
        reading_.report(1062, line,
                        fmt::format("${{{}}} is no assumption.{}", name, hint(key, keys_)),
                        fmt::format("add [assumptions.{}]", name));
      }
      return std::string();
    });
  }

  std::string document_;
  Catalog catalog_;
  Reading reading_;
  Scenario scenario_;
  Keys keys_;
  std::map<std::string, std::uint32_t> lines_;  // of the assumptions
  std::set<std::string> used_;
  bool played_ = false;  // an earlier step tells a story
};

}  // namespace

bool Scenario::changed() const {
  return std::any_of(assumptions.begin(), assumptions.end(),
                     [](const ScenarioFigure& a) { return a.changed(); });
}

Result<Scenario> parse_scenario(const std::string& name, const std::string& text) {
  return ScenarioReader(name).read(text);
}

bool is_scenario_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_name && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::vector<std::string> scenario_names(const fs::path& scenarios) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(scenarios, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    std::error_code missing;
    if (is_scenario_name(name) && fs::is_regular_file(at->path() / "scenario.toml", missing)) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<Scenario> read_scenario(const fs::path& scenarios, const std::string& name) {
  const std::vector<std::string> names = scenario_names(scenarios);
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return fail(Error::Kind::not_found, 2016,
                fmt::format("no scenario \"{}\" ({} known).{}", printable(name), names.size(),
                            hint(name, names)),
                "granary scenario list");
  }
  const fs::path file = scenarios / name / "scenario.toml";
  std::error_code error;
  if (fs::file_size(file, error) > largest_file || error) {
    return fail(Error::Kind::invalid, 1070, name + "/scenario.toml is longer than 256 KiB.");
  }
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  auto scenario = parse_scenario(name, text.str());
  if (scenario) scenario->folder = scenarios / name;
  return scenario;
}

Result<void> set_assumption(Scenario& scenario, const std::string& setting) {
  const std::size_t equals = setting.find('=');
  const std::string value = equals == std::string::npos ? "" : setting.substr(equals + 1);
  if (equals == 0 || value.empty() || printable(value, value.size()) != value) {
    return fail(Error::Kind::invalid, 1000,
                fmt::format("--set {}: write --set key=value.", printable(setting, 40)));
  }
  const std::string key = setting.substr(0, equals);
  for (ScenarioFigure& assumption : scenario.assumptions) {
    if (assumption.key != key) continue;
    assumption.value = value;
    return {};
  }
  std::string known;
  for (const std::string& each : keys_of(scenario)) known += (known.empty() ? "" : ", ") + each;
  return fail(Error::Kind::not_found, 2015,
              fmt::format("{} has no assumption \"{}\".{}", scenario.name, printable(key),
                          hint(key, keys_of(scenario))),
              "one of: " + known);
}

ScenarioStep filled_in(const Scenario& scenario, const ScenarioStep& step) {
  return replaced(step, [&](const std::string& key) {
    if (key == folder_key) {
      return (scenario.folder.parent_path().filename() / scenario.name).string();
    }
    const auto found = std::find_if(scenario.assumptions.begin(), scenario.assumptions.end(),
                                    [&](const ScenarioFigure& a) { return a.key == key; });
    return found == scenario.assumptions.end() ? std::string() : found->value;
  });
}

}  // namespace granary
