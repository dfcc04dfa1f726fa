#pragma once
// Programs that serve and train models, and the chips they are known to run on. An option exists
// only where one of them does.

#include <optional>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "cost/framework.h"
#include "cost/quantised.h"

namespace granary {

// What the tenant asks of the program; absent: any.
struct EngineNeeds {
  std::optional<FrameworkClass> framework;
  std::optional<WeightFormat> weights;
  CacheFormat cache = CacheFormat::fp16;
};

struct Engine {
  std::string_view name;     // "vLLM"
  FrameworkClass framework;  // whose costs it has
  std::string_view backend;  // of chips: "cuda"
  int since = 0;             // only chips of this year and later
  std::string_view source;   // of the claim that it runs there
};

// The best known engine that does what is needed: of compiled ones first, then native, then eager.
// Offloading is only taken when asked for.
const Engine* engine_for(const Chip&, const EngineNeeds&);

// True where a program is known that trains on the chip at the precision: a port of PyTorch on
// accelerators; on processors nanotrain, in fp32, where the chip has a curve for it.
bool can_train(const Catalog&, const Chip&, Precision);

// What engines of the class store, the widest first: what is tried when nothing is asked for.
std::vector<WeightFormat> usual_formats(FrameworkClass);

// "compiled", "native", "eager", "offload"; nothing for another word.
std::optional<FrameworkClass> parse_framework(std::string_view);

}  // namespace granary
