// Plots of menus. The golden picture is compared whole; a difference is refreshed with
// UPDATE_GOLDEN=1 after looking at it.
#include "apps/cli/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <set>

#include "apps/cli/plot_axis.h"
#include "apps/cli/plot_labels.h"
#include "apps/cli/plot_picture.h"
#include "apps/cli/table.h"

namespace granary::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

struct Row {
  std::string site, chip;
  int chips = 1;
  double days = 1;
  std::string price;
};

Json option(const Row& row) {
  const double seconds = row.days * 86400;
  return {{"pool", row.site + "/" + row.chip},
          {"chip", row.chip},
          {"chips", row.chips},
          {"layout", "d1 t8 p7 b1"},
          {"duration_s", seconds},
          {"low_s", seconds * 0.85},
          {"high_s", seconds * 1.2},
          {"price", {{"amount", row.price}, {"asset", "CNY"}}}};
}

Json menu(const std::vector<Row>& rows) {
  Json options = Json::array();
  for (const Row& row : rows) {
    options.push_back(option(row));
    options.back()["n"] = options.size();
  }
  return {{"schema", "granary.menu/1"},
          {"work", "pretrain glm-130b on 400B tokens"},
          {"as_of", "2026-11-21T18:02:00Z"},
          {"asset", "CNY"},
          {"options", options}};
}

Json small_menu() {
  return menu({{"wuhu", "rtx4090", 280, 248.3, "4338484.06"},
               {"wuhu", "rtx4090", 224, 419.9, "5868910.00"},
               {"ulanqab", "ascend910b2", 640, 45.1, "8312500.00"},
               {"ulanqab", "ascend910b2", 320, 79.7, "7340827.00"},
               {"guian", "a800-sxm-80", 256, 86.2, "9536417.00"}});
}

// So many options in 18 pools, over three powers of ten in time and two in price.
Json large_menu(int count) {
  std::mt19937 random(7);
  std::vector<Row> rows;
  for (int i = 0; i < count; ++i) {
    const int chips = 1 << (random() % 10);
    const double days = 400.0 / chips * (1 + static_cast<double>(random() % 100) / 60);
    const int price = static_cast<int>(days * chips * static_cast<double>(3 + random() % 60));
    rows.push_back({"site" + std::to_string(i % 6), "chip" + std::to_string(i % 18), chips, days,
                    std::to_string(price)});
  }
  return menu(rows);
}

std::string svg_of(const Json& menu) {
  const auto svg = plot_of(menu);
  EXPECT_TRUE(svg.has_value()) << (svg ? "" : svg.error().what);
  return svg.value_or("");
}

// Whether every element is closed, and no '&' stands for itself.
bool is_well_formed(const std::string& svg) {
  static const std::regex tag("<(/?)([a-z]+)((?: [a-zA-Z]+=\"[^\"<]*\")*)(/?)>");
  static const std::regex ampersand("&(?!amp;|lt;|gt;|quot;)");
  std::vector<std::string> open;
  std::size_t tags = 0;
  for (std::sregex_iterator at(svg.begin(), svg.end(), tag), end; at != end; ++at, ++tags) {
    const std::smatch& found = *at;
    if (found[1].length() > 0) {
      if (open.empty() || open.back() != found[2]) return false;
      open.pop_back();
    } else if (found[4].length() == 0) {
      open.push_back(found[2]);
    }
  }
  const auto angles = static_cast<std::size_t>(std::count(svg.begin(), svg.end(), '<'));
  return tags > 0 && open.empty() && angles == tags && !std::regex_search(svg, ampersand);
}

// Boxes of the texts of a class, as wide as a wide font would make them.
std::vector<Box> boxes_of(const std::string& svg, const std::string& classes) {
  std::vector<Box> boxes;
  const std::regex text("<text x=\"([0-9.]+)\" y=\"([0-9.]+)\" class=\"" + classes +
                        "\">([^<]*)</text>");
  for (std::sregex_iterator at(svg.begin(), svg.end(), text), end; at != end; ++at) {
    const double x = std::stod((*at)[1]), y = std::stod((*at)[2]);
    const double half = display_width((*at)[3].str()) * 0.6 * 12 / 2;
    boxes.push_back({x - half, y - 11, x + half, y + 3});
  }
  return boxes;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST(Plot, OfASmallMenuIsTheGoldenPicture) {
  const char* const root = std::getenv("GRANARY_SOURCE");
  ASSERT_NE(root, nullptr) << "run through ctest, which says where the sources are";
  const auto path = std::filesystem::path(root) / "src/apps/golden/plot.svg";
  const std::string svg = svg_of(small_menu());
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << svg;
  std::ifstream in(path);
  const std::string golden((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(golden, svg) << path;
}

TEST(Plot, IsOneWellFormedFileThatFetchesAndRunsNothing) {
  for (const Json& each : {small_menu(), large_menu(100), large_menu(1)}) {
    const std::string svg = svg_of(each);
    EXPECT_TRUE(is_well_formed(svg));
    EXPECT_EQ(svg, svg_of(each));
    EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 960 "));
    EXPECT_THAT(svg, HasSubstr("prefers-color-scheme:dark"));
    EXPECT_EQ(count_of(svg, "http"), 1u);  // the name space
    for (const char* unwanted :
         {"<script", "href", "url(", "@import", "@font-face", "nan", "inf"}) {
      EXPECT_THAT(svg, Not(HasSubstr(unwanted)));
    }
  }
}

TEST(Plot, ShowsEveryOptionAndSaysWhatItIsToAPointer) {
  const std::string svg = svg_of(large_menu(100));
  EXPECT_EQ(count_of(svg, "<g>") + count_of(svg, "<g class=\"beaten\">"), 100u);
  EXPECT_THAT(svg_of(small_menu()),
              HasSubstr("<title>#1 280 x rtx4090 of wuhu/rtx4090, d1 t8 p7 b1: 248.3 d (211.1 d to "
                        "298 d), 4,338,484 CNY</title>"));
}

TEST(Plot, LabelsTheFrontierInItsOrderAndLeavesBeatenOptionsWithoutWords) {
  const std::string svg = svg_of(small_menu());
  EXPECT_EQ(count_of(svg, "class=\"beaten\""), 2u);
  EXPECT_THAT(svg, HasSubstr(">#1 280 x rtx4090</text>"));
  EXPECT_THAT(svg, HasSubstr(">#3 640 x ascend910b2</text>"));
  EXPECT_THAT(svg, HasSubstr(">#4 320 x ascend910b2</text>"));
  EXPECT_EQ(count_of(svg, "label middle"), 3u);
  EXPECT_THAT(svg, HasSubstr("tariff of today (2026-11-21)."));
}

TEST(Plot, NeverLetsTwoLabelsOverlapNorLeaveThePicture) {
  for (const int options : {1, 5, 40, 100, 400}) {
    const std::string svg = svg_of(large_menu(options));
    const std::vector<Box> labels = boxes_of(svg, "label middle");
    EXPECT_FALSE(labels.empty());
    for (std::size_t i = 0; i < labels.size(); ++i) {
      EXPECT_TRUE((Box{0, 84, 960, 504}.holds(labels[i]))) << options;
      for (std::size_t k = 0; k < i; ++k) EXPECT_FALSE(labels[i].overlaps(labels[k])) << options;
    }
    const std::vector<Box> ticks = boxes_of(svg, "quiet middle");
    for (std::size_t i = 1; i < ticks.size(); ++i) {
      EXPECT_LT(ticks[i - 1].right, ticks[i].left) << options;
    }
  }
}

TEST(Plot, KeepsNamesFromFilesFromBecomingMarkup) {
  Json hostile = menu({{"<b>&\"x\"", "</title><script>alert(1)</script>", 8, 3, "10"},
                       {"a\033[31m\nb\xFF\xEF\xBF\xBF", "粮仓\u202Eevil", 8, 2, "20"},
                       {std::string(5000, '<'), std::string(5000, 'W'), 8, 1, "30"}});
  hostile["work"] = "pretrain ]]><svg onload=x> & '" + std::string(3000, '&');
  hostile["asset"] = "CNY";
  hostile["options"][0]["layout"] = "\"><image/>";
  const std::string svg = svg_of(hostile);
  EXPECT_TRUE(is_well_formed(svg));
  for (const char* unwanted :
       {"<script", "<svg onload", "<image", "<b>", "\033", "\xFF", "\u202E", "\xEF\xBF\xBF"}) {
    EXPECT_THAT(svg, Not(HasSubstr(unwanted)));
  }
  EXPECT_THAT(svg, HasSubstr("粮仓?evil"));
  for (const Box& label : boxes_of(svg, "label middle")) {
    EXPECT_TRUE((Box{0, 0, 960, 600}.holds(label)));
  }
}

TEST(Plot, ShowsOneOptionEqualPricesAndWorkForNothing) {
  EXPECT_TRUE(is_well_formed(svg_of(menu({{"a", "b", 1, 1, "12.50"}}))));
  const std::string equal =
      svg_of(menu({{"a", "b", 1, 1, "500"}, {"a", "c", 1, 1, "500"}, {"a", "d", 1, 9, "500"}}));
  EXPECT_EQ(count_of(equal, "label middle"), 2u);  // both of the two that lie on one spot
  EXPECT_THAT(equal, HasSubstr(">500</text>"));
  const std::string free = svg_of(menu({{"a", "b", 1, 1, "0"}, {"a", "c", 2, 0.5, "0"}}));
  EXPECT_TRUE(is_well_formed(free));
  EXPECT_THAT(free, Not(HasSubstr("logarithmic")));
}

TEST(Plot, OfAServiceDrawsTheFirstTokenAgainstThePriceOfTheDaysServed) {
  Json service = menu({{"a", "slow", 1, 30, "100"}, {"a", "fast", 4, 30, "400"}});
  double first_token = 0.5;
  for (Json& option : service["options"]) {
    option["first_token_p95_s"] = first_token;
    option["first_token_p95_low_s"] = first_token / 2;
    option["first_token_p95_high_s"] = first_token * 2;
    first_token /= 4;
  }
  const std::string svg = svg_of(service);
  EXPECT_THAT(svg, HasSubstr("price of 30 d, CNY"));
  EXPECT_THAT(svg, HasSubstr("time to the first token, 95th percentile, milliseconds"));
  EXPECT_THAT(svg, HasSubstr("first token in 125 ms (63 ms to 250 ms), 400.00 CNY"));
}

TEST(Plot, SaysHowManyOptionsItCouldNotShow) {
  Json mixed = menu({{"a", "b", 1, 1, "5"}, {"a", "c", 1, 2, "4"}, {"a", "d", 1, 3, "3"}});
  mixed["options"][1]["price"]["asset"] = "USD";
  mixed["options"][2].erase("duration_s");
  for (const Json& broken : {Json(7), Json{{"duration_s", 1e308}}, Json{{"duration_s", "1"}},
                             Json{{"duration_s", 5}, {"chips", 1}, {"price", "5"}}}) {
    mixed["options"].push_back(broken);
  }
  const std::string svg = svg_of(mixed);
  EXPECT_THAT(svg, HasSubstr("Not shown: 1 option priced in another asset."));
  EXPECT_THAT(svg, HasSubstr("Not shown: 5 options without a time or a price."));
}

TEST(Plot, OfAMenuWithoutAnOptionToShowIsAnError) {
  for (const Json& nothing : {Json(), Json(3), Json::array(), Json::object(), menu({}),
                              Json{{"options", "all"}}, Json{{"options", {1, 2}}},
                              menu({{"a", "b", 1, -1, "5"}}), menu({{"a", "b", 1, 1, "free"}})}) {
    const auto svg = plot_of(nothing);
    ASSERT_FALSE(svg.has_value()) << nothing;
    EXPECT_EQ(svg.error().code, 7011);
  }
}

TEST(Plot, GivesEachOf128PoolsALookOfItsOwnWhateverTheOrderOfTheOptions) {
  std::vector<Row> rows;
  for (int i = 0; i < 128; ++i) {
    rows.push_back({"site" + std::to_string(i), "chip", 1, 1.0 + i, "5"});
  }
  const auto picture = picture_of(menu(rows));
  std::reverse(rows.begin(), rows.end());
  const auto turned = picture_of(menu(rows));
  ASSERT_TRUE(picture && turned);
  std::set<std::tuple<std::size_t, std::size_t, bool>> looks;
  for (const auto& [pool, mark] : picture->marks) {
    looks.insert({mark.shape, mark.colour, mark.hollow});
    EXPECT_EQ(mark.shape, turned->marks.at(pool).shape);
    EXPECT_EQ(mark.colour, turned->marks.at(pool).colour);
  }
  EXPECT_EQ(looks.size(), 128u);
}

TEST(PlotAxis, HasAFewRisingTicksWithinItWhateverTheRange) {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> power(-4, 9), spread(0, 6);
  for (int i = 0; i < 3000; ++i) {
    const double least = std::pow(10, power(random)),
                 greatest = least * std::pow(10, spread(random));
    if (greatest > 3e9) continue;
    for (const Axis& axis : {time_axis(least, greatest), price_axis(least, greatest)}) {
      EXPECT_EQ(axis.logarithmic, greatest / least > 20);
      EXPECT_LE(0, axis.at(least));
      EXPECT_GE(1, axis.at(greatest));
      EXPECT_GE(axis.ticks.size(), 2u) << least << " to " << greatest;
      EXPECT_LE(axis.ticks.size(), 11u) << least << " to " << greatest;
      for (std::size_t k = 0; k < axis.ticks.size(); ++k) {
        EXPECT_GE(axis.at(axis.ticks[k].value), -1e-9);
        EXPECT_LE(axis.at(axis.ticks[k].value), 1 + 1e-9);
        if (k > 0) {
          EXPECT_LT(axis.ticks[k - 1].value, axis.ticks[k].value);
          EXPECT_NE(axis.ticks[k - 1].text, axis.ticks[k].text) << least << " to " << greatest;
        }
      }
    }
  }
}

TEST(PlotAxis, HasUnitsThatSuitTheTime) {
  EXPECT_EQ(time_axis(20e-3, 300e-3).unit, "milliseconds");
  EXPECT_EQ(time_axis(3600 * 5, 3600 * 30).unit, "hours");
  EXPECT_EQ(time_axis(86400 * 20, 86400 * 200).unit, "days");
  const Axis wide = time_axis(1800, 86400 * 20);
  EXPECT_EQ(wide.unit, "");
  EXPECT_EQ(wide.ticks.front().text, "20 min");
  EXPECT_EQ(wide.ticks.back().text, "20 d");
  EXPECT_EQ(price_axis(3e6, 9e6).ticks.back().text, "9,000,000");
  EXPECT_EQ(price_axis(0.1, 0.2).ticks.front().text, "0.10");
}

TEST(PlotLabels, NeverCoverAMarkOrLeaveTheFrameAndTakeAPlaceWithoutLinesWhereThereIsOne) {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> where(0, 400);
  for (int run = 0; run < 500; ++run) {
    Surroundings around{{0, 0, 400, 400}, 11, {}, {}};
    const Label label{where(random), where(random), 90, 16};
    around.marks.push_back({label.x - 8, label.y - 8, label.x + 8, label.y + 8});
    for (int i = 0; i < run % 30; ++i) {
      const double x = where(random), y = where(random);
      around.marks.push_back({x - 8, y - 8, x + 8, y + 8});
      around.lines.push_back({x - 30, y - 1, x + 30, y + 1});
    }
    const auto place = place_of(label, around);
    if (!place) continue;
    EXPECT_TRUE(around.frame.holds(*place)) << run;
    for (const Box& mark : around.marks) EXPECT_FALSE(place->overlaps(mark)) << run;
  }
  Surroundings alone{{0, 0, 400, 400}, 11, {{192, 192, 208, 208}}, {{0, 205, 400, 400}}};
  const auto above = place_of({200, 200, 90, 16}, alone);
  ASSERT_TRUE(above.has_value());
  EXPECT_LT(above->bottom, 200);
  alone.marks.push_back({0, 0, 400, 400});
  EXPECT_FALSE(place_of({200, 200, 90, 16}, alone).has_value());
}

class PlotFile : public ::testing::Test {
 protected:
  PlotFile()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("granary-plot-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~PlotFile() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(PlotFile, ReplacesTheOneThatWasThere) {
  ASSERT_TRUE(write_plot(folder_ / "menu.svg", "a longer picture").has_value());
  ASSERT_TRUE(write_plot(folder_ / "menu.svg", "picture").has_value());
  std::ifstream in(folder_ / "menu.svg");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), "picture");
}

TEST_F(PlotFile, IsRefusedWhereAFolderIsOrNoneIs) {
  const auto png = write_plot(folder_ / "menu.png", "picture");
  ASSERT_FALSE(png.has_value());
  EXPECT_EQ(png.error().code, 1005);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "menu.png"));
  const auto folder = write_plot(folder_, "picture");
  ASSERT_FALSE(folder.has_value());
  EXPECT_EQ(folder.error().code, 7015);
  EXPECT_THAT(folder.error().what, HasSubstr(" is a folder."));
  EXPECT_THAT(folder.error().fix, HasSubstr("menu.svg"));
  for (const char* path : {"missing/menu.svg", "missing/"}) {
    const auto missing = write_plot(folder_ / path, "picture");
    ASSERT_FALSE(missing.has_value());
    EXPECT_EQ(missing.error().code, 7015);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace granary::cli
