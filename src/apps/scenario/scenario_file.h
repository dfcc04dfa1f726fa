#pragma once
// A scenario as its folder describes it: what is asked, what is assumed, which commands answer it.
//
//   title = "..."   question = "..."
//   [assumptions.KEY]   value = "..", source = "..", standing = "declared"
//   [[steps]]           say = "..", run = ["plan", "serve", "--model", "${model}"],
//                       exit = 0, expects = ["text", ...]
//   [[steps]]           say = "..", compute = "replicas", with = { model = "${model}", ... }
//   [[steps]]           say = "..", play = "NAME.story"
//
// A story of the folder is told to a simulation; the steps after it may ask what became of it:
// run = ["report", ...], "voucher", "account", "queue", "job", "explain" or "simulate".
//
// ${KEY} in say, run, with and expects stands for an assumption's value; ${scenario} for the folder
// as commands name it: "scenarios/one-consumer-card".

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "catalog/catalog.h"
#include "units/result.h"

namespace granary {

// An input of a scenario, as its file has it or as --set says.
struct ScenarioFigure {
  std::string key;
  std::string value;     // the one in force
  std::string recorded;  // the one of the file, which the expectations belong to
  Standing standing = Standing::assumed;
  std::string source;  // in words

  bool changed() const { return value != recorded; }
};

struct ScenarioStep {
  std::string say;
  std::vector<std::string> run;             // words after `granary`; empty: compute or play
  std::string compute;                      // a kind of arithmetic: see arithmetic.h
  std::map<std::string, std::string> with;  // its figures
  std::string play;                         // a story's file, in the scenario's folder
  int exit = 0;
  std::vector<std::string> expects;  // texts that the output contains
};

struct Scenario {
  std::string name, title, question;
  std::filesystem::path folder;
  std::vector<ScenarioFigure> assumptions;  // in the order of the file
  std::vector<ScenarioStep> steps;          // texts not yet replaced: see filled_in

  bool changed() const;  // an assumption is not the recorded one
};

// Errors name line and fix: unknown keys, an assumption without source or used by no step, a ${KEY}
// that is no assumption, a step that both runs and computes (G1020..G1029, G1062).
Result<Scenario> parse_scenario(const std::string& name, const std::string& text);

// Letters, digits and '-', so that a name is a folder and never a way out of one.
bool is_scenario_name(const std::string&);

// The names in a folder of scenarios, in order.
std::vector<std::string> scenario_names(const std::filesystem::path& scenarios);
// G2016 with the nearest name; G1070 for a file that is too long.
Result<Scenario> read_scenario(const std::filesystem::path& scenarios, const std::string& name);

// Replaces the value of an assumption: "rate=5/s". G1000 for the grammar, G2015 with the nearest
// key for one that the scenario does not have.
Result<void> set_assumption(Scenario&, const std::string& setting);

// The step with the values in force.
ScenarioStep filled_in(const Scenario&, const ScenarioStep&);

}  // namespace granary
