// Commands that need no daemon, and what is said when there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "apps/cli/test_documents.h"
#include "apps/cli/test_house.h"

namespace granary::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

TEST(CommandLineAlone, PlansOnTheCompiledInStockOrOnAFileWithoutADaemon) {
  int keys = 0;
  Scene scene;
  scene.directory = ::testing::TempDir();
  const Ran built_in =
      run_words({"plan", "pretrain", "--model", "glm-130b", "--tokens", "400B"}, scene, keys);
  EXPECT_EQ(built_in.status, 0) << built_in.err;
  EXPECT_THAT(built_in.out, StartsWith("Pretraining GLM-130B on 400B tokens = "));
  EXPECT_THAT(built_in.out, HasSubstr("nothing running on it"));
  std::ofstream(scene.directory / "only.toml") << test_site("here", "rtx4090", 2, "1.00").text;
  const Ran own = run_words(
      {"plan", "serve", "--model", "chatglm-6b", "--rate", "1/s", "--stock", "only.toml", "--json"},
      scene, keys);
  ASSERT_EQ(own.status, 0) << own.err;
  const Json menu = Json::parse(own.out);
  for (const Json& option : menu.at("options")) {
    EXPECT_EQ(option["pool"], "here/rtx4090");
    EXPECT_FALSE(option.contains("start"));
  }
  const Ran missing =
      run_words({"plan", "serve", "--model", "chatglm-6b", "--rate", "1/s", "--stock", "none.toml"},
                scene, keys);
  EXPECT_NE(missing.status, 0);
}

TEST(CommandLineAlone, SaysThatNoDaemonAnswers) {
  int keys = 0;
  Scene scene;
  scene.environment = {{"GRANARY_URL", "http://127.0.0.1:9"}};
  const Ran ran = run_words({"queue"}, scene, keys);
  EXPECT_EQ(ran.status, 7);
  EXPECT_THAT(ran.err, StartsWith("error G7008: "));
  EXPECT_THAT(ran.err, HasSubstr("\n  fix: "));
  const Ran odd = run_words({"queue", "--url", "nonsense"}, scene, keys);
  EXPECT_EQ(odd.status, 2);
}

TEST(CommandLineAlone, NamesTheNearestVerbAndFlag) {
  int keys = 0;
  const auto err = [&](const Words& words) {
    const Ran ran = run_words(words, {}, keys);
    EXPECT_EQ(ran.status, 2);
    return ran.err;
  };
  EXPECT_THAT(err({"quue"}),
              StartsWith("error G1000: granary has no verb \"quue\". Did you mean queue?"));
  EXPECT_THAT(err({"plan", "pretrian"}), HasSubstr("Did you mean pretrain?"));
  EXPECT_THAT(err({"plan", "pretrain", "--modle", "x"}),
              HasSubstr("granary plan pretrain has no flag --modle. Did you mean --model?"));
  EXPECT_THAT(err({"queue", "stock"}), HasSubstr("granary queue takes no word such as \"stock\"."));
  EXPECT_THAT(err({"plan"}),
              HasSubstr("granary plan needs one of: pretrain, finetune, serve, batch."));
  EXPECT_THAT(err({"voucher", "grant", "--amount"}), HasSubstr("--amount needs a value."));
  EXPECT_THAT(err({"voucher", "grant", "--to", "a", "--to", "b"}),
              HasSubstr("--to is given 2 times"));
  EXPECT_THAT(err({"voucher", "grant", "--to", "a"}), HasSubstr("needs --amount AMOUNT."));
}

TEST(CommandLineAlone, ExplainsEveryCodeAndVerb) {
  int keys = 0;
  EXPECT_THAT(run_words({"help", "G4002"}, {}, keys).out, StartsWith("G4002: "));
  EXPECT_EQ(run_words({"help", "G4999"}, {}, keys).status, 3);
  EXPECT_EQ(run_words({"help", "nonsense"}, {}, keys).status, 2);
  for (const cli::Verb& verb : cli::all_verbs()) {
    EXPECT_THAT(run_words({"help", verb.words}, {}, keys).out,
                HasSubstr("usage: granary " + verb.words));
  }
  EXPECT_THAT(run_words({}, {}, keys).out, HasSubstr("plan pretrain"));
  EXPECT_THAT(run_words({"voucher", "grant", "--help"}, {}, keys).out, HasSubstr("--programme"));
}

}  // namespace
}  // namespace granary::testing
