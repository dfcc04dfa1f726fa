// validate: the cost model against measurements of others.
#include <nlohmann/json.hpp>

#include "apps/cli/session.h"
#include "apps/daemon_config.h"
#include "apps/validate/report.h"

namespace granary::cli {
namespace {

using validation::Findings;
using validation::Kind;
using Judge = Findings (*)(const std::vector<validation::Row>&, const Catalog&);

// Columns without which no row of the kind says anything; all others may be absent or empty.
std::vector<std::string> columns_of(Kind kind) {
  switch (kind) {
    case Kind::training:
    case Kind::ranking:
      return {"source", "chip", "num_chips"};
    case Kind::inference:
      return {"source", "model", "chip", "metric", "value"};
    case Kind::ops:
      return {"source", "chip", "num_tokens", "gemm_n", "gemm_k", "time_us"};
  }
  return {};
}

Result<int> validate(Session& session, Kind kind, Judge judge) {
  const auto& files = session.arguments.words;
  if (files.empty()) {
    return usage("Say which files hold the measurements.",
                 "granary validate " + to_text(kind) + " FILE...");
  }
  std::vector<std::string> stocks;
  for (const std::string& stock : session.arguments.all("stock")) {
    stocks.push_back(session.path_of(stock).string());
  }
  const auto documents = read_documents(stocks);
  if (!documents) return fail(documents.error());
  const auto catalog = parse_catalog(*documents);
  if (!catalog) return fail(catalog.error());
  validation::Table all;
  for (const std::string& file : files) {
    auto table = validation::read_table(session.path_of(file).string(), columns_of(kind));
    if (!table) return fail(table.error());
    std::move(table->rows.begin(), table->rows.end(), std::back_inserter(all.rows));
    std::move(table->broken.begin(), table->broken.end(), std::back_inserter(all.broken));
  }
  Findings findings = judge(all.rows, *catalog);
  findings.skipped.insert(findings.skipped.end(), all.broken.begin(), all.broken.end());
  // A script must not take silence for a good score.
  const int status = findings.judged.empty() ? 1 : 0;
  if (session.json) {
    session.print_json(json_of(kind, findings));
    return status;
  }
  session.print(table_of(kind, findings));
  const Table families = family_table_of(findings);
  if (!families.empty()) {
    session.print("\n");
    session.print(families);
  }
  session.print("\n" + notes_of(kind, findings));
  if (status != 0) session.print("No row was judged.\n");
  return status;
}

Result<int> training(Session& session) {
  return validate(session, Kind::training, validation::judge_training);
}
Result<int> ranking(Session& session) {
  return validate(session, Kind::ranking, validation::judge_ranking);
}
Result<int> inference(Session& session) {
  return validate(session, Kind::inference, validation::judge_inference);
}
Result<int> ops(Session& session) { return validate(session, Kind::ops, validation::judge_ops); }

}  // namespace

std::vector<Verb> validate_verbs() {
  const std::vector<Flag> flags{{"stock", "DIR", "calibrations and chips to add", true}};
  return {{"validate training", "FILE...", "step times against measured ones, by source", flags,
           training},
          {"validate ranking", "FILE...", "the layout ranked first against the best measured",
           flags, ranking},
          {"validate inference", "FILE...", "prefill, decode and serving against measured ones",
           flags, inference},
          {"validate ops", "FILE...", "kernels against measured ones", flags, ops}};
}

}  // namespace granary::cli
