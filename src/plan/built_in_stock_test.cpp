// The authors' tables of hardware, on the catalogue that is compiled in.

#include <gtest/gtest.h>

#include "catalog/built_in.h"
#include "cost/service_memory.h"

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
}  // namespace
}  // namespace granary
