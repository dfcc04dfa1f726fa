#pragma once
// Numbers, amounts and times of API objects as people read them. Times are UTC.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "units/result.h"
#include "units/time.h"

namespace granary::cli {

using Json = nlohmann::json;

std::string grouped(std::int64_t);  // "694,444"
// {"amount","asset"}: exact, "240,000.00"; or for comparing, "240,000" from a thousand up.
std::string exact_amount(const Json& money);
std::string rounded_amount(const Json& money);
std::string gibibytes(double bytes);    // "49" or "7.1", without the unit
std::string span_of(double seconds);    // "58.8 d"
std::string percent(double fraction);   // "84.5 %"
std::string significant(double value);  // three digits: "3.12e+23" as "3.12e23"
// "24 Nov 09:00"; "30 Jun 2027" for midnight of another year than `now`, "7 Jan 2027 06:00" else.
std::string date_of(const std::string& rfc3339, const std::string& now);

// Members that may be absent.
std::string text_in(const Json& object, const char* key);
double number_in(const Json& object, const char* key);

// "error G2001: ..." and "  fix: ...", a line or more each.
std::string error_text(const Error&, bool colour);
// {"schema":"granary.error/1","code":..,"kind":..,"detail":..,"fixes":[..]}
std::string error_json(const Error&);
// Indented, its schema first.
std::string json_text(const Json& object);

}  // namespace granary::cli
