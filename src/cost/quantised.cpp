#include "cost/quantised.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cost/parts.h"

namespace granary {
namespace {
constexpr double int4_bytes = 0.5 + 2.0 * 2.0 / 128.0;

// GGUF formats in bits per weight, of the layers, the embedding and the head. Blocks of 32 with a
// fp16 scale (q8_0 8.5, q4_0 4.5) and super-blocks of 256 (q4_k 4.5, q5_k 5.5, q6_k 6.5625);
// llama.cpp, k-quants, recalled. The "_m" mixes store half of two tensors of a layer as q6_k: 4.80
// bits make the files of Llama-3-8B (4.58 GiB) and 70B (39.6 GiB) come out; 5.68 is the same mix.
constexpr FormatBytes in_bits(double layers, double embedding, double head) {
  return {layers / 8, embedding / 8, head / 8};
}

std::string lowered(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-' || c == ' ') {
      out += '_';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

using Name = std::pair<std::string_view, WeightFormat>;
constexpr std::array names{
    Name{"fp32", WeightFormat::fp32},
    Name{"f32", WeightFormat::fp32},
    Name{"fp16", WeightFormat::fp16},
    Name{"f16", WeightFormat::fp16},
    Name{"float16", WeightFormat::fp16},
    Name{"half", WeightFormat::fp16},
    Name{"bf16", WeightFormat::fp16},
    Name{"bfloat16", WeightFormat::fp16},
    Name{"w16a16", WeightFormat::fp16},
    Name{"fp8", WeightFormat::fp8},
    Name{"fp8_e4m3", WeightFormat::fp8},
    Name{"float8", WeightFormat::fp8},
    Name{"w8a8_fp8", WeightFormat::fp8},
    Name{"int8", WeightFormat::int8},
    Name{"w8a16", WeightFormat::int8},
    Name{"int8_weight_only", WeightFormat::int8},
    Name{"w8a8", WeightFormat::int8_arithmetic},
    Name{"smoothquant", WeightFormat::int8_arithmetic},
    Name{"w8a8_int8", WeightFormat::int8_arithmetic},
    Name{"int8_w8a8", WeightFormat::int8_arithmetic},
    Name{"int4", WeightFormat::int4},
    Name{"w4a16", WeightFormat::int4},
    Name{"awq", WeightFormat::int4},
    Name{"gptq", WeightFormat::int4},
    Name{"int4_awq", WeightFormat::int4},
    Name{"awq_int4", WeightFormat::int4},
    Name{"gptq_int4", WeightFormat::int4},
    Name{"int4_gptq", WeightFormat::int4},
    Name{"int4_embedding", WeightFormat::int4_embedding},
    Name{"int4_(embedding_quantised_too)", WeightFormat::int4_embedding},
    Name{"q8_0", WeightFormat::q8_0},
    Name{"q6_k", WeightFormat::q6_k},
    Name{"q5_k_m", WeightFormat::q5_k_m},
    Name{"q4_k_m", WeightFormat::q4_k_m},
    Name{"q4_0", WeightFormat::q4_0},
};
}  // namespace

FormatBytes bytes_of(WeightFormat format) {
  switch (format) {
    case WeightFormat::fp32:
      return {4, 4, 4};
    case WeightFormat::fp16:
      return {};
    case WeightFormat::fp8:
    case WeightFormat::int8:
    case WeightFormat::int8_arithmetic:
      return {1, 2, 2};
    case WeightFormat::int4:
      return {int4_bytes, 2, 2};
    case WeightFormat::int4_embedding:
      return {int4_bytes, int4_bytes, 2};
    case WeightFormat::q8_0:
      return in_bits(8.5, 8.5, 8.5);
    case WeightFormat::q6_k:
      return in_bits(6.5625, 6.5625, 6.5625);
    case WeightFormat::q5_k_m:
      return in_bits(5.68, 5.5, 6.5625);
    case WeightFormat::q4_k_m:
      return in_bits(4.80, 4.5, 6.5625);
    case WeightFormat::q4_0:
      return in_bits(4.5, 4.5, 6.5625);
  }
  return {};
}

std::optional<Precision> units_of(WeightFormat format) {
  if (format == WeightFormat::fp8) return Precision::fp8;
  if (format == WeightFormat::int8_arithmetic) return Precision::int8;
  return std::nullopt;
}

std::string to_text(WeightFormat format) {
  for (const Name& name : names) {
    if (name.second == format) return std::string(name.first);
  }
  return "fp16";
}

std::optional<WeightFormat> parse_weight_format(std::string_view text) {
  const std::string name = lowered(text);
  for (const Name& known : names) {
    if (known.first == name) return known.second;
  }
  return std::nullopt;
}

double bytes_of(CacheFormat format) { return format == CacheFormat::fp16 ? 2 : 1; }

std::string to_text(CacheFormat format) {
  if (format == CacheFormat::fp8) return "fp8";
  return format == CacheFormat::int8 ? "int8" : "fp16";
}

Bytes stored_bytes(const Model& model, WeightFormat format) {
  const Parts parts = parts_of(model);
  const FormatBytes each = bytes_of(format);
  return Bytes(each.layers * (parts.other + parts.experts) + each.embedding * parts.embedding +
               each.head * parts.head);
}

std::optional<CacheFormat> parse_cache_format(std::string_view text) {
  for (const CacheFormat format : {CacheFormat::fp16, CacheFormat::fp8, CacheFormat::int8}) {
    if (to_text(format) == lowered(text)) return format;
  }
  return std::nullopt;
}

BytesPerToken cache_bytes_per_token(const Shape& s, CacheFormat format, int tensor) {
  const double caches = static_cast<double>(s.layers) / std::max(1, s.layers_per_kv);
  const double element = bytes_of(format);
  if (s.attention == Attention::latent) {
    return BytesPerToken(caches * (s.latent_width + s.rope_width) * element);
  }
  const int heads = (s.kv_heads + tensor - 1) / tensor;
  return BytesPerToken(2 * caches * heads * s.head_width * element);
}

}  // namespace granary
