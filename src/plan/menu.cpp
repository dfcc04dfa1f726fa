// From pools to one ranked menu.

#include <algorithm>
#include <tuple>

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
  if (chip == catalog.chips.end() || !chip->second.memory || !chip->second.memory_bandwidth ||
      !achieved_rate(chip->second)) {
    return RateUnknown{};
  }
  const int needed = least.value_or(1);
  if (needed > pool.chips()) return TooFewChips{needed, pool.chips()};
  return std::nullopt;
}

Found search_in(const PlanRequest& request, const Catalog& catalog, const Pool& pool) {
  const Chip& chip = catalog.chips.at(pool.chip);
  const Ground ground{request, catalog, pool, chip, *achieved_rate(chip)};
  if (const auto* what = std::get_if<Pretrain>(&request.work.what)) {
    return search_training(ground, what->tokens, what->sequence, what->global_batch);
  }
  if (const auto* what = std::get_if<FineTune>(&request.work.what)) {
    return search_training(ground, what->tokens, what->sequence, what->global_batch);
  }
  return search_serving(ground, std::get<Serve>(request.work.what));
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

std::vector<Term> terms_of(const Work& work, const Chip& chip, const Layout& layout) {
  return std::visit(
      [&](const auto& what) -> std::vector<Term> {
        using What = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<What, Serve>) {
          return serving_step(work.model, chip, layout, layout.micro_batch, what.prompt,
                              what.output)
              .terms;
        } else {
          return training_time(work.model, chip, layout, what.tokens, what.sequence,
                               what.global_batch);
        }
      },
      work.what);
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
    std::vector<Option> shown = shown_of(std::move(found.options), request.sort);
    for (std::size_t i = 0; i < shown.size(); ++i) {
      (i == 0 ? best : others).push_back(std::move(shown[i]));
    }
  }
  menu.options = cut(std::move(best), std::move(others), request);
  for (Option& option : menu.options) {
    const Pool& pool = *find_pool(pools, option.pool);
    option.terms = terms_of(request.work, catalog.chips.at(pool.chip), option.layout);
  }
  return menu;
}

}  // namespace granary
