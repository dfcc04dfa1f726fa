#include "apps/validate/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace granary::validation {
namespace {

using Json = nlohmann::json;
using A = cli::Align;

constexpr std::size_t most_reasons = 20;

// Two decimals: what is compared by people and programs alike.
double percent_of(double fraction) { return std::round(fraction * 1e4) / 100; }
Json percent_or_null(const std::optional<double>& fraction) {
  return fraction ? Json(percent_of(*fraction)) : Json();
}

std::string percent_text(double fraction) { return fmt::format("{:.1f}", 100 * fraction); }
std::string percent_text(const std::optional<double>& fraction) {
  return fraction ? percent_text(*fraction) : "-";
}

Json json_of(const Score& s) {
  const auto known = [&](double fraction) { return s.n > 0 ? Json(percent_of(fraction)) : Json(); };
  return {{"source", s.source},
          {"n", s.n},
          {"skipped", s.skipped},
          {"mean_abs_error_pct", known(s.mean_abs_error)},
          {"median_abs_error_pct", known(s.median_abs_error)},
          {"p95_abs_error_pct", known(s.p95_abs_error)},
          {"bias_pct", known(s.bias)},
          {"left_out_mean_abs_error_pct", percent_or_null(s.left_out_mean_abs_error)},
          {"null_mean_abs_error_pct", percent_or_null(s.null_mean_abs_error)},
          {"in_band_pct", percent_or_null(s.in_band)}};
}

Json json_of(const Ranking& r) {
  return {
      {"groups", r.groups},
      {"layouts", r.layouts},
      {"mean_regret_pct", r.groups > 0 ? Json(percent_of(r.mean_regret)) : Json()},
      {"max_regret_pct", r.groups > 0 ? Json(percent_of(r.max_regret)) : Json()},
      {"kendall_tau", r.kendall_tau ? Json(std::round(*r.kendall_tau * 1000) / 1000) : Json()},
      {"oom_predicted_to_fit", r.oom_predicted_to_fit ? Json(*r.oom_predicted_to_fit) : Json()}};
}

bool is_internal(const std::string& figure) { return figure.starts_with(oom_figure); }

// LEFT OUT: only of a kind whose fits can do without a source.
cli::Table score_table(const std::vector<Score>& scores, bool with_left_out) {
  std::vector<cli::Table::Column> columns{
      {"SOURCE", A::left, true}, {"N", A::right},        {"SKIPPED", A::right},
      {"MEAN %", A::right},      {"MEDIAN %", A::right}, {"P95 %", A::right},
      {"BIAS %", A::right},      {"NULL %", A::right},   {"IN BAND %", A::right}};
  if (with_left_out) columns.insert(columns.begin() + 4, {"LEFT OUT %", A::right});
  cli::Table table(std::move(columns));
  for (const Score& s : scores) {
    const auto known = [&](double fraction) { return s.n > 0 ? percent_text(fraction) : "-"; };
    std::vector<cli::Table::Cell> cells{cli::plain(s.source),
                                        std::to_string(s.n),
                                        std::to_string(s.skipped),
                                        known(s.mean_abs_error),
                                        known(s.median_abs_error),
                                        known(s.p95_abs_error),
                                        s.n > 0 ? fmt::format("{:+.1f}", 100 * s.bias) : "-",
                                        percent_text(s.null_mean_abs_error),
                                        percent_text(s.in_band)};
    if (with_left_out) cells.insert(cells.begin() + 4, percent_text(s.left_out_mean_abs_error));
    table.add(std::move(cells));
  }
  return table;
}

cli::Table ranking_table(const std::vector<Ranking>& rankings) {
  cli::Table table({{"SOURCE", A::left, true},
                    {"GROUPS", A::right},
                    {"LAYOUTS", A::right},
                    {"MEAN REGRET %", A::right},
                    {"MAX REGRET %", A::right},
                    {"KENDALL TAU", A::right},
                    {"OOM PREDICTED TO FIT", A::right}});
  for (const Ranking& r : rankings) {
    table.add({cli::plain(r.source), std::to_string(r.groups), std::to_string(r.layouts),
               r.groups > 0 ? percent_text(r.mean_regret) : "-",
               r.groups > 0 ? percent_text(r.max_regret) : "-",
               r.kendall_tau ? fmt::format("{:.2f}", *r.kendall_tau) : "-",
               r.oom_predicted_to_fit ? fmt::format("{:.0f}", *r.oom_predicted_to_fit) : "-"});
  }
  return table;
}

std::string figure_text(double value) {
  return value == std::floor(value) && std::abs(value) < 1e9 ? fmt::format("{:.0f}", value)
                                                             : fmt::format("{:.2f}", value);
}

}  // namespace

std::string to_text(Kind kind) {
  switch (kind) {
    case Kind::training:
      return "training";
    case Kind::ranking:
      return "ranking";
    case Kind::inference:
      return "inference";
    case Kind::ops:
      return "ops";
  }
  return "";
}

Json json_of(Kind kind, const Findings& findings) {
  const auto scores = scores_of(findings);
  bool judged = false;
  Json sources = Json::array();
  for (const Score& s : scores) {
    sources.push_back(json_of(s));
    judged = judged || s.n > 0;
  }
  if (kind == Kind::ranking) {
    for (const Ranking& r : rankings_of(findings)) {
      for (Json& source : sources) {
        if (source["source"] == r.source) source.update(json_of(r));
      }
    }
  }
  Json families = Json::array(), reasons = Json::array(), figures = Json::object();
  for (const Score& s : family_scores_of(findings)) {
    Json family = json_of(s);
    family["family"] = s.source;
    family.erase("source");
    family.erase("skipped");
    families.push_back(std::move(family));
  }
  for (const Reason& r : reasons_of(findings)) {
    reasons.push_back({{"source", r.source}, {"reason", r.reason}, {"rows", r.rows}});
  }
  for (const auto& [name, value] : findings.figures) {
    if (!is_internal(name)) figures[name] = value;
  }
  return {{"schema", "granary.validation/1"},
          {"kind", to_text(kind)},
          {"macro_mean_abs_error_pct", judged ? Json(percent_of(macro_mean(scores))) : Json()},
          {"macro_left_out_mean_abs_error_pct", percent_or_null(macro_left_out_mean(scores))},
          {"macro_null_mean_abs_error_pct", percent_or_null(macro_null_mean(scores))},
          {"sources", std::move(sources)},
          {"families", std::move(families)},
          {"skipped", std::move(reasons)},
          {"figures", std::move(figures)},
          {"remarks", findings.remarks}};
}

cli::Table table_of(Kind kind, const Findings& findings) {
  return kind == Kind::ranking ? ranking_table(rankings_of(findings))
                               : score_table(scores_of(findings), kind == Kind::training);
}

cli::Table family_table_of(const Findings& findings) {
  cli::Table table({{"FAMILY OF CHIPS", A::left, true},
                    {"N", A::right},
                    {"MEAN %", A::right},
                    {"MEDIAN %", A::right},
                    {"BIAS %", A::right},
                    {"IN BAND %", A::right}});
  for (const Score& s : family_scores_of(findings)) {
    table.add({cli::plain(s.source), std::to_string(s.n), percent_text(s.mean_abs_error),
               percent_text(s.median_abs_error), fmt::format("{:+.1f}", 100 * s.bias),
               percent_text(s.in_band)});
  }
  return table;
}

std::string notes_of(Kind kind, const Findings& findings) {
  const auto scores = scores_of(findings);
  std::string text;
  if (kind != Kind::ranking && !findings.judged.empty()) {
    text = fmt::format("Mean over sources: {} %", percent_text(macro_mean(scores)));
    if (const auto left_out = macro_left_out_mean(scores)) {
      text += fmt::format("; each source left out of the fit: {} %", percent_text(*left_out));
    }
    if (const auto null = macro_null_mean(scores)) {
      const auto has_null = [](const Score& s) { return s.null_mean_abs_error.has_value(); };
      const auto with = std::count_if(scores.begin(), scores.end(), has_null);
      const auto judged =
          std::count_if(scores.begin(), scores.end(), [](const Score& s) { return s.n > 0; });
      text += fmt::format("; null model: {} %", percent_text(*null));
      if (with < judged) text += fmt::format(" (over {} of {} sources)", with, judged);
    }
    text += ".\n";
  }
  for (const auto& [name, value] : findings.figures) {
    if (!is_internal(name)) text += fmt::format("{}: {}\n", name, figure_text(value));
  }
  for (const std::string& remark : findings.remarks) text += cli::plain(remark) + "\n";
  const auto reasons = reasons_of(findings);
  std::size_t shown = 0, rest = 0;
  for (const Reason& r : reasons) {
    if (shown == most_reasons) {
      rest += r.rows;
      continue;
    }
    ++shown;
    text +=
        fmt::format("skipped {}: {} ({})\n", r.rows, cli::plain(r.reason), cli::plain(r.source));
  }
  if (rest > 0) text += fmt::format("skipped {}: for further reasons; see --json\n", rest);
  return text;
}

}  // namespace granary::validation
