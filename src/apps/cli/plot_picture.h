#pragma once
// What a plot shows of a menu, read and checked, before anything is drawn.

#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "units/money.h"
#include "units/result.h"

namespace granary::cli {

// Looks that are told apart in shape and colour; pools beyond them are hollow, then in other
// colours.
inline constexpr std::size_t look_count = 8;

// How the options of one pool look.
struct Mark {
  std::size_t shape = 0, colour = 0;  // below look_count
  bool hollow = false;
};

// One option.
struct Shown {
  std::string number, chips;  // "#4", "256 x a800-sxm-80": its label
  std::string words;          // for a pointer or a screen reader
  std::string pool;
  double seconds = 0, low = 0, high = 0;  // all alike where there is no band
  Money price;
  double amount() const { return static_cast<double>(price.micros) / 1e6; }
};

struct Picture {
  std::string title, asset;
  std::string tariff_date;  // empty when the menu does not say
  double served = 0;        // seconds that services are priced for; 0: they are none
  std::vector<Shown> options;
  std::vector<std::size_t> frontier;            // of them, by time
  std::map<std::string, Mark> marks;            // of pools
  std::size_t no_figures = 0, other_asset = 0;  // options left out
  bool has_bands = false;
};

// Of a granary.menu/1. G7011 when no option has a time and a price.
Result<Picture> picture_of(const nlohmann::json& menu);

}  // namespace granary::cli
