#pragma once
// A figure with where it comes from and how it is known.

#include <string>

#include "units/quantity.h"

namespace granary {

// How a figure is known. `declared`: a vendor or operator says so. `measured`: somebody ran it.
// `recalled`: from memory of a source that was not read again. `assumed`: ours, for an example.
enum class Standing { declared, measured, recalled, assumed };

template <class T>
struct Fact {
  T value{};
  Standing standing = Standing::declared;
  std::string source;  // key of Catalog::sources
};

// A place where figures come from: `data/sources.toml`.
struct Source {
  std::string id, what;
  bool read = false;  // false: recalled, not read at the source
};

enum class Precision { fp32, tf32, fp16, bf16, fp8, int8, int4, fp4 };

}  // namespace granary
