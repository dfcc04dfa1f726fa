#include "apps/validate/refit.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "apps/validate/report.h"
#include "catalog/built_in.h"

namespace granary::validation {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;

const Catalog& catalog() {
  static const Catalog read = parse_catalog(built_in_documents()).value();
  return read;
}

// The built-in catalogue with another training curve of a family.
Catalog with_curve(const std::string& family, Precision precision, const TrainingCurve& curve) {
  Catalog changed = catalog();
  changed.calibrations.at(family).training[precision].value = curve;
  return changed;
}

// A step whose layout is said in full.
Row step(const std::string& source, int hidden, int micro_batch, const std::string& recompute) {
  Row row;
  row.fields = {{"source", source},
                {"model", "made up"},
                {"layers", "32"},
                {"hidden", std::to_string(hidden)},
                {"ffn", std::to_string(4 * hidden)},
                {"heads", std::to_string(hidden / 128)},
                {"vocab", "50304"},
                {"seq_len", "2048"},
                {"gated_mlp", "0"},
                {"chip", "A100-SXM4-80GB"},
                {"num_chips", "8"},
                {"tp", "1"},
                {"pp", "1"},
                {"dp_sharding", "zero3"},
                {"micro_batch", std::to_string(micro_batch)},
                {"global_batch_seqs", "128"},
                {"recompute", recompute},
                {"precision", "bf16"},
                {"iter_time_s", "1000"}};  // until it is known
  return row;
}

// Eighteen steps of a source that take `slower` times what the catalogue says.
std::vector<Row> steps(const std::string& source, const Catalog& truth, double slower = 1) {
  std::vector<Row> rows;
  for (const int hidden : {2048, 3072, 4096}) {
    for (const int micro_batch : {1, 2, 4}) {
      for (const char* const recompute : {"none", "full"}) {
        Row row = step(source, hidden, micro_batch, recompute);
        const auto read = read_training_row(row, truth);
        EXPECT_TRUE(read) << read.error();
        if (!read) continue;
        row.fields["iter_time_s"] = fmt::format("{:.17g}", slower * read->predicted.base());
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

std::vector<Row> together(const std::vector<std::vector<Row>>& tables) {
  std::vector<Row> rows;
  for (const auto& table : tables) rows.insert(rows.end(), table.begin(), table.end());
  return rows;
}

const TrainingCurve truth{0.77, 170, 0.29};

TEST(LeftOutSource, OneThatTakesAQuarterLongerIsMissedByAFifthAndTheOthersByLittle) {
  const Catalog made = with_curve("ampere", Precision::bf16, truth);
  const auto rows =
      together({steps("a", made), steps("b", made), steps("c", made), steps("slow", made, 1.25)});
  const auto scores = scores_of(judge_training(rows, catalog()));
  ASSERT_THAT(scores, SizeIs(4));
  for (const Score& score : scores) {
    ASSERT_TRUE(score.left_out_mean_abs_error) << score.source;
    EXPECT_NEAR(*score.left_out_mean_abs_error, score.source == "slow" ? 0.2 : 0, 0.01)
        << score.source;
  }
  EXPECT_NEAR(*macro_left_out_mean(scores), 0.05, 0.005);
}

TEST(LeftOutSource, WhatTheCatalogueSaysOfTheFamilyHasNoInfluence) {
  const Catalog made = with_curve("ampere", Precision::bf16, truth);
  const Catalog other = with_curve("ampere", Precision::bf16, {0.3, 900, 0.1});
  const auto rows = together({steps("a", made), steps("b", made, 1.1), steps("c", made, 0.9)});
  const Findings first = judge_training(rows, catalog()), second = judge_training(rows, other);
  ASSERT_EQ(first.judged.size(), second.judged.size());
  for (std::size_t i = 0; i < first.judged.size(); ++i) {
    EXPECT_NE(first.judged[i].predicted, second.judged[i].predicted);
    EXPECT_EQ(first.judged[i].left_out, second.judged[i].left_out) << "and it is the same again";
  }
}

TEST(LeftOutSource, ASingleSourceHasNothingToLearnFrom) {
  const auto rows = steps("alone", catalog());
  const Findings findings = judge_training(rows, catalog());
  ASSERT_THAT(findings.judged, SizeIs(18));
  EXPECT_EQ(scores_of(findings).front().left_out_mean_abs_error, std::nullopt);
  EXPECT_THAT(notes_of(Kind::training, findings), Not(HasSubstr("left out")));
}

TEST(LeftOutSource, WithoutAnyOtherRowOfTheFamilyItGetsTheGeneralCurve) {
  auto hopper = step("hopper", 4096, 1, "none");
  hopper.fields["chip"] = "H100-SXM5-80GB";
  const auto read = read_training_row(hopper, catalog());
  ASSERT_TRUE(read) << read.error();
  std::vector<KnownStep> known{{"hopper", *read}};
  const auto curve_of = [&](const char* family, Precision precision) {
    return without_source(catalog(), known, "hopper")
        .calibrations.at(family)
        .training.at(precision)
        .value.compute_share;
  };
  const double general =
      catalog().calibrations.at("any").training.at(Precision::bf16).value.compute_share;
  EXPECT_EQ(curve_of("hopper", Precision::bf16), general);
  EXPECT_EQ(curve_of("hopper", Precision::fp8), general);
  EXPECT_EQ(curve_of("ampere", Precision::bf16),
            catalog().calibrations.at("ampere").training.at(Precision::bf16).value.compute_share)
      << "a family that the source says nothing of";
}

TEST(LeftOutSource, FewRowsFitTheShareAloneAndTheRestIsOfTheGeneralCurve) {
  const TrainingCurve general = catalog().calibrations.at("any").training.at(Precision::bf16).value;
  const TrainingCurve made{0.5, general.edge, general.attention};
  const auto rows = together({steps("a", with_curve("ampere", Precision::bf16, made)),
                              steps("b", with_curve("ampere", Precision::bf16, truth))});
  std::vector<KnownStep> known;
  ASSERT_LT(rows.size() / 2, fewest_for_curve);
  for (const Row& row : rows) {
    known.push_back({row.text("source"), *read_training_row(row, catalog())});
  }
  const Catalog unseen = without_source(catalog(), known, "b");
  const TrainingCurve curve = unseen.calibrations.at("ampere").training.at(Precision::bf16).value;
  EXPECT_NEAR(curve.compute_share, 0.5, 1e-4);
  EXPECT_EQ(curve.edge, general.edge);
  EXPECT_EQ(curve.attention, general.attention);
}

TEST(LeftOutSource, EightBitsHaveTheirOwnShareAndTheRestOf16Bits) {
  Catalog made = with_curve("hopper", Precision::bf16, {0.66, 280, 0.22});
  made.calibrations.at("hopper").training.at(Precision::fp8).value = {0.81, 280, 0.22};
  std::vector<KnownStep> known;
  for (const char* const source : {"a", "b", "c"}) {
    for (const char* const precision : {"bf16", "fp8"}) {
      for (Row row : steps(source, made)) {
        row.fields["chip"] = "H100-SXM5-80GB";
        row.fields["precision"] = precision;
        auto read = read_training_row(row, made);
        ASSERT_TRUE(read) << read.error();
        read->measured = read->predicted;
        known.push_back({source, *read});
      }
    }
  }
  const auto fitted = without_source(catalog(), known, "b").calibrations.at("hopper").training;
  EXPECT_NEAR(fitted.at(Precision::bf16).value.compute_share, 0.66, 0.01);
  EXPECT_NEAR(fitted.at(Precision::fp8).value.compute_share, 0.81, 0.01);
  EXPECT_EQ(fitted.at(Precision::fp8).value.edge, fitted.at(Precision::bf16).value.edge);
}

// A row of one card with llama.cpp, that takes `slower` times what the model says.
Row generation(const std::string& chip, const std::string& weights, int length, bool prefill,
               double slower = 1) {
  Row row;
  row.fields = {{"source", "table"},
                {"model", "Llama-3-8B"},
                {"params_b", "8.03"},
                {"chip", chip},
                {"num_chips", "1"},
                {"tp", "1"},
                {"pp", "1"},
                {"framework", "llama.cpp"},
                {"weight_dtype", weights},
                {"phase", prefill ? "prefill" : "decode"},
                {"batch", "1"},
                {"input_len", prefill ? std::to_string(length) : "0"},
                {"output_len", prefill ? "0" : std::to_string(length)},
                {"metric", "throughput"},
                {"value", "1"},
                {"unit", "tokens/s"}};
  const auto read = read_inference_row(row, catalog());
  const auto& known = std::get<InferenceRow>(read);
  const auto practice =
      serving_practice(catalog(), *known.chip, known.framework, {known.weights, known.cache});
  row.fields["value"] = fmt::format("{:.17g}", predicted(known, *practice) / slower);
  return row;
}

std::vector<Row> generations(const std::string& chip, double slower = 1) {
  std::vector<Row> rows;
  for (const bool prefill : {false, true}) {
    for (const char* const weights : {"F16", "Q4_K_M"}) {
      for (const int length : {512, 1024, 4096}) {
        rows.push_back(generation(chip, weights, length, prefill, slower));
      }
    }
  }
  return rows;
}

TEST(LeftOutCard, OneThatTakesAQuarterLongerIsNamedTheWorst) {
  const auto rows = together({generations("RTX 4090 24GB"), generations("L40S 48GB", 1.25),
                              generations("RTX 6000 Ada 48GB"), generations("L4 24GB")});
  const auto figures = judge_inference(rows, catalog()).figures;
  const auto worst = figures.find("native decode, cards like l4, a card left out, worst: l40s, %");
  ASSERT_NE(worst, figures.end());
  EXPECT_NEAR(worst->second, 25, 1) << "of a rate: 1.25 times too fast";
  EXPECT_NEAR(figures.at("native decode, cards like l4, a card left out, mean error, %"), 25.0 / 4,
              1);
  EXPECT_NEAR(figures.at("native prefill, cards like l4, a card left out, worst: l40s, %"), 25, 1);
}

TEST(LeftOutCard, TheOnlyOneOfItsFamilyCannotBeLeftOutAndThatIsSaid) {
  const Findings findings = judge_inference(generations("H100 PCIe 80GB"), catalog());
  EXPECT_THAT(findings.figures, Not(Contains(Key(HasSubstr("left out")))));
  EXPECT_THAT(findings.remarks,
              Contains("native decode, cards like h100-pcie: only h100-pcie was measured, so no "
                       "card can be left out of the fit"));
  EXPECT_THAT(notes_of(Kind::inference, findings), HasSubstr("cards like h100-pcie: only"));
}

TEST(LeftOutModel, AProductCurveIsFittedAgainWithoutEachModelAndOneAloneCannotBe) {
  std::vector<Row> rows;
  for (const char* const model : {"Llama-2-7b-hf", "Llama-2-70b-hf"}) {
    for (int tokens = 1; tokens <= 4096; tokens *= 4) {
      Row row;
      row.fields = {{"source", model},  {"chip", "a100"},
                    {"model", model},   {"num_tokens", std::to_string(tokens)},
                    {"gemm_n", "8192"}, {"gemm_k", model[9] == 'b' ? "4096" : "8192"},
                    {"time_us", "1"}};
      const Findings once = judge_ops({row}, catalog());
      row.fields["time_us"] = fmt::format("{:.17g}", 1e6 * once.judged.at(0).predicted);
      rows.push_back(std::move(row));
      EXPECT_THAT(once.remarks, SizeIs(1));
      EXPECT_THAT(once.remarks.front(), HasSubstr("a100-sxm-80: only one model"));
    }
  }
  const Findings findings = judge_ops(rows, catalog());
  EXPECT_THAT(findings.remarks, IsEmpty());
  EXPECT_LT(findings.figures.at("a100-sxm-80 without llama2-7b, mean error, %"), 3);
  EXPECT_LT(findings.figures.at("a100-sxm-80 without llama2-70b, mean error, %"), 3);
}

// What is given of others' measurements; nothing where it is not here.
std::optional<Table> given(const char* name) {
  const char* const source = std::getenv("GRANARY_SOURCE");
  const std::string path =
      std::string(source ? source : ".") + "/../shared/data/measurements/" + name;
  if (!std::filesystem::exists(path)) return std::nullopt;
  auto table = read_table(path, {"source"});
  if (!table) return std::nullopt;
  return *std::move(table);
}

// data/calibrations must not be tuned by hand past what the fit gives.
TEST(LeftOutSource, TheShippedCurvesAreThoseOfTheFitToEveryRow) {
  const auto table = given("training.csv");
  if (!table) GTEST_SKIP() << "the measurements are not here";
  std::vector<KnownStep> known;
  for (const Row& row : table->rows) {
    const auto read = read_training_row(row, catalog());
    if (read && read->measured && !read->out_of_memory)
      known.push_back({row.text("source"), *read});
  }
  const Catalog fitted = without_source(catalog(), known, "");
  for (const char* const family : {"ampere", "hopper", "ascend"}) {
    const auto& shipped = catalog().calibrations.at(family).training;
    for (const auto& [precision, fact] : fitted.calibrations.at(family).training) {
      const TrainingCurve& ours = shipped.at(precision).value;
      const std::string what = std::string(family) + " " + to_text(precision);
      EXPECT_NEAR(ours.compute_share, fact.value.compute_share, 0.01) << what;
      EXPECT_NEAR(ours.edge, fact.value.edge, 20) << what;
      EXPECT_NEAR(ours.attention, fact.value.attention, 0.02) << what;
    }
  }
}

TEST(LeftOutSource, TheGivenTrainingTablesAreFarBetterThanTheNullModelAlsoUnseen) {
  const auto table = given("training.csv");
  if (!table) GTEST_SKIP() << "the measurements are not here";
  const Findings findings = judge_training(table->rows, catalog());
  const auto scores = scores_of(findings);
  for (const Score& score : scores) {
    if (score.n == 0) continue;
    ASSERT_TRUE(score.left_out_mean_abs_error) << score.source;
    if (score.n >= 8) {
      EXPECT_LT(*score.left_out_mean_abs_error, *score.null_mean_abs_error) << score.source;
    }
  }
  EXPECT_LT(*macro_left_out_mean(scores), 0.12);
  std::cout << table_of(Kind::training, findings).text({}) << notes_of(Kind::training, findings);
}

TEST(LeftOutCard, EveryGivenCardAndModelIsDecodedWithinAFifthUnseen) {
  const auto table = given("inference.csv");
  if (!table) GTEST_SKIP() << "the measurements are not here";
  std::size_t worst = 0;
  const Findings findings = judge_inference(table->rows, catalog());
  for (const auto& [name, value] : findings.figures) {
    if (name.find("worst") == std::string::npos) continue;
    if (name.starts_with("native prefill")) continue;
    ++worst;
    EXPECT_LT(value, 20) << name;
  }
  EXPECT_GE(worst, 4U);
}

}  // namespace
}  // namespace granary::validation
