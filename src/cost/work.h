#pragma once
// Work: what a tenant wants, in the words of the field; and the layouts that split a model.

#include <string>
#include <variant>

#include "catalog/catalog.h"
#include "units/quantity.h"
#include "units/time.h"

namespace granary {

// How the weights are stored, which decides memory and bytes read. int8: only stored so (W8A16);
// int8_arithmetic: activations too, multiplied by 8-bit units (W8A8). int4: groups of 128 with a
// fp16 scale and zero; int4_embedding: the input embedding as well. The q names are those of GGUF
// files. Formats from fp8 to int4 keep embedding and head in 16 bits.
enum class WeightFormat {
  fp32,
  fp16,
  fp8,
  int8,
  int8_arithmetic,
  int4,
  int4_embedding,
  q8_0,
  q6_k,
  q5_k_m,
  q4_k_m,
  q4_0
};

struct Pretrain {
  Tokens tokens;
  int sequence = 2048;      // tokens
  int global_batch = 1024;  // sequences
};

// What of the model is trained: every parameter; or low-rank adapters on every matrix of every
// layer, over frozen weights in 16 bits (LoRA) or in 4 (QLoRA).
enum class Tuning { full, lora, qlora };

struct FineTune {
  Tokens tokens;
  int sequence = 2048;
  int global_batch = 64;
  Tuning tuning = Tuning::full;
  int rank = 16;  // of the adapters
};

// A service at a request rate for a span.
struct Serve {
  PerSecond rate;
  int prompt = 512, output = 256;  // tokens
  Seconds first_token{2.0};        // target at the 95th percentile
  Span span = std::chrono::hours(24 * 30);
  Seconds token{};  // target of the time per output token, likewise; 0: none
};

// Requests without a rate: all of them at hand, done as fast as the chips go.
struct Batch {
  Tokens tokens;                   // of all answers together
  int prompt = 512, output = 256;  // tokens of each request
};

struct Work {
  Model model;
  std::variant<Pretrain, FineTune, Serve, Batch> what;
};

// "pretrain", "finetune", "serve" (batch inference too): the purpose a voucher must allow.
std::string purpose_of(const Work&);

// What the forward pass does not keep and the backward pass computes again: nothing, the attention
// core, every layer.
enum class Recompute { none, selective, full };

// What the data-parallel ranks share out among themselves (ZeRO stage 0 to 3, Rajbhandari et al.
// 2020): nothing, the optimiser's state, the gradients too, the parameters too (FSDP).
enum class Sharding { none, optimiser, gradients, parameters };

// chips = data x tensor x pipeline x context. Inference: data is the number of replicas.
struct Layout {
  int data = 1, tensor = 1, pipeline = 1;
  int micro_batch = 1;  // sequences per data-parallel rank and step of the pipeline; inference:
                        // the largest number of sequences decoded together by one replica
  int interleave = 1;   // stages that each chip has of the pipeline
  int context = 1;      // chips that share one sequence
  int expert = 1;       // chips that share the experts; divides data x context
  bool sequence_parallel = false;  // norms and what they keep are split over the tensor group
  Recompute recompute = Recompute::none;
  Sharding sharding = Sharding::optimiser;
  Precision precision = Precision::bf16;      // of the arithmetic; 8 bits: of the layers' matrices
  WeightFormat weights = WeightFormat::fp16;  // training: fp16

  int chips() const { return data * tensor * pipeline * context; }
  friend bool operator==(const Layout&, const Layout&) = default;
};

// "d8 t8 p10 b1", with "v3", "c2", "e8", "sp", "zero3", "selective" or "recompute", "fp8" and the
// weight format where they are not the default.
std::string to_text(const Layout&);
std::string to_text(WeightFormat);
std::string to_text(Recompute);
std::string to_text(Sharding);

}  // namespace granary
