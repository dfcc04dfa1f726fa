#pragma once
// What `granary validate` says of its findings: scores as a table, as lines and as JSON.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "apps/cli/table.h"
#include "apps/validate/validate.h"

namespace granary::validation {

// Scores by family of chips (Judged::family), in the order of their names. Chips of one country
// have few rows each: there they are seen apart.
std::vector<Score> family_scores_of(const Findings&);
// Of the sources that have a null model.
std::optional<double> macro_null_mean(const std::vector<Score>&);
// Of the sources that could be left out of the fit.
std::optional<double> macro_left_out_mean(const std::vector<Score>&);

// Ranking: groups of at least this many measured layouts count.
inline constexpr std::size_t fewest_layouts = 3;
// The figure of a source's rows that ran out of memory and are predicted to fit: this and the
// source.
inline constexpr std::string_view oom_figure = "oom_predicted_to_fit|";

struct Ranking {
  std::string source;
  std::size_t groups = 0, layouts = 0;
  // Regret: measured time of the layout ranked first over the best measured one, minus 1.
  double mean_regret = 0, max_regret = 0;
  std::optional<double> kendall_tau;  // tau-b, mean over groups
  std::optional<double> oom_predicted_to_fit;
};
std::vector<Ranking> rankings_of(const Findings&);

// Rows skipped by source and reason, most rows first.
struct Reason {
  std::string source, reason;
  std::size_t rows = 0;
};
std::vector<Reason> reasons_of(const Findings&);

enum class Kind { training, ranking, inference, ops };
std::string to_text(Kind);

// {"schema":"granary.validation/1","kind":..}: percentages with two decimals, null where nothing
// is known.
nlohmann::json json_of(Kind, const Findings&);

// By source; for `ranking` by source of groups.
cli::Table table_of(Kind, const Findings&);
cli::Table family_table_of(const Findings&);  // empty when no row has a family
// The macro line, the figures, the remarks and the reasons, a line each.
std::string notes_of(Kind, const Findings&);

}  // namespace granary::validation
