#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "apps/validate/inference_row.h"
#include "catalog/built_in.h"

namespace granary::validation {
namespace {
const Catalog& catalog() {
  static const Catalog read = parse_catalog(built_in_documents()).value();
  return read;
}

Row row(std::map<std::string, std::string, std::less<>> changes = {}) {
  Row made;
  made.fields = {{"source", "table"},
                 {"model", "Llama-3-8B"},
                 {"params_b", "8.03"},
                 {"chip", "4090 24GB"},
                 {"num_chips", "1"},
                 {"tp", "1"},
                 {"pp", "1"},
                 {"framework", "llama.cpp"},
                 {"weight_dtype", "F16"},
                 {"phase", "decode"},
                 {"batch", "1"},
                 {"input_len", "0"},
                 {"output_len", "512"},
                 {"metric", "throughput"},
                 {"value", "54.84"},
                 {"unit", "tokens/s"}};
  for (auto& [column, text] : changes) made.fields[column] = text;
  return made;
}
std::string skipped(const Row& one) {
  const Findings findings = judge_inference({one}, catalog());
  return findings.skipped.empty() ? "" : findings.skipped.front().reason;
}

TEST(JudgeInference, JudgesADecodeRow) {
  const Findings findings = judge_inference({row()}, catalog());
  ASSERT_EQ(findings.judged.size(), 1u);
  const Judged& one = findings.judged.front();
  EXPECT_NEAR(one.predicted / 54.84, 1, 0.15);
  EXPECT_LT(one.low.value(), one.predicted);
  EXPECT_GT(one.high.value(), one.predicted);
  EXPECT_TRUE(one.null_predicted.has_value());
  EXPECT_EQ(findings.figures.at("rows that ran predicted not to fit"), 0);
}

TEST(JudgeInference, SkipsWhatItCannotKnowAndSaysWhy) {
  EXPECT_NE(skipped(row({{"chip", "9999 16GB"}})).find("9999"), std::string::npos);
  EXPECT_NE(skipped(row({{"model", "Mixtral"}})).find("Mixtral"), std::string::npos);
  EXPECT_NE(skipped(row({{"framework", "Serve9"}})).find("Serve9"), std::string::npos);
  EXPECT_NE(skipped(row({{"weight_dtype", ""}})).find("weights"), std::string::npos);
  EXPECT_NE(skipped(row({{"value", "fast"}})).find("value"), std::string::npos);
  EXPECT_NE(skipped(row({{"value", "-3"}})).find("not positive"), std::string::npos);
  EXPECT_NE(skipped(row({{"num_chips", "3"}, {"tp", "2"}})).find("multiple"), std::string::npos);
  EXPECT_NE(skipped(row({{"batch", ""}})).find("batch"), std::string::npos);
  EXPECT_NE(skipped(row({{"phase", "nap"}})).find("nap"), std::string::npos);
}

TEST(JudgeInference, CountsMemoryBothWays) {
  const Row fails = row({{"model", "Llama-3-70B"},
                         {"params_b", "70.6"},
                         {"metric", "fits"},
                         {"value", "0"},
                         {"unit", "bool"}});
  const Row runs = row({{"model", "Llama-3-70B"},
                        {"params_b", "70.6"},
                        {"metric", "fits"},
                        {"value", "1"},
                        {"unit", "bool"}});
  const auto figures = judge_inference({fails, runs}, catalog()).figures;
  EXPECT_EQ(figures.at("out-of-memory rows"), 1);
  EXPECT_EQ(figures.at("out-of-memory rows predicted to fit"), 0);
  EXPECT_EQ(figures.at("rows that ran predicted not to fit"), 1);
}

TEST(ReadInferenceRow, UnderstandsServingGrids) {
  const Row grid = row({{"framework", "vLLM 0.6"},
                        {"chip", "H100-SXM-80GB"},
                        {"weight_dtype", "BF16"},
                        {"phase", "serving"},
                        {"batch", ""},
                        {"input_len", "1024"},
                        {"output_len", "256"},
                        {"metric", "ttft_p99"},
                        {"value", "120"},
                        {"unit", "ms"},
                        {"notes", "request rate = 4 req/s"}});
  const auto read = read_inference_row(grid, catalog());
  ASSERT_TRUE(std::holds_alternative<InferenceRow>(read)) << std::get<std::string>(read);
  const auto& known = std::get<InferenceRow>(read);
  EXPECT_EQ(known.quantity, Quantity::first_token);
  EXPECT_EQ(known.rate.value(), PerSecond(4));
  EXPECT_TRUE(known.p95);
  EXPECT_DOUBLE_EQ(known.measured, 0.12);
  const Findings findings = judge_inference({grid}, catalog());
  EXPECT_EQ(findings.judged.size(), 1u);
}

TEST(ReadInferenceRow, SpreadsCardsBeyondTpTimesPpOverReplicas) {
  const auto read =
      read_inference_row(row({{"framework", "vLLM"}, {"num_chips", "8"}, {"tp", "2"}}), catalog());
  EXPECT_EQ(std::get<InferenceRow>(read).replicas, 4);
}

// At most 12 % mean per family of cards at batch 1, framework class given.
TEST(JudgeInference, DecodesWithin12PercentOfTheGivenTables) {
  const char* const source = std::getenv("GRANARY_SOURCE");
  if (source == nullptr) GTEST_SKIP() << "GRANARY_SOURCE is not set";
  const std::filesystem::path file =
      std::filesystem::path(source) / "../shared/data/measurements/inference.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "no measurements beside the project";
  const auto table = read_table(file.string(), {"source", "value"});
  ASSERT_TRUE(table.has_value());
  const Findings findings = judge_inference(table->rows, catalog());
  std::map<std::string, std::pair<double, int>> families;
  for (const Judged& one : findings.judged) {
    auto& [error, count] = families[one.family];
    error += std::abs(one.predicted / one.measured - 1);
    ++count;
  }
  int decoded = 0;
  for (const auto& [family, sum] : families) {
    std::printf("%-28s n %3d  mean |error| %5.1f %%\n", family.c_str(), sum.second,
                100 * sum.first / sum.second);
    if (family.find("decode") == std::string::npos) continue;
    ++decoded;
    EXPECT_LE(sum.first / sum.second, 0.12) << family;
  }
  EXPECT_GE(decoded, 3);
  EXPECT_EQ(findings.figures.at("rows that ran predicted not to fit"), 0);
  EXPECT_EQ(findings.figures.at("out-of-memory rows predicted to fit"), 0);
}
}  // namespace
}  // namespace granary::validation
