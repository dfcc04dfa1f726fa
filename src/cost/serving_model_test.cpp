// Prefill, decode and memory of serving against published figures.
#include <gtest/gtest.h>

#include <cmath>

#include "cost/layer_products.h"
#include "cost/serving_known.h"

namespace granary {
namespace {
using known::serving;
constexpr double kib = 1024;

double kv_kib(const Model& model) {
  return cache_bytes_per_token(model.shape.value, CacheFormat::fp16, 1).base() / kib;
}

TEST(Cache, TakesThePublishedBytesPerToken) {
  EXPECT_DOUBLE_EQ(kv_kib(known::chatglm2_6b()), 28);
  EXPECT_NEAR(kv_kib(known::deepseek_v3()), 68.6, 0.05);
  EXPECT_DOUBLE_EQ(kv_kib(known::hunyuan_large()), 80);
  EXPECT_DOUBLE_EQ(kv_kib(known::llama2_70b()), 320);
  EXPECT_DOUBLE_EQ(kv_kib(known::chatglm_6b()), 448);
  EXPECT_DOUBLE_EQ(kv_kib(known::glm_130b()), 3360);
}

TEST(Cache, StopsShrinkingOnceEveryChipHasOneHead) {
  const Shape s = known::llama2_70b().shape.value;  // 8 heads
  const auto at = [&](int t) { return cache_bytes_per_token(s, CacheFormat::fp16, t).base(); };
  EXPECT_DOUBLE_EQ(at(8), at(1) / 8);
  EXPECT_DOUBLE_EQ(at(16), at(8));
  const Shape latent = known::deepseek_v3().shape.value;  // copied to each chip
  EXPECT_EQ(cache_bytes_per_token(latent, CacheFormat::fp16, 8),
            cache_bytes_per_token(latent, CacheFormat::fp16, 1));
  EXPECT_DOUBLE_EQ(cache_bytes_per_token(s, CacheFormat::fp8, 1).base(), at(1) / 2);
}

TEST(Weights, OfGgufFilesHaveTheirPublishedSizes) {
  const auto gib = [](const Model& model, WeightFormat format) {
    return stored_bytes(model, format).base() / known::gib;
  };
  EXPECT_NEAR(gib(known::llama3_8b(), WeightFormat::fp16), 14.96, 0.02);
  EXPECT_NEAR(gib(known::llama3_70b(), WeightFormat::fp16), 131.4, 0.2);
  EXPECT_NEAR(gib(known::llama3_8b(), WeightFormat::q4_k_m), 4.58, 0.03);
  EXPECT_NEAR(gib(known::llama3_70b(), WeightFormat::q4_k_m), 39.6, 0.2);
}

struct GlmCase {
  Chip chip;
  int cards;
  WeightFormat weights;
  bool fits;
};
// GLM-130B README: the hardware table; fp16 on 8 x V100-32GB needs offloading.
TEST(Memory, OfGlm130bFitsTheCardsItsAuthorsName) {
  const GlmCase cases[] = {{known::a100_40(), 8, WeightFormat::fp16, true},
                           {known::v100_32(), 8, WeightFormat::int8, true},
                           {known::rtx3090(), 8, WeightFormat::int8, true},
                           {known::rtx3090(), 4, WeightFormat::int4, true},
                           {known::rtx2080ti(), 8, WeightFormat::int4, true},
                           {known::v100_32(), 8, WeightFormat::fp16, false}};
  for (const GlmCase& c : cases) {
    const auto practice = serving(c.chip, FrameworkClass::compiled, c.weights);
    const Memory memory = replica_memory(known::glm_130b(), practice, {c.cards, 1}, {1, 2048});
    EXPECT_EQ(memory.total() <= usable_for(practice.framework, c.chip), c.fits)
        << c.chip.id << " " << memory.total().base() / 1e9;
  }
}

// Its files hold the output head beside the embedding.
Model chatglm_with_head() {
  Shape shape = known::chatglm_6b().shape.value;
  shape.tied_embeddings = false;
  return known::model("chatglm-6b", "ChatGLM-6B", shape);
}
// ChatGLM-6B README: 13, 10 and 6 GB after two or three rounds of dialogue; 4.3 GB of int4 weights
// with a quantised embedding.
TEST(Memory, OfChatglm6bIsWithin15PercentOfItsReadme) {
  EXPECT_NEAR(stored_bytes(chatglm_with_head(), WeightFormat::int4_embedding).base() / 4.3e9, 1,
              0.05);
  const std::pair<WeightFormat, double> rows[] = {
      {WeightFormat::fp16, 13}, {WeightFormat::int8, 10}, {WeightFormat::int4, 6}};
  for (const auto& [format, gb] : rows) {
    const auto practice = serving(known::a100_80(), FrameworkClass::eager, format);
    const Memory memory = replica_memory(chatglm_with_head(), practice, {}, {1, 2048});
    EXPECT_NEAR(memory.total().base() / 1e9 / gb, 1, 0.15) << gb;
  }
}

// llama.cpp, XiongjieDai: 16 bits of Llama-3-8B run on a 16 GB card at 4,096 tokens, not at 8,192.
TEST(Memory, OfLlama3In16BitsEndsBefore8192TokensOn16Gb) {
  const Chip card = known::chip({"rtx4080", Origin::repurposed, 16, 717, 0, 1, 32, 97.5});
  const auto practice = serving(known::rtx4090(), FrameworkClass::native);
  const auto needed = [&](double tokens) {
    return replica_memory(known::llama3_8b(), practice, {}, {1, tokens}).total();
  };
  const Bytes usable = usable_for(practice.framework, card);
  EXPECT_LE(needed(4096), usable);
  EXPECT_GT(needed(8192), usable);
}

// The same table: 70B in 16 bits on six 24 GB cards.
TEST(Memory, OfLlama370bIn16BitsFitsSixCardsOf24Gb) {
  const auto practice = serving(known::rtx3090(), FrameworkClass::native);
  const Bytes usable = usable_for(practice.framework, known::rtx3090());
  const auto needed = [&](int cards) {
    return replica_memory(known::llama3_70b(), practice, {1, cards}, {1, 8192}).total();
  };
  EXPECT_LE(needed(6), usable);
  EXPECT_GT(needed(5), usable);
}

TEST(Memory, GrowsByWholeBlocksOfThePagedCache) {
  const auto practice = serving(known::a100_80(), FrameworkClass::compiled);
  const auto cache = [&](double tokens) {
    return replica_memory(known::llama2_7b(), practice, {}, {4, tokens}).kv_cache;
  };
  EXPECT_EQ(cache(17), cache(32));
  EXPECT_LT(cache(16), cache(17));
}

double decode_ms(const Model& model, const ServingPractice& practice, ReplicaSplit split,
                 double context) {
  return decode_seconds(model.shape.value, practice, split, {1, context}).total().base() * 1e3;
}
double prefill_ms(const Model& model, const ServingPractice& practice, int tensor, double tokens) {
  return prefill_seconds(model.shape.value, practice, {tensor, 1}, {1, tokens}).total().base() *
         1e3;
}

// FasterTransformer 13B on A100-40, published by kipply: 63.2 and 45.5 ms for 512 tokens, 22.0 and
// 13.5 ms a token, on one card and two.
TEST(FasterTransformer13b, IsWithin15Percent) {
  const auto practice = serving(known::a100_40(), FrameworkClass::compiled);
  EXPECT_NEAR(decode_ms(known::gpt_13b(), practice, {1, 1}, 517) / 22.0, 1, 0.1);
  EXPECT_NEAR(decode_ms(known::gpt_13b(), practice, {2, 1}, 517) / 13.5, 1, 0.15);
  EXPECT_NEAR(prefill_ms(known::gpt_13b(), practice, 1, 512) / 63.17, 1, 0.15);
  EXPECT_NEAR(prefill_ms(known::gpt_13b(), practice, 2, 512) / 45.45, 1, 0.15);
}

// TensorRT-LLM v0.5 docs/source/performance.md, low latency: time to first token of 2,048.
TEST(TensorRtFirstToken, IsWithin15PercentOnA100AndL40s) {
  const auto fp16 = serving(known::a100_80(), FrameworkClass::compiled);
  EXPECT_NEAR(prefill_ms(known::llama2_7b(), fp16, 1, 2048) / 133, 1, 0.15);
  EXPECT_NEAR(prefill_ms(known::llama2_70b(), fp16, 4, 2048) / 377, 1, 0.15);
  EXPECT_NEAR(prefill_ms(known::falcon_180b(), fp16, 8, 2048) / 509, 1, 0.15);
  const auto l40s = serving(known::l40s(), FrameworkClass::compiled, WeightFormat::fp8);
  EXPECT_NEAR(prefill_ms(known::llama2_7b(), l40s, 1, 2048) / 73, 1, 0.15);
}
// With the curve of A100 the fp8 units of H100 come out too fast: its own calibration corrects it.
TEST(TensorRtFirstToken, OnH100IsShorterThanPublishedWithTheCurveOfA100) {
  const auto fp8 = serving(known::h100_80(), FrameworkClass::compiled, WeightFormat::fp8);
  EXPECT_NEAR(prefill_ms(known::llama2_7b(), fp8, 1, 2048) / 36, 0.8, 0.12);
  EXPECT_NEAR(prefill_ms(known::llama2_70b(), fp8, 4, 2048) / 109, 0.9, 0.12);
}

// Static batches of 2,048 in and out on H100, tokens a second and card: an engine without grouped
// attention kernels reads the cache of Llama-70B eight times.
TEST(TensorRtThroughput, OfGroupedQueriesNeedsTheKernelThatSharesHeads) {
  const Catalog catalog = known::serving_catalog();
  const auto per_card = [&](std::string_view version) {
    const auto framework = framework_named("TensorRT-LLM", version).value();
    const auto practice = serving_practice(catalog, known::h100_80(), framework,
                                           {WeightFormat::fp8, CacheFormat::fp8})
                              .value();
    const Seconds all =
        static_batch(known::llama2_70b().shape.value, practice, {2, 1}, 64, 2048, 2048);
    return 64 * 2048 / all.base() / 2;
  };
  EXPECT_NEAR(per_card("v0.6.1") / 547, 1, 0.2);
  EXPECT_GT(per_card("v0.9") / 547, 1.5);
}

// XiongjieDai, May 2024, tokens a second with 512 made. 4 cards take the layers in turns.
TEST(LlamaCpp, DecodesWithin12PercentOfThePublishedTableOnAverageAndWithin20Anywhere) {
  struct Point {
    Chip chip;
    Model model;
    WeightFormat format;
    int cards;
    double rate;
  };
  const Chip h100 = known::chip({"h100-pcie", Origin::imported, 80, 2000, 300, 2, 64, 756});
  const Point points[] = {{known::rtx4090(), known::llama3_8b(), WeightFormat::q4_k_m, 1, 130.58},
                          {known::rtx4090(), known::llama3_8b(), WeightFormat::fp16, 1, 54.84},
                          {known::rtx3090(), known::llama3_8b(), WeightFormat::fp16, 1, 47.40},
                          {known::rtx3090(), known::llama3_70b(), WeightFormat::q4_k_m, 4, 17.07},
                          {known::a100_80(), known::llama3_8b(), WeightFormat::fp16, 1, 53.49},
                          {known::a100_80(), known::llama3_70b(), WeightFormat::q4_k_m, 1, 24.61},
                          {h100, known::llama3_70b(), WeightFormat::fp16, 4, 9.67},
                          {h100, known::llama3_8b(), WeightFormat::q4_k_m, 1, 145.55}};
  double errors = 0;
  for (const Point& p : points) {
    const auto practice = serving(p.chip, FrameworkClass::native, p.format);
    const double ms = decode_ms(p.model, practice, {1, p.cards}, 256);
    EXPECT_NEAR(1000 / ms / p.rate, 1, 0.20) << p.chip.id << " " << p.cards;
    errors += std::abs(1000 / ms / p.rate - 1);
  }
  EXPECT_LT(errors / std::size(points), 0.12);
}

TEST(Terms, SumToTheTime) {
  for (const auto kind : {FrameworkClass::compiled, FrameworkClass::native, FrameworkClass::eager,
                          FrameworkClass::offload}) {
    const auto practice = serving(known::a100_80(), kind, WeightFormat::int4);
    for (const Model& model : {known::llama2_70b(), known::deepseek_v3()}) {
      const Shape& s = model.shape.value;
      const ReplicaSplit split{4, 2};
      EXPECT_NEAR(sum(decode_terms(s, practice, split, {32, 1000})).base(),
                  decode_seconds(s, practice, split, {32, 1000}).total().base(), 1e-12);
      EXPECT_NEAR(sum(prefill_terms(s, practice, split, {1, 9000})).base(),
                  prefill_seconds(s, practice, split, {1, 9000}).total().base(), 1e-12);
      for (const Term& term : decode_terms(s, practice, split, {32, 1000})) {
        EXPECT_FALSE(term.formula.empty() || term.source.empty()) << term.name;
      }
    }
  }
}

TEST(Decode, ThroughputNeverFallsAsTheBatchGrows) {
  for (const Model& model : {known::llama2_7b(), known::deepseek_v3()}) {
    const auto practice = serving(known::a100_80(), FrameworkClass::compiled);
    double last = 0;
    for (int batch = 1; batch <= 1024; batch *= 2) {
      const double rate = batch / decode_seconds(model.shape.value, practice, {8, 1},
                                                 {static_cast<double>(batch), 512})
                                      .total()
                                      .base();
      EXPECT_GT(rate, last) << model.id << " " << batch;
      last = rate;
    }
  }
}

TEST(Experts, HitByManyTokensAreAllAndByOneAreItsOwn) {
  const Shape s = known::deepseek_v3().shape.value;
  EXPECT_NEAR(distinct_experts(s, 1), 8, 1e-9);
  EXPECT_NEAR(distinct_experts(s, 32), 256 * (1 - std::pow(1 - 8.0 / 256, 32)), 1e-9);
  EXPECT_NEAR(distinct_experts(s, 4096), 256, 1e-3);
}

TEST(Quantised, WeightsHelpDecodeButNotPrefillWithoutUnitsForThem) {
  const Model model = known::llama2_7b();
  const auto wide = serving(known::a100_80(), FrameworkClass::compiled);
  const auto narrow = serving(known::a100_80(), FrameworkClass::compiled, WeightFormat::int4);
  EXPECT_LT(decode_ms(model, narrow, {}, 256), 0.6 * decode_ms(model, wide, {}, 256));
  EXPECT_NEAR(prefill_ms(model, narrow, 1, 2048) / prefill_ms(model, wide, 1, 2048), 1, 0.03);
  // Without kernels that unpack as they multiply they are slower than 16 bits.
  const auto eager = serving(known::v100_32(), FrameworkClass::eager, WeightFormat::int4);
  EXPECT_GT(eager.widened, 0);
}

TEST(Framework, OfAnUnknownNameIsNotGuessed) {
  EXPECT_FALSE(framework_named("AwesomeServe 3").has_value());
  EXPECT_EQ(framework_named("llama.cpp (May 2024)")->kind, FrameworkClass::native);
  EXPECT_EQ(framework_named("vLLM 0.6.3")->kind, FrameworkClass::compiled);
  EXPECT_EQ(framework_named("transformers")->kind, FrameworkClass::eager);
  EXPECT_FALSE(framework_named("TensorRT-LLM v0.5")->grouped_attention);
  EXPECT_TRUE(framework_named("TensorRT-LLM")->grouped_attention);
  EXPECT_FALSE(parse_weight_format("MXFP3").has_value());
  EXPECT_EQ(parse_weight_format("Q4_K_M"), WeightFormat::q4_k_m);
  EXPECT_EQ(parse_weight_format("BF16"), WeightFormat::fp16);
}

TEST(ServingPractice, IsNothingForAChipWithoutARate) {
  const Chip unknown = known::chip({.id = "br106", .gibibytes = 32});
  EXPECT_FALSE(serving_practice(known::serving_catalog(), unknown,
                                framework_of(FrameworkClass::compiled), {})
                   .has_value());
}
}  // namespace
}  // namespace granary
