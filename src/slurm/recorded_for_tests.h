#pragma once
// For tests: outputs of a real Slurm 22.05.8 (recorded/queue, history, nodes, config, job), and
// rows written by hand for what later versions and broken sites say (-by-hand).

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace granary::slurm {

inline std::string recorded(const std::string& name) {
  const char* const root = std::getenv("GRANARY_SOURCE");
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/src/slurm/recorded/" + name);
  EXPECT_TRUE(file) << "no recorded " << name << "; run through ctest, which says where they are";
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace granary::slurm
