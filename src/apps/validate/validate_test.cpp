#include "apps/validate/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/validate/report.h"
#include "catalog/built_in.h"

namespace granary::validation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class File {
 public:
  explicit File(const std::string& text)
      : path_(
            (fs::temp_directory_path() / ("granary-validate-" + std::to_string(getpid()) + ".csv"))
                .string()) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~File() { fs::remove(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

Result<Table> read(const std::string& text, const std::vector<std::string>& needed = {}) {
  const File file(text);
  return read_table(file.path(), needed);
}

TEST(Table, FieldsAreFoundByColumnWhateverTheLineEndsAndQuotes) {
  const auto table =
      read("\xEF\xBB\xBFsource,notes,value\r\na,\"one, \"\"two\"\"\nthree\",1.5\r\n\nb,,\r\n");
  ASSERT_TRUE(table) << table.error().what;
  ASSERT_THAT(table->rows, SizeIs(2));
  EXPECT_EQ(table->rows[0].text("notes"), "one, \"two\"\nthree");
  EXPECT_EQ(table->rows[0].number("value"), 1.5);
  EXPECT_EQ(table->rows[1].line, 5U);
  EXPECT_EQ(table->rows[1].text("source"), "b");
  EXPECT_EQ(table->rows[1].number("value"), std::nullopt) << "empty is not known, never zero";
  EXPECT_EQ(table->rows[1].text("absent"), "");
  EXPECT_THAT(table->broken, IsEmpty());
}

TEST(Table, ABrokenRowIsCountedWithItsLineAndTheRestStillCounts) {
  const auto table = read("a,b\n1,2\n1,2,3\n\"x\"y,2\nz,\"open\n5,6\n7,8\n");
  ASSERT_TRUE(table) << table.error().what;
  ASSERT_THAT(table->rows, SizeIs(3));
  EXPECT_EQ(table->rows[1].text("a"), "5");
  EXPECT_EQ(table->rows[2].line, 7U);
  ASSERT_THAT(table->broken, SizeIs(3));
  EXPECT_EQ(table->broken[0].reason, "line 3 has 3 fields, the header 2");
  EXPECT_THAT(table->broken[1].reason, HasSubstr("line 4 has text after"));
  EXPECT_EQ(table->broken[2].reason, "line 5 opens a quote that is not closed");
}

TEST(Table, ANumberIsAllOfItsFieldOrNotKnown) {
  const auto table = read("a,b,c,d\n1e3,12 GB,nan,-4\n");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->rows[0].number("a"), 1000);
  EXPECT_EQ(table->rows[0].number("b"), std::nullopt);
  EXPECT_EQ(table->rows[0].number("c"), std::nullopt);
  EXPECT_EQ(table->rows[0].number("d"), -4);
}

TEST(Table, MissingColumnsAreAllNamedInOneSentence) {
  const auto table = read("source,model\na,b\n", {"source", "chip", "value"});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, 1080);
  EXPECT_THAT(table.error().what, HasSubstr("lacks the columns chip, value."));
}

TEST(Table, AFileThatIsNoTableIsRefused) {
  EXPECT_EQ(read_table("/nowhere/at/all.csv", {}).error().code, 2012);
  EXPECT_THAT(read("").error().what, HasSubstr("is empty"));
  EXPECT_THAT(read("a,a\n1,2\n").error().what, HasSubstr("the column a twice"));
  EXPECT_THAT(read("\"a\n").error().what, HasSubstr("no header"));
}

Judged judged(const std::string& source, double predicted, double measured) {
  Judged row;
  row.source = source;
  row.predicted = predicted;
  row.measured = measured;
  return row;
}

TEST(Scores, ErrorsAreAveragedBySourceAndThenOverSources) {
  Findings findings;
  findings.judged = {judged("b", 110, 100), judged("b", 70, 100), judged("a", 150, 100)};
  findings.judged[0].null_predicted = 200;
  findings.judged[0].low = 90;
  findings.judged[0].high = 120;
  findings.judged[1].low = 60;
  findings.judged[1].high = 80;
  findings.skipped = {{"b", "why"}, {"c", "why"}};
  const auto scores = scores_of(findings);
  ASSERT_THAT(scores, SizeIs(3));
  EXPECT_EQ(scores[0].source, "a");
  EXPECT_NEAR(scores[1].mean_abs_error, 0.2, 1e-12);
  EXPECT_NEAR(scores[1].median_abs_error, 0.2, 1e-12);
  EXPECT_NEAR(scores[1].p95_abs_error, 0.29, 1e-12);
  EXPECT_NEAR(scores[1].bias, -0.1, 1e-12);
  EXPECT_NEAR(*scores[1].null_mean_abs_error, 1, 1e-12);
  EXPECT_EQ(*scores[1].in_band, 0.5);
  EXPECT_EQ(scores[1].skipped, 1U);
  EXPECT_EQ(scores[2].n, 0U) << "a source of which every row was skipped is still named";
  EXPECT_NEAR(macro_mean(scores), 0.35, 1e-12) << "of the two sources with rows";
}

Findings layouts(std::vector<std::pair<double, double>> predicted_and_measured,
                 const std::string& group) {
  Findings findings;
  for (const auto& [predicted, measured] : predicted_and_measured) {
    findings.judged.push_back(judged("s", predicted, measured));
    findings.judged.back().group = group;
  }
  return findings;
}

TEST(Rankings, RegretIsWhatTheLayoutRankedFirstTakesBeyondTheBest) {
  Findings findings = layouts({{1, 12}, {2, 10}, {3, 20}}, "g");
  const Findings small = layouts({{1, 9}, {2, 1}}, "too small to count");
  findings.judged.insert(findings.judged.end(), small.judged.begin(), small.judged.end());
  findings.figures[std::string(oom_figure) + "s"] = 2;
  const auto rankings = rankings_of(findings);
  ASSERT_THAT(rankings, SizeIs(1));
  EXPECT_EQ(rankings[0].groups, 1U);
  EXPECT_EQ(rankings[0].layouts, 3U);
  EXPECT_NEAR(rankings[0].mean_regret, 0.2, 1e-12);
  EXPECT_NEAR(rankings[0].max_regret, 0.2, 1e-12);
  EXPECT_NEAR(*rankings[0].kendall_tau, 1.0 / 3, 1e-12);
  EXPECT_EQ(rankings[0].oom_predicted_to_fit, 2);
}

TEST(Rankings, AReversedOrderHasTauMinusOneAndTiesHaveNone) {
  EXPECT_NEAR(*rankings_of(layouts({{3, 1}, {2, 2}, {1, 3}}, "g"))[0].kendall_tau, -1, 1e-12);
  EXPECT_EQ(rankings_of(layouts({{1, 1}, {1, 2}, {1, 3}}, "g"))[0].kendall_tau, std::nullopt);
}

TEST(Report, TheJsonHasTheAgreedKeysAndRoundsToTwoDecimals) {
  Findings findings;
  findings.judged = {judged("a", 112.3456, 100)};
  findings.judged[0].null_predicted = 80;
  findings.judged[0].family = "domestic";
  findings.skipped = {{"a", "why"}, {"a", "why"}};
  findings.figures = {{"rows", 3}};
  findings.judged[0].left_out = 0.85;
  findings.remarks = {"so"};
  EXPECT_EQ(json_of(Kind::training, findings), nlohmann::json::parse(R"({
    "schema":"granary.validation/1","kind":"training",
    "macro_mean_abs_error_pct":12.35,"macro_left_out_mean_abs_error_pct":15.0,
    "macro_null_mean_abs_error_pct":20.0,
    "sources":[{"source":"a","n":1,"skipped":2,"mean_abs_error_pct":12.35,
      "median_abs_error_pct":12.35,"p95_abs_error_pct":12.35,"bias_pct":12.35,
      "left_out_mean_abs_error_pct":15.0,"null_mean_abs_error_pct":20.0,"in_band_pct":null}],
    "families":[{"family":"domestic","n":1,"mean_abs_error_pct":12.35,
      "median_abs_error_pct":12.35,"p95_abs_error_pct":12.35,"bias_pct":12.35,
      "left_out_mean_abs_error_pct":15.0,"null_mean_abs_error_pct":20.0,"in_band_pct":null}],
    "skipped":[{"source":"a","reason":"why","rows":2}],"figures":{"rows":3},"remarks":["so"]})"));
  EXPECT_THAT(notes_of(Kind::training, findings),
              HasSubstr("Mean over sources: 12.3 %; each source left out of the fit: 15.0 %; null "
                        "model: 20.0 %."));
  EXPECT_THAT(notes_of(Kind::training, findings), HasSubstr("skipped 2: why (a)"));
}

TEST(Report, NothingJudgedIsNotZeroError) {
  const auto json = json_of(Kind::ops, {{}, {{"a", "why"}}, {}});
  EXPECT_TRUE(json["macro_mean_abs_error_pct"].is_null());
  EXPECT_TRUE(json["sources"][0]["mean_abs_error_pct"].is_null());
  EXPECT_TRUE(json["sources"][0]["left_out_mean_abs_error_pct"].is_null());
  EXPECT_TRUE(json["macro_left_out_mean_abs_error_pct"].is_null());
  EXPECT_EQ(json["sources"][0]["skipped"], 1);
}

TEST(Report, ARankingCarriesItsGroupsBesideTheErrors) {
  const auto json = json_of(Kind::ranking, layouts({{1, 12}, {2, 10}, {3, 20}}, "g"));
  const auto& source = json["sources"][0];
  EXPECT_EQ(source["groups"], 1);
  EXPECT_EQ(source["mean_regret_pct"], 20.0);
  EXPECT_EQ(source["max_regret_pct"], 20.0);
  EXPECT_EQ(source["kendall_tau"], 0.333);
  EXPECT_TRUE(source["oom_predicted_to_fit"].is_null()) << "nobody counted";
}

const char* const ops_header = "chip,model,tp,num_tokens,op,gemm_n,gemm_k,time_us,from,source\n";

TEST(Ops, AProductIsJudgedAndWhatIsNoneIsSkippedWithItsReason) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  const auto table = read(std::string(ops_header) +
                          "a100,m,1,4096,mlp_up_proj,44032,8192,12126.5,file,s\n"
                          "a100,m,1,4096,mlp_up_proj,44032,8192,,file,s\n"
                          "a100,m,1,4096,emb,0,0,12,file,s\n"
                          "abacus,m,1,4096,mlp_up_proj,44032,8192,1,file,s\n"
                          "a100,Llama-2-70b-hf,1,4096,add,0,0,113,file,s\n");
  ASSERT_TRUE(table);
  const Findings findings = judge_ops(table->rows, *catalog);
  ASSERT_THAT(findings.judged, SizeIs(1));
  EXPECT_NEAR(findings.judged[0].predicted / 12126.5e-6, 1, 0.08);
  EXPECT_THAT(findings.skipped, SizeIs(4));
  EXPECT_EQ(findings.figures.at("elementwise kernels"), 1);
}

TEST(Ops, MatrixProductsOfTheGivenA100TableAreWithinSevenPercent) {
  const char* const source = std::getenv("GRANARY_SOURCE");
  const std::string path =
      std::string(source ? source : ".") + "/../shared/data/measurements/inference_ops_a100.csv";
  if (!fs::exists(path)) GTEST_SKIP() << "the measurements are not here";
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  const auto table = read_table(path, {"chip"});
  ASSERT_TRUE(table) << table.error().what;
  const auto scores = scores_of(judge_ops(table->rows, *catalog));
  EXPECT_LT(macro_mean(scores), 0.07);
  EXPECT_THAT(scores, SizeIs(3));
  for (const Score& score : scores) {
    EXPECT_EQ(score.n, 320U) << score.source;
    EXPECT_LT(score.mean_abs_error, *score.null_mean_abs_error) << score.source;
    EXPECT_GT(*score.in_band, 0.7) << score.source;
  }
  const Findings findings = judge_ops(table->rows, *catalog);
  std::cout << table_of(Kind::ops, findings).text({}) << notes_of(Kind::ops, findings);
}

}  // namespace
}  // namespace granary::validation
