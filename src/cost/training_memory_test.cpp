// Memory of training against the algebra of Korthikanti et al. 2022 (arXiv:2205.05198), by
// equality, and against peaks that were measured.

#include <gtest/gtest.h>

#include "cost/activations.h"
#include "cost/known.h"
#include "cost/training.h"

namespace granary {
namespace {
using known::gib;

// A run of Korthikanti's Table 3: sizes, split, micro-batch.
struct Published {
  int layers, hidden, heads, pipeline, interleave, micro_batch;
  double plain, selective;  // GiB of activations on the first stage: neither; both of them
};
constexpr Published runs[] = {{48, 6144, 64, 1, 1, 4, 59.25, 9.5625},
                              {96, 12288, 96, 8, 3, 1, 66.84, 12.352},
                              {105, 20480, 128, 35, 3, 1, 114.02, 23.076},
                              {128, 25600, 160, 64, 1, 1, 131.25, 26.5625}};

// Of a whole stage with every micro-batch under way.
double gibibytes(const Published& run, const Layout& layout) {
  const Shape s = known::plain(run.layers, run.hidden, run.heads).shape.value;
  const Saved saved = saved_by_layer(s, 2048, false);
  const double per_layer =
      (kept_by_chip(s, saved, layout) * Tokens(2048.0 * run.micro_batch)).base();
  const double interleaved =
      run.interleave > 1 ? 1 + (run.pipeline - 1.0) / (run.pipeline * run.interleave) : 1;
  return per_layer * s.layers * interleaved / gib;
}

TEST(Activations, AreTheAlgebraOfKorthikantiForAllFourModels) {
  for (const Published& run : runs) {
    SCOPED_TRACE(run.hidden);
    EXPECT_NEAR(gibibytes(run, {.tensor = 8}), run.plain, 0.005 * run.plain / 59);
    EXPECT_NEAR(
        gibibytes(run, {.tensor = 8, .sequence_parallel = true, .recompute = Recompute::selective}),
        run.selective, 0.0005);
  }
}

TEST(Activations, OfThePlainLayerSumTo34HiddenAnd5ScoresAToken) {
  const Shape s = known::plain(96, 12288, 96).shape.value;
  const Saved saved = saved_by_layer(s, 2048, false);
  EXPECT_DOUBLE_EQ((saved.whole + saved.split).base(), 34.0 * 12288);
  EXPECT_DOUBLE_EQ(saved.scores.base(), 5.0 * 96 * 2048);
  // Tensor parallelism alone: s b h (10 + 24 / t + 5 a s / h t).
  const double of_one = kept_by_chip(s, saved, {.tensor = 8}).base();
  EXPECT_DOUBLE_EQ(of_one, 12288.0 * (10 + 24.0 / 8) + 5.0 * 96 * 2048 / 8);
}

TEST(Activations, OfFullRecomputationAreTheLayersInputs) {
  const Shape s = known::plain(96, 12288, 96).shape.value;
  const Saved saved = saved_by_layer(s, 2048, true);
  EXPECT_DOUBLE_EQ(kept_by_chip(s, saved, {.recompute = Recompute::full}).base(), 2.0 * 12288);
}

TEST(Activations, OfFusedAttentionKeepNoScores) {
  const Shape s = known::llama2_70b().shape.value;
  EXPECT_EQ(saved_by_layer(s, 4096, true).scores, BytesPerToken{});
  EXPECT_DOUBLE_EQ(saved_by_layer(s, 4096, true).split.base(),
                   saved_by_layer(s, 32768, true).split.base());
}

TEST(Activations, GrowWithTheMicroBatchesUnderWayOnTheFirstStage) {
  const Model model = known::plain(128, 25600, 160);
  const Layout layout{.tensor = 8, .pipeline = 64, .sequence_parallel = true};
  const auto of_batch = [&](int batch) {
    return training_memory(model, layout, {2048, batch}).activations.base();
  };
  EXPECT_NEAR(of_batch(16) / of_batch(512), 16.0 / 64, 1e-9);
}

// 18 B x 12 L h^2 / (t p), without embedding.
TEST(StateMemory, Is18BytesAParameterWithoutDataParallelism) {
  const auto state = [](const Model& model, int pipeline) {
    const Shape& s = model.shape.value;
    const double parameters = 12.0 * s.layers * s.hidden * s.hidden;
    EXPECT_NEAR(model.counted.total - 51200.0 * s.hidden, parameters, 0.001 * parameters);
    return 18 * parameters / (8 * pipeline) / gib;
  };
  EXPECT_DOUBLE_EQ(state(known::plain(48, 6144, 64), 1), 45.5625);
  EXPECT_DOUBLE_EQ(state(known::plain(96, 12288, 96), 8), 45.5625);
  EXPECT_NEAR(state(known::plain(105, 20480, 128), 35), 31.641, 0.0005);
  EXPECT_NEAR(state(known::plain(128, 25600, 160), 64), 32.959, 0.0005);
  const Model model = known::plain(48, 6144, 64);
  const Memory memory = training_memory(model, {.tensor = 8}, {2048, 4});
  EXPECT_NEAR((memory.weights + memory.gradients + memory.optimiser).base(),
              18 * model.counted.total / 8, 1);
}

TEST(StateMemory, IsSharedOutByTheZeroStages) {
  const Model model = known::chatglm_6b();
  const auto state = [&](Sharding sharding, int ranks) {
    return training_memory(model, {.data = ranks, .sharding = sharding}, {2048, 64});
  };
  const Memory none = state(Sharding::none, 8), one = state(Sharding::optimiser, 8);
  const Memory two = state(Sharding::gradients, 8), three = state(Sharding::parameters, 8);
  EXPECT_EQ(none.optimiser.base(), state(Sharding::none, 1).optimiser.base());
  EXPECT_DOUBLE_EQ(one.optimiser.base(), none.optimiser.base() / 8);
  EXPECT_DOUBLE_EQ(one.gradients.base(), none.gradients.base());
  EXPECT_DOUBLE_EQ(two.gradients.base(), none.gradients.base() / 8);
  EXPECT_DOUBLE_EQ(two.weights.base(), none.weights.base());
  // Weights of its own eighth, and the two layers that are gathered.
  EXPECT_LT(three.weights.base(), none.weights.base() / 4);
  EXPECT_GT(three.weights.base(), none.weights.base() / 8);
}

TEST(TrainingMemory, OfATiedHeadOnALastStageOfItsOwnCountsTheCopy) {
  const Model model = known::plain(2, 256, 4);  // nearly all embedding
  const Memory two = training_memory(model, {.pipeline = 2}, {128, 2});
  EXPECT_GE(two.weights.base(), 2 * 51200.0 * 256);
}

TEST(TrainingMemory, OfAdaptersIsTheFrozenWeightsAndLittleElse) {
  const Model model = known::chatglm2_6b();
  const Layout layout{.recompute = Recompute::full};
  const Memory full = training_memory(model, layout, {2048, 1});
  const Memory lora = training_memory(model, layout, {2048, 1, Tuning::lora, 16});
  const Memory qlora = training_memory(model, layout, {2048, 1, Tuning::qlora, 16});
  EXPECT_GT((full.gradients + full.optimiser).base(), 16 * model.counted.total * 0.99);
  EXPECT_LT((lora.gradients + lora.optimiser).base(), 0.01 * model.counted.total * 16);
  EXPECT_NEAR(lora.weights.base(), 2 * model.counted.total, 0.01 * 2 * model.counted.total);
  // A card of 11 GiB trains adapters of 6B parameters in 4 bits, not in 16.
  EXPECT_LT(qlora.total(), training_usable(known::rtx2080ti()));
  EXPECT_GT(lora.total(), training_usable(known::rtx2080ti()));
}

// Weights that are frozen are still all there: split over the chips, none left out.
TEST(TrainingMemory, OfAdaptersHoldsEveryWeightOnceHoweverExpertsAreSplit) {
  const Model model = known::deepseek_v3();
  for (const int expert : {1, 8, 64}) {
    const Layout layout{.data = 64,
                        .expert = expert,
                        .recompute = Recompute::full,
                        .sharding = Sharding::parameters};
    const Memory lora = training_memory(model, layout, {2048, 64, Tuning::lora, 16});
    EXPECT_GE(64 * lora.weights.base(), 2 * model.counted.total) << expert;
  }
}

// FlagPerf, training/nvidia, Llama-3-8B on 8 A100-80, 8,192 tokens, micro-batch 1: peak in GiB.
TEST(TrainingMemory, OfLlama3OnEightA100IsWhatFlagPerfMeasuredWithin20Percent) {
  const Model model = known::llama3_8b();
  struct Peak {
    int tensor, pipeline, data;
    double measured;
  };
  for (const Peak& peak :
       {Peak{1, 2, 4, 76}, Peak{2, 2, 2, 51}, Peak{1, 4, 2, 59}, Peak{2, 4, 1, 45},
        Peak{4, 2, 1, 35}, Peak{1, 8, 1, 55}, Peak{8, 1, 1, 30}}) {
    const Layout layout{.data = peak.data, .tensor = peak.tensor, .pipeline = peak.pipeline};
    const Memory memory = training_memory(model, layout, {8192, 512});
    EXPECT_NEAR(memory.total().base() / gib / peak.measured, 1, 0.20) << to_text(layout);
    EXPECT_LE(memory.total(), training_usable(known::a100_80())) << to_text(layout);
  }
  const Memory failed = training_memory(model, {.data = 8}, {8192, 512});
  EXPECT_GT(failed.total(), training_usable(known::a100_80()));  // it ran out of memory
}
}  // namespace
}  // namespace granary
