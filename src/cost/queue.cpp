#include "cost/queue.h"

#include <algorithm>
#include <cmath>

namespace granary {
namespace {
constexpr double normal_p95 = 1.645;

// Sequences at which as many tokens leave as arrive; nothing below `most` when negative.
double little(const QueueLoad& load, const StepTime& step, double utilisation) {
  const double tokens_a_second = load.rate.base() * load.output;
  const auto flow = [&](double sequences) {
    return tokens_a_second * step(sequences).base() / (1 - utilisation);
  };
  // Below one sequence a step costs what it costs for one. The surplus falls through 0 once: a step
  // grows by less than its share for each further sequence.
  const auto surplus = [&](double sequences) { return flow(std::max(1.0, sequences)) - sequences; };
  double low = 0, high = load.most;
  double above = surplus(low), below = surplus(high);
  if (below > 0) return -1;
  // False position with the kept end's weight halved (Illinois): a few calls where bisection takes
  // dozens, since steps are nearly straight lines.
  int kept = 0;
  for (int i = 0; i < 40 && high - low > 1e-4 * high; ++i) {
    const double middle = (low * below - high * above) / (below - above);
    const double here = surplus(middle);
    if (std::abs(here) <= 1e-6 * (1 + middle)) return middle;
    if (here > 0) {
      low = middle;
      above = here;
      if (kept == 1) below /= 2;
      kept = 1;
    } else {
      high = middle;
      below = here;
      if (kept == -1) above /= 2;
      kept = -1;
    }
  }
  return high;
}
}  // namespace

// Kingman: mean wait W = r / (1 - r) (Ca^2 + Cs^2) / 2 S; its tail is exponential with P(wait) = r,
// so that the median is W / r ln(2 r), 0 below r = 1/2, and its variance W^2 (2 / r - 1). The 95th
// percentile of a first token is taken two standard deviations above its mean, as of an
// exponential.
QueueTimes queue_times(const QueueLoad& load, const StepTime& step) {
  QueueTimes times;
  times.utilisation = load.rate * load.prefill;
  if (times.utilisation >= 1) {
    times.overload = Overload::prefill;
    return times;
  }
  const double c = little(load, step, times.utilisation);
  if (c < 0) {
    times.overload = Overload::batch;
    return times;
  }
  times.sequences = c;
  const Seconds one = step(std::max(1.0, c));
  const double free = 1 - times.utilisation;

  // A prompt holds the prefill for its own time; in chunks also for the steps it rides along with.
  const bool chunked = load.prefilling == Prefilling::chunked;
  const Seconds served = chunked ? load.prefill + load.chunks * one : load.prefill;
  const double busy = load.rate * served;
  if (busy >= 1) {
    times.overload = Overload::prefill;
    return times;
  }
  const double variation = (load.arrival_variation * load.arrival_variation +
                            load.prefill_variation * load.prefill_variation) /
                           2;
  const Seconds wait = busy / (1 - busy) * variation * served;
  const Seconds median = busy <= 0.5 ? Seconds{} : std::log(2 * busy) / busy * wait;
  const double waiting = busy > 0 ? wait.base() * std::sqrt(2 / busy - 1) : 0;
  const Seconds spread(std::hypot(waiting, load.prefill_variation * load.prefill.base()));
  // The step under way when a request arrives must end first; alone, nothing is under way.
  const double decoding = std::min(1.0, c) * (1 - busy);
  const Seconds rest = 0.5 * decoding * one;
  times.first_token_mean = wait + served + rest;
  times.first_token_p50 = median + served + rest;
  times.first_token_p95 = times.first_token_mean + rest + 2 * spread;

  times.token_mean = one / free;
  // A request that meets many others: more in its batch, and more prefills while it decodes, each
  // with a variance of its own.
  const Seconds crowded = step(std::max(1.0, c + normal_p95 * std::sqrt(c)));
  const double hits = load.rate * (load.output * times.token_mean);
  const double spread_hits =
      std::sqrt(hits * (1 + load.prefill_variation * load.prefill_variation));
  times.token_p95 = crowded + (hits + normal_p95 * spread_hits) / load.output * load.prefill;
  return times;
}

QueueTimes closed_loop(double sequences, Seconds prefill, double output, const StepTime& step) {
  const Seconds one = step(std::max(1.0, sequences));
  const Seconds round = output * one + sequences * prefill;
  QueueTimes times;
  times.sequences = sequences;
  times.utilisation = sequences * prefill / round;
  // While it decodes, the others are prefilled once each.
  times.token_mean = one + (sequences - 1) / std::max(1.0, output) * prefill;
  times.token_p95 = times.token_mean;
  // Another's prefill, or the step under way, comes first.
  const Seconds ahead = sequences > 1 ? 0.5 * (times.utilisation * prefill + one) : Seconds{};
  times.first_token_mean = times.first_token_p50 = prefill + ahead;
  times.first_token_p95 = prefill + 2 * ahead;
  return times;
}

}  // namespace granary
