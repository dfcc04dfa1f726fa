#include "apps/validate/names.h"

#include <gtest/gtest.h>

#include "catalog/built_in.h"

namespace granary::validation {
namespace {
const Catalog& catalog() {
  static const Catalog read = parse_catalog(built_in_documents()).value();
  return read;
}
std::string chip(std::string_view text, const ChipHints& hints = {}) {
  const Chip* const found = chip_named(text, catalog(), hints);
  return found == nullptr ? "" : found->id;
}
std::string model(std::string_view text, std::optional<double> params_b = std::nullopt) {
  const Model* const found = model_named(text, catalog(), params_b);
  return found == nullptr ? "" : found->id;
}

TEST(ChipNamed, FindsChipsHoweverTablesSpellThem) {
  EXPECT_EQ(chip("3090 24GB"), "rtx3090");
  EXPECT_EQ(chip("NVIDIA GeForce RTX 4090"), "rtx4090");
  EXPECT_EQ(chip("RTX 2080 Ti"), "rtx2080ti");
  EXPECT_EQ(chip("A100 SXM 80GB"), "a100-sxm-80");
  EXPECT_EQ(chip("A100-SXM4-40GB"), "a100-sxm-40");
  EXPECT_EQ(chip("A100 PCIe 80GB"), "a100-pcie-80");
  EXPECT_EQ(chip("NVIDIA A100 80GB PCIe"), "a100-pcie-80");
  EXPECT_EQ(chip("H100-SXM-80GB"), "h100-sxm");
  EXPECT_EQ(chip("NVIDIA H100-80GB-HBM3"), "h100-sxm");
  EXPECT_EQ(chip("H100 PCIe 80GB"), "h100-pcie");
  EXPECT_EQ(chip("L40S 48GB"), "l40s");
  EXPECT_EQ(chip("Tesla T4"), "t4");
  EXPECT_EQ(chip("V100 32 GB"), "v100-sxm2-32");
  EXPECT_EQ(chip("RTX 6000 Ada 48GB"), "rtx6000ada");
  EXPECT_EQ(chip("MetaX C500"), "metax-c500");
  EXPECT_EQ(chip("Ascend 910B3"), "ascend910b3");
}

TEST(ChipNamed, GuessesNothing) {
  EXPECT_EQ(chip(""), "");
  EXPECT_EQ(chip("80GB"), "");
  EXPECT_EQ(chip("any GPU"), "");
  EXPECT_EQ(chip("A10G"), "");           // not an A10
  EXPECT_EQ(chip("RTX 4090 48GB"), "");  // not the card we know
  EXPECT_EQ(chip("A100"), "");           // 40 or 80 GB?
  EXPECT_EQ(chip("Ascend 910B"), "");    // one of four
  EXPECT_EQ(chip("H100 NVL 94GB"), "");
}

TEST(ChipNamed, UsesWhatOtherColumnsSay) {
  EXPECT_EQ(chip("A100", {.memory_gb = 80, .peak_tflops = {}}), "a100-sxm-80");
  EXPECT_EQ(chip("Ascend-910B (Atlas 800T A2)", {.memory_gb = 64, .peak_tflops = 313}),
            "ascend910b3");
}

TEST(ModelNamed, FindsModelsHoweverTablesSpellThem) {
  EXPECT_EQ(model("Llama-3-8B", 8.03), "llama3-8b");
  EXPECT_EQ(model("meta-llama/Meta-Llama-3.1-8B-Instruct"), "llama3-8b");
  EXPECT_EQ(model("LLaMA 7B", 6.74), "llama2-7b");
  EXPECT_EQ(model("Llama-2-70b-chat-hf"), "llama2-70b");
  EXPECT_EQ(model("Qwen/Qwen2.5-72B-Instruct"), "qwen2.5-72b");
  EXPECT_EQ(model("DeepSeek-R1"), "deepseek-v3");
  EXPECT_EQ(model("ChatGLM-6B-INT4-QE", 6.2), "chatglm-6b");
}

TEST(ModelNamed, GuessesNothing) {
  EXPECT_EQ(model("DeepSeek-R1-Distill-Llama-70B"), "");
  EXPECT_EQ(model("Mixtral 8x7B"), "");
  EXPECT_EQ(model("LLaMA 7B", 13), "");
  EXPECT_EQ(model(""), "");
}
}  // namespace
}  // namespace granary::validation
