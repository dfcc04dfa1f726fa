#pragma once
// The cost model judged against published measurements: `granary validate KIND FILE...`. Rows are
// scored by source, then macro-averaged over sources, so that the largest table does not decide;
// the null model (constant utilisation of a family of chips) stands beside ours on the same rows.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "units/result.h"

namespace granary::validation {

// A row of a CSV file: fields by column name; an absent or empty field is "not known".
struct Row {
  std::string file;
  std::size_t line = 0;
  std::map<std::string, std::string, std::less<>> fields;

  std::string text(std::string_view column) const;              // "" when unknown
  std::optional<double> number(std::string_view column) const;  // nothing when unknown
};

// A row that is not judged, and why, in one sentence that does not name the row.
struct Skipped {
  std::string source, reason;
};

struct Judged {
  std::string source;
  std::string group;                   // rows compared with each other (ranking): "" elsewhere
  std::string family;                  // of the chip, for scores by family; "" elsewhere
  double predicted = 0, measured = 0;  // one unit
  std::optional<double> null_predicted;
  std::optional<double> low, high;  // the band around predicted
  // Predicted over measured, by a fit that did not see the row's source.
  std::optional<double> left_out = {};
};

struct Findings {
  std::vector<Judged> judged;
  std::vector<Skipped> skipped;
  // Further figures of the kind, printed under the table: "out-of-memory rows predicted to fit".
  std::map<std::string, double> figures;
  // Sentences beside them, without a full stop.
  std::vector<std::string> remarks = {};
};

// Reads a CSV file with a header (RFC 4180: quotes, doubled quotes, CRLF). Broken rows are counted
// as skipped with their line; the rest still counts. G1xxx for a file without the `needed` columns,
// G2012 for one that cannot be read.
struct Table {
  std::vector<Row> rows;
  std::vector<Skipped> broken;
};
Result<Table> read_table(const std::string& path, const std::vector<std::string>& needed);

// One function per kind; pure.
Findings judge_training(const std::vector<Row>&, const Catalog&);
Findings judge_ranking(const std::vector<Row>&, const Catalog&);
Findings judge_inference(const std::vector<Row>&, const Catalog&);
Findings judge_ops(const std::vector<Row>&, const Catalog&);

// Error is predicted / measured - 1.
struct Score {
  std::string source;
  std::size_t n = 0, skipped = 0;
  double mean_abs_error = 0, median_abs_error = 0, p95_abs_error = 0, bias = 0;  // fractions
  std::optional<double> null_mean_abs_error;
  std::optional<double> in_band;  // share of rows whose measurement lies in the band
  // Of the rows that a fit without their source predicts.
  std::optional<double> left_out_mean_abs_error;
};
// By source, in the order of their names; and the plain mean over sources.
std::vector<Score> scores_of(const Findings&);
double macro_mean(const std::vector<Score>&);

}  // namespace granary::validation
