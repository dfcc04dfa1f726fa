#pragma once
// Numbers with units, as people write them in files and flags: "80 GB", "312 TFLOPS", "400B".

#include <string>
#include <string_view>
#include <vector>

#include "units/money.h"
#include "units/quantity.h"
#include "units/result.h"

namespace granary {

// "80 GB", "24 GiB", "512 MiB": decimal and binary units from B to PB/PiB. Not negative. G1014.
Result<Bytes> parse_bytes(std::string_view);
// "2039 GB/s", "3.35 TB/s". G1014.
Result<BytesPerSecond> parse_bytes_per_second(std::string_view);
// "312 TFLOPS", "624 TOPS" (an operation counts as one flop), "1 PFLOPS", "20 GFLOPS". G1014.
Result<FlopsPerSecond> parse_flops_per_second(std::string_view);
// "400B", "6.2B", "1M", "2,048" is refused: suffixes k, M, B, T are powers of 1000. G1015.
Result<double> parse_count(std::string_view);
// "50/s", "3000/min", "10/h". G1016.
Result<PerSecond> parse_rate(std::string_view);
// "12.00 CNY per chip-hour": the rate and its asset. G1017.
struct PricedRate {
  Rate rate;
  std::string asset;
};
Result<PricedRate> parse_price(std::string_view);
// Whether an asset is a currency, three capitals; else it is a unit that a programme counts in, a
// small word of four to twelve letters: "hour".
bool is_currency(std::string_view asset);
// "8000000 CNY": the amount and its asset. G1017.
struct Amount {
  Money money;
  std::string asset;
};
Result<Amount> parse_amount(std::string_view);

// For people, in three digits: "22.3 GiB", "400B".
std::string to_text(Bytes);
std::string count_text(double);

// The known name nearest to `name` by edit distance, if it is near enough to be meant; else "".
// Upper and lower case are alike; of two equally near the first is named.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace granary
