// Laws of a step on an ordinary processor. campaigns/nano holds the figures against nanotrain.
#include "cost/cpu_step.h"

#include <gtest/gtest.h>

#include "cost/known.h"

namespace granary {
namespace {

// A core of 50 GFLOPS and 10 GB/s.
Practice core() {
  Practice practice;
  practice.precision = Precision::fp32;
  practice.peak = FlopsPerSecond(50e9);
  practice.memory = BytesPerSecond(10e9);
  practice.gemm.compute_share = 0.9;
  practice.gemm.memory_share = 0.5;
  practice.gemm.exponent = 1.5;
  practice.elementwise = 0.3;
  practice.processor = true;
  return practice;
}

Model nano(int layers, int width, int heads, int context = 64) {
  return known::model("nano", "nano",
                      {.layers = layers,
                       .hidden = width,
                       .heads = heads,
                       .kv_heads = heads,
                       .head_width = width / heads,
                       .ffn = 4 * width,
                       .vocabulary = 256,
                       .context = context,
                       .tied_embeddings = true});
}

double seconds(const Model& model, const StepSize& size, const Practice& practice = core()) {
  return cpu_step_seconds(model, practice, size).total().base();
}

TEST(CpuStep, TakesLongerWithEachSizeOfTheWork) {
  const double base = seconds(nano(2, 64, 4), {64, 8});
  EXPECT_GT(seconds(nano(3, 64, 4), {64, 8}), base) << "layers";
  EXPECT_GT(seconds(nano(2, 128, 4), {64, 8}), base) << "width";
  EXPECT_GT(seconds(nano(2, 64, 8), {64, 8}), base) << "heads: more scores of narrower products";
  EXPECT_GT(seconds(nano(2, 64, 4), {128, 8}), base) << "tokens of a sequence";
  EXPECT_GT(seconds(nano(2, 64, 4), {64, 9}), base) << "sequences";
}

TEST(CpuStep, ItsPartsAreTheWholeAndNoneIsOfSeveralChips) {
  const StepSeconds step = cpu_step_seconds(nano(2, 64, 4), core(), {64, 8});
  for (const Seconds part :
       {step.products, step.attention, step.elementwise, step.ends, step.optimiser}) {
    EXPECT_GT(part, Seconds{});
  }
  EXPECT_DOUBLE_EQ(
      step.total().base(),
      (step.products + step.attention + step.elementwise + step.ends + step.optimiser).base());
  EXPECT_EQ(step.bubble + step.data_traffic + step.tensor_traffic + step.recomputation, Seconds{});
}

TEST(CpuStep, OnlyTheOptimiserDoesNotGrowWithTheBatch) {
  const Model model = nano(4, 128, 4);
  const StepSeconds one = cpu_step_seconds(model, core(), {64, 8});
  const StepSeconds two = cpu_step_seconds(model, core(), {64, 16});
  EXPECT_EQ(one.optimiser, two.optimiser);
  EXPECT_DOUBLE_EQ(two.attention.base(), 2 * one.attention.base());
  EXPECT_DOUBLE_EQ(two.elementwise.base(), 2 * one.elementwise.base());
  const double ratio = two.total().base() / one.total().base();
  EXPECT_GT(ratio, 1.8);
  EXPECT_LT(ratio, 2.0);
}

TEST(CpuStep, AFasterCoreTakesLessAndNeverLessThanItsPeakAllows) {
  const Model model = nano(4, 256, 8);
  const StepSize size{128, 4};
  Practice faster = core();
  faster.peak = faster.peak * 2;
  EXPECT_LT(seconds(model, size, faster), seconds(model, size));
  // Six products a layer matrix, three of the head: 6 flop a parameter and token, and the scores.
  const double tokens = 512;
  const double flop = tokens * (6 * (4 * 12 * 256.0 * 256 + 256 * 256) + 4 * 12 * 128 * 256.0);
  EXPECT_GT(seconds(model, size), flop / core().peak.base());
  EXPECT_LT(seconds(model, size), 4 * flop / core().peak.base());
}

TEST(CpuStep, TheWordsOfTheVocabularyCost) {
  Model many = nano(2, 64, 4);
  many.shape.value.vocabulary = 8192;
  EXPECT_GT(cpu_step_seconds(many, core(), {64, 8}).ends,
            20 * cpu_step_seconds(nano(2, 64, 4), core(), {64, 8}).ends);
}

TEST(CpuStep, MemoryIsSevenCopiesOfTheParametersAndTheActivations) {
  const Model model = nano(2, 64, 4);
  const double state = 28 * model.counted.total;
  const double one = cpu_step_memory(model, {64, 1}).base();
  const double two = cpu_step_memory(model, {64, 2}).base();
  EXPECT_GT(one, state);
  EXPECT_DOUBLE_EQ(two - state, 2 * (one - state)) << "activations are those of the whole batch";
  EXPECT_GT(cpu_step_memory(model, {128, 1}).base() - state, 2 * (one - state))
      << "scores grow with the square of the length";
}

// Most resident memory of a nanotrain, less the 4 MB of the program: wait4() on Linux, 2 steps.
TEST(CpuStep, MemoryIsWhatNanotrainTookWithin5Percent) {
  struct Row {
    int layers, width, heads, context, batch;
    double megabytes;
  };
  for (const Row& row : {Row{2, 128, 4, 64, 8, 25.2}, Row{4, 256, 8, 128, 4, 139.7},
                         Row{6, 384, 6, 128, 2, 349.5}, Row{2, 192, 2, 256, 16, 184.3}}) {
    Model model = nano(row.layers, row.width, row.heads, row.context);
    model.shape.value.learned_positions = true;
    model.counted = count_parameters(model.shape.value);
    const double bytes = cpu_step_memory(model, {row.context, row.batch}).base();
    EXPECT_NEAR(bytes / (1e6 * row.megabytes), 1, 0.05) << row.width;
  }
}

}  // namespace
}  // namespace granary
