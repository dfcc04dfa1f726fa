#pragma once
// A catalogue of the tests of serving: chips and models by hand with one general calibration, so
// that they do not move when data/ does.

#include "cost/decode.h"
#include "cost/known.h"
#include "cost/prefill.h"
#include "cost/service.h"

namespace granary::known {

// The smooth roofline fitted on Vidur's 2,400 A100 operator timings; attention, elementwise and
// launch as on A100.
inline Catalog serving_catalog() {
  Catalog catalog;
  Calibration any;
  any.id = "any";
  const GemmCurve curve{0.743, 0.787, Seconds(2.9e-6), Seconds(3.4e-6), 1.96};
  any.gemm[Precision::fp16] = {curve, Standing::measured, "t"};
  any.training[Precision::fp16] = {{}, Standing::measured, "t"};
  any.attention = Fact<double>{0.55, Standing::recalled, "t"};
  any.elementwise = Fact<double>{0.585, Standing::measured, "t"};
  any.launch = Fact<Seconds>{Seconds(3.7e-6), Standing::measured, "t"};
  catalog.calibrations["any"] = any;
  return catalog;
}

inline Chip with_fp8(Chip chip, double tflops) {
  chip.dense[Precision::fp8] = {FlopsPerSecond(tflops * 1e12), Standing::declared, "t"};
  return chip;
}
inline Chip h100_80() {
  return with_fp8(
      chip({"h100-sxm", Origin::imported, 80, 3350, 450, 8, 64, 989.4, Precision::bf16}), 1978.9);
}
inline Chip l40s() {
  return with_fp8(chip({"l40s", Origin::imported, 48, 864, 0, 1, 32, 362, Precision::bf16}), 733);
}

inline Model llama2_7b() {
  return model("llama2-7b", "Llama-2-7B",
               {.layers = 32,
                .hidden = 4096,
                .heads = 32,
                .kv_heads = 32,
                .head_width = 128,
                .ffn = 11008,
                .gated_ffn = true,
                .vocabulary = 32000,
                .context = 4096});
}
inline Model llama3_70b() {
  return model("llama3-70b", "Llama-3-70B",
               {.layers = 80,
                .hidden = 8192,
                .heads = 64,
                .kv_heads = 8,
                .head_width = 128,
                .ffn = 28672,
                .gated_ffn = true,
                .vocabulary = 128256,
                .context = 8192});
}
inline Model falcon_180b() {
  return model("falcon-180b", "Falcon-180B",
               {.layers = 80,
                .hidden = 14848,
                .heads = 232,
                .kv_heads = 8,
                .head_width = 64,
                .ffn = 59392,
                .vocabulary = 65024,
                .context = 2048,
                .tied_embeddings = true});
}
// The 13B of kipply's transformer inference arithmetic: GPT-3 style.
inline Model gpt_13b() { return plain(40, 5120, 40); }

inline ServingPractice serving(const Chip& chip, FrameworkClass kind,
                               WeightFormat weights = WeightFormat::fp16,
                               CacheFormat cache = CacheFormat::fp16) {
  return serving_practice(serving_catalog(), chip, framework_of(kind), {weights, cache}).value();
}

}  // namespace granary::known
