#pragma once
// Work: what a tenant wants, in the words of the field; and the layouts that split a model.

#include <string>
#include <variant>

#include "catalog/catalog.h"
#include "units/quantity.h"
#include "units/time.h"

namespace granary {

// How the weights are stored, which decides memory and bytes read: fp16 (2 B), int8 (1 B), int4
// (0.5 B and scales; embeddings and head stay fp16 in the quantised kinds).
enum class WeightKind { fp16, int8, int4 };

struct Pretrain {
  Tokens tokens;
  int sequence = 2048;      // tokens
  int global_batch = 1024;  // sequences
};

// Full-parameter fine-tuning on `tokens`.
struct FineTune {
  Tokens tokens;
  int sequence = 2048;
  int global_batch = 64;
};

// A service at a request rate for a span.
struct Serve {
  PerSecond rate;
  int prompt = 512, output = 256;  // tokens
  Seconds first_token{2.0};        // target at the 95th percentile
  Span span = std::chrono::hours(24 * 30);
};

struct Work {
  Model model;
  std::variant<Pretrain, FineTune, Serve> what;
};

// "pretrain", "finetune", "serve": the purpose a voucher must allow.
std::string purpose_of(const Work&);

// chips = data x tensor x pipeline. Serving: data is the number of replicas.
struct Layout {
  int data = 1, tensor = 1, pipeline = 1;
  int micro_batch = 1;  // sequences per data-parallel rank and step of the pipeline; serving: the
                        // largest number of sequences decoded together by one replica
  bool recompute = false;                 // full activation recomputation
  WeightKind weights = WeightKind::fp16;  // training: fp16

  int chips() const { return data * tensor * pipeline; }
  friend bool operator==(const Layout&, const Layout&) = default;
};

// "d8 t8 p10 b1", with " recompute" and the weight kind where they are not the default.
std::string to_text(const Layout&);
std::string to_text(WeightKind);

}  // namespace granary
