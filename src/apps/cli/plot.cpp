#include "apps/cli/plot.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "apps/cli/output.h"
#include "apps/cli/plot_axis.h"
#include "apps/cli/plot_labels.h"
#include "apps/cli/plot_picture.h"
#include "apps/cli/table.h"

namespace granary::cli {
namespace {

// Pixels.
constexpr double width = 960, edge = 24, plot_top = 84, plot_height = 420;
constexpr double cell = 0.6;  // width of one cell of a text in font sizes, of a wide sans serif
constexpr double title_size = 18, text_size = 12;
constexpr double legend_row = 22, note_row = 18;
constexpr std::size_t most_labels = 12;
constexpr double reach = 8;  // of a mark on the frontier, from its middle

// Okabe and Ito's colours (jfly.uni-koeln.de/color), darkened or lightened until each has a
// contrast of 3 against its ground. A shape goes with each, so that grey print can be read.
struct Look {
  const char *light, *dark, *shape;
};
constexpr Look looks[] = {
    {"#0072b2", "#4aa8e8", "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"},
    {"#d55e00", "#ff8a3c", "M-4.6-4.6h9.2v9.2h-9.2z"},
    {"#00875f", "#2ccf9f", "M0-6L5.8 4.4H-5.8z"},
    {"#b0458a", "#e79ac5", "M0-6.4L6.4 0 0 6.4-6.4 0z"},
    {"#946c00", "#e6b422", "M0 6L5.8-4.4H-5.8z"},
    {"#3d3d3d", "#d8d8d8", "M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z"},
    {"#6a3fb5", "#b79bff",
     "M0-2.8L3.4-6.2 6.2-3.4 2.8 0 6.2 3.4 3.4 6.2 0 2.8-3.4 6.2-6.2 3.4-2.8 0-6.2-3.4-3.4-6.2z"},
    {"#2f7ea8", "#8fd0f5",
     "M0-7L1.7-2.4 6.7-2.2 2.8.9 4.1 5.7 0 2.9-4.1 5.7-2.8.9-6.7-2.2-1.7-2.4z"}};
static_assert(std::size(looks) == look_count);

// As text of XML: no markup, no characters that XML forbids, none that turn the direction of what
// follows.
std::string escaped(const std::string& text) {
  std::string safe = plain(text);
  for (const char* unwanted :
       {"\xEF\xBF\xBE", "\xEF\xBF\xBF", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D",
        "\u202E", "\u2066", "\u2067", "\u2068", "\u2069"}) {
    for (std::size_t at = 0; (at = safe.find(unwanted, at)) != std::string::npos;) {
      safe.replace(at, 3, "?");
    }
  }
  std::string out;
  for (const char c : safe) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

double text_width(const std::string& text, double size = text_size) {
  return display_width(text) * cell * size;
}

// To a tenth of a pixel.
std::string px(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

// Indices of n things, the ends first, then middles of what is left between them.
std::vector<std::size_t> spread_order(std::size_t n) {
  std::vector<std::size_t> order;
  if (n > 0) order.push_back(n - 1);
  if (n > 1) order.push_back(0);
  std::vector<std::pair<std::size_t, std::size_t>> gaps{{0, n > 0 ? n - 1 : 0}};
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    const auto [first, last] = gaps[i];
    if (last - first < 2) continue;
    const std::size_t middle = first + (last - first) / 2;
    order.push_back(middle);
    gaps.push_back({first, middle});
    gaps.push_back({middle, last});
  }
  return order;
}

class Drawing {
 public:
  explicit Drawing(const Picture& picture) : picture_(picture) {
    double soonest = picture.options[0].low, latest = picture.options[0].high;
    double cheapest = picture.options[0].amount(), dearest = cheapest;
    for (const Shown& o : picture.options) {
      soonest = std::min(soonest, o.low);
      latest = std::max(latest, o.high);
      cheapest = std::min(cheapest, o.amount());
      dearest = std::max(dearest, o.amount());
    }
    times_ = time_axis(soonest, latest);
    prices_ = price_axis(cheapest, dearest);
    double widest = 0;
    for (const Tick& tick : prices_.ticks) widest = std::max(widest, text_width(tick.text));
    frame_ = {edge + widest + 10, plot_top, width - edge - 12, plot_top + plot_height};
  }

  std::string svg() {
    axes();
    frontier_line();
    options();
    labels();
    const double legend_end = legend(frame_.bottom + 68);
    const double end = notes(legend_end + 8);
    return head(end) + body_ + "</svg>\n";
  }

 private:
  double x(const Shown& o) const { return x_at(o.seconds); }
  double y(const Shown& o) const { return y_at(o.amount()); }
  double x_at(double seconds) const {
    return frame_.left + times_.at(seconds) * (frame_.right - frame_.left);
  }
  double y_at(double amount) const {
    return frame_.bottom - prices_.at(amount) * (frame_.bottom - frame_.top);
  }

  // Where a text stands on its baseline, and what CSS classes it has.
  struct Place {
    double x = 0, y = 0;
    const char* classes = "";
  };
  void text(const Place& at, const std::string& words) {
    body_ += fmt::format("<text x=\"{}\" y=\"{}\"", px(at.x), px(at.y));
    if (*at.classes != 0) body_ += fmt::format(" class=\"{}\"", at.classes);
    body_ += ">" + escaped(words) + "</text>\n";
  }
  void path(const char* classes, const std::string& d) {
    body_ += fmt::format("<path class=\"{}\" d=\"{}\"/>\n", classes, d);
  }
  void mark(const Mark& look, double at_x, double at_y, const char* size) {
    body_ += fmt::format("<path class=\"{}{} {}\" transform=\"translate({} {}){}\" d=\"{}\"/>\n",
                         look.hollow ? "h s" : "m f", look.colour, look.hollow ? "hollow" : "full",
                         px(at_x), px(at_y), size, looks[look.shape].shape);
  }

  std::string head(double height) const;
  std::string style() const;
  void axes();
  void frontier_line();
  void option(const Shown&, bool on_frontier);
  void options();
  void labels();
  Surroundings surroundings() const;
  double legend(double top);
  double notes(double top);

  const Picture& picture_;
  Axis times_, prices_;
  Box frame_;
  std::string body_;
};

std::string Drawing::style() const {
  std::string light, dark;
  for (std::size_t i = 0; i < std::min(look_count, picture_.marks.size()); ++i) {
    light += fmt::format(".f{0}{{fill:{1}}}.s{0}{{stroke:{1}}}", i, looks[i].light);
    dark += fmt::format(".f{0}{{fill:{1}}}.s{0}{{stroke:{1}}}", i, looks[i].dark);
  }
  return "<style>\n"
         "text{font:12px system-ui,'Noto Sans','Noto Sans CJK SC',sans-serif;fill:#24292f}\n"
         ".title{font-size:18px;font-weight:600}.quiet{fill:#57606a}"
         ".middle{text-anchor:middle}.end{text-anchor:end}\n"
         ".ground{fill:#fff}.grid{stroke:#e3e6ea}.axis{stroke:#57606a}"
         ".frontier{stroke:#57606a;stroke-width:1.5;stroke-dasharray:6 3}\n"
         ".grid,.axis,.frontier,.band{fill:none}.band{stroke-width:1.5}.beaten{opacity:.5}\n"
         ".full{stroke:#fff;stroke-width:1}.hollow{fill:#fff;stroke-width:2}"
         ".label{stroke:#fff;stroke-width:3;paint-order:stroke;stroke-linejoin:round}\n" +
         light +
         "\n@media (prefers-color-scheme:dark){\n"
         "text{fill:#e6edf3}.quiet{fill:#9da7b3}.ground{fill:#0d1117}.grid{stroke:#262c36}"
         ".axis,.frontier{stroke:#9da7b3}.full,.label{stroke:#0d1117}.hollow{fill:#0d1117}\n" +
         dark + "\n}\n</style>\n";
}

std::string Drawing::head(double height) const {
  const std::string what = picture_.title + (picture_.title.empty() ? "" : ": ");
  return fmt::format(
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
             "viewBox=\"0 0 {0} {1}\" role=\"img\">\n<title>{2}</title>\n",
             px(width), px(height), escaped(what + "time against price")) +
         style() +
         fmt::format("<rect class=\"ground\" width=\"{}\" height=\"{}\"/>\n", px(width),
                     px(height));
}

void Drawing::axes() {
  const int cells = static_cast<int>((width - 2 * edge) / (cell * title_size));
  text({edge, 36, "title"}, cut_to(plain(picture_.title), cells));
  std::string lines, x_line;
  for (const Tick& tick : prices_.ticks) {
    const double at = y_at(tick.value);
    lines += fmt::format("M{} {}H{}", px(frame_.left), px(at), px(frame_.right));
    text({frame_.left - 8, at + 4, "quiet end"}, tick.text);
  }
  for (const Tick& tick : times_.ticks) {
    const double at = x_at(tick.value);
    lines += fmt::format("M{} {}V{}", px(at), px(frame_.top), px(frame_.bottom));
    text({at, frame_.bottom + 20, "quiet middle"}, tick.text);
  }
  path("grid", lines);
  path("axis", fmt::format("M{} {}V{}H{}", px(frame_.left), px(frame_.top), px(frame_.bottom),
                           px(frame_.right)));
  std::string price = "price";
  if (picture_.served > 0) price += " of " + span_of(picture_.served);
  if (!picture_.asset.empty()) price += ", " + picture_.asset;
  if (prices_.logarithmic) price += " (logarithmic)";
  text({edge, plot_top - 16}, cut_to(plain(price), 60));
  std::string time = picture_.served > 0 ? "time to the first token, 95th percentile" : "time";
  if (!times_.unit.empty()) time += ", " + times_.unit;
  if (times_.logarithmic) time += " (logarithmic)";
  text({frame_.right, frame_.bottom + 42, "end"}, time);
}

// For a budget: the least time that it buys.
void Drawing::frontier_line() {
  std::string line;
  for (const std::size_t i : picture_.frontier) {
    const Shown& o = picture_.options[i];
    line += line.empty() ? fmt::format("M{} {}", px(x(o)), px(frame_.top))
                         : fmt::format("H{}", px(x(o)));
    line += fmt::format("V{}", px(y(o)));
  }
  path("frontier", line + fmt::format("H{}", px(frame_.right)));
}

void Drawing::option(const Shown& o, bool on_frontier) {
  const Mark& look = picture_.marks.at(o.pool);
  body_ += on_frontier ? "<g>" : "<g class=\"beaten\">";
  body_ += "<title>" + escaped(o.words) + "</title>\n";
  if (o.low < o.high) {
    const double half = on_frontier ? 4 : 3, middle = y(o);
    const std::string top = px(middle - half), bottom = px(middle + half);
    path(fmt::format("band s{}", look.colour).c_str(),
         fmt::format("M{0} {2}V{3}M{0} {4}H{1}M{1} {2}V{3}", px(x_at(o.low)), px(x_at(o.high)), top,
                     bottom, px(middle)));
  }
  mark(look, x(o), y(o), on_frontier ? "scale(1.25)" : "");
  body_ += "</g>\n";
}

// Those on the frontier lie on top.
void Drawing::options() {
  std::vector<bool> is_kept(picture_.options.size());
  for (const std::size_t i : picture_.frontier) is_kept[i] = true;
  for (std::size_t i = 0; i < is_kept.size(); ++i) {
    if (!is_kept[i]) option(picture_.options[i], false);
  }
  for (const std::size_t i : picture_.frontier) option(picture_.options[i], true);
}

Surroundings Drawing::surroundings() const {
  Surroundings around{frame_, reach + 3, {}, {}};
  for (const Shown& o : picture_.options) {
    around.marks.push_back({x(o) - reach, y(o) - reach, x(o) + reach, y(o) + reach});
    around.lines.push_back({x_at(o.low), y(o) - 1, x_at(o.high), y(o) + 1});
  }
  double last_y = frame_.top;
  for (std::size_t i = 0; i < picture_.frontier.size(); ++i) {
    const Shown& o = picture_.options[picture_.frontier[i]];
    const bool is_last = i + 1 == picture_.frontier.size();
    const double next_x = is_last ? frame_.right : x(picture_.options[picture_.frontier[i + 1]]);
    around.lines.push_back({x(o) - 1, last_y, x(o) + 1, y(o)});
    around.lines.push_back({x(o), y(o) - 1, next_x, y(o) + 1});
    last_y = y(o);
  }
  return around;
}

// In full first; what has no room then only gets its number in the menu.
void Drawing::labels() {
  Surroundings around = surroundings();
  std::vector<std::size_t> left = spread_order(picture_.frontier.size());
  std::size_t placed = 0;
  for (const bool is_brief : {false, true}) {
    std::vector<std::size_t> without;
    for (const std::size_t k : left) {
      const Shown& o = picture_.options[picture_.frontier[k]];
      const std::string words = is_brief ? o.number : o.number + " " + o.chips;
      const Label label{x(o), y(o), text_width(words) + 4, text_size + 4};
      const auto place = place_of(label, around);
      if (!place || placed == most_labels) {
        without.push_back(k);
        continue;
      }
      text({(place->left + place->right) / 2, place->bottom - 4, "label middle"}, words);
      around.marks.push_back(*place);
      ++placed;
    }
    left = without;
  }
}

// Pools, then what the lines mean, in columns of one width. Returns where it ends.
double Drawing::legend(double top) {
  const std::string line_words = "frontier: no option beats these in time and price";
  double widest = 0;
  std::vector<std::pair<std::string, const Mark*>> entries;
  for (const auto& [name, look] : picture_.marks) {
    entries.push_back({cut_to(plain(name), 36), &look});
    widest = std::max(widest, text_width(entries.back().first));
  }
  const double column = widest + 44, usable = width - 2 * edge;
  const auto columns = static_cast<std::size_t>(std::max(1.0, std::floor(usable / column)));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const double left = edge + column * static_cast<double>(i % columns);
    const double middle = top + legend_row * static_cast<double>(i / columns);
    mark(*entries[i].second, left + 8, middle, "");
    text({left + 24, middle + 4}, entries[i].first);
  }
  const std::size_t rows = (entries.size() + columns - 1) / columns;
  const double middle = top + legend_row * static_cast<double>(rows);
  path("frontier", fmt::format("M{} {}H{}", px(edge - 4), px(middle), px(edge + 20)));
  text({edge + 24, middle + 4}, line_words);
  if (picture_.has_bands) {
    const double left = edge + 24 + text_width(line_words) + 24;
    path("band axis", fmt::format("M{0} {2}v8M{0} {3}H{1}M{1} {2}v8", px(left), px(left + 28),
                                  px(middle - 4), px(middle)));
    text({left + 36, middle + 4}, "band: 10th to 90th percentile");
  }
  return middle + legend_row;
}

// Returns the height of the whole.
double Drawing::notes(double top) {
  std::vector<std::string> lines{
      std::string("Model estimates; ") +
      (picture_.has_bands ? "bands 10th to 90th percentile; " : "") + "tariff of today" +
      (picture_.tariff_date.empty() ? "" : " (" + picture_.tariff_date + ")") + "."};
  const auto left_out = [&](std::size_t count, const std::string& why) {
    if (count == 0) return;
    lines.push_back(fmt::format("Not shown: {} option{} {}.", count, count == 1 ? "" : "s", why));
  };
  left_out(picture_.other_asset, "priced in another asset");
  left_out(picture_.no_figures, "without a time or a price");
  for (const std::string& line : lines) {
    text({edge, top + 8, "quiet"}, line);
    top += note_row;
  }
  return top + 12;
}

}  // namespace

Result<std::string> plot_of(const Json& menu) {
  const auto picture = picture_of(menu);
  if (!picture) return fail(picture.error());
  return Drawing(*picture).svg();
}

Result<void> write_plot(const std::filesystem::path& path, const std::string& svg) {
  std::error_code error;
  if (path.filename().empty() || std::filesystem::is_directory(path, error)) {
    return fail(Error::Kind::unavailable, 7015, plain(path.string()) + " is a folder.",
                "name a file in it: --plot " + plain((path / "menu.svg").string()));
  }
  if (path.extension() != ".svg") {
    return fail(Error::Kind::invalid, 1005, "--plot " + plain(path.string()) + ": draws SVG only.",
                "name it FILE.svg");
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << svg << std::flush;
  if (file.good()) return {};
  return fail(Error::Kind::unavailable, 7015, plain(path.string()) + " cannot be written.",
              "name a file in a folder where you may write");
}

}  // namespace granary::cli
