#pragma once
// What runs a model when it is served: an input of the cost model, not noise. Four classes cover
// the programs in use; each states what it can do and what it costs beside the kernels.

#include <optional>
#include <string>
#include <string_view>

#include "catalog/catalog.h"

namespace granary {

// compiled: TensorRT-LLM, vLLM, SGLang, LMDeploy, MindIE, FasterTransformer. native: llama.cpp and
// its kin. eager: transformers in Python. offload: layers kept in host memory and fetched for each
// step.
enum class FrameworkClass { compiled, native, eager, offload };

// How several cards serve one replica: each layer split over all of them, or each card some layers.
enum class Cards { tensor, pipeline };

struct Framework {
  FrameworkClass kind = FrameworkClass::compiled;
  Cards cards = Cards::tensor;
  bool fused_quantised = true;     // unpacks quantised weights as it multiplies; else widens them
                                   // to fp16 in memory first
  bool fused_attention = true;     // keeps no s x s matrix in memory
  bool grouped_attention = true;   // a cached head is read once for all query heads that share it
  bool paged = true;               // the cache grows by blocks; else all of it is set aside
  bool own_elementwise = true;     // norms and the like are counted by their bytes; else they are
                                   // part of the overheads below
  bool fused_elementwise = true;   // three kernels a layer: the rotation belongs to the attention
                                   // kernel, additions to the norms; else five
  bool embedding_on_host = false;  // the input embedding is looked up in host memory
  int chunk = 8192;                // tokens prefilled at once
  Seconds prefill_layer, decode_layer;  // of each layer and pass beyond its kernels
  Seconds host_layer;  // the host takes to launch a layer; hidden while kernels take longer. 0:
                       // recorded graphs, or a compiled host
  Seconds step;        // of each pass: scheduling, sampling
  Seconds all_reduce;  // floor of one small all-reduce inside a link domain
  Seconds hop;         // from one card of a pipeline to the next
  double cache_share = 0.9;  // of the memory rate that reading the cache reaches
  double cache_passes = 1;   // times the cache moves through memory in a step
  double usable = 0.95;      // of a chip's memory
  Bytes context;             // runtime, workspace and buffers on each chip
  std::string source;        // of the numbers
};

Framework framework_of(FrameworkClass);
std::string to_text(FrameworkClass);

// What is known of a program by its name, "TensorRT-LLM v0.5", "llama.cpp (May 2024)"; nothing for
// a name it does not know. `version_in`: further text that may state the version.
std::optional<Framework> framework_named(std::string_view name, std::string_view version_in = "");

// What the native class's own kernels reach on a family of chips, instead of the chip's curve.
struct NativeKernels {
  double memory_share = 0;     // of the memory rate, reading fp16 weights for one token
  Seconds decode_layer;        // of each layer and token
  double cache_share = 0;      // of the memory rate, reading the cache
  double compute_share = 0;    // of the fp16 rate in prefill; above 1 where the rate counts fp32
                               // accumulation and the program accumulates in fp16
  double quantised_share = 0;  // of the above for quantised weights
  bool own = false;            // false: no card of the family was measured
  std::string source;
};
NativeKernels native_kernels(const Chip&);

}  // namespace granary
