#include <gtest/gtest.h>

#include <cstdio>

#include "cost/cost.h"
#include "cost/known.h"
#include "cost/serving.h"
#include "cost/training_time.h"

namespace granary {
namespace {
constexpr double day = 86400;

const Term* find(const std::vector<Term>& terms, const std::string& name) {
  for (const Term& term : terms) {
    if (term.name == name) return &term;
  }
  return nullptr;
}

// Korthikanti et al. 2022: 72 B L s h^2 (1 + s / 6h + V / 12hL) for each sequence.
TEST(TrainingFlops, AreTheClosedFormOfThePlainTransformer) {
  const double layers = 96, h = 12288, s = 2048, words = 51200;
  Model model = known::plain(96, 12288, 96);
  model.counted.flops = 12 * layers * h * h + words * h;  // matrices only, as the paper counts
  const double per_token = 72 * layers * h * h * (1 + s / (6 * h) + words / (12 * h * layers));
  EXPECT_NEAR(training_flops(model, 2048, false).base() / per_token, 1, 1e-12);
  // Narayanan et al. 2021 do not recompute the head: 96 s L h^2 (1 + s / 6h + V / 16Lh).
  const double recomputed = 96 * layers * h * h * (1 + s / (6 * h) + words / (16 * layers * h));
  EXPECT_NEAR(training_flops(model, 2048, true).base() / recomputed, 1, 0.01);
}

TEST(AchievedRate, IsTheFamilysUtilisationOfTheDenseRate) {
  EXPECT_DOUBLE_EQ(achieved_rate(known::a800_80())->utilisation, 0.562);
  EXPECT_DOUBLE_EQ(achieved_rate(known::a800_80())->rate.base(), 0.562 * 312e12);
  EXPECT_DOUBLE_EQ(achieved_rate(known::ascend910b2())->utilisation, 0.40);
  EXPECT_DOUBLE_EQ(achieved_rate(known::chip({.id = "h800-sxm", .tflops = 989}))->utilisation,
                   0.418);
  EXPECT_DOUBLE_EQ(achieved_rate(known::cpu())->utilisation, 0.25);
  EXPECT_EQ(achieved_rate(known::rtx2080ti())->precision, Precision::fp16);
  EXPECT_FALSE(achieved_rate(known::chip({.id = "new", .gibibytes = 64})));
}

TEST(AchievedRate, PrefersBf16ToFp16ToFp32) {
  Chip chip = known::rtx4090();
  chip.dense[Precision::fp16] = {FlopsPerSecond(330e12), Standing::declared, "t"};
  EXPECT_EQ(achieved_rate(chip)->precision, Precision::bf16);
  EXPECT_FALSE(achieved_rate(chip)->source.empty());
}

// Zeng et al. 2022 (arXiv:2210.02414): 400B tokens on 96 nodes of 8 A100-40GB, 60 days in all, MFU
// 32.5 %, t 4, p 8, 4,224 sequences. Elapsed time holds restarts, evaluation and the ramp of the
// batch; a model of the steps alone must come out below it, and not below a third.
TEST(Glm130B, On768A100TakesBetweenAThirdAndAllOfItsAuthors60Days) {
  const Model model = known::glm_130b();
  const Layout layout{.data = 24, .tensor = 4, .pipeline = 8, .recompute = true};
  ASSERT_EQ(layout.chips(), 768);
  const auto terms = training_time(model, known::a100_40(), layout, Tokens(400e9), 2048, 4224);
  const double days = sum(terms).base() / day;
  const double compute = find(terms, "compute")->amount.base() / day;
  RecordProperty("compute_days", std::to_string(compute));
  RecordProperty("days", std::to_string(days));
  std::printf("GLM-130B on 768 A100-40: %.1f days, of it compute %.1f; published 60 in all\n", days,
              compute);
  EXPECT_GT(days, 20);
  EXPECT_LT(days, 60);
  // Their own utilisation gives their own compute time: 400B x 6 N + 12 L h s at 32.5 %.
  const double flops = training_flops(model, 2048, false).base() * 400e9;
  EXPECT_NEAR(flops / (768 * 312e12 * 0.325) / day, 47, 1.5);
}

TEST(TrainingTime, IsTheSumOfTermsThatAllHaveAFormulaAndASource) {
  const Layout layout{.data = 4, .tensor = 8, .pipeline = 10, .recompute = true};
  const TrainingRun run{Tokens(4e9), 2048, 1024};
  for (const Chip& chip : {known::a100_40(), known::rtx4090(), known::ascend910b2()}) {
    const auto terms =
        training_time(known::glm_130b(), chip, layout, run.tokens, run.sequence, run.global_batch);
    const double total =
        training_seconds(known::glm_130b(), chip, *achieved_rate(chip), layout, run).total().base();
    EXPECT_NEAR(sum(terms).base() / total, 1, 1e-12);
    for (const Term& term : terms) {
      EXPECT_GT(term.amount, Seconds{}) << term.name;
      EXPECT_FALSE(term.formula.empty() || term.source.empty()) << term.name;
    }
  }
}

TEST(TrainingTime, CountsTensorTrafficOnlyWhereTheLinkIsSlowerThanTheMeasuredOnes) {
  const auto traffic = [](const Chip& chip) {
    const auto terms =
        training_time(known::chatglm_6b(), chip, {.tensor = 8}, Tokens(1e9), 2048, 64);
    const Term* const term = find(terms, "tensor traffic");
    return term ? term->amount / find(terms, "compute")->amount : 0.0;
  };
  EXPECT_EQ(traffic(known::a100_80()), 0);
  EXPECT_EQ(traffic(known::a800_80()), 0);
  EXPECT_LT(traffic(known::ascend910b2()), 0.01);
  EXPECT_GT(traffic(known::rtx4090()), 0.05);
}

TEST(TrainingTime, OfAPipelineHoldsABubbleOfStagesLessOneOverMicroBatches) {
  const auto terms = training_time(known::glm_130b(), known::a100_80(),
                                   {.data = 2, .tensor = 8, .pipeline = 5}, Tokens(1e9), 2048, 128);
  EXPECT_NEAR(find(terms, "pipeline bubble")->amount / find(terms, "compute")->amount, 4.0 / 64,
              1e-12);
}

TEST(TrainingTime, WaitsForTheFullestStageWhenTheLayersDoNotDivide) {
  const auto compute = [](int pipeline) {
    return find(training_time(known::glm_130b(), known::a100_80(),
                              {.tensor = 8, .pipeline = pipeline}, Tokens(1e9), 2048, 128),
                "compute")
        ->amount.base();
  };
  EXPECT_NEAR(compute(8) * 8 / (compute(7) * 7), 72.0 / 70, 1e-12);
}

// kipply, "Transformer inference arithmetic": FasterTransformer, 13B, A100-40: 22.0 ms a token on
// one, 13.5 on two; prefill of 512 tokens 63.2 and 45.5 ms.
TEST(Decode, OfA13BModelIsWhatFasterTransformerTakesWithin10Percent) {
  const Model model = known::plain(40, 5120, 40);
  const auto decode = [&](int tensor) {
    return serving_step(model, known::a100_40(), {.tensor = tensor}, 1, 512, 1).decode.base();
  };
  EXPECT_NEAR(decode(1), 22.0e-3, 2.2e-3);
  EXPECT_NEAR(decode(2), 13.5e-3, 1.35e-3);
}

TEST(Prefill, OfA13BModelIsWhatFasterTransformerTakesWithin30Percent) {
  const Model model = known::plain(40, 5120, 40);
  const auto prefill = [&](int tensor) {
    return serving_step(model, known::a100_40(), {.tensor = tensor}, 1, 512, 1).prefill.base();
  };
  std::printf("prefill of 512 by 13B: %.1f and %.1f ms; measured 63.2 and 45.5\n", prefill(1) * 1e3,
              prefill(2) * 1e3);
  EXPECT_NEAR(prefill(1), 63.2e-3, 0.3 * 63.2e-3);
  EXPECT_NEAR(prefill(2), 45.5e-3, 0.3 * 45.5e-3);
}

TEST(Serving, SumsItsTermsToTheTimeOfOneRequestAlone) {
  const Layout layout{.tensor = 8, .micro_batch = 16, .weights = WeightKind::int8};
  const auto step = serving_step(known::glm_130b(), known::rtx3090(), layout, 16, 512, 256);
  const auto alone = serving_step(known::glm_130b(), known::rtx3090(), layout, 1, 512, 256);
  EXPECT_NEAR(sum(step.terms).base(), (alone.prefill + 256.0 * alone.decode).base(), 1e-9);
  EXPECT_GT(step.decode, alone.decode);
}

TEST(Serving, OfMoreSequencesTogetherFinishesMoreRequestsASecond) {
  double before = 0;
  for (const int batch : {1, 2, 4, 8, 16, 32}) {
    const double now =
        serving_step(known::chatglm_6b(), known::rtx4090(), {}, batch, 512, 256).sustained.base();
    EXPECT_GT(now, before);
    before = now;
  }
}

TEST(Serving, ReadsFewerBytesWithSmallerWeights) {
  const auto decode = [](WeightKind kind) {
    return serving_step(known::chatglm_6b(), known::rtx4090(), {.weights = kind}, 1, 512, 256)
        .decode;
  };
  EXPECT_LT(decode(WeightKind::int8), decode(WeightKind::fp16));
  EXPECT_LT(decode(WeightKind::int4), decode(WeightKind::int8));
}

TEST(Serving, OfAMixtureReadsOnlyTheExpertsThatTheBatchHits) {
  const Model model = known::deepseek_v3();
  const Layout layout{.tensor = 16, .weights = WeightKind::int8};
  const Chip chip = known::a100_80();
  const double one = serving_step(model, chip, layout, 1, 512, 256).decode.base();
  const double all = serving_step(model, chip, layout, 256, 512, 256).decode.base();
  EXPECT_GT(all, 3 * one);
}

TEST(Layouts, AreWrittenWithTheirDeviationsFromTheDefaults) {
  EXPECT_EQ(to_text(Layout{.data = 8, .tensor = 8, .pipeline = 10}), "d8 t8 p10 b1");
  EXPECT_EQ(to_text(Layout{.tensor = 4, .micro_batch = 2, .recompute = true}),
            "d1 t4 p1 b2 recompute");
  EXPECT_EQ(to_text(Layout{.micro_batch = 32, .weights = WeightKind::int4}), "d1 t1 p1 b32 int4");
}

TEST(Purposes, AreTheWordsThatVouchersUse) {
  const Model model = known::chatglm_6b();
  EXPECT_EQ(purpose_of({model, Pretrain{Tokens(1e9)}}), "pretrain");
  EXPECT_EQ(purpose_of({model, FineTune{Tokens(1e6)}}), "finetune");
  EXPECT_EQ(purpose_of({model, Serve{PerSecond(1)}}), "serve");
}
}  // namespace
}  // namespace granary
