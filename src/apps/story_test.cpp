// Every file under stories/ is told to a simulation, to a daemon on SQLite and to one in memory;
// all must meet it, and all must leave the same journal, byte for byte.

#include "apps/story/story.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "catalog/built_in.h"
#include "engine/codec.h"
#include "ledger/programmes.h"
#include "store/memory_journal.h"

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
  std::vector<Entry> simulated, lived, remembered;
  const auto simulation = make_simulated_world(*story);
  for (const std::string& failure : tell(*story, *simulation, folder_ / "sim", simulated)) {
    ADD_FAILURE() << "simulator: " << failure;
  }
  const auto daemon = make_daemon_world(*story, folder_);
  ASSERT_TRUE(daemon) << daemon.error().what;
  for (const std::string& failure : tell(*story, **daemon, folder_ / "daemon", lived)) {
    ADD_FAILURE() << "daemon: " << failure;
  }
  const auto memory = make_daemon_world(*story, folder_, memory_journal());
  ASSERT_TRUE(memory) << memory.error().what;
  for (const std::string& failure : tell(*story, **memory, folder_ / "memory", remembered)) {
    ADD_FAILURE() << "daemon in memory: " << failure;
  }
  EXPECT_EQ(first_difference(simulated, lived), "");
  EXPECT_EQ(first_difference(lived, remembered), "");
}

INSTANTIATE_TEST_SUITE_P(Files, StoryTest, ::testing::ValuesIn(story_files()),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           for (char& c : name) {
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           }
                           return name;
                         });

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> found(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::vector<std::string> all;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
    all.push_back((*at)[1]);
  }
  return all;
}

// What the programmes of all stories say: "mode", "mode=\"prepaid\"", "rates.share", and the keys
// of tables in a line, "exclusive.per".
std::set<std::string> said_in_stories() {
  std::set<std::string> said;
  for (const std::string& file : story_files()) {
    const auto story = parse_story(file, text_of(source() / file));
    if (!story) continue;
    for (const Document& document : story->documents) {
      if (!document.name.starts_with("programmes/")) continue;
      std::istringstream lines(document.text);
      std::string list;
      for (std::string line; std::getline(lines, line);) {
        for (const std::string& name : found(line, R"(^\s*\[\[([a-z_]+)\]\])")) {
          said.insert(name);
          list = name + ".";
        }
        for (const std::string& key : found(line, R"(^\s*([a-z_]+)\s*=)")) {
          said.insert(list + key);
          for (const auto& value : found(line, R"(=\s*("[a-z]+")\s*$)")) {
            said.insert(list + key + "=" + value);
          }
          for (const auto& inner : found(line, R"([{,]\s*([a-z_]+)\s*=)")) {
            said.insert(key + "." + inner);
          }
        }
      }
    }
  }
  return said;
}

// docs/PROGRAMMES.md is the promise: each key of its table, each key of the rows of a list, and
// each word that a key may be, is in a story, which runs on simulator and daemon.
TEST(Stories, SayEveryFormOfRuleThatTheProgrammesPageNames) {
  const std::string page = text_of(source() / "docs" / "PROGRAMMES.md");
  ASSERT_NE(page.find("| key |"), std::string::npos);
  std::istringstream lines(page.substr(page.find("| key |")));
  const std::set<std::string> said = said_in_stories();
  const std::vector<std::string> lists = found(page, R"(\n\| `\[\[([a-z_]+)\]\]`)");
  int rows = 0;
  for (std::string line; std::getline(lines, line) && line.starts_with("|");) {
    const std::size_t bar = line.find(" | ");
    if (!line.starts_with("| `") || bar == std::string::npos) continue;
    ++rows;
    const std::string first = line.substr(0, bar);
    const std::string second = line.substr(bar + 3, line.find(" | ", bar + 3) - bar - 3);
    for (const std::string& key : found(first, R"(`(?:\[\[)?([a-z_]+)(?:\]\])?`)")) {
      EXPECT_EQ(said.count(key), 1U) << "no story has a programme with " << key;
      const bool list = first.find("[[") != std::string::npos;
      for (const std::string& inner : found(second, R"(`([a-z_]+)`)")) {
        if (!list || std::count(lists.begin(), lists.end(), inner) != 0) continue;
        EXPECT_EQ(said.count(key + "." + inner), 1U) << key << " without " << inner;
      }
      for (const std::string& value : found(second, R"(`("[a-z]+")`)")) {
        const std::string wanted = (list ? key + ".per=" : key + "=") + value;
        EXPECT_EQ(said.count(wanted), 1U) << "no story has " << wanted;
      }
    }
  }
  EXPECT_GE(rows, 20) << "the table was not found";
}

TEST(Stories, HaveEachCompleteProgrammeThatShips) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  const auto programmes = parse_programmes(built_in_documents(), *catalog);
  ASSERT_TRUE(programmes) << programmes.error().what;
  std::string all;
  for (const std::string& file : story_files()) all += text_of(source() / file);
  int complete = 0;
  for (const auto& [id, programme] : *programmes) {
    if (!programme.unknown.empty()) continue;
    ++complete;
    EXPECT_NE(all.find("\nprogramme " + id + " as shipped"), std::string::npos) << id;
    EXPECT_NE(all.find("--programme " + id + " "), std::string::npos) << id << " grants";
    EXPECT_NE(all.find("account EXPIRED:" + id + " "), std::string::npos) << id << " expires";
  }
  EXPECT_GE(complete, 3);
}

// A journal in memory that gives one entry otherwise than it was appended, once it has a fault.
class FaultyJournal final : public Journal {
 public:
  enum class Fault { none, drops, alters, reorders } fault = Fault::none;

  Result<void> append(std::span<const Entry> entries) override { return good_->append(entries); }
  Head head() const override { return good_->head(); }
  Result<std::vector<Entry>> read(std::uint64_t after, std::size_t limit) override {
    auto entries = good_->read(after, limit);
    if (!entries || after > 0 || entries->size() < 5) return entries;
    const auto fourth = entries->begin() + 3;
    if (fault == Fault::drops) entries->erase(fourth);
    if (fault == Fault::alters) fourth->at += Span(1);
    if (fault == Fault::reorders) std::iter_swap(fourth, fourth + 1);
    return entries;
  }

 private:
  std::unique_ptr<Journal> good_ = memory_journal();
};

// Law I15 broken on purpose: what a store keeps otherwise is named.
TEST(Stories, I15AJournalThatDropsAltersOrReordersAnEntryIsNoticed) {
  using Fault = FaultyJournal::Fault;
  const std::string file = "stories/holds/a_finished_job_pays_what_it_used.story";
  const auto story = parse_story(file, text_of(source() / file));
  ASSERT_TRUE(story) << story.error().what;
  const fs::path folder = fs::temp_directory_path() / ("granary-I15-" + std::to_string(::getpid()));
  std::vector<Entry> simulated, kept;
  EXPECT_TRUE(tell(*story, *make_simulated_world(*story), folder, simulated).empty());
  auto journal = std::make_unique<FaultyJournal>();
  Fault& fault = journal->fault;
  const auto daemon = make_daemon_world(*story, folder, std::move(journal));
  ASSERT_TRUE(daemon) << daemon.error().what;
  EXPECT_TRUE(tell(*story, **daemon, folder, kept).empty());
  EXPECT_EQ(first_difference(simulated, kept), "");
  for (const Fault planted : {Fault::drops, Fault::alters, Fault::reorders}) {
    fault = planted;
    const auto read = (*daemon)->core().entries(0, 1'000);
    ASSERT_TRUE(read);
    EXPECT_TRUE(first_difference(simulated, *read).starts_with("entry 4 is "));
  }
  fs::remove_all(folder);
}

TEST(Stories, AProgrammeThatDoesNotShipIsAnErrorWithItsLine) {
  const auto story = parse_story("x.story", "programme city-voucher as shipped\n");
  ASSERT_FALSE(story);
  EXPECT_EQ(story.error().what, "x.story:1: no programme city-voucher is shipped.");
}

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
