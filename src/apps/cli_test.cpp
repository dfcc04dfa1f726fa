// The command line against a stock in virtual time. Goldens hold what is printed whole; a
// difference is refreshed with UPDATE_GOLDEN=1 after reading it.
#include "apps/cli.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>

#include "apps/cli/session.h"
#include "apps/cli/test_documents.h"
#include "apps/cli/test_house.h"
#include "store/sqlite_journal.h"

namespace granary::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using namespace std::chrono_literals;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

const char* const big_job = R"(name = "big"
payer = "zhipu-lab"
accept = ["a800-sxm-80 x 200"]
expected = "10 d"
[run]
argv = ["train"]
)";
const char* const small_job = R"(name = "small"
payer = "药企联盟"
accept = ["a800-sxm-80 x 64..128"]
expected = "2 h"
[run]
argv = ["fold"]
)";
const char* const poor_job = R"(payer = "edu-cloud"
accept = ["ascend910b2 x 16"]
[work]
kind = "finetune"
model = "chatglm-6b"
tokens = "10B"
)";
const char* const bad_job = R"(# A job with a count that is missing.
payer = "edu-cloud"

accept = [
  "rtx4090 x 8",
  "a800-sxm-80 x"
]
)";

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() : house_(test_documents()) {
    EXPECT_EQ(house_.refused, "");
    folder_ =
        std::filesystem::path(::testing::TempDir()) / ("granary-cli-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    write("big.toml", big_job);
    write("small.toml", small_job);
    write("poor.toml", poor_job);
    write("job.toml", bad_job);
  }
  ~CommandLine() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
  }

  Ran run(const Words& words, bool terminal = false, const std::string& input = "",
          bool one_stream = false) {
    Scene scene;
    scene.one_stream = one_stream;
    scene.transport = &house_;
    scene.terminal = terminal;
    scene.input = input;
    scene.directory = folder_;
    return run_words(words, scene, keys_);
  }

  // As in a terminal, without colours; what is printed and said, then the exit status.
  std::string told(Words words, const std::string& input = "y\n") {
    std::string typed = "$ granary";
    for (const std::string& word : words) {
      const bool quoted = word.find(' ') != std::string::npos;
      typed += quoted ? " \"" + word + "\"" : " " + word;
    }
    words.insert(words.end(), {"--color", "never"});
    const Ran ran = run(words, true, input, true);
    std::string text = typed + "\n" + ran.out;
    if (ran.status != 0) text += "(exit " + std::to_string(ran.status) + ")\n";
    return text;
  }

  std::string all(const std::vector<Words>& commands) {
    std::string text;
    for (const Words& words : commands) text += told(words);
    return text;
  }

  // A few hours of a computing centre.
  void live() {
    for (const Words& grant :
         {Words{"zhipu-lab", "4100000", "run"}, Words{"edu-cloud", "2700", "finetune"},
          Words{"city-health", "240000", "serve"}, Words{"药企联盟", "50000", "run"}}) {
      ASSERT_EQ(run({"voucher", "grant", "--to", grant[0], "--amount", grant[1], "--programme",
                     "guiyang-2024", "--purpose", grant[2], "--expires", "2027-06-30"})
                    .status,
                0);
    }
    ASSERT_EQ(run({"submit", "big.toml", "-y"}).status, 0);
    house_.advance(2h);
    const Ran reserved =
        run({"reserve", "create", "--chips", "rtx4090 x 32", "--from", "2026-11-22", "--for", "2d",
             "--payer", "zhipu-lab", "--why", "priority client", "-y"});
    ASSERT_EQ(reserved.status, 0) << reserved.err;
    ASSERT_EQ(run({"submit", "small.toml", "-y"}).status, 0);
    house_.advance(50min);
    ASSERT_EQ(run({"submit", "poor.toml", "-y", "--wait-for-funds"}).status, 0);
    house_.advance(12min);
  }

  CliHouse house_;
  std::filesystem::path folder_;
  int keys_ = 0;
};

// Hashes change with every figure of the catalogue; that they are shown is what a golden pins.
std::string without_hashes(const std::string& text) {
  return std::regex_replace(text, std::regex("[0-9a-f]{4}…[0-9a-f]{4}"), "hash…hash");
}

void expect_golden(const std::string& name, const std::string& printed) {
  const std::string text = without_hashes(printed);
  const char* const root = std::getenv("GRANARY_SOURCE");
  ASSERT_NE(root, nullptr) << "run through ctest, which says where the sources are";
  const auto path = std::filesystem::path(root) / "src/apps/golden" / name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << text;
  std::ifstream in(path);
  const std::string golden((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(golden, text) << path;
}

TEST_F(CommandLine, RefusesTheEightBadInputsInTheirPublishedForm) {
  live();
  std::string text;
  text += told({"plan", "pretrain", "--model", "glm130b", "--tokens", "400B"});
  text += told({"plan", "pretrain", "--model", "glm-130b", "--tokens", "400"});
  text += told({"submit", "job.toml"});
  text += told({"submit", "poor.toml"});
  text +=
      told({"plan", "serve", "--model", "llama3.1-405b", "--rate", "10/s", "--chip", "rtx4090"});
  text += told({"reserve", "create", "--chips", "a800-sxm-80 x 2048", "--site", "guian", "--from",
                "2026-12-08", "--for", "14d", "--payer", "zhipu-lab"});
  text += told({"voucher", "grant", "--to", "city-health", "--amount", "1e3,5", "--programme",
                "guiyang-2024", "--expires", "2027-06-30"});
  text += told({"submit", "-"}, poor_job);
  expect_golden("bad_inputs.txt", text);
}

TEST_F(CommandLine, SaysExactlyWhatIsWrongWithAnAmountAndWithAJobFromStdin) {
  const Ran amount = run({"voucher", "grant", "--to", "a", "--amount", "1e3,5", "--programme",
                          "guiyang-2024", "--expires", "2027-06-30"});
  EXPECT_EQ(amount.status, 2);
  EXPECT_EQ(amount.err,
            "error G1007: --amount \"1e3,5\": write a plain amount with at most six decimals: "
            "1000.50\n");
  const Ran piped = run({"submit", "-"}, false, poor_job);
  EXPECT_EQ(piped.status, 2);
  EXPECT_EQ(piped.err,
            "error G1002: reading a job from stdin needs --yes, because there is no terminal to "
            "ask.\n");
}

TEST_F(CommandLine, PrintsTheMenuOfAPretrainingAndOfAService) {
  live();
  expect_golden("plan.txt", all({{"plan", "pretrain", "--model", "glm-130b", "--tokens", "400B"},
                                 {"plan", "pretrain", "--model", "glm-130b", "--tokens", "40B",
                                  "--deadline", "60d", "--sort", "time", "--terms", "1"},
                                 {"plan", "serve", "--model", "chatglm-6b", "--rate", "50/s"}}));
}

TEST_F(CommandLine, PrintsQueueExplanationStockAndStatement) {
  live();
  expect_golden("queue.txt", all({{"queue"}}));
  expect_golden("explain.txt", all({{"explain", "j-2"}, {"explain", "j-3"}, {"explain", "j-1"}}));
  expect_golden(
      "stock.txt",
      all({{"stock"}, {"stock", "show", "guian/a800-sxm-80"}, {"stock", "show", "wuhu/rtx4090"}}));
  expect_golden("statement.txt",
                all({{"voucher", "statement", "v-1"}, {"voucher", "list"}, {"voucher", "verify"}}));
}

TEST_F(CommandLine, PrintsAGrantASubmissionAReservationAndAJob) {
  expect_golden("transcript.txt",
                all({{"voucher", "grant", "--to", "药企联盟", "--amount", "240000", "--programme",
                      "guiyang-2024", "--purpose", "run", "--expires", "2027-06-30"},
                     {"voucher", "grant", "--to", "uni", "--amount", "10", "--programme",
                      "guiyang-2024", "--expires", "2027-06-30", "-n"},
                     {"submit", "small.toml"},
                     {"submit", "small.toml", "-n"},
                     {"reserve", "create", "--chips", "rtx4090 x 16", "--site", "wuhu", "--from",
                      "2026-11-23", "--for", "1d", "--payer", "药企联盟", "--why", "an exam"},
                     {"reserve", "list"},
                     {"job", "show", "j-1"},
                     {"job", "logs", "j-1"},
                     {"job", "events", "j-1"},
                     {"job", "cancel", "j-1"},
                     {"reserve", "cancel", "r-1"},
                     {"job", "cancel", "j-9", "-y"}}));
}

TEST_F(CommandLine, AsksNobodyWhereNobodyCanAnswer) {
  live();
  for (const Words& words : {Words{"submit", "small.toml"}, Words{"job", "cancel", "j-1"},
                             Words{"reserve", "cancel", "r-1"},
                             Words{"reserve", "create", "--chips", "rtx4090 x 8", "--for", "1d",
                                   "--payer", "zhipu-lab"}}) {
    const std::size_t before = house_.history().size();
    const Ran ran = run(words);
    EXPECT_EQ(ran.status, 2) << words.front();
    EXPECT_THAT(ran.err, StartsWith("error G1002: "));
    EXPECT_THAT(ran.err, HasSubstr("--yes"));
    EXPECT_EQ(house_.history().size(), before);
  }
}

TEST_F(CommandLine, ChangesNothingWhenTheAnswerIsNoOrTheRunIsDry) {
  live();
  const std::size_t before = house_.history().size();
  EXPECT_EQ(run({"submit", "small.toml"}, true, "n\n").status, 1);
  EXPECT_EQ(run({"submit", "small.toml"}, true, "").status, 1);
  EXPECT_EQ(run({"job", "cancel", "j-1"}, true, "\n").status, 1);
  for (const Words& words :
       {Words{"submit", "small.toml", "-n"}, Words{"job", "cancel", "j-1", "--dry-run"},
        Words{"submit", "-", "-n"}, Words{"reserve", "cancel", "r-1", "-n", "-y"},
        Words{"voucher", "grant", "--to", "a", "--amount", "1", "--programme", "guiyang-2024",
              "--expires", "2027-06-30", "-n"}}) {
    const Ran ran = run(words, false, small_job);
    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_THAT(ran.out, StartsWith("would "));
  }
  EXPECT_EQ(house_.history().size(), before);
}

TEST_F(CommandLine, PrintsOneJsonObjectWithItsSchemaForEveryVerb) {
  live();
  const auto simulated = Words{"simulate", "--policy", "fifo"};
  for (const Words& words :
       {Words{"plan", "finetune", "--model", "chatglm-6b", "--tokens", "50M"},
        Words{"plan", "pretrain", "--model", "glm-130b", "--tokens", "400B", "--offline"},
        Words{"submit", "small.toml", "-n"},
        Words{"submit", "small.toml", "-y"},
        Words{"queue"},
        Words{"explain", "j-2"},
        Words{"job", "show", "j-1"},
        Words{"job", "logs", "j-1"},
        Words{"job", "events", "j-1"},
        Words{"stock"},
        Words{"stock", "show", "wuhu/rtx4090"},
        Words{"reserve", "list"},
        Words{"reserve", "cancel", "r-1", "-n"},
        Words{"reserve", "cancel", "r-1", "-y"},
        Words{"voucher", "list", "--holder", "药企联盟"},
        Words{"voucher", "statement", "v-1"},
        Words{"voucher", "verify"},
        simulated,
        Words{"catalog", "chips"},
        Words{"catalog", "chips", "show", "a800-sxm-80"},
        Words{"catalog", "models"},
        Words{"catalog", "models", "show", "glm-130b"},
        Words{"catalog", "sites"},
        Words{"catalog", "sites", "show", "wuhu"},
        Words{"help"},
        Words{"help", "G4002"},
        Words{"version"},
        Words{"job", "cancel", "j-1", "-y"},
        Words{"job", "wait", "j-1"}}) {
    Words all = words;
    all.push_back("--json");
    const Ran ran = run(all);
    const Json object = Json::parse(ran.out, nullptr, false);
    ASSERT_TRUE(object.is_object()) << words.front() << ": " << ran.out << ran.err;
    EXPECT_THAT(ran.out, StartsWith("{\n  \"schema\": \"granary."));
    const bool waited = words.size() > 1 && words[1] == "wait";  // for a job that was cancelled
    EXPECT_EQ(ran.status, waited ? 1 : 0) << ran.err;
  }
  const Ran refused = run({"job", "show", "j-99", "--json"});
  EXPECT_EQ(refused.status, 3);
  EXPECT_EQ(Json::parse(refused.out)["code"], "G2008");
}

TEST_F(CommandLine, WaitsForAJobUntilItHasEndedOrTheTimeIsUp) {
  live();
  const Ran early = run({"job", "wait", "j-1", "--timeout", "10ms"});
  EXPECT_EQ(early.status, 7);
  EXPECT_THAT(early.err, StartsWith("error G7012: j-1 is still running after 10 ms."));
  house_.advance(24h * 30);
  const Ran late = run({"job", "wait", "j-1"});
  EXPECT_EQ(late.status, 0) << late.err;
  EXPECT_THAT(late.out, StartsWith("j-1 finished"));
}

TEST_F(CommandLine, SimulatesItsOwnJournalFromAFileAndFromTheDaemonAlike) {
  live();
  house_.advance(24h * 30);
  const std::string path = (folder_ / "journal.db").string();
  {
    auto journal = open_journal({path, Access::read_write, 0});
    ASSERT_TRUE(journal) << journal.error().what;
    ASSERT_TRUE((*journal)->append(house_.history()));
  }
  const auto policies = [](const Ran& ran) {
    EXPECT_EQ(ran.status, 0) << ran.err;
    Json all = Json::parse(ran.out, nullptr, false);
    for (Json& policy : all["policies"]) policy.erase("run_s");
    return all;
  };
  const Json file = policies(
      run({"simulate", "journal.db", "--policy", "fifo", "--policy", "backfill", "--json"}));
  EXPECT_EQ(file,
            policies(run({"simulate", "--policy", "fifo", "--policy", "backfill", "--json"})));
  ASSERT_EQ(file["policies"].size(), 2u);
  EXPECT_EQ(file["policies"][0]["policy"], "fifo");
  EXPECT_EQ(file["policies"][1]["jobs"], 3);
  const Ran table = run({"simulate", "journal.db", "--policy", "fifo"});
  EXPECT_THAT(table.out, StartsWith("  POLICY  WAIT p50"));
  const Ran granted = run(
      {"simulate", "journal.db", "--policy", "fifo", "--grant", "guiyang-2024:lab:100:2099-01-01"});
  EXPECT_EQ(granted.status, 0) << granted.err;
  EXPECT_THAT(granted.out, HasSubstr("fifo: guiyang-2024 pays "));
  for (const Words& words :
       {Words{"--assume", "guiyang-2024.months=3"}, Words{"--assume", "months"},
        Words{"--grant", "guiyang-2024:lab:100"}}) {
    Words asked{"simulate", "journal.db", "--policy", "fifo"};
    asked.insert(asked.end(), words.begin(), words.end());
    const Ran ran = run(asked);
    EXPECT_EQ(ran.status, 2) << words[1];
    EXPECT_THAT(ran.err, AnyOf(HasSubstr("G1108"), HasSubstr("G1109")));
  }
  const Ran unknown = run({"simulate", "journal.db", "--policy", "bakfill"});
  EXPECT_EQ(unknown.status, 3);
  EXPECT_THAT(unknown.err, HasSubstr("Did you mean backfill?"));
}

// Words that mean something, in any order, and words that do not.
Words garbage(std::mt19937& random) {
  static const Words pool = {"plan",
                             "pretrain",
                             "finetune",
                             "serve",
                             "submit",
                             "queue",
                             "explain",
                             "job",
                             "show",
                             "logs",
                             "cancel",
                             "events",
                             "stock",
                             "list",
                             "reserve",
                             "create",
                             "grant",
                             "voucher",
                             "verify",
                             "simulate",
                             "catalog",
                             "chips",
                             "models",
                             "help",
                             "version",
                             "--model",
                             "glm-130b",
                             "--tokens",
                             "400B",
                             "--json",
                             "-y",
                             "-n",
                             "--",
                             "-",
                             "--x",
                             "-q",
                             "--url",
                             "--chip",
                             "rtx4090 x 8..",
                             "--rate",
                             "50/s",
                             "--amount",
                             "1e999",
                             "j-1",
                             "v-1",
                             "r-1",
                             "job.toml",
                             "",
                             "=",
                             "--=",
                             "--model=",
                             "-5",
                             "\xFF\xFE",
                             "药企",
                             "--deadline",
                             "0 d",
                             "--policy",
                             "fifo",
                             "--terms",
                             "0",
                             "--payer",
                             "--offline",
                             "--stock",
                             "/dev/null",
                             "G4002",
                             "--to",
                             "--for",
                             "9999999999999 d",
                             "--color",
                             "-h",
                             "-ynq",
                             "--quiet",
                             "../x",
                             "%s%n",
                             "\033[2J",
                             "--attempt",
                             "-1",
                             "--batch"};
  Words words;
  const std::size_t count = random() % 9;
  while (words.size() < count) {
    if (random() % 8 == 0) {
      std::string word;
      for (std::size_t i = random() % 12; i > 0; --i) word += static_cast<char>(random() % 255 + 1);
      words.push_back(word);
    } else {
      words.push_back(pool[random() % pool.size()]);
    }
  }
  return words;
}

TEST_F(CommandLine, AnswersAnyWordsWithAStatusFromZeroToNineAndNeverAFaultOfOurs) {
  live();
  const char* const given = std::getenv("GRANARY_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::atoi(given)) : 20261121;
  std::mt19937 random(seed);
  for (int i = 0; i < 1500; ++i) {
    const Words words = garbage(random);
    const Ran ran = run(words, random() % 2 == 0, "maybe\n");
    std::string shown;
    for (const std::string& word : words) shown += " [" + word + "]";
    ASSERT_TRUE(ran.status >= 0 && ran.status <= 9) << "seed " << seed << shown;
    ASSERT_EQ(ran.err.find("G9000"), std::string::npos) << "seed " << seed << shown << ran.err;
    const bool explained = ran.status < 2 || ran.err.find("error G") != std::string::npos;
    ASSERT_TRUE(explained) << "seed " << seed << shown;
  }
}

}  // namespace
}  // namespace granary::testing
