// From pools to one ranked menu.

#include <algorithm>
#include <iterator>
#include <tuple>

#include "cost/training.h"
#include "plan/frontier.h"
#include "plan/search.h"

namespace granary {
namespace {
// Ranks by what the tenant asked for; ties end in the pool and the layout.
bool ranks_before(const Option& a, const Option& b, Sort sort) {
  const auto rest = [](const Option& o) {
    return std::tuple(o.pool, o.layout.tensor, o.layout.pipeline, o.layout.micro_batch);
  };
  const auto key = [&](const Option& o) {
    switch (sort) {
      case Sort::time:
        return std::tuple(o.duration.count(), o.price.micros, std::int64_t{o.chips}, rest(o));
      case Sort::chips:
        return std::tuple(std::int64_t{o.chips}, o.price.micros, o.duration.count(), rest(o));
      case Sort::price:
        break;
    }
    return std::tuple(o.price.micros, o.duration.count(), std::int64_t{o.chips}, rest(o));
  };
  return key(a) < key(b);
}

// Whether the filter names the pool, whatever the count.
bool names(const Accept& accept, const Pool& pool, const Catalog& catalog) {
  return accepts(accept, pool, catalog, accept.least);
}

std::optional<Precision> precision_of(const PlanRequest& request, const Chip& chip) {
  return request.precision ? request.precision : training_precision(chip);
}

StepSize size_of(const Pretrain& what) { return {what.sequence, what.global_batch}; }
StepSize size_of(const FineTune& what) {
  return {what.sequence, what.global_batch, what.tuning, what.rank};
}

std::optional<WhyExcluded> training_ruled_out(const PlanRequest& request, const Catalog& catalog,
                                              const Chip& chip) {
  if (!training_precision(chip)) return RateUnknown{};
  const Precision precision = *precision_of(request, chip);
  if (!chip.dense.contains(precision)) return PrecisionMissing{precision};
  if (!can_train(catalog, chip, precision)) return NoEngine{};
  const auto practice = practice_of(catalog, chip, precision);
  if (!practice) return RateUnknown{};
  if (!practice->processor && !practice->training) return PrecisionMissing{precision};
  return std::nullopt;
}

// Reasons that need no search.
std::optional<WhyExcluded> ruled_out(const PlanRequest& request, const Catalog& catalog,
                                     const Pool& pool) {
  std::optional<int> least;
  for (const Accept& accept : request.accept) {
    if (!names(accept, pool, catalog)) continue;
    least = std::min(least.value_or(accept.least), accept.least);
  }
  if (!request.accept.empty() && !least) return NotAccepted{};
  const auto chip = catalog.chips.find(pool.chip);
  if (chip == catalog.chips.end() || !chip->second.memory || !chip->second.memory_bandwidth) {
    return RateUnknown{};
  }
  const auto why = is_inference(request.work) ? inference_ruled_out(request, chip->second)
                                              : training_ruled_out(request, catalog, chip->second);
  if (why) return why;
  const int needed = least.value_or(1);
  if (needed > pool.chips()) return TooFewChips{needed, pool.chips()};
  return std::nullopt;
}

// As the operator declares it, else as is usual for the chip.
BytesPerSecond fabric_of(const Pool& pool, const Practice& practice) {
  return pool.fabric > BytesPerSecond{} ? pool.fabric : practice.node_fabric;
}

Found search_in(const PlanRequest& request, const Catalog& catalog, const Pool& pool) {
  const Chip& chip = catalog.chips.at(pool.chip);
  Ground ground{request, catalog, pool, chip, {}, {}};
  if (const auto* what = std::get_if<Serve>(&request.work.what)) {
    return search_serving(ground, *what);
  }
  if (const auto* what = std::get_if<Batch>(&request.work.what)) return search_batch(ground, *what);
  ground.practice = *practice_of(catalog, chip, *precision_of(request, chip));
  ground.links = links_of(catalog, chip, largest_node(pool), fabric_of(pool, ground.practice));
  if (const auto* what = std::get_if<Pretrain>(&request.work.what)) {
    return search_training(ground, what->tokens, size_of(*what));
  }
  const auto& what = std::get<FineTune>(request.work.what);
  return search_training(ground, what.tokens, size_of(what));
}

// The best of a pool by the request's order, then its cheapest, fastest and smallest.
std::vector<Option> shown_of(std::vector<Option> options, Sort sort) {
  std::vector<Option> shown;
  for (const Sort order : {sort, Sort::price, Sort::time, Sort::chips}) {
    const auto best = std::min_element(
        options.begin(), options.end(),
        [&](const Option& a, const Option& b) { return ranks_before(a, b, order); });
    if (best == options.end()) break;
    const bool known = std::any_of(shown.begin(), shown.end(),
                                   [&](const Option& o) { return o.layout == best->layout; });
    if (!known) shown.push_back(*best);
  }
  return shown;
}

std::vector<Term> terms_of(const PlanRequest& request, const Catalog& catalog, const Pool& pool,
                           const Option& option) {
  const Work& work = request.work;
  if (is_inference(work)) return inference_terms(request, catalog, pool, option);
  const Chip& chip = catalog.chips.at(pool.chip);
  const Practice practice = *practice_of(catalog, chip, option.layout.precision);
  const Links links = links_of(catalog, chip, largest_node(pool), fabric_of(pool, practice));
  const auto of_training = [&](const auto& what) {
    return training_terms(work.model, practice, links, option.layout, size_of(what), what.tokens);
  };
  if (const auto* what = std::get_if<Pretrain>(&work.what)) return of_training(*what);
  return of_training(std::get<FineTune>(work.what));
}

// Each pool's best, then the best of the others up to the limit.
std::vector<Option> cut(std::vector<Option> best, std::vector<Option> others,
                        const PlanRequest& request) {
  const auto before = [&](const Option& a, const Option& b) {
    return ranks_before(a, b, request.sort);
  };
  std::sort(others.begin(), others.end(), before);
  for (Option& option : others) {
    if (best.size() >= request.limit) break;
    best.push_back(std::move(option));
  }
  std::sort(best.begin(), best.end(), before);
  return best;
}
}  // namespace

Result<Menu> plan(const PlanRequest& request, const Catalog& catalog,
                  const std::vector<Pool>& pools) {
  if (const auto good = check(request.work); !good) return fail(good.error());
  if (request.deadline && *request.deadline <= Span::zero()) {
    return fail(Error::Kind::invalid, 1005,
                "--deadline " + to_text(*request.deadline) + ": must be above zero.");
  }
  Menu menu;
  std::vector<Option> best, others;
  for (const Pool& pool : pools) {
    if (const auto why = ruled_out(request, catalog, pool)) {
      menu.excluded.push_back({pool.id, *why});
      continue;
    }
    Found found = search_in(request, catalog, pool);
    menu.considered += found.considered;
    if (found.why) menu.excluded.push_back({pool.id, *found.why});
    if (request.frontier) {
      std::move(found.options.begin(), found.options.end(), std::back_inserter(others));
      continue;
    }
    std::vector<Option> shown = shown_of(std::move(found.options), request.sort);
    for (std::size_t i = 0; i < shown.size(); ++i) {
      (i == 0 ? best : others).push_back(std::move(shown[i]));
    }
  }
  menu.options = request.frontier ? frontier_of(std::move(others))
                                  : cut(std::move(best), std::move(others), request);
  for (Option& option : menu.options) {
    const Pool& pool = *find_pool(pools, option.pool);
    option.terms = terms_of(request, catalog, pool, option);
  }
  return menu;
}

}  // namespace granary
