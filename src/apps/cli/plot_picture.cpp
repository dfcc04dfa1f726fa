#include "apps/cli/plot_picture.h"

#include <fmt/core.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/cli/output.h"
#include "apps/cli/table.h"
#include "plan/frontier.h"

namespace granary::cli {
namespace {

constexpr int label_cells = 28;
constexpr double shortest = 1e-6, longest = 3.2e9;  // seconds: a microsecond to max_span
constexpr double widest_band = 1000;                // a factor from the middle to either end

Mark mark_of(std::size_t pool) {
  const std::size_t round = pool / look_count;
  return {pool % look_count, (pool + round / 2) % look_count, round % 2 == 1};
}

std::optional<Shown> read_option(const Json& option, bool is_service, int number) {
  const std::string key = is_service ? "first_token_p95" : "duration";
  const std::string of_band = is_service ? "first_token_p95_" : "";
  if (!option.is_object()) return std::nullopt;
  Shown shown;
  shown.seconds = number_in(option, (key + "_s").c_str());
  shown.low = number_in(option, (of_band + "low_s").c_str());
  shown.high = number_in(option, (of_band + "high_s").c_str());
  const Json price = option.value("price", Json());
  const auto amount = parse_money(text_in(price, "amount"));
  const double count = number_in(option, "chips");
  const bool is_known = shown.seconds >= shortest && shown.seconds <= longest && count >= 1 &&
                        count < 1e9 && amount && *amount >= Money{};
  if (!is_known) return std::nullopt;
  const bool has_band = shown.low <= shown.seconds && shown.low * widest_band >= shown.seconds &&
                        shown.high >= shown.seconds && shown.high <= shown.seconds * widest_band;
  if (!has_band) shown.low = shown.high = shown.seconds;
  shown.price = *amount;
  shown.pool = text_in(option, "pool");
  if (const double n = number_in(option, "n"); n >= 1 && n < 1e6) number = static_cast<int>(n);
  const std::string chips =
      fmt::format("{} x {}", grouped(std::llround(count)), text_in(option, "chip"));
  shown.number = fmt::format("#{}", number);
  shown.chips = cut_to(plain(chips), label_cells);
  shown.words = fmt::format(
      "{} {} of {}, {}: {}{}{}, {} {}", shown.number, chips, shown.pool, text_in(option, "layout"),
      is_service ? "first token in " : "", span_of(shown.seconds),
      has_band ? " (" + span_of(shown.low) + " to " + span_of(shown.high) + ")" : "",
      rounded_amount(price), text_in(price, "asset"));
  return shown;
}

void read_options(Picture& picture, const Json& options) {
  const bool is_service = picture.served > 0;
  int number = 0;
  for (const Json& option : options) {
    auto shown = read_option(option, is_service, ++number);
    if (!shown) {
      ++picture.no_figures;
    } else if (text_in(option.at("price"), "asset") != picture.asset) {
      ++picture.other_asset;
    } else {
      picture.has_bands |= shown->low < shown->high;
      picture.marks[shown->pool];
      picture.options.push_back(std::move(*shown));
    }
  }
}

}  // namespace

Result<Picture> picture_of(const Json& menu) {
  const Json options = menu.is_object() ? menu.value("options", Json::array()) : Json::array();
  Picture picture;
  picture.title = text_in(menu, "work");
  if (!picture.title.empty() && picture.title[0] >= 'a' && picture.title[0] <= 'z') {
    picture.title[0] = static_cast<char>(picture.title[0] - 'a' + 'A');
  }
  picture.asset = text_in(menu, "asset");
  const std::string seen = text_in(menu, "as_of");
  if (parse_instant(seen)) picture.tariff_date = seen.substr(0, 10);
  if (!options.empty() && options.is_array() && options[0].is_object()) {
    if (options[0].contains("first_token_p95_s")) {
      picture.served = number_in(options[0], "duration_s");
    }
    read_options(picture, options);
  }
  if (picture.options.empty()) {
    return fail(Error::Kind::unavailable, 7011,
                "No option of the menu has a time and a price: there is nothing to plot.");
  }
  std::vector<TimeAndPrice> all;
  for (const Shown& o : picture.options) all.push_back({Seconds(o.seconds), o.price});
  picture.frontier = frontier_of(all);
  std::size_t pools = 0;
  for (auto& [name, mark] : picture.marks) mark = mark_of(pools++);
  return picture;
}

}  // namespace granary::cli
