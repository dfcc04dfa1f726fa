// Does a model fit? The authors' tables of hardware, and the pieces that a chip's memory goes to.

#include <gtest/gtest.h>

#include "cost/activations.h"
#include "cost/serving_known.h"

namespace granary {
namespace {
using known::gib;

// What one chip of the kind holds of the model, split over `chips` of them by a compiled engine:
// one sequence of 2,048 tokens.
Memory memory_on(const Model& model, const Chip& chip, int chips, WeightFormat weights) {
  const auto practice = known::serving(chip, FrameworkClass::compiled, weights);
  return replica_memory(model, practice, {chips, 1}, {1, 2048});
}
bool serves(const Model& model, const Chip& chip, int chips, WeightFormat weights) {
  return memory_on(model, chip, chips, weights).total() <=
         usable_for(framework_of(FrameworkClass::compiled), chip);
}

TEST(ChatGlm6B, InInt4FitsOne2080TiAndInFp16DoesNot) {
  EXPECT_TRUE(serves(known::chatglm_6b(), known::rtx2080ti(), 1, WeightFormat::int4));
  EXPECT_FALSE(serves(known::chatglm_6b(), known::rtx2080ti(), 1, WeightFormat::fp16));
}

// https://github.com/THUDM/GLM-130B: hardware table of its README.
TEST(Glm130B, InFp16Fits8A100With40GbAndNeither4OfThemNor8V100With32Gb) {
  EXPECT_TRUE(serves(known::glm_130b(), known::a100_40(), 8, WeightFormat::fp16));
  EXPECT_FALSE(serves(known::glm_130b(), known::a100_40(), 4, WeightFormat::fp16));
  EXPECT_FALSE(serves(known::glm_130b(), known::v100_32(), 8, WeightFormat::fp16));
}

TEST(Glm130B, InInt8Fits8V100Or8Rtx3090AndNot4Rtx3090) {
  EXPECT_TRUE(serves(known::glm_130b(), known::v100_32(), 8, WeightFormat::int8));
  EXPECT_TRUE(serves(known::glm_130b(), known::rtx3090(), 8, WeightFormat::int8));
  EXPECT_FALSE(serves(known::glm_130b(), known::rtx3090(), 4, WeightFormat::int8));
}

TEST(Glm130B, InInt4Fits4Rtx3090Or8Rtx2080TiAndNotHalfOfThem) {
  EXPECT_TRUE(serves(known::glm_130b(), known::rtx3090(), 4, WeightFormat::int4));
  EXPECT_FALSE(serves(known::glm_130b(), known::rtx3090(), 2, WeightFormat::int4));
  EXPECT_TRUE(serves(known::glm_130b(), known::rtx2080ti(), 8, WeightFormat::int4));
  EXPECT_FALSE(serves(known::glm_130b(), known::rtx2080ti(), 4, WeightFormat::int4));
}

TEST(KvCache, OfAReplicaStopsShrinkingWhenThereAreMoreChipsThanHeads) {
  const auto cache = [](const Model& model, int tensor) {
    return memory_on(model, known::a100_80(), tensor, WeightFormat::fp16).kv_cache.base();
  };
  const Model grouped = known::chatglm2_6b();  // two KV heads
  EXPECT_DOUBLE_EQ(cache(grouped, 2), cache(grouped, 1) / 2);
  EXPECT_DOUBLE_EQ(cache(grouped, 8), cache(grouped, 2));
  // A latent cache is a copy on every chip.
  EXPECT_DOUBLE_EQ(cache(known::deepseek_v3(), 8), cache(known::deepseek_v3(), 1));
}

TEST(StoredBytes, KeepEmbeddingAndHeadInFp16InTheQuantisedFormats) {
  const Model model = known::llama2_70b();  // head and embedding apart
  const double ends = 2.0 * 32000 * 8192;
  EXPECT_NEAR(stored_bytes(model, WeightFormat::fp16).base(), 2 * model.counted.total, 1);
  EXPECT_NEAR(stored_bytes(model, WeightFormat::int8).base(), model.counted.total + ends, 1);
  EXPECT_NEAR(stored_bytes(model, WeightFormat::int4).base(),
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
}  // namespace
}  // namespace granary
