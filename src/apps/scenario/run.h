#pragma once
// Running the steps of a scenario, one after the other, on nothing but the scenario's own stock.

#include <optional>
#include <string>
#include <vector>

#include "apps/scenario/scenario_file.h"

namespace granary {

struct StepRun {
  std::string say;
  std::string command;  // "$ granary plan serve ...", as typed where the folder of scenarios lies;
                        // "= replicas chip=rtx4090 ..." for arithmetic
  int exit = 0;
  std::string output;  // data, and the error if there was one
  std::string wrong;   // a sentence when it is not what was recorded; else empty
};

struct ScenarioRun {
  Scenario scenario;
  std::vector<StepRun> steps;  // up to the first that went wrong
  // Whether texts and exit statuses were compared with the recorded ones. They hold for the
  // recorded assumptions; with others every answer is one: exit 0, or 6 where nothing fits.
  bool compared = true;

  // "step 3 ended with exit 1, not 0: ..."; nothing when all went well.
  std::optional<std::string> failure() const;
};

// Deterministic: commands get no environment, no terminal, no daemon, and files from the folder in
// which the folder of scenarios lies.
ScenarioRun run_steps(const Scenario&);

// The step as a console shows it: command, output, and the exit status if it is not 0.
std::string transcript(const StepRun&);

}  // namespace granary
