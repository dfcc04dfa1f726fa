#include "apps/scenario/arithmetic.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "apps/cli/output.h"
#include "catalog/printable.h"
#include "catalog/reader.h"
#include "cost/service_memory.h"
#include "cost/training.h"
#include "units/text.h"

namespace granary {
namespace {

using Figures = std::map<std::string, std::string>;
constexpr double gib = 1073741824.0;
constexpr double seconds_a_day = 86400;

// Reads figures one after the other and remembers the first error.
class FigureReader {
 public:
  FigureReader(const std::string& kind, const Figures& figures, const Keys& known)
      : kind_(kind), figures_(figures) {
    for (const auto& [key, value] : figures) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      note({Error::Kind::invalid, 1001,
            fmt::format("{} has no figure \"{}\".{}", kind, printable(key), hint(key, known)), ""});
    }
    for (const std::string& key : known) {
      if (figures.count(key)) continue;
      note({Error::Kind::invalid, 1001, fmt::format("{} needs the figure {}.", kind, key), ""});
    }
  }

  const std::string& text(const std::string& key) const { return figures_.at(key); }

  template <class Parse>
  auto value(const std::string& key, Parse parse) {
    using Value = typename decltype(parse(std::string()))::value_type;
    if (error_) return Value{};
    const auto read = parse(figures_.at(key));
    if (read) return *read;
    Error error = read.error();
    error.what = kind_ + ", " + key + ": " + error.what;
    note(error);
    return Value{};
  }

  // A positive number up to `most`.
  double number(const std::string& key, double most) {
    const double read = value(key, [](const std::string& t) { return parse_count(t); });
    if (!error_ && !(read > 0 && read <= most)) {
      note({Error::Kind::invalid, 1005,
            fmt::format("{}, {} = {}: must be above 0 and at most {:g}.", kind_, key,
                        printable(text(key)), most),
            ""});
    }
    return read;
  }
  int whole(const std::string& key) {
    const double read = number(key, 1e6);
    if (!error_ && read != std::floor(read)) {
      note({Error::Kind::invalid, 1005,
            fmt::format("{}, {} = {}: must be a whole number.", kind_, key, printable(text(key))),
            ""});
    }
    return static_cast<int>(read);
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  void note(Error error) {
    if (!error_) error_ = std::move(error);
  }

  std::string kind_;
  const Figures& figures_;
  std::optional<Error> error_;
};

Result<WeightFormat> weights_of(const std::string& text) {
  if (const auto format = parse_weight_format(text)) return *format;
  return fail(Error::Kind::invalid, 1005,
              printable(text, 40) + ": is no weight format, use fp16, int8, int4 or the like.");
}

// Model and chip, both in the catalogue.
struct Subject {
  const Model* model = nullptr;
  const Chip* chip = nullptr;
};
Subject subject_of(FigureReader& reader, const Catalog& catalog) {
  const auto* model =
      reader.value("model", [&](const std::string& id) { return find_model(catalog, id); });
  const auto* chip =
      reader.value("chip", [&](const std::string& id) { return find_chip(catalog, id); });
  return {model, chip};
}

std::string gibibytes(Bytes bytes) { return fmt::format("{:.1f} GiB", bytes.base() / gib); }

// How many copies of a service one chip holds by memory: floor(usable / needed).
Result<std::string> replicas(const Figures& figures, const Catalog& catalog) {
  FigureReader reader("replicas", figures, {"model", "chip", "weights", "sequences", "tokens"});
  if (reader.error()) return fail(*reader.error());
  const Subject subject = subject_of(reader, catalog);
  const WeightFormat weights = reader.value("weights", weights_of);
  const int sequences = reader.whole("sequences");
  const int tokens = reader.whole("tokens");
  if (reader.error()) return fail(*reader.error());
  const Framework framework = framework_of(FrameworkClass::compiled);
  const auto practice =
      serving_practice(catalog, *subject.chip, framework, {weights, CacheFormat::fp16});
  if (!subject.chip->memory || !practice) {
    return fail(Error::Kind::invalid, 1005,
                "no memory size or rate is known of the " + subject.chip->name + ".");
  }
  const Memory memory = replica_memory(
      *subject.model, *practice, {}, {static_cast<double>(sequences), static_cast<double>(tokens)});
  const Bytes usable = usable_for(framework, *subject.chip);
  const double fits = std::floor(usable / memory.total());
  return fmt::format(
      "One replica of {} in {}, {} sequences of {} tokens together: weights {} + keys and values "
      "{} + activations {} + runtime {} = {}.\n"
      "One {} has {}, of which {} are usable: {:.0f} such replica{} fit{} by memory.\n",
      subject.model->name, to_text(weights), sequences, tokens, gibibytes(memory.weights),
      gibibytes(memory.kv_cache), gibibytes(memory.activations), gibibytes(memory.context),
      gibibytes(memory.total()), subject.chip->name, gibibytes(subject.chip->memory->value),
      gibibytes(usable), fits, fits == 1 ? "" : "s", fits == 1 ? "s" : "");
}

// FLOP / (chips x rate x utilisation), and the utilisation that the elapsed time implies.
Result<std::string> training(const Figures& figures, const Catalog& catalog) {
  FigureReader reader("training", figures,
                      {"model", "chip", "chips", "tokens", "sequence", "utilisation", "elapsed"});
  if (reader.error()) return fail(*reader.error());
  const Subject subject = subject_of(reader, catalog);
  const int chips = reader.whole("chips");
  const Tokens tokens(reader.number("tokens", 1e18));
  const int sequence = reader.whole("sequence");
  const double utilisation = reader.number("utilisation", 1);
  const Span elapsed = reader.value("elapsed", [](const std::string& t) { return parse_span(t); });
  if (reader.error()) return fail(*reader.error());
  const auto precision = training_precision(*subject.chip);
  if (!precision || elapsed <= Span::zero()) {
    return fail(Error::Kind::invalid, 1005,
                "training needs a chip of known rate and an elapsed time above zero.");
  }
  const FlopsPerSecond rated = subject.chip->dense.at(*precision).value;
  const Flops work = training_flops(*subject.model, sequence, false) * tokens;
  const Seconds full = work / (chips * rated);
  const Seconds spent(static_cast<double>(elapsed.count()) / 1e3);
  const double ours = null_model(*subject.chip, *precision).utilisation;
  const auto days = [&](double share) { return full.base() / share / seconds_a_day; };
  return fmt::format(
      "{} on {} tokens is {} FLOP (6 N + 12 L h s a token).\n"
      "{} x {:.4g} TFLOPS at {:.1f} % take {:.1f} days; at the {:.1f} % of the typical published "
      "run on such chips, {:.1f} days.\n"
      "{} in all mean {:.1f} %: {:.1f} days of them are not arithmetic at {:.1f} %.\n",
      subject.model->name, count_text(tokens.base()), cli::significant(work.base()), chips,
      rated.base() / 1e12, utilisation * 100, days(utilisation), ours * 100, days(ours),
      to_text(elapsed), full / spent * 100, spent.base() / seconds_a_day - days(utilisation),
      utilisation * 100);
}

}  // namespace

Result<std::string> computed(const std::string& kind, const Figures& figures,
                             const Catalog& catalog) {
  if (kind == "replicas") return replicas(figures, catalog);
  if (kind == "training") return training(figures, catalog);
  return fail(Error::Kind::invalid, 1001,
              fmt::format("no arithmetic \"{}\": use replicas or training.", printable(kind)));
}

}  // namespace granary
