// The figures that export rules are computed from. Definitions: 88 FR 73458 (2023-23055), as quoted
// in public material; the texts themselves were not read.
#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "catalog/rules.h"

namespace granary {
namespace {
constexpr double unbounded = std::numeric_limits<double>::infinity();

// Input width of the operation. TF32 counts as its 19 bits: never decides a chip known here.
int bits(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return 32;
    case Precision::tf32:
      return 19;
    case Precision::fp16:
    case Precision::bf16:
      return 16;
    case Precision::fp8:
    case Precision::int8:
      return 8;
    case Precision::int4:
    case Precision::fp4:
      return 4;
  }
  return 0;
}

template <class T>
std::string origin(const std::string& what, const Fact<T>& fact) {
  return fmt::format("{} ({}, {})", what, to_text(fact.standing), fact.source);
}

// TPP = max over operations of dense TOPS x bits, all dies of one IC together. Known for certain
// when a rate of 16 bits or fewer is, or the chip is said to have no narrower units; else what is
// known is a lower bound.
MeasureRange tpp(const Chip& chip, int packages) {
  MeasureRange range{.measure = Measure::tpp, .most = unbounded};
  bool narrow = chip.fastest.has_value();
  const auto see = [&](const auto& rates, const char* how) {
    for (const auto& [precision, fact] : rates) {
      narrow = narrow || bits(precision) <= 16;
      const double value = fact.value.base() / 1e12 * bits(precision) / packages;
      if (value <= range.least) continue;
      range.least = value;
      range.from = {origin(fmt::format("{}{} {:.5g} TOPS x {} bits", to_text(precision), how,
                                       fact.value.base() / 1e12, bits(precision)),
                           fact)};
    }
  };
  see(chip.dense, "");
  see(chip.fp16_accumulation, " accumulating in fp16");
  if (chip.fastest) range.from.push_back(origin("no narrower units", *chip.fastest));
  if (narrow && range.least > 0) range.most = range.least;
  return range;
}

// TPP / mm2 of the logic dies of a non-planar process. A planar die has no applicable area, so its
// density is not a number: unbounded.
MeasureRange density(const Chip& chip, const MeasureRange& performance, int packages) {
  MeasureRange range{.measure = Measure::density, .most = unbounded};
  if (!chip.die_mm2 || !chip.process || chip.process->value.planar) return range;
  const double area = chip.die_mm2->value / packages;
  range.least = performance.least / area;
  range.most = performance.most / area;
  range.from = {origin(fmt::format("logic dies {:.5g} mm2", chip.die_mm2->value), *chip.die_mm2),
                origin("non-planar process", *chip.process)};
  return range;
}

MeasureRange io(const Chip& chip, int packages) {
  MeasureRange range{.measure = Measure::io};
  const auto add = [&](const char* what, const Fact<BytesPerSecond>& fact) {
    const double both_ways = 2 * fact.value.base() / 1e9 / packages;
    range.least += both_ways;
    range.most += both_ways;
    range.from.push_back(
        origin(fmt::format("{} {:.5g} GB/s each way", what, fact.value.base() / 1e9), fact));
  };
  if (chip.link_bandwidth) {
    add("link", *chip.link_bandwidth);
  } else if (chip.link_name && chip.link_name->value == "none") {
    range.from.push_back(origin("no link", *chip.link_name));
  } else {
    range.most = unbounded;
  }
  if (chip.host_bandwidth) {
    add("host", *chip.host_bandwidth);
  } else {
    range.most = unbounded;
  }
  return range;
}

MeasureRange dram(const Chip& chip, int packages) {
  MeasureRange range{.measure = Measure::dram, .most = unbounded};
  if (!chip.memory_bandwidth) return range;
  range.least = range.most = chip.memory_bandwidth->value.base() / 1e9 / packages;
  range.from = {origin(fmt::format("memory {:.5g} GB/s", chip.memory_bandwidth->value.base() / 1e9),
                       *chip.memory_bandwidth)};
  return range;
}
}  // namespace

std::vector<MeasureRange> measure(const Chip& chip, int packages) {
  const MeasureRange performance = tpp(chip, packages);
  return {performance, density(chip, performance, packages), io(chip, packages),
          dram(chip, packages)};
}

}  // namespace granary
