#pragma once
// What vouchers buy, city by city: sums over the prices that `granary plan` finds on a stock.

#include <filesystem>
#include <map>
#include <string>

#include "units/result.h"

namespace granary {

// Kinds and their figures, all required; `stock` is named as commands name it, from `directory`.
//   vouchers-buy     stock, cities, least, most (USD), exchange (CNY for a USD), subsidy ("20 %" of
//                    the price on domestic chips), deadline, model, tokens, serves, rate: how many
//                    tokens of `model` each voucher trains, and of `serves` serves, on each chip
//   vouchers-train   stock, cities, least, most, exchange, subsidy, deadline, wants ("qwen-7b:300B
//                    yi-34b:500B": by turns): who can pay for what they want, and on which chips
// Vouchers go from `least` to `most` in equal steps. G1001 for a missing or unknown figure, G1005
// for one that makes no sense, else the error of the plan.
bool is_purchase(const std::string& kind);
Result<std::string> purchased(const std::string& kind,
                              const std::map<std::string, std::string>& figures,
                              const std::filesystem::path& directory);

}  // namespace granary
