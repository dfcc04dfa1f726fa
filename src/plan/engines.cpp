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

struct Trainer {
  std::string_view backend;
  int since;
  std::string_view source;
};
constexpr int pascal = 2'016;  // PyTorch's builds for CUDA 12 ask for more than Kepler has
constexpr std::array trainers{Trainer{"cuda", pascal, "pytorch.org"},
                              Trainer{"rocm", 0, "pytorch.org"},
                              Trainer{"sycl", 0, "pytorch.org: Intel GPUs"},
                              Trainer{"xla", 0, "github.com/pytorch/xla"},
                              Trainer{"cann", 0, "github.com/Ascend/pytorch"},
                              Trainer{"musa", 0, "github.com/MooreThreads/torch_musa"},
                              Trainer{"bang", 0, "github.com/Cambricon/torch_mlu"},
                              Trainer{"synapse", 0, "docs.habana.ai: PyTorch"},
                              Trainer{"xpu", 0, recalled},
                              Trainer{"mxmaca", 0, recalled},
                              Trainer{"dtk", 0, recalled},
                              Trainer{"corex", 0, recalled},
                              Trainer{"supa", 0, recalled},
                              Trainer{"topsrider", 0, recalled}};
// Sold and supported for inference alone: Atlas 300I Duo (hiascend.com), Enflame S60 (recalled).
constexpr std::array<std::string_view, 2> inference_only{"ascend310p-duo", "enflame-s60"};

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

// Of an Engine or a Trainer.
template <class Program>
bool runs_on(const Program& engine, const Chip& chip) {
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

bool can_train(const Catalog& catalog, const Chip& chip, Precision precision) {
  if (!chip.backends) return false;
  if (chip.backends->value == std::vector<std::string>{"cpu"}) {
    const auto own = catalog.calibrations.find(chip.id);
    return precision == Precision::fp32 && own != catalog.calibrations.end() &&
           own->second.gemm.contains(precision);
  }
  if (std::find(inference_only.begin(), inference_only.end(), chip.id) != inference_only.end()) {
    return false;
  }
  return std::any_of(trainers.begin(), trainers.end(),
                     [&](const Trainer& trainer) { return runs_on(trainer, chip); });
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
