// Layouts of a service in one pool. A replica stays inside a node; pipelines over nodes only when
// no weight format fits one. The widest format that yields an option wins; of its layouts the one
// with the fewest chips, because all of them cost chips x span.

#include <algorithm>

#include "plan/inference.h"

namespace granary {
namespace {
constexpr int most_sequences = 256;  // decoded together by one replica: vLLM's default
constexpr int most_replicas = 1 << 20;

Banded banded(Seconds time, const TimeBand& band) {
  return {band.low * time, time, band.high * time};
}

class ServingSearch {
 public:
  ServingSearch(const Ground& ground, const Serve& what)
      : ground_(ground), what_(what), inference_(ground, {what.prompt, what.output}) {
    demand_.rate = what.rate;
    demand_.prompt = what.prompt;
    demand_.output = what.output;
    demand_.first_token = what.first_token;
    demand_.token = what.token;
  }

  Found search() {
    if (inference_.practices().empty()) {
      found_.why = RateUnknown{};
      return std::move(found_);
    }
    if (ground_.request.replicas_per_card > 1) {
      found_.why = not_enforced(ground_.request.replicas_per_card);
      return std::move(found_);
    }
    inference_.each_split([&](const ServingPractice& practice, const ReplicaSplit& split) {
      return look_at(practice, split);
    });
    if (best_) {
      if (auto option = option_of(*best_)) found_.options.push_back(std::move(*option));
    }
    if (found_.options.empty()) found_.why = failures_.furthest();
    return std::move(found_);
  }

 private:
  struct Best {
    const ServingPractice* practice;
    ReplicaSplit split;
    int replicas, batch;
    int chips() const { return replicas * split.chips(); }
  };

  // No runner of today keeps jobs on one card apart. The numbers are of the widest format that
  // would fit.
  ShareNotEnforced not_enforced(int replicas) const {
    ShareNotEnforced why{replicas, ground_.pool.runner, {}, {}, {}};
    for (const ServingPractice& practice : inference_.practices()) {
      const auto share =
          card_share(inference_.replica(practice, {}, most_sequences), replicas,
                     {1, static_cast<double>(what_.prompt) + what_.output}, Sharing::time_slices);
      why.needed = share->memory.total();
      why.usable = share->usable;
      why.token = share->token;
      if (share->fits) break;
    }
    return why;
  }

  // What even an idle replica misses, or the chips that all of them would take.
  void add_failure(const Replica& replica, const Service& service) {
    const QueueTimes idle = times_at(replica, demand_, demand_.rate / most_replicas, service.batch);
    if (idle.first_token_p95 > what_.first_token) {
      failures_.add(FirstTokenMissed{idle.first_token_p95, what_.first_token});
    } else if (what_.token > Seconds{} && idle.token_p95 > what_.token) {
      failures_.add(TokenMissed{idle.token_p95, what_.token});
    } else {
      add_chips(replica.split, most_replicas);
    }
  }
  void add_chips(const ReplicaSplit& split, int replicas) {
    const std::int64_t chips = std::int64_t{replicas} * split.chips();
    failures_.add(TooFewChips{static_cast<int>(std::min<std::int64_t>(chips, 1'000'000'000)),
                              ground_.most_accepted()});
  }

  Look look_at(const ServingPractice& practice, const ReplicaSplit& split) {
    // A replica of more chips than the tenant takes is no layout of theirs.
    const int held = inference_.most_replicas(split);
    if (held < 1) return Look::too_large;
    ++found_.considered;
    const Replica replica = inference_.replica(practice, split, most_sequences);
    const Service service = service_of(replica, demand_, most_replicas);
    if (service.failure == ServiceFailure::memory) {
      failures_.add(inference_.too_large(replica));
      return Look::too_large;
    }
    if (service.failure != ServiceFailure::none) {
      add_failure(replica, service);
      return Look::fits;
    }
    int count = service.replicas;
    while (count <= held && !ground_.accepted(count * split.chips())) ++count;
    if (count > held) {
      add_chips(split, service.replicas);
      return Look::fits;
    }
    // Looked at by t, then p: the first of equal ones stays.
    const Best found{&practice, split, count, service.batch};
    if (!best_ || found.chips() < best_->chips()) best_ = found;
    return Look::good;
  }

  std::optional<Option> option_of(const Best& best) const {
    const auto price = price_at(ground_.pool, best.chips(), what_.span, ground_.request.at);
    if (!price) return std::nullopt;
    const Replica replica = inference_.replica(*best.practice, best.split, most_sequences);
    Layout layout = layout_of(*best.practice, best.split, best.replicas);
    layout.micro_batch = best.batch;
    Option option = inference_.option(layout, inference_.memory_of(replica, best.batch));
    option.duration = what_.span;
    option.price = *price;
    option.service = level_of(replica, best);
    option.service->million_tokens = token_price(option, decode_band(*best.practice));
    return option;
  }

  // Time and rate are inverse: steps that take 1.3 times as long cost 1.3 times as much a token.
  TokenPrice token_price(const Option& option, const TimeBand& band) const {
    const double tokens = option.service->sustained *
                          Seconds(static_cast<double>(what_.span.count()) * 1e-3) *
                          (static_cast<double>(what_.prompt) + what_.output);
    const double likely = static_cast<double>(option.price.micros) / tokens;
    return {band.low * likely, likely, band.high * likely};
  }

  ServiceLevel level_of(const Replica& replica, const Best& best) const {
    const QueueTimes times = times_at(replica, demand_, what_.rate / best.replicas, best.batch);
    ServiceLevel level;
    level.sustained = sustained_rate(replica, demand_, best.replicas, best.batch);
    level.headroom = std::max(0.0, level.sustained / what_.rate - 1);
    level.first_token = service_of(replica, demand_, 1).idle_first_token;
    level.first_token_p95 = banded(times.first_token_p95, prefill_band(*best.practice));
    level.token_p95 = banded(times.token_p95, decode_band(*best.practice));
    return level;
  }

  const Ground& ground_;
  const Serve& what_;
  InferenceGround inference_;
  Demand demand_;
  std::optional<Best> best_;
  Failures failures_;
  Found found_;
};
}  // namespace

Found search_serving(const Ground& ground, const Serve& what) {
  return ServingSearch(ground, what).search();
}

}  // namespace granary
