// Every file under stories/ is told to a simulation and to a daemon; both must meet it, and both
// must leave the same journal, byte for byte.

#include "apps/story/story.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/codec.h"

namespace granary {
namespace {

namespace fs = std::filesystem;

fs::path source() {
  const char* root = std::getenv("GRANARY_SOURCE");
  return root ? fs::path(root) : fs::current_path();
}

std::vector<std::string> story_files() {
  std::vector<std::string> files;
  for (const char* folder : {"stories", "scenarios"}) {
    if (!fs::exists(source() / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(source() / folder)) {
      if (entry.path().extension() == ".story") {
        files.push_back(fs::relative(entry.path(), source()).string());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

class StoryTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("granary-story-" + std::to_string(::getpid()) + "-" + std::to_string(++count_));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path folder_;
  static int count_;
};
int StoryTest::count_ = 0;

TEST_P(StoryTest, HoldsOnSimulatorAndDaemonAlike) {
  std::ifstream in(source() / GetParam());
  std::ostringstream text;
  text << in.rdbuf();
  const auto story = parse_story(GetParam(), text.str());
  ASSERT_TRUE(story) << story.error().what;
  std::vector<Entry> simulated, lived;
  const auto simulation = make_simulated_world(*story);
  for (const std::string& failure : tell(*story, *simulation, folder_ / "sim", simulated)) {
    ADD_FAILURE() << "simulator: " << failure;
  }
  const auto daemon = make_daemon_world(*story, folder_);
  ASSERT_TRUE(daemon) << daemon.error().what;
  for (const std::string& failure : tell(*story, **daemon, folder_ / "daemon", lived)) {
    ADD_FAILURE() << "daemon: " << failure;
  }
  ASSERT_EQ(simulated.size(), lived.size());
  for (std::size_t i = 0; i < lived.size(); ++i) {
    ASSERT_EQ(encode(simulated[i]), encode(lived[i])) << "entry " << i + 1;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, StoryTest, ::testing::ValuesIn(story_files()),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           for (char& c : name) {
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           }
                           return name;
                         });

TEST(Stories, AFailedExpectationNamesItsLine) {
  const auto story = parse_story("x.story",
                                 "stock local/cpu 1 x 2\nprogramme city \"10 CNY\"\n"
                                 "at 0s expect j-1 running\n");
  ASSERT_TRUE(story) << story.error().what;
  std::vector<Entry> entries;
  const auto failures = tell(*story, *make_simulated_world(*story),
                             fs::temp_directory_path() / "granary-story-x", entries);
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_EQ(failures.front(), "x.story:3: there is no j-1");
}

TEST(Stories, AnUnknownWordIsAnErrorWithItsLine) {
  const auto story = parse_story("x.story", "stock local/cpu 1 x 2\nstok\n");
  ASSERT_FALSE(story);
  EXPECT_EQ(story.error().what, "x.story:2: \"stok\" is not a word of stories here.");
}

}  // namespace
}  // namespace granary
