#include "units/text.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace granary {
namespace {
struct Unit {
  std::string_view name;
  double factor;
};

struct Split {
  double number;
  std::string_view unit;
};

// "80 GB" -> {80, "GB"}; nothing unless a finite number >= 0 comes first.
std::optional<Split> split(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  std::string_view unit(stop, static_cast<std::size_t>(end - stop));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  return Split{number, unit};
}

template <std::size_t N>
Result<double> parse_unit(std::string_view text, const std::array<Unit, N>& units, int code,
                          std::string_view example) {
  if (const auto parts = split(text)) {
    for (const Unit& unit : units) {
      const double value = parts->number * unit.factor;
      if (unit.name == parts->unit && std::isfinite(value)) return value;
    }
  }
  return fail(Error::Kind::invalid, code,
              fmt::format("\"{}\" is not a number with a unit such as \"{}\".", text.substr(0, 40),
                          example));
}

constexpr std::array<Unit, 11> byte_units{{{"B", 1},
                                           {"kB", 1e3},
                                           {"MB", 1e6},
                                           {"GB", 1e9},
                                           {"TB", 1e12},
                                           {"PB", 1e15},
                                           {"KiB", 1024.0},
                                           {"MiB", 1048576.0},
                                           {"GiB", 1073741824.0},
                                           {"TiB", 1099511627776.0},
                                           {"PiB", 1125899906842624.0}}};
// Bits are written out, "Gbit/s", because "Gb" is read both ways.
constexpr std::array<Unit, 8> byte_rate_units{{{"Gbit/s", 0.125e9},
                                               {"Tbit/s", 0.125e12},
                                               {"B/s", 1},
                                               {"MB/s", 1e6},
                                               {"GB/s", 1e9},
                                               {"TB/s", 1e12},
                                               {"GiB/s", 1073741824.0},
                                               {"TiB/s", 1099511627776.0}}};
constexpr std::array<Unit, 8> flop_units{{{"MFLOPS", 1e6},
                                          {"GFLOPS", 1e9},
                                          {"TFLOPS", 1e12},
                                          {"PFLOPS", 1e15},
                                          {"GOPS", 1e9},
                                          {"TOPS", 1e12},
                                          {"POPS", 1e15},
                                          {"FLOPS", 1}}};
constexpr std::array<Unit, 6> count_units{
    {{"", 1}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"B", 1e9}, {"T", 1e12}}};
constexpr std::array<Unit, 4> rate_units{
    {{"/s", 1}, {"/min", 1.0 / 60}, {"/h", 1.0 / 3600}, {"/d", 1.0 / 86400}}};

bool is_asset(std::string_view name) {
  const bool small =
      std::all_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  return is_currency(name) || (small && name.size() >= 4 && name.size() <= 12);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Levenshtein distance, upper and lower case being alike; O(|a| |b|), for short names only.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      const std::size_t change = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + change});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string three_digits(double value) {
  std::string text = fmt::format("{:.{}f}", value, value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2);
  if (text.find('.') != std::string::npos) {
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
  }
  return text;
}
}  // namespace

Result<Bytes> parse_bytes(std::string_view text) {
  return parse_unit(text, byte_units, 1014, "80 GB").map([](double v) { return Bytes(v); });
}

Result<BytesPerSecond> parse_bytes_per_second(std::string_view text) {
  return parse_unit(text, byte_rate_units, 1014, "2039 GB/s").map([](double v) {
    return BytesPerSecond(v);
  });
}

Result<FlopsPerSecond> parse_flops_per_second(std::string_view text) {
  return parse_unit(text, flop_units, 1014, "312 TFLOPS").map([](double v) {
    return FlopsPerSecond(v);
  });
}

Result<double> parse_count(std::string_view text) {
  return parse_unit(text, count_units, 1015, "400B");
}

Result<PerSecond> parse_rate(std::string_view text) {
  return parse_unit(text, rate_units, 1016, "50/s").map([](double v) { return PerSecond(v); });
}

bool is_currency(std::string_view asset) {
  return asset.size() == 3 &&
         std::all_of(asset.begin(), asset.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Result<Amount> parse_amount(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space != std::string_view::npos && is_asset(text.substr(space + 1))) {
    if (auto money = parse_money(text.substr(0, space))) {
      return Amount{*money, std::string(text.substr(space + 1))};
    }
  }
  return fail(Error::Kind::invalid, 1017,
              fmt::format("\"{}\" is not an amount such as \"8000000 CNY\".", text.substr(0, 40)));
}

Result<PricedRate> parse_price(std::string_view text) {
  constexpr std::string_view suffix = " per chip-hour";
  if (text.ends_with(suffix)) {
    const auto amount = parse_amount(text.substr(0, text.size() - suffix.size()));
    if (amount && amount->money.micros >= 0) return PricedRate{Rate{amount->money}, amount->asset};
  }
  return fail(Error::Kind::invalid, 1017,
              fmt::format("\"{}\" is not a price such as \"12.00 CNY per chip-hour\".",
                          text.substr(0, 60)));
}

std::string to_text(Bytes bytes) {
  const double b = bytes.base();
  if (b >= 1073741824.0 * 0.1) return three_digits(b / 1073741824.0) + " GiB";
  if (b >= 1048576.0 * 0.1) return three_digits(b / 1048576.0) + " MiB";
  return three_digits(b / 1024.0) + " KiB";
}

std::string count_text(double count) {
  for (const auto& [unit, factor] :
       {Unit{"T", 1e12}, Unit{"B", 1e9}, Unit{"M", 1e6}, Unit{"k", 1e3}}) {
    // From 999.5 on three digits would read 1000 of the next smaller suffix.
    if (count >= 0.9995 * factor) return three_digits(count / factor) + std::string(unit);
  }
  return three_digits(count);
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t d = distance(name, candidate);
    // Two names that share nothing are as far apart as the longer one is long.
    if (d < best_distance && d < std::max(name.size(), candidate.size())) {
      best = candidate;
      best_distance = d;
    }
  }
  return best;
}

}  // namespace granary
