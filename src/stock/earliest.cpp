// When enough chips of a pool are free together first.

#include <algorithm>
#include <cassert>
#include <utility>

#include "stock/packing.h"
#include "stock/shape.h"
#include "stock/stock.h"

namespace granary {
namespace {
// Instants that are looked at one by one, where counts promise room, before all are at once.
constexpr int tries = 4;
}  // namespace

// All instants at which wanted chips may begin, and how many of each node begin to be able to there
// or cease to.
struct Timeline::Search {
  struct Change {
    std::size_t at, node;  // indices of the candidate and of the node
    int by;
  };
  const Wanted& wanted;
  Span span;
  Instant from;
  std::vector<Instant> candidates;
  std::vector<Change> changes;
};

std::optional<Instant> Timeline::first(const Wanted& wanted, Span span, Instant from) const {
  if (!is_possible(wanted)) return std::nullopt;
  if (wanted.share < whole_chip) {
    return fits(wanted, from, span) ? from : sweep(wanted, span, from);
  }
  std::optional<Instant> at = from;
  for (int i = 0; i < tries; ++i) {
    at = counts_.first(least_of(wanted), span, *at);
    if (!at || fits(wanted, *at, span)) return at;
    at = counts_.next(*at);
    if (!at) return std::nullopt;
  }
  return sweep(wanted, span, *at);
}

std::optional<Timeline::Slot> Timeline::earliest(const Wanted& wanted, Span span,
                                                 Instant from) const {
  const std::optional<Instant> at = first(wanted, span, from);
  if (!at) return std::nullopt;
  auto held = place(wanted, *at, span);
  assert(held);
  return Slot{*at, std::move(*held)};
}

// The intervals in which chips of a node can begin, as changes at the candidates.
void Timeline::find_changes(std::size_t node, Search& search) const {
  const auto& candidates = search.candidates;
  const auto index = [&](Instant at) {
    return static_cast<std::size_t>(std::lower_bound(candidates.begin(), candidates.end(), at) -
                                    candidates.begin());
  };
  const NodeSteps* const steps = steps_of(node);
  if (!steps) {
    if (!within_) search.changes.push_back({0, node, pool_->nodes[node].chips});
    return;
  }
  const Span span = std::max(search.span, Span(1));
  for (int chip = 0; chip < pool_->nodes[node].chips; ++chip) {
    std::optional<Instant> open;
    for (std::size_t step = steps->step_at(search.from); step < steps->size(); ++step) {
      const bool enough = steps->free(step, chip) >= search.wanted.share;
      if (enough && !open) open = std::max(steps->at(step), search.from);
      if (enough || !open) continue;
      if (steps->at(step) - *open >= span) {
        search.changes.push_back({index(*open), node, 1});
        search.changes.push_back({index(steps->at(step) - span + Span(1)), node, -1});
      }
      open.reset();
    }
    if (open) search.changes.push_back({index(*open), node, 1});
  }
}

std::optional<Instant> Timeline::first_fit(const Search& search) const {
  const std::size_t count = search.candidates.size();
  std::vector<std::size_t> begin(count + 2);  // changes by candidate; past the last: never
  for (const auto& change : search.changes) ++begin[change.at + 1];
  for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<const Search::Change*> sorted(search.changes.size());
  std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
  for (const auto& change : search.changes) sorted[next[change.at]++] = &change;

  const Groups groups = groups_of(search.wanted);
  const int together = search.wanted.together;
  std::vector<int> chips(pool_->nodes.size());
  int whole = 0;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = begin[i]; k < begin[i + 1]; ++k) {
      int& on_node = chips[sorted[k]->node];
      whole -= on_node / together;
      on_node += sorted[k]->by;
      whole += on_node / together;
    }
    const auto has_rest = [&](int on_node) { return on_node % together >= groups.rest; };
    if (whole > groups.whole ||
        (whole == groups.whole &&
         (groups.rest == 0 || std::any_of(chips.begin(), chips.end(), has_rest)))) {
      return search.candidates[i];
    }
  }
  return std::nullopt;
}

// Looks at all candidates at once.
std::optional<Instant> Timeline::sweep(const Wanted& wanted, Span span, Instant from) const {
  if (!fits_empty(*pool_, wanted)) return std::nullopt;
  Search search{wanted, span, from, counts_.marks(from), {}};
  search.candidates.insert(search.candidates.begin(), from);
  for (std::size_t node = 0; node < own_.size(); ++node) find_changes(node, search);
  return first_fit(search);
}

}  // namespace granary
