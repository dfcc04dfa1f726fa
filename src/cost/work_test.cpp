#include "cost/work.h"

#include <gtest/gtest.h>

#include "cost/known.h"
#include "cost/training.h"

namespace granary {
namespace {
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

TEST(Layouts, AreWrittenWithTheirDeviationsFromTheDefaults) {
  EXPECT_EQ(to_text(Layout{.data = 8, .tensor = 8, .pipeline = 10}), "d8 t8 p10 b1");
  EXPECT_EQ(to_text(Layout{.tensor = 4, .micro_batch = 2, .recompute = Recompute::full}),
            "d1 t4 p1 b2 recompute");
  EXPECT_EQ(to_text(Layout{.data = 4,
                           .tensor = 2,
                           .interleave = 3,
                           .context = 2,
                           .expert = 8,
                           .sequence_parallel = true,
                           .recompute = Recompute::selective,
                           .sharding = Sharding::parameters,
                           .precision = Precision::fp8}),
            "d4 t2 p1 b1 v3 c2 e8 sp zero3 selective fp8");
  EXPECT_EQ(to_text(Layout{.micro_batch = 32, .weights = WeightFormat::int4}), "d1 t1 p1 b32 int4");
}

TEST(Purposes, AreTheWordsThatVouchersUse) {
  const Model model = known::chatglm_6b();
  EXPECT_EQ(purpose_of({model, Pretrain{Tokens(1e9)}}), "pretrain");
  EXPECT_EQ(purpose_of({model, FineTune{Tokens(1e6)}}), "finetune");
  EXPECT_EQ(purpose_of({model, Serve{PerSecond(1)}}), "serve");
  EXPECT_EQ(purpose_of({model, Batch{Tokens(1e6)}}), "serve");
}
}  // namespace
}  // namespace granary
