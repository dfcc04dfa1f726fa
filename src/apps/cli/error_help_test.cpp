#include "apps/cli/error_help.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace granary::cli {
namespace {

namespace fs = std::filesystem;

// Numbers of four digits that look like codes in the sources and are something else.
const std::set<int> other_numbers = {1000, 1024, 2000, 2026, 2027, 2039, 2048, 4096, 8192};

std::string without_comments(const std::string& text) {
  return std::regex_replace(text, std::regex("//[^\\n]*"), "");
}

// Every number that stands where an error's code stands: after a kind, a bracket or a comma.
std::set<int> codes_in(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  const std::string code = without_comments(text.str());
  const std::regex number("[(,?:=]\\s*([1-9][01][0-9]{2})\\s*[),:;]");
  std::set<int> codes;
  for (std::sregex_iterator at(code.begin(), code.end(), number), end; at != end; ++at) {
    codes.insert(std::stoi((*at)[1]));
  }
  return codes;
}

bool is_ours(const fs::path& file) {
  const std::string name = file.filename().string();
  const bool source = file.extension() == ".cpp" || file.extension() == ".h";
  for (const char* other : {"_test.cpp", "_bench.cpp", "error_help.cpp", "known.h"}) {
    if (name.ends_with(other)) return false;
  }
  return source && name.find("test") == std::string::npos;
}

TEST(ErrorHelp, CoversEveryCodeOfTheTree) {
  const char* const root = std::getenv("GRANARY_SOURCE");
  ASSERT_NE(root, nullptr) << "run through ctest, which says where the sources are";
  std::set<int> helped;
  for (const CodeHelp& help : code_helps()) helped.insert(help.code);
  int found = 0;
  for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / "src")) {
    if (!is_ours(entry.path())) continue;
    for (const int code : codes_in(entry.path())) {
      if (other_numbers.count(code) != 0) continue;
      ++found;
      EXPECT_EQ(helped.count(code), 1u)
          << "G" << code << " of " << entry.path() << " has no help text";
    }
  }
  EXPECT_GT(found, 100) << "the search for codes finds too few to be right";
}

TEST(ErrorHelp, IsInOrderWithoutRepetitionAndSaysSomething) {
  int last = 0;
  for (const CodeHelp& help : code_helps()) {
    EXPECT_GT(help.code, last);
    last = help.code;
    EXPECT_GT(std::string(help.title).size(), 8u) << help.code;
    const std::string text = help.help;
    EXPECT_GT(text.size(), 8u) << help.code;
    EXPECT_EQ(text.back(), '.') << help.code;
  }
}

}  // namespace
}  // namespace granary::cli
