// Words for what was left out.

#include <fmt/core.h>

#include <algorithm>

#include "plan/search.h"
#include "plan/work_text.h"

namespace granary {
namespace {
constexpr double gib = 1073741824.0;

// "38", "22.8": at most one decimal.
std::string number(double value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}
std::string gibibytes(Bytes bytes) { return number(bytes.base() / gib); }
std::string seconds(Seconds s) { return to_text(to_span(s)); }

std::string text_of(const MemoryShort& why) {
  return fmt::format(
      "too little memory: the smallest layout needs {} GiB a chip, {} of {} GiB "
      "usable",
      gibibytes(why.needed), gibibytes(why.usable), gibibytes(why.rated));
}
std::string text_of(const TooFewChips& why) {
  return fmt::format("too few chips: {} are needed, {} can be had", why.needed, why.held);
}
std::string text_of(const RateUnknown&) {
  return "no arithmetic rate, memory size or bandwidth is known of this chip";
}
std::string text_of(const TooSlow& why) {
  return fmt::format("too slow: {} with {}; the deadline is {}", to_text(why.duration),
                     to_text(why.layout), to_text(why.deadline));
}
std::string text_of(const FirstTokenMissed& why) {
  return fmt::format("the first token takes {} without load (95th percentile), the target is {}",
                     seconds(why.takes), seconds(why.target));
}
std::string text_of(const TokenMissed& why) {
  return fmt::format("a token takes {} without load (95th percentile), the target is {}",
                     seconds(why.takes), seconds(why.target));
}
std::string text_of(const ShareNotEnforced& why) {
  return fmt::format(
      "{} replicas on a card would take {} of {} GiB and {} a token, but the {} runner cannot keep "
      "them apart",
      why.replicas, gibibytes(why.needed), gibibytes(why.usable), seconds(why.token),
      to_text(why.runner));
}
std::string text_of(const PrecisionMissing& why) {
  return fmt::format("the chip has no {} units, or what they reach is not known",
                     to_text(why.precision));
}
std::string text_of(const NoEngine& why) {
  const EngineNeeds& needs = why.needs;
  std::string how;
  if (needs.weights) how += " with " + to_text(*needs.weights) + " weights";
  if (needs.cache != CacheFormat::fp16) {
    how += (how.empty() ? " with a " : " and a ") + to_text(needs.cache) + " cache";
  }
  return fmt::format("no {} is known that runs it on this chip{}",
                     needs.framework ? to_text(*needs.framework) + " engine" : "software", how);
}
std::string text_of(const NotAccepted&) { return "left out by the accepted chips"; }

// The exclusion to speak of: the reason nearest to an option; of memory the largest node.
int nearness(const WhyExcluded& why) {
  if (std::holds_alternative<TooSlow>(why)) return 6;
  if (std::holds_alternative<TokenMissed>(why)) return 5;
  if (std::holds_alternative<FirstTokenMissed>(why)) return 4;
  if (std::holds_alternative<TooFewChips>(why)) return 3;
  if (std::holds_alternative<ShareNotEnforced>(why)) return 3;
  if (std::holds_alternative<MemoryShort>(why)) return 2;
  return std::holds_alternative<NotAccepted>(why) ? 0 : 1;
}
double lacking(const WhyExcluded& why) {
  const auto* memory = std::get_if<MemoryShort>(&why);
  return memory ? memory->needed / memory->usable : 0;
}
const Excluded* nearest_excluded(const Menu& menu) {
  const auto nearest = std::max_element(menu.excluded.begin(), menu.excluded.end(),
                                        [](const Excluded& a, const Excluded& b) {
                                          const int x = nearness(a.why), y = nearness(b.why);
                                          return x != y ? x < y : lacking(a.why) > lacking(b.why);
                                        });
  return nearest == menu.excluded.end() ? nullptr : &*nearest;
}

std::string accepted_text(const PlanRequest& request) {
  std::string text;
  for (const Accept& accept : request.accept) {
    text += (text.empty() ? "\"" : ", \"") + accept.text + "\"";
  }
  return text;
}

// "GLM-130B in int8 needs 127.6 GiB and KV", "... 2157 GiB of weights, gradients and optimiser".
struct Need {
  Bytes bytes;
  std::string text;
};
Need need_of(const PlanRequest& request, const MemoryShort& why) {
  const Model& model = request.work.model;
  if (is_inference(request.work)) {
    const Bytes bytes = stored_bytes(model, why.layout.weights);
    return {bytes, fmt::format("{} in {} needs {} GiB and KV", model.name,
                               to_text(why.layout.weights), gibibytes(bytes))};
  }
  const Bytes bytes(18 * model.counted.total);
  return {bytes,
          fmt::format("{} needs {} GiB for weights, gradients and optimiser, and activations",
                      model.name, gibibytes(bytes))};
}

// Why memory is short, in one sentence: by the whole node or pool where that is short already.
std::string memory_sentence(const PlanRequest& request, const Pool& pool, const MemoryShort& why) {
  const Need need = need_of(request, why);
  int node = 0;
  for (const Node& n : pool.nodes) node = std::max(node, n.chips);
  const bool one_node = why.layout.chips() <= node;
  const int chips = one_node ? node : pool.chips();
  if (why.rated * static_cast<double>(chips) < need.bytes) {
    return fmt::format("{}; {} {} holds {} x {} = {} GiB.", need.text,
                       one_node ? "one node of" : "all of", pool.name(), chips,
                       gibibytes(why.rated), gibibytes(why.rated * static_cast<double>(chips)));
  }
  return fmt::format("{}; on {} {}.", need.text, pool.name(), text_of(why));
}

// No pool is one that was asked for; or one is, and the work cannot be divided over that many.
std::string none_accepted(const PlanRequest& request, const std::vector<Pool>& pools,
                          const Catalog& catalog) {
  for (const Accept& accept : request.accept) {
    for (const Pool& pool : pools) {
      if (accept.least > pool.chips() || !accepts(accept, pool, catalog, accept.least)) continue;
      if (is_inference(request.work)) continue;
      return fmt::format(
          "{} cannot be divided over {}: its layers, heads and batch ({}) must divide",
          request.work.model.name, accepted_text(request), conditions(request.work));
    }
  }
  return "No pool of the stock is " + accepted_text(request);
}

std::string what_failed(const PlanRequest& request, const Menu& menu,
                        const std::vector<Pool>& pools, const Catalog& catalog) {
  const Excluded* const excluded = nearest_excluded(menu);
  const Pool* const pool = excluded ? find_pool(pools, excluded->pool) : nullptr;
  if (!pool) return "nothing fits. The stock has no pools.";
  if (std::holds_alternative<NotAccepted>(excluded->why)) {
    return "nothing fits. " + none_accepted(request, pools, catalog) + ".";
  }
  if (const auto* memory = std::get_if<MemoryShort>(&excluded->why)) {
    return "nothing fits. " + memory_sentence(request, *pool, *memory);
  }
  return fmt::format("nothing fits. {} on {}: {}.", request.work.model.name, pool->name(),
                     to_text(excluded->why));
}

// "8 x ascend910b2 (int8) · 16 x a800-sxm-80 · ": up to three pools, fewest chips first.
std::string choices(const PlanRequest& request, const Catalog& catalog,
                    const std::vector<Pool>& pools) {
  const auto menu = plan(request, catalog, pools);
  if (!menu) return "";
  std::string text;
  std::vector<Id<Pool>> seen;
  for (const Option& option : menu->options) {
    if (seen.size() == 3) break;
    if (std::find(seen.begin(), seen.end(), option.pool) != seen.end()) continue;
    seen.push_back(option.pool);
    text += fmt::format("{} x {}", option.chips, find_pool(pools, option.pool)->chip);
    if (is_inference(request.work)) {
      text += fmt::format(" ({})", to_text(option.layout.weights));
    } else {
      text += fmt::format(" ({})", to_text(option.duration));
    }
    text += " · ";
  }
  return text;
}

// What to change when dropping filters does not help.
std::string advice(const Menu& menu) {
  const Excluded* const excluded = nearest_excluded(menu);
  if (excluded) {
    if (const auto* missed = std::get_if<FirstTokenMissed>(&excluded->why)) {
      return "raise --p95-ttft above " + seconds(missed->takes);
    }
    if (const auto* missed = std::get_if<TokenMissed>(&excluded->why)) {
      return "raise --p95-tpot above " + seconds(missed->takes);
    }
    if (std::holds_alternative<TooFewChips>(excluded->why)) return "lower --rate";
    if (std::holds_alternative<ShareNotEnforced>(excluded->why)) return "drop --replicas-per-card";
  }
  return "no pool of the stock can run it: take a smaller model, or add chips";
}

std::string nearest_that_fits(const PlanRequest& request, const Catalog& catalog,
                              const std::vector<Pool>& pools) {
  PlanRequest relaxed = request;
  relaxed.sort = request.deadline ? Sort::time : Sort::chips;
  std::string drops;
  const auto dropped = [&](std::string_view flag) -> std::string {
    drops += fmt::format("{}{}", drops.empty() ? "drop " : " and ", flag);
    const std::string text = choices(relaxed, catalog, pools);
    return text.empty() ? "" : "nearest that fits: " + text + drops;
  };
  std::string fix;
  if (!relaxed.accept.empty()) {
    relaxed.accept.clear();
    fix = dropped("--chip");
  }
  if (fix.empty() && relaxed.deadline) {
    relaxed.deadline.reset();
    fix = dropped("--deadline");
  }
  if (fix.empty() && relaxed.weights) {
    relaxed.weights.reset();
    fix = dropped("--weights");
  }
  if (fix.empty() && relaxed.framework) {
    relaxed.framework.reset();
    fix = dropped("--framework");
  }
  return fix;
}
}  // namespace

std::string to_text(const WhyExcluded& why) {
  return std::visit([](const auto& w) { return text_of(w); }, why);
}

Error nothing_fits(const PlanRequest& request, const Menu& menu, const Catalog& catalog,
                   const std::vector<Pool>& pools) {
  std::string fix = nearest_that_fits(request, catalog, pools);
  if (fix.empty()) fix = advice(menu);
  return {Error::Kind::infeasible, 6001, what_failed(request, menu, pools, catalog),
          std::move(fix)};
}

}  // namespace granary
