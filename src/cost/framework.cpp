// The fitted numbers of serving. Every one stands here once, with the table it was fitted on and
// its error there; "left out" is the error on rows the fit did not see.

#include "cost/framework.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace granary {
namespace {
// Fitted on 53 rows of TensorRT-LLM v0.5/v0.6 (docs/source/performance.md: A100, H100, L40S; first
// token and static batches) and 4 of FasterTransformer 13B on A100-40 (kipply): mean |log| error
// 7.4 %; a model left out: GPT-J 7.2, LLaMA-7B 6.6, 70B 11.7, Falcon-180B 9.3, the 13B 11.3.
Framework compiled() {
  Framework f;
  f.prefill_layer = Seconds(69e-6);
  f.step = Seconds(1.0e-3);
  f.all_reduce = Seconds(26e-6);
  f.hop = Seconds(50e-6);  // assumed
  f.cache_share = 0.95;
  // Published figures are 0.5 to 1.5 GB. With this share GLM-130B in 16 bits does not fit 8 x
  // V100-32 (its authors) and LLaMA-7B at a batch of 60 x 2,176 tokens fits A100-80 (TensorRT-LLM
  // v0.6).
  f.context = Bytes(1.0e9);
  f.usable = 0.985;
  f.source =
      "fitted on 57 published rows of TensorRT-LLM v0.6 and FasterTransformer: mean |log| error "
      "7.4 %, a model left out 6.6 to 11.7 %";
  return f;
}

// Fitted on 355 decode rows (batch 1) and 355 prefill rows of the llama.cpp table of XiongjieDai,
// May 2024: Llama-3-8B and 70B, F16 and Q4_K_M, 1 to 8 cards one after another. Decode: mean 3.9 %,
// a card left out 1.4 to 13 %, a whole family predicted by its neighbour 8 (Ada), 8 (Ampere), 16
// (A100), 20 (H100). Prefill: mean 17 %, one card 8 %.
Framework native() {
  Framework f;
  f.kind = FrameworkClass::native;
  f.cards = Cards::pipeline;
  f.fused_attention = false;  // as of May 2024
  f.paged = false;
  f.own_elementwise = false;
  f.embedding_on_host = true;
  f.chunk = 512;
  f.prefill_layer = Seconds(365e-6);
  f.hop = Seconds(221e-6);
  f.all_reduce = Seconds(40e-6);
  // What ran of that table fits, what did not does not: 70B in 16 bits on 6 x 24 GB at 8,192
  // tokens, 8B in 16 bits on 16 GB at 4,096 but not at 8,192.
  f.usable = 0.99;
  f.context = Bytes(0.93e9);
  f.source =
      "fitted on the llama.cpp table of XiongjieDai (May 2024): decode mean 3.9 %, a card left out "
      "1 to 13 %, a family left out 8 to 20 %";
  return f;
}

// Assumed, so that a 7B model decodes 25 to 35 tokens a second on any fast card, as its users find.
Framework eager() {
  Framework f = compiled();
  f.kind = FrameworkClass::eager;
  f.cards = Cards::pipeline;  // layers placed card by card
  f.fused_quantised = false;
  f.fused_elementwise = false;
  f.paged = false;
  f.prefill_layer = Seconds{};
  f.host_layer = Seconds(0.9e-3);
  f.step = Seconds(2.0e-3);
  f.cache_share = 0.6;
  f.cache_passes = 3;        // the cache is copied to append one token
  f.context = Bytes(0.3e9);  // the driver's alone
  f.source = "assumed: Python launches every kernel, 0.9 ms a layer";
  return f;
}

Framework offload() {
  Framework f = eager();
  f.kind = FrameworkClass::offload;
  f.source = "assumed: as eager, and the layers cross the host link for every pass";
  return f;
}

struct Family {
  std::string_view id;
  std::string_view stems;  // of chip ids, each between blanks
  NativeKernels kernels;
};

NativeKernels kernels(double memory, double layer, double cache, double compute, double quantised,
                      bool own, std::string source) {
  return {memory, Seconds(layer), cache, compute, quantised, own, std::move(source)};
}

// Kernels of one token hold a fixed number of bytes in flight on each multiprocessor: cards with
// HBM reach a smaller share of it than cards with GDDR.
const std::array<Family, 7>& families() {
  static const std::array<Family, 7> known{{
      {"ampere-geforce", " rtx3050 rtx3060 rtx3070 rtx3080 rtx3080ti rtx3090 rtx3090ti ",
       kernels(0.897, 91.5e-6, 0.292, 1.02, 0.84, true, "116 rows of GA10x cards: mean 3.4 %")},
      {"ada-geforce", " rtx4060 rtx4070 rtx4070ti rtx4080 rtx4090 rtx4090d ",
       kernels(0.930, 79.9e-6, 0.507, 1.36, 0.63, true, "155 rows of Ada cards: mean 2.9 %")},
      {"ampere", " a10 a16 a40 rtxa4000 rtxa5000 rtxa6000 ",
       kernels(0.897, 91.5e-6, 0.292, 0.526, 0.73, true, "116 rows of GA10x cards: mean 3.4 %")},
      {"ada", " l2 l4 l20 l40 l40s rtx4000ada rtx5000ada rtx6000ada ",
       kernels(0.930, 79.9e-6, 0.507, 0.435, 0.73, true, "155 rows of Ada cards: mean 2.9 %")},
      {"a100", " a100 a800 a30 ",
       kernels(0.504, 87.2e-6, 0.207, 0.442, 0.73, true, "56 rows of A100 cards: mean 8.0 %")},
      {"hopper", " h100 h800 h200 h20 gh200 ",
       kernels(0.731, 130.6e-6, 0.269, 0.309, 0.65, true, "28 rows of H100 PCIe: mean 3.3 %")},
      // Two or more families: the middle of those above.
      {"any", "",
       kernels(0.80, 92e-6, 0.29, 0.44, 0.73, false,
               "no card of this family was measured: the middle of six families")},
  }};
  return known;
}

std::string_view stem_of(std::string_view id) { return id.substr(0, id.find('-')); }

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool mentions(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// The number after "v0." in the text: 6 of "v0.6.1".
std::optional<int> zero_version(std::string_view text) {
  const std::size_t at = text.find("v0.");
  if (at == std::string_view::npos) return std::nullopt;
  int minor = 0;
  const auto read = std::from_chars(text.data() + at + 3, text.data() + text.size(), minor);
  if (read.ec != std::errc{}) return std::nullopt;
  return minor;
}
}  // namespace

Framework framework_of(FrameworkClass kind) {
  switch (kind) {
    case FrameworkClass::native:
      return native();
    case FrameworkClass::eager:
      return eager();
    case FrameworkClass::offload:
      return offload();
    case FrameworkClass::compiled:
      break;
  }
  return compiled();
}

std::string to_text(FrameworkClass kind) {
  switch (kind) {
    case FrameworkClass::native:
      return "native";
    case FrameworkClass::eager:
      return "eager";
    case FrameworkClass::offload:
      return "offload";
    case FrameworkClass::compiled:
      break;
  }
  return "compiled";
}

std::optional<Framework> framework_named(std::string_view name, std::string_view version_in) {
  const std::string text = lowered(name);
  const auto any = [&](std::initializer_list<std::string_view> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view word) { return mentions(text, word); });
  };
  if (any({"llama.cpp", "llamacpp", "llama-cpp", "ollama", "koboldcpp", "gguf"})) return native();
  if (any({"offload", "flexgen", "ktransformers", "powerinfer"})) return offload();
  if (any({"tensorrt", "trt-llm", "trtllm"})) {
    Framework f = compiled();
    // Kernels that read a cached head once for its whole group of query heads came with v0.8 ("New
    // XQA-kernel provides 2.4x more Llama-70B throughput", docs/source/blogs, recalled).
    const auto own = zero_version(text);
    const auto version = own ? own : zero_version(version_in);
    f.grouped_attention = !version || *version >= 8;
    return f;
  }
  if (any({"vllm", "sglang", "lmdeploy", "turbomind", "mindie", "fastertransformer", "nim",
           "text-generation-inference", "tgi", "lightllm", "ppl", "xllm", "deepspeed-fastgen",
           "deepspeed-mii", "max serve", "rtp-llm", "exllama", "mlc"})) {
    return compiled();
  }
  if (any({"transformers", "huggingface", "hugging face", "eager", "pytorch"})) return eager();
  return std::nullopt;
}

NativeKernels native_kernels(const Chip& chip) {
  const std::string stem = " " + std::string(stem_of(chip.id)) + " ";
  for (const Family& family : families()) {
    if (mentions(family.stems, stem)) return family.kernels;
  }
  return families().back().kernels;
}

}  // namespace granary
