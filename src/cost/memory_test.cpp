#include <gtest/gtest.h>

#include "cost/activations.h"
#include "cost/cost.h"
#include "cost/known.h"

namespace granary {
namespace {
using known::gib;

Layout split(int tensor, WeightKind weights = WeightKind::fp16) {
  return {.tensor = tensor, .weights = weights};
}

// One sequence of 2048 tokens on `chips` of the kind.
bool serves(const Model& model, const Chip& chip, int chips, WeightKind weights) {
  return serving_memory(model, split(chips, weights), 1, 2048).total() <= usable_memory(chip);
}

TEST(UsableMemory, IsNineteenTwentiethsOfTheRatedOneAndNothingWhenThatIsUnknown) {
  EXPECT_DOUBLE_EQ(usable_memory(known::a100_80()).base(), 0.95 * 80 * gib);
  EXPECT_EQ(usable_memory(known::chip({.id = "new"})), Bytes{});
}

// https://github.com/THUDM/ChatGLM-6B: 13 / 10 / 6 GB after a few rounds.
TEST(ChatGlm6B, TakesWhatItsAuthorsPrintWithin15Percent) {
  const auto gigabytes = [](WeightKind kind) {
    return serving_memory(known::chatglm_6b(), split(1, kind), 1, 2048).total().base() / 1e9;
  };
  EXPECT_NEAR(gigabytes(WeightKind::fp16), 13, 0.15 * 13);
  EXPECT_NEAR(gigabytes(WeightKind::int8), 10, 0.15 * 10);
  EXPECT_NEAR(gigabytes(WeightKind::int4), 6, 0.15 * 6);
}

TEST(ChatGlm6B, InInt4FitsOne2080TiAndInFp16DoesNot) {
  EXPECT_TRUE(serves(known::chatglm_6b(), known::rtx2080ti(), 1, WeightKind::int4));
  EXPECT_FALSE(serves(known::chatglm_6b(), known::rtx2080ti(), 1, WeightKind::fp16));
}

// https://github.com/THUDM/GLM-130B: hardware table of its README.
TEST(Glm130B, InFp16Fits8A100With40GbAndNeither4OfThemNor8V100With32Gb) {
  EXPECT_TRUE(serves(known::glm_130b(), known::a100_40(), 8, WeightKind::fp16));
  EXPECT_FALSE(serves(known::glm_130b(), known::a100_40(), 4, WeightKind::fp16));
  EXPECT_FALSE(serves(known::glm_130b(), known::v100_32(), 8, WeightKind::fp16));
}

TEST(Glm130B, InInt8Fits8V100Or8Rtx3090AndNot4Rtx3090) {
  EXPECT_TRUE(serves(known::glm_130b(), known::v100_32(), 8, WeightKind::int8));
  EXPECT_TRUE(serves(known::glm_130b(), known::rtx3090(), 8, WeightKind::int8));
  EXPECT_FALSE(serves(known::glm_130b(), known::rtx3090(), 4, WeightKind::int8));
}

TEST(Glm130B, InInt4Fits4Rtx3090Or8Rtx2080TiAndNotHalfOfThem) {
  EXPECT_TRUE(serves(known::glm_130b(), known::rtx3090(), 4, WeightKind::int4));
  EXPECT_FALSE(serves(known::glm_130b(), known::rtx3090(), 2, WeightKind::int4));
  EXPECT_TRUE(serves(known::glm_130b(), known::rtx2080ti(), 8, WeightKind::int4));
  EXPECT_FALSE(serves(known::glm_130b(), known::rtx2080ti(), 4, WeightKind::int4));
}

TEST(KvCache, OfATokenIsWhatThePublishedShapesGive) {
  const auto kibibytes = [](const Model& model) {
    return kv_bytes_per_token(model.shape.value).base() / 1024;
  };
  EXPECT_DOUBLE_EQ(kibibytes(known::chatglm2_6b()), 28);
  EXPECT_DOUBLE_EQ(kibibytes(known::deepseek_v3()), 68.625);
  EXPECT_DOUBLE_EQ(kibibytes(known::hunyuan_large()), 80);
  EXPECT_DOUBLE_EQ(kibibytes(known::llama2_70b()), 320);
  EXPECT_DOUBLE_EQ(kibibytes(known::chatglm_6b()), 448);
  EXPECT_DOUBLE_EQ(kibibytes(known::glm_130b()), 3360);
}

TEST(KvCache, StopsShrinkingWhenThereAreMoreChipsThanHeads) {
  const auto cache = [](const Model& model, int tensor) {
    return serving_memory(model, split(tensor), 1, 1024).kv_cache.base();
  };
  const Model grouped = known::chatglm2_6b();  // two KV heads
  EXPECT_DOUBLE_EQ(cache(grouped, 2), cache(grouped, 1) / 2);
  EXPECT_DOUBLE_EQ(cache(grouped, 8), cache(grouped, 2));
  // A latent cache is a copy on every chip.
  EXPECT_DOUBLE_EQ(cache(known::deepseek_v3(), 8), cache(known::deepseek_v3(), 1));
}

TEST(KvCache, GrowsWithSequencesAndTokensAlike) {
  const Model model = known::glm_130b();
  EXPECT_DOUBLE_EQ(serving_memory(model, split(8), 6, 100).kv_cache.base(),
                   serving_memory(model, split(8), 2, 300).kv_cache.base());
}

TEST(WeightBytes, KeepEmbeddingAndHeadInFp16InTheQuantisedKinds) {
  const Model model = known::llama2_70b();  // head and embedding apart
  const double ends = 2.0 * 32000 * 8192;
  EXPECT_NEAR(weight_bytes(model, WeightKind::fp16).base(), 2 * model.counted.total, 1);
  EXPECT_NEAR(weight_bytes(model, WeightKind::int8).base(), model.counted.total + ends, 1);
  EXPECT_NEAR(weight_bytes(model, WeightKind::int4).base(),
              0.53125 * (model.counted.total - ends) + 2 * ends, 1);
}

// Korthikanti et al. 2022 (arXiv:2205.05198): selective recomputation and sequence parallelism,
// t = 8: 34 s b h L / t bytes on the first stage.
TEST(Activations, AreTheClosedFormOfThePlainTransformer) {
  EXPECT_DOUBLE_EQ(layer_activations(known::plain(48, 6144, 64).shape.value).base(), 34.0 * 6144);
  const auto gibibytes = [](const Model& model, int batch) {
    const Shape& s = model.shape.value;
    return (layer_activations(s) * Tokens(2048.0 * batch)).base() * s.layers / 8 / gib;
  };
  EXPECT_DOUBLE_EQ(gibibytes(known::plain(48, 6144, 64), 4), 9.5625);      // 22B
  EXPECT_DOUBLE_EQ(gibibytes(known::plain(128, 25600, 160), 1), 26.5625);  // 1T
}

TEST(Activations, OfAStageAreThoseOfTheMicroBatchesUnderWay) {
  const Model model = known::plain(128, 25600, 160);
  const Layout layout{.tensor = 8, .pipeline = 64};
  const Memory many = training_memory(model, layout, 2048, 512);
  EXPECT_DOUBLE_EQ(many.activations.base() / gib, 26.5625);
  const Memory few = training_memory(model, layout, 2048, 16);
  EXPECT_DOUBLE_EQ(few.activations.base(), many.activations.base() / 4);
}

// The same paper's states: 18 B x 12 L h^2 / (t p), without embedding.
TEST(StateMemory, Is18BytesAParameterWithoutDataParallelism) {
  const auto gibibytes = [](const Model& model, int tensor, int pipeline) {
    const Shape& s = model.shape.value;
    const double parameters = 12.0 * s.layers * s.hidden * s.hidden;
    EXPECT_NEAR(model.counted.total - 51200.0 * s.hidden, parameters, 0.001 * parameters);
    return 18 * parameters / (tensor * pipeline) / gib;
  };
  EXPECT_DOUBLE_EQ(gibibytes(known::plain(48, 6144, 64), 8, 1), 45.5625);
  EXPECT_DOUBLE_EQ(gibibytes(known::plain(96, 12288, 96), 8, 8), 45.5625);
  const Model model = known::plain(48, 6144, 64);
  const Memory memory = training_memory(model, {.tensor = 8}, 2048, 4);
  EXPECT_NEAR((memory.weights + memory.gradients + memory.optimiser).base(),
              18 * model.counted.total / 8, 1);
}

TEST(StateMemory, SharesTheOptimiserOverTheDataParallelRanks) {
  const Model model = known::chatglm_6b();
  const Memory one = training_memory(model, {.data = 1}, 2048, 64);
  const Memory eight = training_memory(model, {.data = 8}, 2048, 64);
  EXPECT_DOUBLE_EQ(eight.optimiser.base(), one.optimiser.base() / 8);
  EXPECT_DOUBLE_EQ(eight.weights.base(), one.weights.base());
  EXPECT_DOUBLE_EQ(eight.gradients.base(), one.gradients.base());
}

TEST(Recomputation, KeepsTheInputsOfTheLayersAndOneLayerAlive) {
  const Model model = known::plain(48, 6144, 64);
  Layout layout{.tensor = 8, .pipeline = 8};
  const double plain = training_memory(model, layout, 2048, 64).activations.base();
  layout.recompute = true;
  const double recomputed = training_memory(model, layout, 2048, 64).activations.base();
  EXPECT_LT(recomputed, plain);
  EXPECT_DOUBLE_EQ(recomputed, 2048.0 * 6144 * (48 * 2 + 34.0 / 8));
}

TEST(TrainingMemory, OfATiedHeadOnALastStageOfItsOwnCountsTheCopy) {
  const Model model = known::plain(2, 256, 4);  // nearly all embedding
  const Memory two = training_memory(model, {.pipeline = 2}, 128, 2);
  EXPECT_GE(two.weights.base(), 2 * 51200.0 * 256);
}
}  // namespace
}  // namespace granary
