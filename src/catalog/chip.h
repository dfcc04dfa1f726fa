#pragma once
// A kind of accelerator: what is known of it, figure by figure.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "catalog/facts.h"
#include "units/money.h"
#include "units/quantity.h"

namespace granary {

// Where a kind of chip stands in the stock. Declared per chip; says nothing about any rule.
enum class Origin { imported, domestic, repurposed };

// What a chip is designed or marketed for: declared, never computed.
enum class Market { datacentre, workstation, consumer, cpu, edge };

struct Fabrication {
  std::string node;     // "TSMC N7"; empty: not known
  bool planar = false;  // transistors, of the logic dies
};

// Separately packaged integrated circuits on a card as it is scheduled. The scheduler counts cards,
// the export rules count these.
struct Packages {
  int count = 1;
  int disputed = 0;  // what other sources count; 0: nobody disagrees
};

// What was asked for a chip, or for an hour of one, by whom and when: for orientation. Prices in
// Granary are the tariffs of its operators.
struct PriceRange {
  Money least, most;
  std::string asset;  // "USD"
  std::string date;   // "2024-02"
  std::string place;  // "on-demand, world"
};

// Rates are dense and per card as it is scheduled. Absent: not found.
struct Chip {
  std::string id;    // "a800-sxm-80": the name used everywhere
  std::string name;  // "A800 SXM4 80GB"
  std::string vendor;
  std::string country;  // of the vendor: "US"; may be empty
  Origin origin = Origin::imported;
  std::optional<Fact<Bytes>> memory;  // rated
  std::optional<Fact<BytesPerSecond>> memory_bandwidth;
  // One direction of one chip inside its link domain; absent: traffic goes by PCIe.
  std::optional<Fact<BytesPerSecond>> link_bandwidth;
  int link_domain = 1;                         // chips that the link joins
  std::optional<Fact<std::string>> link_name;  // "NVLink3"; "none": it is known to have none
  std::optional<Fact<BytesPerSecond>> host_bandwidth;  // one direction to the host
  // fp16 and fp8 are rates with fp32 accumulation: what a trainer gets.
  std::map<Precision, Fact<FlopsPerSecond>> dense;
  // Higher rates that accumulate in fp16: for the arithmetic of export rules only.
  std::map<Precision, Fact<FlopsPerSecond>> fp16_accumulation;
  // The precision whose rate x bits is the most, where the narrower ones are missing because the
  // chip has no units for them.
  std::optional<Fact<Precision>> fastest;
  std::string family;  // whose calibration is borrowed where the chip has none; "" for none
  // What was measured of the above, where somebody did: large matrix products, a long copy, what a
  // program could allocate.
  std::map<Precision, Fact<FlopsPerSecond>> measured;
  std::optional<Fact<BytesPerSecond>> measured_bandwidth;
  std::optional<Fact<Bytes>> usable_memory;
  std::optional<Fact<std::vector<std::string>>> backends;  // "cuda", "cann", "rocm", ...
  std::optional<Fact<Market>> market;
  std::optional<Fact<int>> year;
  std::optional<Fact<double>> tdp_watts;
  std::optional<Fact<double>> die_mm2;  // of all logic dies of the card
  std::optional<Fact<Fabrication>> process;
  std::optional<Fact<Packages>> packages;
  std::optional<Fact<std::string>> vendor_class;  // "3A090.a", "EAR99": overrules the arithmetic
  std::optional<Fact<PriceRange>> price, cloud_price;  // of a card; of a chip-hour
  std::string note;                                    // where sources disagree; may be empty
};

std::string to_text(Origin);
std::string to_text(Market);

}  // namespace granary
