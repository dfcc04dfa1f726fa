#pragma once
// Chips and models of the tests and benchmarks, by hand, so that they do not move when data/ does.

#include <string>

#include "cost/cost.h"
#include "cost/links.h"
#include "cost/practice.h"

namespace granary::known {

inline constexpr double gib = 1073741824.0;

inline Model model(std::string id, std::string name, const Shape& shape) {
  return {std::move(id),
          std::move(name),
          {shape, Standing::declared, "test"},
          {},
          count_parameters(shape)};
}

inline Model chatglm_6b() {
  return model("chatglm-6b", "ChatGLM-6B",
               {.layers = 28,
                .hidden = 4096,
                .heads = 32,
                .kv_heads = 32,
                .head_width = 128,
                .ffn = 16384,
                .vocabulary = 130528,
                .context = 2048,
                .tied_embeddings = true});
}
inline Model chatglm2_6b() {
  return model("chatglm2-6b", "ChatGLM2-6B",
               {.layers = 28,
                .hidden = 4096,
                .heads = 32,
                .kv_heads = 2,
                .head_width = 128,
                .ffn = 13696,
                .gated_ffn = true,
                .vocabulary = 65024,
                .context = 32768});
}
inline Model glm_130b() {
  return model("glm-130b", "GLM-130B",
               {.layers = 70,
                .hidden = 12288,
                .heads = 96,
                .kv_heads = 96,
                .head_width = 128,
                .ffn = 32768,
                .gated_ffn = true,
                .vocabulary = 150528,
                .context = 2048,
                .tied_embeddings = true});
}
inline Model llama3_8b() {
  return model("llama3-8b", "Llama-3-8B",
               {.layers = 32,
                .hidden = 4096,
                .heads = 32,
                .kv_heads = 8,
                .head_width = 128,
                .ffn = 14336,
                .gated_ffn = true,
                .vocabulary = 128256,
                .context = 8192});
}
inline Model llama2_70b() {
  return model("llama2-70b", "Llama-2-70B",
               {.layers = 80,
                .hidden = 8192,
                .heads = 64,
                .kv_heads = 8,
                .head_width = 128,
                .ffn = 28672,
                .gated_ffn = true,
                .vocabulary = 32000,
                .context = 4096});
}
inline Model llama31_405b() {
  return model("llama3.1-405b", "Llama-3.1-405B",
               {.layers = 126,
                .hidden = 16384,
                .heads = 128,
                .kv_heads = 8,
                .head_width = 128,
                .ffn = 53248,
                .gated_ffn = true,
                .vocabulary = 128256,
                .context = 131072});
}
inline Model hunyuan_large() {
  return model("hunyuan-large", "Hunyuan-Large",
               {.layers = 64,
                .hidden = 6400,
                .heads = 80,
                .kv_heads = 8,
                .head_width = 80,
                .ffn = 18304,
                .gated_ffn = true,
                .vocabulary = 128512,
                .context = 262144,
                .tied_embeddings = true,
                .experts = 16,
                .experts_per_token = 1,
                .shared_experts = 1,
                .expert_ffn = 18304,
                .layers_per_kv = 2});
}
inline Model deepseek_v3() {
  return model("deepseek-v3", "DeepSeek-V3",
               {.layers = 61,
                .hidden = 7168,
                .heads = 128,
                .kv_heads = 128,
                .head_width = 192,
                .ffn = 18432,
                .gated_ffn = true,
                .vocabulary = 129280,
                .context = 131072,
                .attention = Attention::latent,
                .latent_width = 512,
                .rope_width = 64,
                .query_latent = 1536,
                .no_rope_width = 128,
                .value_width = 128,
                .experts = 256,
                .experts_per_token = 8,
                .shared_experts = 1,
                .expert_ffn = 2048,
                .dense_layers = 3});
}
// The plain decoder of Korthikanti et al. 2022: FFN of 4 h, 51,200 words.
inline Model plain(int layers, int hidden, int heads) {
  return model("plain", "plain",
               {.layers = layers,
                .hidden = hidden,
                .heads = heads,
                .kv_heads = heads,
                .head_width = hidden / heads,
                .ffn = 4 * hidden,
                .vocabulary = 51200,
                .context = 2048,
                .tied_embeddings = true});
}

// Figures of a chip sheet; 0: not known, no link.
struct Sheet {
  std::string id;
  Origin origin = Origin::imported;
  double gibibytes = 0, gigabytes_per_second = 0, link_gigabytes_per_second = 0;
  int link_domain = 1;
  double host_gigabytes_per_second = 0, tflops = 0;
  Precision precision = Precision::fp16;
};

inline Chip chip(const Sheet& sheet) {
  Chip made;
  made.id = made.name = sheet.id;
  made.vendor = "test";
  made.origin = sheet.origin;
  const auto fact = [](auto value) {
    return Fact<decltype(value)>{value, Standing::declared, "t"};
  };
  if (sheet.gibibytes > 0) made.memory = fact(Bytes(sheet.gibibytes * gib));
  if (sheet.gigabytes_per_second > 0) {
    made.memory_bandwidth = fact(BytesPerSecond(sheet.gigabytes_per_second * 1e9));
  }
  if (sheet.link_gigabytes_per_second > 0) {
    made.link_bandwidth = fact(BytesPerSecond(sheet.link_gigabytes_per_second * 1e9));
  }
  made.backends = Fact<std::vector<std::string>>{{"cuda"}, Standing::declared, "t"};
  made.link_domain = sheet.link_domain;
  if (sheet.host_gigabytes_per_second > 0) {
    made.host_bandwidth = fact(BytesPerSecond(sheet.host_gigabytes_per_second * 1e9));
  }
  if (sheet.tflops > 0) made.dense[sheet.precision] = fact(FlopsPerSecond(sheet.tflops * 1e12));
  return made;
}

// A calibration for every chip: what the A100's came to, in round numbers.
inline std::map<std::string, Calibration> calibrations() {
  const auto fact = [](auto value) {
    return Fact<decltype(value)>{value, Standing::measured, "test"};
  };
  Calibration any;
  any.id = "any";
  GemmCurve curve;
  curve.compute_share = 0.74;
  curve.memory_share = 0.8;
  curve.compute_floor = curve.memory_floor = Seconds(3e-6);
  any.gemm[Precision::bf16] = fact(curve);
  any.training[Precision::bf16] = fact(TrainingCurve{0.8, 120, 0.32});
  any.training_band = fact(Band{0.9, 1.2});
  any.attention = fact(0.32);
  any.elementwise = fact(0.85);
  any.launch = fact(Seconds(5e-6));
  any.node_fabric = fact(BytesPerSecond(100e9));
  return {{"any", any}};
}
inline Practice practice(const Chip& chip) {
  Catalog catalog;
  catalog.calibrations = calibrations();
  for (const Precision p : {Precision::bf16, Precision::fp16, Precision::fp32}) {
    if (const auto found = practice_of(catalog, chip, p)) return *found;
  }
  return {};
}
inline Links links(const Chip& chip, int node_chips = 8) {
  return links_of({}, chip, node_chips, BytesPerSecond(100e9));
}

inline Chip a100_40() {
  return chip({"a100-sxm-40", Origin::imported, 40, 1555, 300, 8, 32, 312, Precision::bf16});
}
inline Chip a100_80() {
  return chip({"a100-sxm-80", Origin::imported, 80, 2039, 300, 8, 32, 312, Precision::bf16});
}
inline Chip a800_80() {
  return chip({"a800-sxm-80", Origin::imported, 80, 2039, 200, 8, 32, 312, Precision::bf16});
}
inline Chip v100_32() {
  return chip({"v100-sxm2-32", Origin::imported, 32, 900, 150, 8, 16, 125, Precision::fp16});
}
inline Chip ascend910b2() {
  return chip({"ascend910b2", Origin::domestic, 64, 1600, 196, 8, 32, 376, Precision::bf16});
}
inline Chip br104() {
  return chip({"br104", Origin::domestic, 32, 819, 96, 3, 64, 512, Precision::bf16});
}
inline Chip rtx4090() {
  return chip({"rtx4090", Origin::repurposed, 24, 1008, 0, 1, 32, 165.2, Precision::bf16});
}
inline Chip rtx3090() {
  return chip({"rtx3090", Origin::repurposed, 24, 936, 56.25, 2, 32, 71.2, Precision::bf16});
}
inline Chip rtx2080ti() {
  return chip({"rtx2080ti", Origin::repurposed, 11, 616, 50, 2, 16, 53.8, Precision::fp16});
}
inline Chip cpu() { return chip({"cpu", Origin::imported, 32, 50, 0, 1, 0, 1.0, Precision::fp32}); }

}  // namespace granary::known
