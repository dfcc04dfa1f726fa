// The authors' tables of hardware, on the catalogue that is compiled in.

#include <gtest/gtest.h>

#include "catalog/built_in.h"
#include "cost/cost.h"

namespace granary {
namespace {

struct Case {
  std::string model, chip;
  int chips = 1;
  WeightKind weights = WeightKind::fp16;
  bool fits = false;
};

// https://github.com/THUDM/ChatGLM-6B and https://github.com/THUDM/GLM-130B; one sequence of 2,048
// tokens. Half as many chips do not fit by arithmetic.
TEST(BuiltInCatalog, FitsWhatTheAuthorsOfChatGlmAndGlm130BRanAndNotOnHalfTheChips) {
  const auto catalog = parse_catalog(built_in_documents());
  ASSERT_TRUE(catalog) << catalog.error().what;
  for (const Case& c : std::vector<Case>{
           {"chatglm-6b", "rtx2080ti", 1, WeightKind::int4, true},
           {"chatglm-6b", "rtx2080ti", 1, WeightKind::fp16, false},
           {"glm-130b", "a100-sxm-40", 8, WeightKind::fp16, true},
           {"glm-130b", "a100-sxm-40", 4, WeightKind::fp16, false},
           {"glm-130b", "v100-sxm2-32", 8, WeightKind::fp16, false},
           {"glm-130b", "v100-sxm2-32", 8, WeightKind::int8, true},
           {"glm-130b", "rtx3090", 8, WeightKind::int8, true},
           {"glm-130b", "rtx3090", 4, WeightKind::int8, false},
           {"glm-130b", "rtx3090", 4, WeightKind::int4, true},
           {"glm-130b", "rtx3090", 2, WeightKind::int4, false},
           {"glm-130b", "rtx2080ti", 8, WeightKind::int4, true},
           {"glm-130b", "rtx2080ti", 4, WeightKind::int4, false},
       }) {
    const Layout layout{.tensor = c.chips, .weights = c.weights};
    const Memory memory = serving_memory(catalog->models.at(c.model), layout, 1, 2048);
    EXPECT_EQ(memory.total() <= usable_memory(catalog->chips.at(c.chip)), c.fits)
        << c.model << " in " << to_text(c.weights) << " on " << c.chips << " x " << c.chip;
  }
}
}  // namespace
}  // namespace granary
