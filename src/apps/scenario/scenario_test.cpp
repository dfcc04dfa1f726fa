#include "apps/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "apps/scenario/arithmetic.h"
#include "apps/scenario/report.h"
#include "apps/scenario/run.h"
#include "catalog/built_in.h"

namespace granary {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

fs::path source() {
  const char* root = std::getenv("GRANARY_SOURCE");
  return root ? fs::path(root) : fs::current_path();
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

struct Told {
  int status = 0;
  std::string out, err;
};

Told tell(const std::vector<std::string>& words, const fs::path& directory,
          const std::map<std::string, std::string>& environment = {}) {
  std::istringstream in;
  std::ostringstream out, err;
  CliContext context{in, out, err};
  context.directory = directory;
  context.environment = environment;
  const int status = run_scenario(words, context);
  return {status, out.str(), err.str()};
}

// A folder with scenarios/NAME/scenario.toml in it, gone afterwards.
class ScenarioFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("granary-scenario-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "scenarios");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories(folder_ / "scenarios" / name);
    std::ofstream(folder_ / "scenarios" / name / "scenario.toml") << text;
  }

  fs::path folder_;
};

// One assumption and one step, which computes.
std::string small(const std::string& expects) {
  return "title = \"Small\"\nquestion = \"How many?\"\n"
         "[assumptions.chip]\nvalue = \"rtx4090\"\nsource = \"<b>here</b>\"\n"
         "standing = \"assumed\"\n"
         "[[steps]]\nsay = \"On ${chip} & co.\"\ncompute = \"replicas\"\n"
         "with = { model = \"chatglm-6b\", chip = \"${chip}\", weights = \"int4\", "
         "sequences = \"1\", tokens = \"768\" }\nexpects = [\"" +
         expects + "\"]\n";
}

TEST_F(ScenarioFolder, ARunThatMeetsItsExpectationsEndsWithZero) {
  write("small", small("fit by memory"));
  const Told told = tell({"run", "small"}, folder_);
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("1. On rtx4090 & co.\n= replicas chip=rtx4090 "));
  EXPECT_THAT(told.out, HasSubstr("All 1 steps as recorded."));
}

TEST_F(ScenarioFolder, AMissingTextFailsInOneSentence) {
  write("small", small("a thousand replicas"));
  const Told told = tell({"run", "small"}, folder_);
  EXPECT_EQ(told.status, 1);
  EXPECT_EQ(told.err,
            "error G1063: Scenario small, step 1 does not show \"a thousand replicas\".\n");
}

TEST_F(ScenarioFolder, AnUnexpectedExitFailsInOneSentence) {
  std::string text = small("fit");
  text.replace(text.find("chatglm-6b"), 10, "chatglm-9b");
  write("small", text);
  const Told told = tell({"run", "small"}, folder_);
  EXPECT_EQ(told.status, 1);
  EXPECT_THAT(told.err, HasSubstr("step 1 ended with exit 3, not 0: error G2001: "));
}

TEST_F(ScenarioFolder, AChangedAssumptionIsAnsweredAndNotCompared) {
  write("small", small("GeForce RTX 4090 has"));
  const Told told = tell({"run", "small", "--set", "chip=rtx3090"}, folder_);
  EXPECT_EQ(told.status, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("GeForce RTX 3090 has"));
  EXPECT_THAT(told.out, HasSubstr("nothing was compared"));
  EXPECT_THAT(told.out, HasSubstr("rtx3090 (recorded: rtx4090)"));
}

TEST_F(ScenarioFolder, AChangedAssumptionThatIsNoAnswerFails) {
  write("small", small("fit"));
  const Told told = tell({"run", "small", "--set", "chip=rtx"}, folder_);
  EXPECT_EQ(told.status, 1);
  EXPECT_THAT(told.err, HasSubstr("error G1063: Scenario small, step 1 ended with exit 3: "));
}

TEST_F(ScenarioFolder, AnUnknownAssumptionIsRefusedWithTheNearest) {
  write("small", small("fit"));
  const Told told = tell({"run", "small", "--set", "chips=rtx3090"}, folder_);
  EXPECT_EQ(told.status, 3);
  EXPECT_THAT(told.err, HasSubstr("error G2015: small has no assumption \"chips\". Did you mean "
                                  "chip?"));
}

TEST_F(ScenarioFolder, ANameNeverLeadsOutOfTheFolder) {
  write("small", small("fit"));
  write("../outside", small("fit"));
  for (const std::string name :
       {"../outside", "..", ".", "/etc", "small/../../outside", "Small", "-x", "small/", ""}) {
    const Told told = tell({"run", name}, folder_);
    EXPECT_NE(told.status, 0) << name;
    EXPECT_EQ(told.out, "") << name;
  }
  EXPECT_THAT(tell({"run", "smal"}, folder_).err, HasSubstr("Did you mean small?"));
}

TEST_F(ScenarioFolder, GranaryScenariosNamesTheFolderBeforeTheOneBeside) {
  write("small", small("fit"));
  const Told told = tell({"list"}, "/", {{"GRANARY_SCENARIOS", (folder_ / "scenarios/").string()}});
  EXPECT_EQ(told.out, "  NAME   STEPS  TITLE\n  small      1  Small\n");
  EXPECT_EQ(tell({"run", "small"}, "/", {{"GRANARY_SCENARIOS", folder_ / "scenarios/"}}).status, 0);
  EXPECT_EQ(tell({"list"}, folder_, {{"GRANARY_SCENARIOS", "/nowhere"}}).status, 3);
}

TEST_F(ScenarioFolder, TheReportIsOneFileThatEscapesAndAsksNobody) {
  write("small", small("fit"));
  const Told told = tell({"run", "small", "--report", "r.html"}, folder_);
  EXPECT_EQ(told.status, 0) << told.err;
  const std::string html = text_of(folder_ / "r.html");
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;here&lt;/b&gt;"));
  EXPECT_THAT(html, HasSubstr("On rtx4090 &amp; co."));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme: dark"));
  for (const char* request : {"http:", "https:", "src=", "href=", "url(", "@import", "<script"}) {
    EXPECT_THAT(html, Not(HasSubstr(request)));
  }
}

TEST_F(ScenarioFolder, JsonIsOneObjectWithOrWithoutSuccess) {
  write("small", small("fit"));
  const auto good = nlohmann::json::parse(tell({"run", "small", "--json"}, folder_).out);
  EXPECT_EQ(good.at("schema"), "granary.scenario/1");
  EXPECT_EQ(good.at("as_recorded"), true);
  EXPECT_EQ(good.at("steps").at(0).at("exit"), 0);
  write("small", small("nothing like it"));
  const auto bad = nlohmann::json::parse(tell({"run", "small", "--json"}, folder_).out);
  EXPECT_EQ(bad.at("as_recorded"), false);
  EXPECT_EQ(bad.at("steps").at(0).at("wrong"), "does not show \"nothing like it\".");
  const auto none = nlohmann::json::parse(tell({"run", "none", "--json"}, folder_).out);
  EXPECT_EQ(none.at("code"), "G2016");
}

TEST(ScenarioWords, AreRefusedWithOneSentence) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"walk"},
                                                {"run"},
                                                {"run", "a", "b"},
                                                {"list", "--report", "x"},
                                                {"run", "a", "--set"},
                                                {"run", "a", "--sat", "x=1"}}) {
    const Told told = tell(words, source());
    EXPECT_EQ(told.status, 2);
    EXPECT_THAT(told.err, HasSubstr("error G1000: "));
  }
  const Told told = tell({"run", "one-consumer-card", "--set", "rate"}, source());
  EXPECT_THAT(told.err, HasSubstr("--set rate: write --set key=value."));
}

std::string fault_of(const std::string& text) {
  const auto scenario = parse_scenario("x", text);
  return scenario ? "" : scenario.error().what;
}

TEST(ScenarioFile, SaysWhatIsWrongAndWhere) {
  const std::string good = small("fit");
  EXPECT_EQ(fault_of(good), "");
  const auto with = [&](const std::string& old, const std::string& fresh) {
    std::string text = good;
    text.replace(text.find(old), old.size(), fresh);
    return fault_of(text);
  };
  EXPECT_THAT(with("title", "titel"), HasSubstr("x/scenario.toml:1: unknown key \"titel\""));
  EXPECT_THAT(with("source = \"<b>here</b>\"\n", ""), HasSubstr("source is missing"));
  EXPECT_THAT(with("standing = \"assumed\"", "standing = \"guessed\""), HasSubstr("guessed"));
  EXPECT_THAT(with("${chip} & co.", "${chop}"),
              HasSubstr("${chop} is no assumption. Did you mean"));
  EXPECT_THAT(with("compute =", "run = [\"plan\"]\ncompute ="),
              HasSubstr("either run, or compute"));
  EXPECT_THAT(with("[[steps]]",
                   "[assumptions.idle]\nvalue = \"1\"\nsource = \"s\"\n"
                   "standing = \"assumed\"\n[[steps]]"),
              HasSubstr("no step uses the assumption idle."));
  EXPECT_THAT(fault_of("title = \"t\"\nquestion = \"q\"\n[[steps]]\nsay = \"s\"\n"
                       "run = [\"submit\", \"job.toml\"]\n"),
              HasSubstr("a step runs plan, simulate or catalog"));
  const std::string head = "title = \"t\"\nquestion = \"q\"\n[[steps]]\nsay = \"s\"\n";
  EXPECT_EQ(fault_of(head + "play = \"two-cities.story\"\n"
                            "[[steps]]\nsay = \"s\"\nrun = [\"report\", \"stock\"]\n"),
            "");
  EXPECT_THAT(fault_of(head + "run = [\"report\", \"stock\"]\n"),
              HasSubstr("a step runs plan, simulate or catalog"));
  EXPECT_THAT(fault_of(head + "play = \"../other/two.story\"\n"),
              HasSubstr("names a story of the scenario's folder"));
  EXPECT_THAT(fault_of(head + "play = \"a.story\"\nrun = [\"plan\"]\n"), HasSubstr("or play"));
  EXPECT_THAT(fault_of("title = "), HasSubstr("x/scenario.toml:1: "));
}

Result<std::string> replicas(const std::string& weights, const std::string& sequences) {
  const auto catalog = parse_catalog(built_in_documents());
  return computed("replicas",
                  {{"model", "chatglm-6b"},
                   {"chip", "rtx4090"},
                   {"weights", weights},
                   {"sequences", sequences},
                   {"tokens", "768"}},
                  *catalog);
}

TEST(Arithmetic, FewerReplicasOfMoreSequencesFitACard) {
  EXPECT_THAT(*replicas("int4", "1"), HasSubstr(": 3 such replicas fit by memory."));
  EXPECT_THAT(*replicas("fp16", "1"), HasSubstr(": 1 such replica fits by memory."));
  EXPECT_THAT(*replicas("fp16", "64"), HasSubstr(": 0 such replicas fit by memory."));
  EXPECT_EQ(replicas("fp4", "1").error().code, 1005);
  EXPECT_EQ(replicas("int4", "1.5").error().code, 1005);
  EXPECT_EQ(replicas("int4", "many").error().code, 1015);
}

// arXiv:2210.02414: 768 A100 at 32.5 % and 60 days in all.
TEST(Arithmetic, TheUtilisationThatTheAuthorsOfGlm130BPrintGives47OfTheir60Days) {
  const auto catalog = parse_catalog(built_in_documents());
  const auto text = computed("training",
                             {{"model", "glm-130b"},
                              {"chip", "a100-sxm-40"},
                              {"chips", "768"},
                              {"tokens", "400B"},
                              {"sequence", "2048"},
                              {"utilisation", "0.325"},
                              {"elapsed", "60d"}},
                             *catalog);
  ASSERT_TRUE(text) << text.error().what;
  EXPECT_THAT(*text, HasSubstr("768 x 312 TFLOPS at 32.5 % take 47.2 days; at the 56.2 % "));
}

// Pages under docs/scenarios show what the steps print: a block of console text for each, in order.
// UPDATE_GOLDEN=1 writes the blocks anew; the words around them stay.
class PageTest : public ::testing::TestWithParam<std::string> {};

std::string with_blocks(const std::string& page, const ScenarioRun& run, std::size_t& blocks) {
  constexpr std::string_view open = "```console\n", close = "```\n";
  std::string fresh;
  std::size_t at = 0;
  for (blocks = 0;; ++blocks) {
    const std::size_t begin = page.find(open, at);
    if (begin == std::string::npos) return fresh + page.substr(at);
    const std::size_t end = page.find("\n```\n", begin + open.size() - 1) + 1;
    fresh += page.substr(at, begin + open.size() - at);
    if (blocks < run.steps.size()) fresh += transcript(run.steps[blocks]);
    fresh += close;
    at = end + close.size();
  }
}

TEST_P(PageTest, ShowsWhatAFreshRunPrints) {
  const fs::path file = source() / "docs/scenarios" / (GetParam() + ".md");
  const auto scenario = read_scenario(source() / "scenarios", GetParam());
  ASSERT_TRUE(scenario) << scenario.error().what;
  const ScenarioRun run = run_steps(*scenario);
  ASSERT_EQ(run.failure().value_or(""), "");
  const std::string page = text_of(file);
  std::size_t blocks = 0;
  const std::string fresh = with_blocks(page, run, blocks);
  EXPECT_EQ(blocks, run.steps.size()) << "a block of the page for each step";
  if (std::getenv("UPDATE_GOLDEN") != nullptr && fresh != page) {
    std::ofstream(file, std::ios::binary) << fresh;
  } else {
    EXPECT_EQ(page, fresh) << "UPDATE_GOLDEN=1 writes the page anew";
  }
}

TEST_P(PageTest, RunsTwiceToTheSameBytes) {
  const auto scenario = read_scenario(source() / "scenarios", GetParam());
  ASSERT_TRUE(scenario) << scenario.error().what;
  EXPECT_EQ(html_report(run_steps(*scenario)), html_report(run_steps(*scenario)));
}

TEST_P(PageTest, IsInTheIndexAndHasAStory) {
  EXPECT_THAT(text_of(source() / "docs/scenarios/README.md"), HasSubstr("(" + GetParam() + ".md)"));
  EXPECT_TRUE(fs::exists(source() / "scenarios" / GetParam() / (GetParam() + ".story")));
}

INSTANTIATE_TEST_SUITE_P(Scenarios, PageTest,
                         ::testing::ValuesIn(scenario_names(source() / "scenarios")),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace granary
