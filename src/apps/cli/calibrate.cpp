// calibrate: from what a probe measured to the document of the chip's curve.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/cli/probe_runs.h"
#include "apps/cli/session.h"
#include "apps/daemon_config.h"
#include "units/text.h"

namespace granary::cli {
namespace {

using A = Align;

constexpr double most_spread = 0.05;
constexpr std::size_t fewest_points = 12;
constexpr int folds = 5;
// A curve that misses its own points by more, or reaches less, was not measured on this chip.
constexpr double worst_mean = 0.20, least_share = 0.05;
constexpr double largest_share = 0.98;  // of a rate that is taken from the measurements themselves

// A curve as it was found, and how well it does.
struct Fitted {
  Precision precision = Precision::bf16;
  GemmCurve curve;
  FitError error;
  double left_out = 0;  // mean error of points that the fit did not see
  bool above_declared = false;
};

struct Outcome {
  Calibration calibration;
  std::vector<Fitted> curves;
  std::optional<FitError> elementwise;
  std::string doubt;  // why the curve cannot be meant; empty: it can
  std::vector<JudgedRun> runs;
  std::vector<std::string> notes;
};

// The chip's declared rate, or what was measured where that is more.
struct Reference {
  FlopsPerSecond compute;
  BytesPerSecond memory;
  bool compute_measured = false, memory_measured = false;
};

Reference reference_of(const Chip& chip, Precision precision, const Probe& probe) {
  Reference reference;
  const auto dense = chip.dense.find(precision);
  if (dense != chip.dense.end()) reference.compute = dense->second.value;
  if (chip.memory_bandwidth) reference.memory = chip.memory_bandwidth->value;
  FlopsPerSecond fastest;
  for (const GemmPoint& p : probe.gemm.at(precision)) {
    fastest = std::max(fastest, p.gemm.flops() / p.time);
  }
  // The largest copy: smaller ones are held by caches.
  BytesPerSecond widest;
  Bytes largest;
  for (const ElementwisePoint& p : probe.copies) {
    if (p.bytes < largest) continue;
    largest = p.bytes;
    widest = p.bytes / p.time;
  }
  if (fastest > largest_share * reference.compute) {
    reference.compute = fastest / largest_share;
    reference.compute_measured = true;
  }
  if (widest > largest_share * reference.memory) {
    reference.memory = widest / largest_share;
    reference.memory_measured = true;
  }
  return reference;
}

// With and without waves of tiles; whichever predicts points better that it did not see.
Fitted fit(Precision precision, const Probe& probe, const Reference& reference) {
  const auto points = in_folds(without_repeats(probe.gemm.at(precision)), folds);
  Fitted best;
  for (const int cores : {0, probe.cores}) {
    const Peaks peaks{reference.compute, reference.memory, cores};
    const double left_out = leave_group_out(points, peaks).mean;
    if (best.error.points > 0 && left_out >= best.left_out) continue;
    best.precision = precision;
    best.curve = fit_gemm(points, peaks);
    best.error = error_of(best.curve, points, peaks);
    best.left_out = left_out;
    if (probe.cores <= 0) break;
  }
  best.above_declared = reference.compute_measured || reference.memory_measured;
  if (best.above_declared) {
    best.curve.peak = reference.compute;
    best.curve.memory = reference.memory;
  }
  return best;
}

template <class T>
Fact<T> measured(T value, const std::string& source) {
  return {value, Standing::measured, source};
}

// The median share of the peak at the longest sequences measured.
std::optional<double> attention_share(const Probe& probe, Precision precision,
                                      FlopsPerSecond peak) {
  std::vector<double> shares;
  for (const auto& a : probe.attention) {
    if (a.precision == precision) shares.push_back((a.flops / a.time) / peak);
  }
  if (shares.empty()) return std::nullopt;
  std::sort(shares.begin(), shares.end());
  return std::clamp(shares[shares.size() / 2], 0.001, 1.0);
}

Result<Outcome> calibrated(const Chip& chip, const Probe& probe, const std::string& source) {
  Outcome result;
  Calibration& calibration = result.calibration;
  calibration.id = chip.id;
  Reference last;
  for (const auto& [precision, points] : probe.gemm) {
    if (without_repeats(points).size() < fewest_points) {
      return fail(Error::Kind::invalid, 1081,
                  fmt::format("{} matrix products in {} are too few to fit a curve; {} are needed.",
                              points.size(), to_text(precision), fewest_points),
                  "run the probe without --quick");
    }
    last = reference_of(chip, precision, probe);
    if (last.memory.base() <= 0) {
      return fail(Error::Kind::invalid, 1081,
                  "Neither the chip nor the probe says a memory bandwidth.",
                  "run the probe with its copies");
    }
    result.curves.push_back(fit(precision, probe, last));
    calibration.gemm[precision] = measured(result.curves.back().curve, source);
    const auto attention = attention_share(probe, precision, last.compute);
    if (attention) calibration.attention = measured(*attention, source);
  }
  if (probe.elementwise.size() >= 3 && last.memory.base() > 0) {
    const ElementwiseCurve curve = fit_elementwise(probe.elementwise, last.memory);
    calibration.elementwise = measured(curve.share, source);
    calibration.launch = measured(curve.launch, source);
    result.elementwise = curve.error;
  }
  calibration.all_reduce = probe.all_reduce;
  if (probe.usable_memory) {
    if (chip.memory && *probe.usable_memory <= chip.memory->value) {
      calibration.usable_memory = measured(*probe.usable_memory, source);
    }
    result.notes.push_back("Usable memory: " + to_text(*probe.usable_memory) + ".");
  }
  for (const Fitted& f : result.curves) {
    if (f.error.mean <= worst_mean && f.curve.compute_share >= least_share) continue;
    result.doubt = fmt::format(
        "The curve in {} misses its own points by {:.0f} % and reaches {:.3g} of the rate: these "
        "are "
        "no times of products on this chip.",
        to_text(f.precision), 100 * f.error.mean, f.curve.compute_share);
  }
  return result;
}

std::string day_of(const Probe& probe) { return probe.date.substr(0, 10); }

CalibrationText words_of(const Chip& chip, const Probe& probe, const Outcome& result,
                         const std::string& source) {
  CalibrationText words;
  words.comments.push_back(
      fmt::format("Measured on {} by the probe on {}.", probe.device, day_of(probe)));
  for (const Fitted& f : result.curves) {
    words.comments.push_back(fmt::format(
        "Matrix products in {}: {} points, mean error {:.1f} %, p95 {:.1f} %; points left out of "
        "the fit {:.1f} %.",
        to_text(f.precision), f.error.points, 100 * f.error.mean, 100 * f.error.p95,
        100 * f.left_out));
    if (f.above_declared) {
      words.comments.push_back("More was measured than is declared: the curve says its own rates.");
    }
  }
  words.comments.insert(words.comments.end(), result.notes.begin(), result.notes.end());
  for (const JudgedRun& run : result.runs) words.comments.push_back(to_text(run));
  words.sources[source] =
      fmt::format("granary.probe/1 of {} as {} on {}{}", probe.device, chip.id, day_of(probe),
                  probe.software.empty() ? "" : ", " + probe.software);
  return words;
}

Result<void> write(const std::filesystem::path& path, const std::string& text) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  const std::filesystem::path unfinished = path.string() + ".unfinished";
  std::ofstream file(unfinished, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) std::filesystem::rename(unfinished, path, error);
  if (!file || error) {
    std::filesystem::remove(unfinished, error);
    return fail(Error::Kind::failed, 7024, "Cannot write " + path.string() + ".",
                "name a file in a folder that may be written with --out");
  }
  return {};
}

Json json_of(const Chip& chip, const Outcome& result, const std::string& path) {
  const auto percentage = [](double fraction) { return std::round(1e4 * fraction) / 100; };
  Json curves = Json::array();
  for (const Fitted& f : result.curves) {
    curves.push_back({{"precision", to_text(f.precision)},
                      {"points", f.error.points},
                      {"mean_abs_error_pct", percentage(f.error.mean)},
                      {"p95_abs_error_pct", percentage(f.error.p95)},
                      {"left_out_mean_abs_error_pct", percentage(f.left_out)},
                      {"cores", f.curve.cores},
                      {"above_declared", f.above_declared}});
  }
  Json runs = Json::array();
  for (const JudgedRun& judged : result.runs) {
    Json run{{"kind", judged.run.training ? "train" : "decode"},
             {"precision", to_text(judged.run.precision)},
             {"layers", judged.run.layers},
             {"hidden", judged.run.hidden},
             {"batch", judged.run.batch},
             {"length", judged.run.length},
             {"measured_s", judged.run.time.base()}};
    if (judged.predicted) run["predicted_s"] = judged.predicted->base();
    runs.push_back(std::move(run));
  }
  return {{"schema", "granary.calibration/1"},
          {"chip", chip.id},
          {"curves", curves},
          {"runs", runs},
          {"file", path}};
}

void print(Session& session, const Outcome& result) {
  Table table({{"PRECISION"},
               {"PRODUCTS", A::right},
               {"MEAN %", A::right},
               {"P95 %", A::right},
               {"LEFT OUT %", A::right},
               {"SHARE OF RATE", A::right},
               {"OF MEMORY", A::right},
               {"RATE", A::left}});
  for (const Fitted& f : result.curves) {
    table.add({to_text(f.precision), std::to_string(f.error.points),
               fmt::format("{:.1f}", 100 * f.error.mean), fmt::format("{:.1f}", 100 * f.error.p95),
               fmt::format("{:.1f}", 100 * f.left_out),
               fmt::format("{:.2f}", f.curve.compute_share),
               fmt::format("{:.2f}", f.curve.memory_share),
               f.above_declared ? "measured, above the declared" : "declared"});
  }
  session.print(table);
  if (result.elementwise) {
    session.print(fmt::format("Elementwise kernels: {} points, mean error {:.1f} %.\n",
                              result.elementwise->points, 100 * result.elementwise->mean));
  }
  for (const std::string& note : result.notes) session.print(note + "\n");
  for (const JudgedRun& run : result.runs) session.print(to_text(run) + "\n");
}

// What is written must be read again: by `plan --stock` and the daemon.
Result<void> check(std::vector<Document> documents, const std::string& id,
                   const std::string& text) {
  const std::string name = "calibrations/" + id + ".toml";
  std::erase_if(documents, [&](const Document& d) { return d.name == name; });
  documents.push_back({name, text});
  const auto again = parse_catalog(documents);
  if (again) return {};
  return fail(Error::Kind::bug, 9000, "The calibration cannot be read again: " + again.error().what,
              "please report it with the probe's file");
}

Result<int> calibrate(Session& session) {
  const auto id = only_word(session, "chip");
  if (!id) return fail(id.error());
  std::vector<std::string> stocks;
  for (const std::string& stock : session.arguments.all("stock")) {
    stocks.push_back(session.path_of(stock).string());
  }
  const auto documents = read_documents(stocks);
  if (!documents) return fail(documents.error());
  const auto catalog = parse_catalog(*documents);
  if (!catalog) return fail(catalog.error());
  const auto chip = find_chip(*catalog, *id);
  if (!chip) return fail(chip.error());
  const std::string from = session.arguments.text("from");
  const auto text = session.read_input(from);
  if (!text) return fail(text.error());
  const auto probe = read_probe(*text, from);
  if (!probe) return fail(probe.error());
  if (probe->gemm.empty()) {
    return fail(Error::Kind::invalid, 1081, plain(from) + " holds no matrix product.",
                "run the probe to its end");
  }
  if (probe->worst_spread > most_spread && !session.arguments.has("allow-noise")) {
    return fail(Error::Kind::refused, 4081,
                fmt::format("Repeats of a {} spread by {:.0f} %; more than {:.0f} % means that the "
                            "chip was shared or throttled.",
                            probe->noisiest, 100 * probe->worst_spread, 100 * most_spread),
                "measure on an idle chip, or say --allow-noise");
  }
  const std::string source = fmt::format("probe-{}-{}", (*chip)->id, day_of(*probe));
  auto result = calibrated(**chip, *probe, source);
  if (!result) return fail(result.error());
  if (!result->doubt.empty() && !session.arguments.has("allow-noise")) {
    return fail(Error::Kind::refused, 4081, result->doubt,
                "name the chip that was probed, or say --allow-noise");
  }
  Catalog with = *catalog;
  with.calibrations[(*chip)->id] = result->calibration;
  result->runs = judge_runs(with, **chip, *probe);
  const std::string document =
      document_text(result->calibration, words_of(**chip, *probe, *result, source));
  if (auto good = check(*documents, (*chip)->id, document); !good) return fail(good.error());
  const std::string out = session.arguments.text("out", "calibrations/" + (*chip)->id + ".toml");
  if (!session.dry_run) {
    if (auto written = write(session.path_of(out), document); !written) {
      return fail(written.error());
    }
  }
  if (session.json) return session.print_json(json_of(**chip, *result, session.dry_run ? "" : out));
  print(session, *result);
  session.print(
      fmt::format("Measured on {}, taken for {}. Training steps keep the curve of published "
                  "steps.\n",
                  probe->device, (*chip)->name));
  if (session.dry_run) {
    session.print("\n" + document);
  } else {
    session.say("wrote " + plain(out) +
                "; `granary plan --stock DIR` reads it in DIR/calibrations/\n");
  }
  return 0;
}

}  // namespace

std::vector<Verb> calibrate_verbs() {
  return {{"calibrate",
           "CHIP",
           "fit a chip's curves to what the probe measured",
           {{"from", "FILE", "of tools/probe/probe.py or granary-probe-cpu", false, true},
            {"out", "FILE", "the document; calibrations/CHIP.toml if not given"},
            {"stock", "DIR", "chips of your own", true},
            {"allow-noise", "",
             "take repeats that spread by more than 5 %, and curves that miss their points"}},
           calibrate}};
}

}  // namespace granary::cli
