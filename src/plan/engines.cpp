#include "plan/engines.h"

#include <algorithm>
#include <array>

namespace granary {
namespace {
using Class = FrameworkClass;

constexpr std::string_view vllm = "docs.vllm.ai, installation, v0.11";
constexpr std::string_view llama_cpp = "github.com/ggml-org/llama.cpp, supported backends";
constexpr std::string_view recalled = "recalled: a port of the vendor";

// Years: vLLM asks for compute capability 7.0 on CUDA, for MI200 or RX 7900 on ROCm, for Atlas A2.
constexpr int volta = 2'017, mi200 = 2'021, atlas_a2 = 2'022;
constexpr std::array engines{
    Engine{"vLLM", Class::compiled, "cuda", volta, vllm},
    Engine{"vLLM", Class::compiled, "rocm", mi200, vllm},
    Engine{"vLLM", Class::compiled, "sycl", 0, vllm},
    Engine{"vLLM Ascend", Class::compiled, "cann", atlas_a2, vllm},
    Engine{"vLLM Gaudi", Class::compiled, "synapse", 0, vllm},
    Engine{"vLLM TPU", Class::compiled, "xla", 0, vllm},
    Engine{"vLLM MLU", Class::compiled, "bang", 0, vllm},
    Engine{"vLLM MetaX", Class::compiled, "mxmaca", 0, vllm},
    Engine{"vLLM (vendor)", Class::compiled, "corex", 0, recalled},
    Engine{"vLLM (vendor)", Class::compiled, "dtk", 0, recalled},
    Engine{"vLLM (vendor)", Class::compiled, "topsrider", 0, recalled},
    Engine{"vLLM (vendor)", Class::compiled, "xpu", 0, recalled},
    Engine{"llama.cpp", Class::native, "cuda", 0, llama_cpp},
    Engine{"llama.cpp", Class::native, "rocm", 0, llama_cpp},
    Engine{"llama.cpp", Class::native, "musa", 0, llama_cpp},
    Engine{"llama.cpp", Class::native, "cann", 0, llama_cpp},
    Engine{"llama.cpp", Class::native, "sycl", 0, llama_cpp},
    Engine{"llama.cpp", Class::native, "vulkan", 0, llama_cpp},
    Engine{"llama.cpp", Class::native, "cpu", 0, llama_cpp},
    Engine{"transformers", Class::eager, "cuda", 0, "pytorch.org"},
    Engine{"transformers", Class::eager, "rocm", 0, "pytorch.org"},
    Engine{"transformers", Class::eager, "cpu", 0, "pytorch.org"},
    Engine{"transformers", Class::eager, "cann", 0, "github.com/Ascend/pytorch"},
    Engine{"transformers", Class::eager, "musa", 0, recalled},
    Engine{"transformers", Class::eager, "bang", 0, recalled},
    Engine{"transformers", Class::eager, "mxmaca", 0, recalled},
    Engine{"transformers", Class::eager, "dtk", 0, recalled},
    Engine{"transformers", Class::eager, "corex", 0, recalled},
    Engine{"transformers", Class::eager, "supa", 0, recalled},
    Engine{"accelerate", Class::offload, "cuda", 0, "huggingface.co/docs/accelerate"},
    Engine{"accelerate", Class::offload, "rocm", 0, "huggingface.co/docs/accelerate"},
};

constexpr bool is_gguf(WeightFormat format) { return format >= WeightFormat::q8_0; }

bool stores(Class framework, WeightFormat format) {
  if (format == WeightFormat::fp16 || format == WeightFormat::fp32) return true;
  if (framework == Class::native) return is_gguf(format);
  if (is_gguf(format)) return false;
  if (framework == Class::compiled) return format != WeightFormat::int4_embedding;
  return format != WeightFormat::fp8 && format != WeightFormat::int8_arithmetic;
}

bool caches(Class framework, CacheFormat format) {
  if (format == CacheFormat::fp16 || framework == Class::compiled) return true;
  return framework == Class::native && format == CacheFormat::int8;
}

bool runs_on(const Engine& engine, const Chip& chip) {
  if (chip.year && chip.year->value < engine.since) return false;
  const auto& backends = chip.backends->value;
  return std::find(backends.begin(), backends.end(), engine.backend) != backends.end();
}
}  // namespace

const Engine* engine_for(const Chip& chip, const EngineNeeds& needs) {
  if (!chip.backends) return nullptr;
  for (const Class framework : {Class::compiled, Class::native, Class::eager, Class::offload}) {
    if (needs.framework ? *needs.framework != framework : framework == Class::offload) continue;
    if (!caches(framework, needs.cache)) continue;
    if (needs.weights && !stores(framework, *needs.weights)) continue;
    for (const Engine& engine : engines) {
      if (engine.framework == framework && runs_on(engine, chip)) return &engine;
    }
  }
  return nullptr;
}

std::vector<WeightFormat> usual_formats(FrameworkClass framework) {
  if (framework == FrameworkClass::native) {
    return {WeightFormat::fp16, WeightFormat::q8_0, WeightFormat::q4_k_m};
  }
  return {WeightFormat::fp16, WeightFormat::int8, WeightFormat::int4};
}

std::optional<FrameworkClass> parse_framework(std::string_view text) {
  for (const Class framework : {Class::compiled, Class::native, Class::eager, Class::offload}) {
    if (to_text(framework) == text) return framework;
  }
  return std::nullopt;
}

}  // namespace granary
