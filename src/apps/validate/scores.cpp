// Errors of judged rows by source, and how well groups of layouts are ranked.

#include <algorithm>
#include <cmath>

#include "apps/validate/report.h"

namespace granary::validation {
namespace {

// Between the two nearest ranks; `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double share) {
  const double rank = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(rank);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (rank - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

Score score_of(const std::string& source, const std::vector<const Judged*>& rows) {
  Score score;
  score.source = source;
  score.n = rows.size();
  std::vector<double> errors, sizes, null_sizes, left_out_sizes;
  std::size_t banded = 0, inside = 0;
  for (const Judged* row : rows) {
    errors.push_back(row->predicted / row->measured - 1);
    sizes.push_back(std::abs(errors.back()));
    if (row->null_predicted) {
      null_sizes.push_back(std::abs(*row->null_predicted / row->measured - 1));
    }
    if (row->left_out) left_out_sizes.push_back(std::abs(*row->left_out - 1));
    if (!row->low || !row->high) continue;
    ++banded;
    if (*row->low <= row->measured && row->measured <= *row->high) ++inside;
  }
  if (rows.empty()) return score;
  score.mean_abs_error = mean(sizes);
  score.bias = mean(errors);
  std::sort(sizes.begin(), sizes.end());
  score.median_abs_error = quantile(sizes, 0.5);
  score.p95_abs_error = quantile(sizes, 0.95);
  if (!null_sizes.empty()) score.null_mean_abs_error = mean(null_sizes);
  if (!left_out_sizes.empty()) score.left_out_mean_abs_error = mean(left_out_sizes);
  if (banded > 0) score.in_band = static_cast<double>(inside) / static_cast<double>(banded);
  return score;
}

std::vector<Score> scores_by(const Findings& findings, std::string Judged::*key) {
  std::map<std::string, std::vector<const Judged*>> rows;
  std::map<std::string, std::size_t> skipped;
  for (const Judged& row : findings.judged) rows[row.*key].push_back(&row);
  if (key == &Judged::source) {
    for (const Skipped& row : findings.skipped) {
      ++skipped[row.source];
      rows.try_emplace(row.source);
    }
  }
  std::vector<Score> scores;
  for (const auto& [name, of] : rows) {
    scores.push_back(score_of(name, of));
    scores.back().skipped = skipped[name];
  }
  return scores;
}

std::optional<double> mean_of_known(const std::vector<Score>& scores,
                                    std::optional<double> Score::*figure) {
  std::vector<double> known;
  for (const Score& s : scores) {
    if (s.*figure) known.push_back(*(s.*figure));
  }
  if (known.empty()) return std::nullopt;
  return mean(known);
}

// Kendall's tau-b: 1 when all pairs stand in the measured order, -1 when none does; pairs that tie
// in one order count against neither. Nothing when one order is all ties.
std::optional<double> kendall(const std::vector<const Judged*>& rows) {
  double same = 0, other = 0, apart = 0, apart_predicted = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = i + 1; j < rows.size(); ++j) {
      const double measured = rows[i]->measured - rows[j]->measured;
      const double predicted = rows[i]->predicted - rows[j]->predicted;
      if (measured != 0) ++apart;
      if (predicted != 0) ++apart_predicted;
      if (measured * predicted > 0) ++same;
      if (measured * predicted < 0) ++other;
    }
  }
  if (apart == 0 || apart_predicted == 0) return std::nullopt;
  return (same - other) / std::sqrt(apart * apart_predicted);
}

bool predicted_first(const Judged* a, const Judged* b) { return a->predicted < b->predicted; }
bool measured_first(const Judged* a, const Judged* b) { return a->measured < b->measured; }

}  // namespace

std::vector<Score> scores_of(const Findings& findings) {
  return scores_by(findings, &Judged::source);
}

std::vector<Score> family_scores_of(const Findings& findings) {
  auto scores = scores_by(findings, &Judged::family);
  std::erase_if(scores, [](const Score& s) { return s.source.empty(); });
  return scores;
}

double macro_mean(const std::vector<Score>& scores) {
  std::vector<double> means;
  for (const Score& s : scores) {
    if (s.n > 0) means.push_back(s.mean_abs_error);
  }
  return mean(means);
}

std::optional<double> macro_null_mean(const std::vector<Score>& scores) {
  return mean_of_known(scores, &Score::null_mean_abs_error);
}

std::optional<double> macro_left_out_mean(const std::vector<Score>& scores) {
  return mean_of_known(scores, &Score::left_out_mean_abs_error);
}

std::vector<Ranking> rankings_of(const Findings& findings) {
  std::map<std::string, std::map<std::string, std::vector<const Judged*>>> sources;
  for (const Judged& row : findings.judged) {
    if (!row.group.empty()) sources[row.source][row.group].push_back(&row);
  }
  std::vector<Ranking> rankings;
  for (const auto& [source, groups] : sources) {
    Ranking ranking;
    ranking.source = source;
    std::vector<double> regrets, taus;
    for (const auto& [name, rows] : groups) {
      if (rows.size() < fewest_layouts) continue;
      const Judged* const first = *std::min_element(rows.begin(), rows.end(), predicted_first);
      const Judged* const best = *std::min_element(rows.begin(), rows.end(), measured_first);
      regrets.push_back(first->measured / best->measured - 1);
      if (const auto tau = kendall(rows)) taus.push_back(*tau);
      ranking.layouts += rows.size();
    }
    ranking.groups = regrets.size();
    if (!regrets.empty()) {
      ranking.mean_regret = mean(regrets);
      ranking.max_regret = *std::max_element(regrets.begin(), regrets.end());
    }
    if (!taus.empty()) ranking.kendall_tau = mean(taus);
    const auto oom = findings.figures.find(std::string(oom_figure) + source);
    if (oom != findings.figures.end()) ranking.oom_predicted_to_fit = oom->second;
    rankings.push_back(std::move(ranking));
  }
  return rankings;
}

std::vector<Reason> reasons_of(const Findings& findings) {
  std::map<std::pair<std::string, std::string>, std::size_t> counts;
  for (const Skipped& row : findings.skipped) ++counts[{row.source, row.reason}];
  std::vector<Reason> reasons;
  for (const auto& [what, n] : counts) reasons.push_back({what.first, what.second, n});
  std::stable_sort(reasons.begin(), reasons.end(),
                   [](const Reason& a, const Reason& b) { return a.rows > b.rows; });
  return reasons;
}

}  // namespace granary::validation
