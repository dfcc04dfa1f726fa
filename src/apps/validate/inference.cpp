// Serving measurements against the model: first tokens, time per token, throughput, memory.

#include <cmath>

#include "apps/validate/inference_row.h"
#include "apps/validate/refit.h"
#include "cost/decode.h"
#include "cost/prefill.h"

namespace granary::validation {
namespace {
// The null model of serving: decode reads the weights and the cache at a constant share of the
// memory rate, prefill runs at a constant share of the 16-bit rate. Medians of the rows of the
// llama.cpp table and of TensorRT-LLM v0.6.
constexpr double null_bandwidth = 0.65;
double null_utilisation(FrameworkClass kind) {
  return kind == FrameworkClass::native ? 0.18 : 0.34;
}

struct Times {
  Seconds first_token, token;  // means or tails, as the row asks
  double sequences = 1;        // decoded together in one replica
  bool steady = true;
};

class Judge {
 public:
  Judge(const InferenceRow& row, const ServingPractice& practice)
      : row_(row), practice_(practice), shape_(row.model->shape.value) {}

  double predicted() const { return figure(row_.phase == Phase::serving ? loaded() : alone()); }

  double null_predicted() const {
    const Practice& wide = practice_.wide;
    const double chips = row_.framework.cards == Cards::pipeline ? 1 : row_.split.chips();
    Times times;
    times.sequences = per_replica();
    times.first_token = Flops(2 * row_.model->counted.flops * row_.input * prompts()) /
                        (null_utilisation(row_.framework.kind) * row_.split.chips() * wide.peak);
    const Bytes read =
        stored_bytes(*row_.model, row_.weights) +
        cache_bytes_per_token(shape_, row_.cache, 1) * Tokens(times.sequences * context());
    times.token = read / (null_bandwidth * chips * wide.memory);
    return figure(times);
  }

  bool fits() const {
    const double live = static_cast<double>(row_.input) + row_.output;
    const double held = queues() ? 1 : per_replica();
    return replica_memory(*row_.model, practice_, row_.split, {held, live}).total() <=
           usable_for(row_.framework, *row_.chip);
  }

  TimeBand band() const {
    const bool prefill =
        row_.quantity == Quantity::first_token || row_.quantity == Quantity::input_tokens;
    return prefill ? prefill_band(practice_) : decode_band(practice_);
  }

 private:
  // Engines with a paged cache let requests wait that do not fit with the others.
  bool queues() const {
    return row_.framework.paged && (row_.phase == Phase::serving || row_.phase == Phase::offline);
  }
  int most() const {
    return largest_batch(*row_.model, practice_, row_.split,
                         static_cast<double>(row_.input) + row_.output,
                         usable_for(row_.framework, *row_.chip), 4096);
  }
  double per_replica() const {
    const double wanted = std::max(1.0, row_.batch / row_.replicas);
    return queues() ? std::min(wanted, std::max<double>(1, most())) : wanted;
  }
  double prompts() const { return row_.phase == Phase::serving ? 1 : per_replica(); }
  double context() const { return row_.input + row_.output / 2.0; }

  Seconds prefill(double count) const {
    return prefill_seconds(shape_, practice_, row_.split, {count, static_cast<double>(row_.input)})
        .total();
  }
  Seconds step(double sequences) const {
    return decode_seconds(shape_, practice_, row_.split, {sequences, context()}).total();
  }

  // All prompts of a replica at once, then all their tokens.
  Times alone() const {
    Times times;
    times.sequences = per_replica();
    if (row_.input > 0) times.first_token = prefill(prompts());
    times.token = step(times.sequences);
    return times;
  }

  Times loaded() const {
    const auto at = [this](double sequences) { return step(sequences); };
    QueueTimes queue;
    if (row_.rate) {
      const Replica replica{*row_.model, practice_, row_.split,
                            usable_for(row_.framework, *row_.chip)};
      const int batch = largest_batch(*row_.model, practice_, row_.split,
                                      static_cast<double>(row_.input) + row_.output, replica.usable,
                                      replica.most_sequences);
      const Demand demand{*row_.rate, row_.input, row_.output, {}, {}};
      queue = times_at(replica, demand, *row_.rate / row_.replicas, batch);
    } else {
      queue = closed_loop(per_replica(), prefill(1), row_.output, StepTime(at));
    }
    Times times;
    times.steady = queue.overload == Overload::none;
    times.sequences = queue.sequences;
    times.first_token = row_.p95 ? queue.first_token_p95 : queue.first_token_mean;
    times.token = row_.p95 ? queue.token_p95 : queue.token_mean;
    return times;
  }

  double figure(const Times& t) const {
    if (!t.steady) return 0;
    const double share = row_.per_chip ? row_.chips() : 1;
    const Seconds request = t.first_token + std::max(0, row_.output - 1) * t.token;
    const double requests = row_.replicas * t.sequences / request.base();
    switch (row_.quantity) {
      case Quantity::first_token:
        return t.first_token.base();
      case Quantity::token:
        return t.token.base();
      case Quantity::request:
        return request.base();
      case Quantity::output_tokens:
        if (row_.phase == Phase::decode) {
          return row_.replicas * t.sequences / t.token.base() / share;
        }
        return offered(requests) * row_.output / share;
      case Quantity::input_tokens:
        if (row_.phase == Phase::prefill) {
          return row_.replicas * prompts() * row_.input / t.first_token.base() / share;
        }
        return offered(requests) * row_.input / share;
      case Quantity::all_tokens:
        return offered(requests) * (row_.input + row_.output) / share;
      case Quantity::requests:
        return offered(requests) / share;
      default:
        return 0;
    }
  }

  // At a rate that is kept up with, what leaves is what arrives.
  double offered(double requests) const { return row_.rate ? row_.rate->base() : requests; }

  const InferenceRow& row_;
  const ServingPractice& practice_;
  const Shape& shape_;
};

std::string family_of(const InferenceRow& row) {
  const std::string chip =
      row.chip->family.empty() ? row.chip->id.substr(0, row.chip->id.find('-')) : row.chip->family;
  const char* const phase = row.phase == Phase::prefill   ? "prefill"
                            : row.phase == Phase::decode  ? "decode"
                            : row.phase == Phase::offline ? "offline"
                                                          : "serving";
  return chip + ", " + phase + ", " + to_text(row.framework.kind);
}

// The cache of one sequence over the whole context, unless the row says how long it was.
double predicted_memory(const InferenceRow& row) {
  const double gb = 1e9;
  if (row.weights_only) return stored_bytes(*row.model, row.weights).base() / gb;
  ServingPractice practice;
  practice.framework = row.framework;
  practice.weights = row.weights;
  practice.stored = bytes_of(row.weights);
  practice.element = bytes_of(row.cache);
  practice.cache = row.cache;
  const double live = static_cast<double>(row.input) + row.output;
  return replica_memory(*row.model, practice, row.split, {row.batch, live}).total().base() / gb;
}

class InferenceFindings {
 public:
  explicit InferenceFindings(const Catalog& catalog) : catalog_(catalog) {
    findings_.figures = {{"rows that ran", 0},
                         {"rows that ran predicted not to fit", 0},
                         {"out-of-memory rows", 0},
                         {"out-of-memory rows predicted to fit", 0}};
  }

  void add(const Row& row) {
    const std::string source = row.text("source");
    auto read = read_inference_row(row, catalog_);
    if (const auto* const why = std::get_if<std::string>(&read)) return skip(source, *why);
    const auto& known = std::get<InferenceRow>(read);
    if (known.phase == Phase::memory) {
      findings_.judged.push_back(
          {source, "", "memory", predicted_memory(known), known.measured, std::nullopt, {}, {}});
      return;
    }
    const auto practice =
        serving_practice(catalog_, *known.chip, known.framework, {known.weights, known.cache});
    if (!practice) return skip(source, "no rate of chip '" + known.chip->id + "' is known");
    judge(source, known, *practice);
  }

  Findings take() {
    add_left_out(fitted_, findings_);
    return std::move(findings_);
  }

 private:
  void skip(const std::string& source, std::string why) {
    findings_.skipped.push_back({source, std::move(why)});
  }

  void judge(const std::string& source, const InferenceRow& row, const ServingPractice& practice) {
    const Judge judge(row, practice);
    const bool ran = row.quantity != Quantity::fits || row.measured > 0;
    const bool fits = judge.fits();
    ++findings_.figures[ran ? "rows that ran" : "out-of-memory rows"];
    if (ran && !fits) ++findings_.figures["rows that ran predicted not to fit"];
    if (!ran && fits) ++findings_.figures["out-of-memory rows predicted to fit"];
    if (row.quantity == Quantity::fits) return;
    const double predicted = judge.predicted();
    if (!(predicted > 0)) {
      return skip(source, "at this request rate a replica would not keep up");
    }
    // The band is of a time; a rate is its inverse.
    TimeBand band = judge.band();
    const bool time = row.quantity == Quantity::first_token || row.quantity == Quantity::token ||
                      row.quantity == Quantity::request;
    if (!time) band = {1 / band.high, 1 / band.low};
    findings_.judged.push_back({source, "", family_of(row), predicted, row.measured,
                                judge.null_predicted(), band.low * predicted,
                                band.high * predicted});
    if (row.phase != Phase::serving) fitted_.push_back({row, practice});
  }

  const Catalog& catalog_;
  Findings findings_;
  std::vector<KnownService> fitted_;  // rows of the kinds that the figures of serving came from
};
}  // namespace

double predicted(const InferenceRow& row, const ServingPractice& practice) {
  return Judge(row, practice).predicted();
}

Findings judge_inference(const std::vector<Row>& rows, const Catalog& catalog) {
  InferenceFindings findings(catalog);
  for (const Row& row : rows) findings.add(row);
  return findings.take();
}

}  // namespace granary::validation
