#pragma once
// How the weights and the cache of a served model are stored. Which tensors a format covers is part
// of it: most leave the input embedding and the output head in 16 bits.

#include <optional>
#include <string>
#include <string_view>

#include "cost/work.h"

namespace granary {

// Bytes of one stored parameter.
struct FormatBytes {
  double layers = 2, embedding = 2, head = 2;
};
FormatBytes bytes_of(WeightFormat);

// The units that multiply weights of this format where the chip has them; nothing: they are widened
// to 16 bits first.
std::optional<Precision> units_of(WeightFormat);

// "FP16", "bf16", "F16", "W8A8", "INT4", "AWQ", "Q4_K_M"; nothing for a name it does not know.
std::optional<WeightFormat> parse_weight_format(std::string_view);

// Element of a cached key or value.
enum class CacheFormat { fp16, fp8, int8 };
double bytes_of(CacheFormat);
std::string to_text(CacheFormat);
std::optional<CacheFormat> parse_cache_format(std::string_view);

// Of all weights of a model, stored once.
Bytes stored_bytes(const Model&, WeightFormat);

// Bytes that one token leaves in the cache of one chip of a tensor group. Heads are split over the
// group and replicated where there are fewer heads than chips; a latent cache is copied to each.
BytesPerToken cache_bytes_per_token(const Shape&, CacheFormat, int tensor);

}  // namespace granary
