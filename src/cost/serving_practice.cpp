#include "cost/serving_practice.h"

namespace granary {
namespace {
// Of one small all-reduce through the host instead of a link: 40 us, assumed; 26 us were fitted
// inside a link domain.
constexpr Seconds through_host{14e-6};

// The smooth roofline of the native class: no floors (they are in the overhead of a layer), the
// shares of its own kernels.
GemmCurve native_curve(const NativeKernels& kernels, bool quantised) {
  GemmCurve curve;
  curve.compute_share = kernels.compute_share * (quantised ? kernels.quantised_share : 1);
  // Unpacking costs 2 % of the rate: the same table.
  curve.memory_share = kernels.memory_share * (quantised ? 0.981 : 1);
  curve.exponent = 4;
  return curve;
}

void use_native_kernels(ServingPractice& practice, const Chip& chip) {
  const NativeKernels kernels = native_kernels(chip);
  practice.products.gemm = native_curve(kernels, practice.stored.layers < 2);
  practice.wide.gemm = native_curve(kernels, false);
  practice.framework.decode_layer = kernels.decode_layer;
  practice.framework.cache_share = kernels.cache_share;
  practice.measured = kernels.own;
  practice.source = practice.framework.source + "; " + kernels.source;
}
}  // namespace

std::optional<ServingPractice> serving_practice(const Catalog& catalog, const Chip& chip,
                                                const Framework& framework, ServingFormats formats,
                                                int node_chips) {
  auto wide = practice_of(catalog, chip, Precision::fp16);
  if (!wide) wide = practice_of(catalog, chip, Precision::bf16);
  if (!wide) return std::nullopt;
  ServingPractice practice;
  practice.framework = framework;
  practice.weights = formats.weights;
  practice.cache = formats.cache;
  practice.stored = bytes_of(formats.weights);
  practice.element = bytes_of(formats.cache);
  practice.wide = *wide;
  practice.products = *wide;
  const bool quantised = practice.stored.layers < 2;
  if (const auto units = units_of(formats.weights); units && framework.fused_quantised) {
    if (auto narrow = practice_of(catalog, chip, *units)) practice.products = *std::move(narrow);
  }
  // Written as fp16 and read again.
  if (quantised && !framework.fused_quantised) practice.widened = 4;
  practice.links = links_of(catalog, chip, node_chips, BytesPerSecond{});
  practice.all_reduce = framework.all_reduce;
  if (!chip.link_bandwidth) practice.all_reduce += through_host;
  practice.source = framework.source;
  if (framework.kind == FrameworkClass::native) use_native_kernels(practice, chip);
  if (framework.kind == FrameworkClass::offload) practice.host = practice.links.host;
  return practice;
}

// Left-out cards of the llama.cpp table lie within 13 %, left-out families within 20; left-out
// models of TensorRT-LLM within 12. Eager and offload: assumed.
TimeBand decode_band(const ServingPractice& practice) {
  switch (practice.framework.kind) {
    case FrameworkClass::native:
      return practice.measured ? TimeBand{0.90, 1.12} : TimeBand{0.75, 1.30};
    case FrameworkClass::compiled:
      return practice.wide.own_gemm ? TimeBand{0.85, 1.15} : TimeBand{0.75, 1.30};
    case FrameworkClass::eager:
    case FrameworkClass::offload:
      break;
  }
  return {0.60, 1.50};
}

TimeBand prefill_band(const ServingPractice& practice) {
  if (practice.framework.kind != FrameworkClass::native) return decode_band(practice);
  return practice.measured ? TimeBand{0.80, 1.35} : TimeBand{0.60, 1.80};
}

ServingPractice in_partition(const ServingPractice& whole, double share) {
  ServingPractice part = whole;
  for (Practice* const each : {&part.products, &part.wide}) {
    each->peak = share * each->peak;
    each->memory = share * each->memory;
  }
  return part;
}

Seconds tensor_all_reduce(const ServingPractice& practice, int tensor, Bytes bytes) {
  if (tensor <= 1) return Seconds{};
  return practice.all_reduce + ring_bytes(bytes, tensor) / group_rate(practice.links, {tensor, 1});
}

}  // namespace granary
