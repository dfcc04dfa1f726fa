// The authors' tables of hardware, on the catalogue that is compiled in.

#include <gtest/gtest.h>

#include "catalog/built_in.h"
#include "cost/service_memory.h"
#include "cost/training.h"
#include "plan/engines.h"

namespace granary {
namespace {

struct Case {
  std::string model, chip;
  int chips = 1;
  WeightFormat weights = WeightFormat::fp16;
  bool fits = false;
};

// https://github.com/THUDM/ChatGLM-6B and https://github.com/THUDM/GLM-130B; one sequence of 2,048
// tokens. Half as many chips do not fit by arithmetic.
TEST(BuiltInCatalog, FitsWhatTheAuthorsOfChatGlmAndGlm130BRanAndNotOnHalfTheChips) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  for (const Case& c : std::vector<Case>{
           {"chatglm-6b", "rtx2080ti", 1, WeightFormat::int4, true},
           {"chatglm-6b", "rtx2080ti", 1, WeightFormat::fp16, false},
           {"glm-130b", "a100-sxm-40", 8, WeightFormat::fp16, true},
           {"glm-130b", "a100-sxm-40", 4, WeightFormat::fp16, false},
           {"glm-130b", "v100-sxm2-32", 8, WeightFormat::fp16, false},
           {"glm-130b", "v100-sxm2-32", 8, WeightFormat::int8, true},
           {"glm-130b", "rtx3090", 8, WeightFormat::int8, true},
           {"glm-130b", "rtx3090", 4, WeightFormat::int8, false},
           {"glm-130b", "rtx3090", 4, WeightFormat::int4, true},
           {"glm-130b", "rtx3090", 2, WeightFormat::int4, false},
           {"glm-130b", "rtx2080ti", 8, WeightFormat::int4, true},
           {"glm-130b", "rtx2080ti", 4, WeightFormat::int4, false},
       }) {
    const Chip& chip = catalog->chips.at(c.chip);
    const Framework framework = framework_of(FrameworkClass::compiled);
    const auto practice =
        serving_practice(*catalog, chip, framework, {c.weights, CacheFormat::fp16});
    ASSERT_TRUE(practice) << c.chip;
    const Memory memory =
        replica_memory(catalog->models.at(c.model), *practice, {c.chips, 1}, {1, 2048});
    EXPECT_EQ(memory.total() <= usable_for(framework, chip), c.fits)
        << c.model << " in " << to_text(c.weights) << " on " << c.chips << " x " << c.chip;
  }
}

TEST(BuiltInCatalog, TrainsOnlyWhereAProgramIsKnownToTrain) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  struct Known {
    const char* chip;
    Precision precision;
    bool trains;
  };
  for (const Known& known :
       {Known{"a800-sxm-80", Precision::bf16, true}, Known{"rtx4090", Precision::bf16, true},
        Known{"ascend910b3", Precision::bf16, true}, Known{"br104", Precision::bf16, true},
        Known{"ascend310p-duo", Precision::fp16, false},  // for inference
        Known{"k80", Precision::fp32, false},             // before Pascal
        Known{"hanguang800", Precision::int8, false},     // no port is known
        Known{"thead-ppu", Precision::bf16, false},
        Known{"cpu", Precision::fp32, true},  // nanotrain, on one core
        Known{"xeon8480", Precision::bf16, false}, Known{"epyc9654", Precision::fp32, false}}) {
    EXPECT_EQ(can_train(*catalog, catalog->chips.at(known.chip), known.precision), known.trains)
        << known.chip;
  }
}

// Steps in 8 bits were measured on H100 alone; no other family's 16-bit curve stands in for them.
TEST(BuiltInCatalog, KnowsTrainingIn8BitsOnlyWhereItWasMeasured) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  const auto trains = [&](const char* chip, Precision precision) {
    const auto practice = practice_of(*catalog, catalog->chips.at(chip), precision);
    return practice && practice->training.has_value();
  };
  EXPECT_TRUE(trains("h100-sxm", Precision::fp8));
  EXPECT_TRUE(trains("h20", Precision::fp8)) << "of its family";
  EXPECT_FALSE(trains("rtx4090", Precision::fp8));
  EXPECT_FALSE(trains("ascend910b3", Precision::int8));
  EXPECT_TRUE(trains("rtx4090", Precision::bf16));
}

TEST(BuiltInCatalog, AChipThatBorrowsItsFamilysCurveHasAWiderBand) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  const auto of = [&](const char* chip) {
    return *practice_of(*catalog, catalog->chips.at(chip), Precision::bf16);
  };
  const Practice own = of("a100-sxm-80"), borrowed = of("rtx3090");
  EXPECT_TRUE(own.own_training);
  EXPECT_FALSE(borrowed.own_training);
  EXPECT_EQ(own.training->compute_share, borrowed.training->compute_share);
  EXPECT_LT(borrowed.training_band.low, own.training_band.low);
  EXPECT_GT(borrowed.training_band.high, own.training_band.high);
}

TEST(BuiltInCatalog, WhatWasNeverMeasuredHasAWiderBand) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  const Practice a800 = *practice_of(*catalog, catalog->chips.at("a800-sxm-80"), Precision::bf16);
  const Band dense = step_band(a800, catalog->models.at("qwen-7b"), Tuning::full);
  EXPECT_EQ(dense.high, a800.training_band.high);
  EXPECT_GT(step_band(a800, catalog->models.at("deepseek-v3"), Tuning::full).high, dense.high);
  EXPECT_LT(step_band(a800, catalog->models.at("qwen-7b"), Tuning::lora).low, dense.low);
}
}  // namespace
}  // namespace granary
