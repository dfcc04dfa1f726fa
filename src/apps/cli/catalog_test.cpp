// The catalogue on the command line: what is shown of chips and rules, and documents of one's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "apps/cli/test_house.h"

namespace granary::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

Ran ran(const Words& words, const std::string& input = {}) {
  int keys = 0;
  Scene scene;
  scene.directory = ::testing::TempDir();
  scene.input = input;
  return run_words(words, scene, keys);
}

const std::string config = R"({"model_type": "llama", "hidden_act": "silu", "hidden_size": 4096,
  "intermediate_size": 14336, "max_position_embeddings": 8192, "num_attention_heads": 32,
  "num_hidden_layers": 32, "num_key_value_heads": 8, "tie_word_embeddings": false,
  "vocab_size": 128256})";

TEST(CatalogCommand, ListsEveryChipOnALineAndMarksWhatIsRecalled) {
  const Ran list = ran({"catalog", "chips", "list"});
  EXPECT_EQ(list.status, 0);
  EXPECT_EQ(std::count(list.out.begin(), list.out.end(), '\n'), 83);
  EXPECT_THAT(list.out, HasSubstr("figures that are recalled or assumed"));
  const Ran show = ran({"catalog", "chips", "show", "rtx3090"});
  EXPECT_THAT(show.out, AllOf(HasSubstr("dense fp16"), HasSubstr("71.2 TFLOPS"),
                              HasSubstr("accumulating in fp16: fp16"), HasSubstr("recalled"),
                              HasSubstr("family: ampere")));
  EXPECT_EQ(ran({"catalog", "show", "rtx3090"}).out, show.out);
  EXPECT_THAT(ran({"catalog", "show", "glm-130b"}).out, HasSubstr("glm-130b: GLM-130B"));
  EXPECT_EQ(ran({"catalog", "show", "nothing"}).status, 3);
  const Ran measured = ran({"catalog", "chips", "show", "a100-sxm-40"});
  EXPECT_THAT(measured.out, AllOf(HasSubstr("measured bf16"), HasSubstr("259 TFLOPS")));
}

TEST(CatalogCommand, ChecksAChipAgainstTheRuleSetsWithDateNumbersAndTheWarning) {
  const Ran a100 = ran({"catalog", "rules", "check", "a100-sxm-80", "--on", "2024-01-01"});
  EXPECT_EQ(a100.status, 0) << a100.err;
  EXPECT_THAT(a100.out, AllOf(HasSubstr("on 2024-01-01, per packaged IC"), HasSubstr("4992"),
                              HasSubstr("fp16 312 TOPS x 16 bits (declared, arthurchiao-2023)"),
                              HasSubstr("3A090.a.1"), HasSubstr("not in force on 2024-01-01"),
                              HasSubstr("not legal advice")));
  const Ran s4000 = ran({"catalog", "rules", "check", "mtt-s4000", "--rule", "us-2023-10"});
  EXPECT_THAT(s4000.out, AllOf(HasSubstr("undetermined"), HasSubstr("missing: logic die area"),
                               Not(HasSubstr("us-2022-10"))));
  const Ran h20 = ran({"catalog", "rules", "check", "h20", "--rule", "us-2023-10"});
  EXPECT_THAT(h20.out, HasSubstr("us-2025-04-h20"));
  const Ran json = ran({"catalog", "rules", "check", "mlu370-x8", "--json"});
  const Json object = Json::parse(json.out);
  EXPECT_EQ(object["schema"], "granary.classification/1");
  EXPECT_EQ(object["results"].size(), 7u);
  EXPECT_THAT(object["disclaimer"].get<std::string>(), HasSubstr("not legal advice"));
  for (const Json& result : object["results"]) {
    if (result["rule"] != "us-2023-10") continue;
    EXPECT_EQ(result["result"], "undetermined");
    EXPECT_EQ(result["missing"][0], "packaged ICs per card");
    EXPECT_EQ(result["effective"], "2023-11-17");
  }
}

TEST(CatalogCommand, ShowsRuleSetsAndNamesTheNearest) {
  EXPECT_EQ(Json::parse(ran({"catalog", "rules", "--json"}).out)["schema"], "granary.rules/1");
  EXPECT_THAT(ran({"catalog", "rules", "list"}).out, HasSubstr("87 FR 62186"));
  EXPECT_THAT(ran({"catalog", "rules", "show", "us-2023-10"}).out,
              AllOf(HasSubstr("5.92 <= performance density"), HasSubstr("for datacentres and"),
                    HasSubstr("not legal advice")));
  const Ran unknown = ran({"catalog", "rules", "show", "us-2023"});
  EXPECT_EQ(unknown.status, 3);
  EXPECT_THAT(unknown.err, AllOf(StartsWith("error G2017: "), HasSubstr("us-2023-10")));
  EXPECT_EQ(ran({"catalog", "rules", "check", "a101"}).status, 3);
  EXPECT_EQ(ran({"catalog", "rules", "check", "h20", "--rule", "x"}).status, 3);
  EXPECT_EQ(ran({"catalog", "rules", "check", "h20", "--on", "tomorrow"}).status, 2);
  EXPECT_EQ(ran({"catalog", "rules", "check"}).status, 2);
}

TEST(CatalogCommand, AddsAModelFromItsConfigAndNeverOverwritesAFile) {
  const Words add = {"catalog", "models", "add", "--from", "-", "--id", "l3"};
  const auto with = [&](const Words& more) {
    Words words = add;
    words.insert(words.end(), more.begin(), more.end());
    return ran(words, config);
  };
  const Ran printed = with({});
  EXPECT_EQ(printed.status, 0) << printed.err;
  EXPECT_THAT(printed.out, AllOf(StartsWith("id = \"l3\"\n"), HasSubstr("kv_heads = 8\n")));
  EXPECT_THAT(printed.err, HasSubstr("l3: 8.03B parameters stored"));
  const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "l3.toml";
  std::filesystem::remove(file);
  EXPECT_EQ(with({"--out", "l3.toml", "--published", "8.03B"}).status, 0);
  const Ran again = with({"--out", "l3.toml"});
  EXPECT_EQ(again.status, 5);
  EXPECT_THAT(again.err, AllOf(StartsWith("error G5004: "), HasSubstr("l3.toml exists already")));
  const Ran checked = ran({"catalog", "models", "check", "l3.toml"});
  EXPECT_EQ(checked.out, "ok: model l3 (8.03B parameters stored, 8.03B active)\n");
  const Ran off = with({"--published", "9B"});
  EXPECT_EQ(off.status, 2);
  EXPECT_THAT(off.err, StartsWith("error G1095: config.json: 9B parameters are published"));
  EXPECT_EQ(with({"--published", "many"}).status, 2);
  EXPECT_EQ(with({"--published", "0"}).status, 2);
  EXPECT_EQ(with({"--out", "no/such/folder/x.toml"}).status, 7);
  EXPECT_EQ(Json::parse(with({"--json"}).out)["parameters"]["total"], 8030261248.0);
  const Ran spelt = ran({"catalog", "add", "model", "--from", "-", "--id", "l3"}, config);
  EXPECT_EQ(spelt.out, printed.out);
  EXPECT_EQ(ran(add, "{}").status, 2);
  EXPECT_EQ(ran({"catalog", "models", "add"}).status, 2);
  EXPECT_EQ(ran({"catalog", "models", "add", "--from", "none.json"}).status, 3);
  EXPECT_EQ(ran(add, std::string(2 << 20, ' ')).status, 2);
}

TEST(CatalogCommand, SaysWhatAChipsDocumentLacksAndWhatFollows) {
  const std::string chip = "id = \"x1\"\nname = \"X1\"\nvendor = \"X\"\norigin = \"domestic\"\n";
  const Ran bare = ran({"catalog", "chips", "check", "-"}, chip);
  EXPECT_EQ(bare.status, 0) << bare.err;
  EXPECT_THAT(bare.out, AllOf(StartsWith("ok: chip x1"), HasSubstr("no memory: nothing can be"),
                              HasSubstr("no compute rate: it may be held")));
  const Ran fp32 = ran({"catalog", "chips", "check", "-"},
                       chip +
                           "dense.fp32 = { value = \"8 TFLOPS\", standing = \"assumed\", "
                           "source = \"given\" }\n");
  EXPECT_THAT(fp32.out, HasSubstr("no fp16 or bf16 rate: yields no option for training"));
  const Ran wrong = ran({"catalog", "chips", "check", "-"}, chip + "memory = \"80 GB\"\n");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, StartsWith("error G1023: chips/stdin:5: memory: a figure must say"));
  EXPECT_EQ(ran({"catalog", "chips", "check", "nowhere.toml"}).status, 3);
}

TEST(CatalogCommand, FlagsPoolsThatDoNotDeclareSinceWhenTheirChipsAreHeld) {
  EXPECT_THAT(ran({"catalog", "sites", "show", "wuhu"}).out,
              HasSubstr("not declared since when and from where"));
}

}  // namespace
}  // namespace granary::testing
