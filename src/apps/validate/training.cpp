// Published training steps against the cost model. A row says what it says; what it leaves out is
// searched over like a planner would (the fastest layout that fits), or the row is skipped with its
// reason. docs/VALIDATION.md states the readings below in words.

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <set>

#include "apps/validate/names.h"
#include "apps/validate/refit.h"
#include "apps/validate/training_row.h"
#include "apps/validate/validate.h"

namespace granary::validation {
namespace {
// Relative errors of memory predictions, and how rows that ran or failed were judged.
struct MemoryTally {
  std::vector<double> errors;
  int ran = 0, ran_excluded = 0, failed = 0, failed_fit = 0;

  void add(const TrainingRow& row) {
    if (row.out_of_memory) {
      ++failed;
      if (row.fits()) ++failed_fit;
      return;
    }
    ++ran;
    if (!row.fits()) ++ran_excluded;
    if (row.peak) errors.push_back(std::abs(row.expected_peak() / *row.peak - 1));
  }

  void write(std::map<std::string, double>& figures) {
    std::sort(errors.begin(), errors.end());
    if (!errors.empty()) {
      figures["rows with a peak memory"] = static_cast<double>(errors.size());
      figures["median memory error, %"] = 100 * errors[errors.size() / 2];
    }
    figures["rows that ran and are predicted not to fit"] = ran_excluded;
    figures["rows that ran out of memory"] = failed;
    figures["rows that ran out of memory and are predicted to fit"] = failed_fit;
  }
};

// Each judged row by the curves that the other sources lead to, read anew: what it leaves out is
// searched over with those curves. Nothing to learn from where there is one source.
void judge_left_out(const std::vector<Row>& rows, const Catalog& catalog,
                    const std::vector<KnownStep>& steps, std::vector<Judged>& judged) {
  std::set<std::string> sources;
  for (const KnownStep& step : steps) sources.insert(step.source);
  if (sources.size() < 2) return;
  for (const std::string& source : sources) {
    const Catalog unseen = without_source(catalog, steps, source);
    for (std::size_t i = 0; i < judged.size(); ++i) {
      if (judged[i].source != source) continue;
      const auto read = read_training_row(rows[i], unseen);
      if (read && read->measured) judged[i].left_out = read->predicted / *read->measured;
    }
  }
}

Findings judge(const std::vector<Row>& rows, const Catalog& catalog, bool by_group) {
  Findings findings;
  std::vector<Row> known;  // of findings.judged and of steps, one by one
  std::vector<KnownStep> steps;
  MemoryTally memory;
  for (const Row& row : rows) {
    const auto read = read_training_row(row, catalog);
    if (!read) {
      findings.skipped.push_back({row.text("source"), read.error()});
      continue;
    }
    memory.add(*read);
    if (by_group) {
      // What the report of a ranking prints by source: a layout that cannot run must not be
      // offered.
      findings.figures["oom_predicted_to_fit|" + row.text("source")] +=
          read->out_of_memory && read->fits() ? 1 : 0;
    }
    if (read->out_of_memory) {
      findings.skipped.push_back({row.text("source"), "it ran out of memory"});
      continue;
    }
    if (!read->measured) {
      findings.skipped.push_back({row.text("source"), "it prints memory but no time"});
      continue;
    }
    Judged judged;
    judged.source = row.text("source");
    judged.family = read->chip->origin == Origin::domestic ? "domestic" : read->chip->family;
    // Steps of one group may differ in size: compared by the time of a token.
    const double scale = by_group ? 1 / read->tokens_of_step() : 1;
    judged.predicted = scale * read->predicted.base();
    judged.measured = scale * read->measured->base();
    judged.null_predicted = scale * read->null_predicted.base();
    const Band band = step_band(read->practice, read->model, read->size.tuning);
    judged.low = judged.predicted * band.low;
    judged.high = judged.predicted * band.high;
    if (by_group) {
      judged.group = fmt::format("{}|{}|{}|{}|{}", row.text("model"), row.text("chip"),
                                 row.text("num_chips"), row.text("seq_len"), row.text("precision"));
    }
    findings.judged.push_back(std::move(judged));
    if (by_group) continue;
    known.push_back(row);
    steps.push_back({row.text("source"), *read});
  }
  if (!by_group) judge_left_out(known, catalog, steps, findings.judged);
  memory.write(findings.figures);
  return findings;
}
}  // namespace

Findings judge_training(const std::vector<Row>& rows, const Catalog& catalog) {
  return judge(rows, catalog, false);
}

Findings judge_ranking(const std::vector<Row>& rows, const Catalog& catalog) {
  return judge(rows, catalog, true);
}

}  // namespace granary::validation
