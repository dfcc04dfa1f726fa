#include "apps/cli/output.h"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/cli/table.h"
#include "units/money.h"

namespace granary::cli {
namespace {

constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

Money money_in(const Json& money) {
  if (!money.is_object()) return {};
  return parse_money(text_in(money, "amount")).value_or(Money{});
}

// Several lines, each made safe to print.
std::string safe_lines(const std::string& text) {
  std::string safe;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t end = text.find('\n', begin);
    safe += plain(text.substr(begin, end - begin));
    if (end == std::string::npos) return safe;
    safe += '\n';
    begin = end + 1;
  }
}

}  // namespace

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return (number < 0 ? "-" : "") + digits;
}

std::string exact_amount(const Json& money) { return to_grouped_text(money_in(money)); }

std::string rounded_amount(const Json& money) {
  const std::int64_t micros = money_in(money).micros;
  constexpr std::int64_t unit = 1'000'000, cent = 10'000;
  if (micros >= 1000 * unit) return grouped(micros / unit + (micros % unit >= unit / 2));
  const std::int64_t rounded = (micros / cent + (micros % cent >= cent / 2)) * cent;
  return to_grouped_text(Money{rounded});
}

std::string gibibytes(double bytes) {
  const double value = bytes / 1073741824.0;
  return value < 9.95 ? fmt::format("{:.1f}", value) : fmt::format("{:.0f}", value);
}

std::string span_of(double seconds) { return to_text(to_span(Seconds(std::max(0.0, seconds)))); }

std::string percent(double fraction) { return fmt::format("{:.1f} %", fraction * 100); }

std::string significant(double value) {
  std::string text = fmt::format("{:.3g}", value);
  const std::size_t plus = text.find("e+");
  if (plus != std::string::npos) text.erase(plus + 1, 1);
  return text;
}

std::string date_of(const std::string& rfc3339, const std::string& now) {
  const auto at = parse_instant(rfc3339);
  if (!at) return rfc3339.empty() ? "-" : rfc3339;
  const auto day = std::chrono::floor<std::chrono::days>(*at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(*at - day);
  const bool same_year = rfc3339.substr(0, 4) == now.substr(0, 4);
  std::string text = fmt::format("{} {}", static_cast<unsigned>(date.day()),
                                 months[static_cast<unsigned>(date.month()) - 1]);
  if (!same_year) text += fmt::format(" {}", static_cast<int>(date.year()));
  if (same_year || *at != day) {
    text += fmt::format(" {:02}:{:02}", time.hours().count(), time.minutes().count());
  }
  return text;
}

std::string text_in(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_in(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_number() ? found->get<double>() : 0;
}

std::string error_text(const Error& error, bool colour) {
  const std::string code = fmt::format("error G{:04}:", error.code);
  std::string text = colour ? coloured(code, Colour::red) : code;
  text += " " + safe_lines(error.what.empty() ? "Something failed." : error.what) + "\n";
  if (error.fix.empty()) return text;
  const bool speaks_for_itself = error.fix.rfind("nearest that fits", 0) == 0;
  return text + (speaks_for_itself ? "  " : "  fix: ") + safe_lines(error.fix) + "\n";
}

std::string error_json(const Error& error) {
  return json_text({{"schema", "granary.error/1"},
                    {"code", fmt::format("G{:04}", error.code)},
                    {"kind", to_text(error.kind)},
                    {"detail", error.what},
                    {"fixes", error.fix.empty() ? Json::array() : Json::array({error.fix})}});
}

std::string json_text(const Json& object) {
  nlohmann::ordered_json shown;
  if (object.contains("schema")) shown["schema"] = object.at("schema");
  for (const auto& [key, value] : object.items()) {
    if (key != "schema") shown[key] = value;
  }
  return shown.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace granary::cli
