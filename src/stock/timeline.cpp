#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "stock/shape.h"
#include "stock/stock.h"

namespace granary {
namespace {
// A job that runs past its claim is not assumed to be gone: it has this long at least.
constexpr Span overdue = std::chrono::minutes(1);
constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

// The first instant after [from, from + span); an empty span still takes an instant.
Instant end_of(Instant from, Span span) {
  const Span least = std::max(span, Span(1));
  return from > Instant::max() - least ? Instant::max() : from + least;
}

bool is_job(const Claim& claim) { return std::holds_alternative<Id<Job>>(claim.owner); }
}  // namespace

int Timeline::Step::free() const { return std::max(0, whole_chip - std::max(claimed, used)); }

Timeline::Timeline(const Pool& pool, const std::vector<Claim>& claims, Instant now,
                   std::optional<Id<Reservation>> within)
    : pool_(&pool), within_(within) {
  const int nothing = within_ ? whole_chip : 0;  // a reservation has what its claims give it
  for (std::size_t n = 0; n < pool.nodes.size(); ++n) {
    nodes_.emplace_back(pool.nodes[n].id, n);
    first_.push_back(lines_.size());
    for (int chip = 0; chip < pool.nodes[n].chips; ++chip) {
      lines_.push_back({n, chip, {{Instant::min(), nothing, 0}}});
    }
  }
  std::sort(nodes_.begin(), nodes_.end());
  for (const Claim& claim : claims) {
    if (is_job(claim) && claim.until <= now) {
      Claim late = claim;
      late.until = std::max(claim.until, now + overdue);
      add(late);
    } else {
      add(claim);
    }
  }
}

void Timeline::add(const Claim& claim) {
  if (claim.pool != pool_->id || claim.from >= claim.until) return;
  claims_.push_back(claim);
  count(claim, 1);
  for (const Instant rise : {claim.from, claim.until}) {
    if ((rise == claim.from && !within_) || rise == Instant::max()) continue;
    const auto at = std::lower_bound(rises_.begin(), rises_.end(), rise);
    if (at == rises_.end() || *at != rise) rises_.insert(at, rise);
  }
}

void Timeline::remove(const Owner& owner) {
  for (const Claim& claim : claims_) {
    if (claim.owner == owner) count(claim, -1);
  }
  std::erase_if(claims_, [&](const Claim& claim) { return claim.owner == owner; });
}

void Timeline::count(const Claim& claim, int sign) {
  int claimed = 0;
  if (!within_) {
    claimed = claim.inside ? 0 : 1;
  } else if (claim.owner == Owner(*within_)) {
    claimed = -1;
  } else if (claim.inside == within_) {
    claimed = 1;
  }
  const int used = is_job(claim) ? 1 : 0;
  if (claimed == 0 && used == 0) return;
  for (const Held& held : claim.held) {
    const auto node =
        std::lower_bound(nodes_.begin(), nodes_.end(), std::pair(held.node, std::size_t{0}));
    if (node == nodes_.end() || node->first != held.node) continue;  // no longer in the stock
    if (held.chip < 0 || held.chip >= pool_->nodes[node->second].chips) continue;
    const int share = sign * held.share;
    take(lines_[first_[node->second] + static_cast<std::size_t>(held.chip)], claim.from,
         claim.until, {{}, claimed * share, used * share});
  }
}

void Timeline::take(Line& line, Instant from, Instant until, Step by) {
  std::vector<Step>& steps = line.steps;
  // The index of the step that begins at `at`.
  const auto split = [&](Instant at) {
    const auto after = std::upper_bound(steps.begin(), steps.end(), at,
                                        [](Instant t, const Step& step) { return t < step.at; });
    const auto index = static_cast<std::size_t>(after - steps.begin());
    if (steps[index - 1].at == at) return index - 1;
    Step step = steps[index - 1];
    step.at = at;
    steps.insert(after, step);
    return index;
  };
  const std::size_t begin = split(from);
  const std::size_t end = until == Instant::max() ? steps.size() : split(until);
  for (std::size_t i = begin; i < end; ++i) {
    steps[i].claimed += by.claimed;
    steps[i].used += by.used;
  }
  const auto same = [](const Step& a, const Step& b) {
    return a.claimed == b.claimed && a.used == b.used;
  };
  steps.erase(std::unique(steps.begin(), steps.end(), same), steps.end());
}

int Timeline::free_share(const Line& line, Instant from, Instant until) {
  auto step = std::upper_bound(line.steps.begin(), line.steps.end(), from,
                               [](Instant t, const Step& s) { return t < s.at; }) -
              1;
  int free = whole_chip;
  for (; step != line.steps.end() && step->at < until; ++step) free = std::min(free, step->free());
  return free;
}

Timeline::Rooms Timeline::rooms(const Wanted& wanted, Instant from, Instant until) const {
  Rooms rooms(pool_->nodes.size());
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const int free = free_share(lines_[i], from, until);
    if (free >= wanted.share) rooms[lines_[i].node].push_back({i, free});
  }
  if (wanted.share < whole_chip) {
    for (auto& room : rooms) {
      std::sort(room.begin(), room.end(), [](const Room& a, const Room& b) {
        return std::pair(a.free, a.line) < std::pair(b.free, b.line);
      });
    }
  }
  return rooms;
}

namespace {
// The node that `chips` leave with the least: first in shares of the chips they take (parts fill
// chips that are in use already), then in chips, then the first in order.
template <class Rooms>
std::size_t best_fit(const Rooms& rooms, std::size_t chips) {
  std::size_t best = none;
  std::pair<long, std::size_t> least;
  for (std::size_t n = 0; n < rooms.size(); ++n) {
    if (rooms[n].size() < chips) continue;
    long shares = 0;
    for (std::size_t i = 0; i < chips; ++i) shares += rooms[n][i].free;
    const std::pair left(shares, rooms[n].size() - chips);
    if (best == none || left < least) {
      best = n;
      least = left;
    }
  }
  return best;
}

// The node that takes most groups; among equals the one with the fewest chips to spare.
template <class Rooms>
std::size_t roomiest(const Rooms& rooms, std::size_t together) {
  std::size_t best = none;
  for (std::size_t n = 0; n < rooms.size(); ++n) {
    const auto groups = rooms[n].size() / together;
    if (groups == 0) continue;
    const auto most = best == none ? 0 : rooms[best].size() / together;
    if (groups > most || (groups == most && rooms[n].size() < rooms[best].size())) best = n;
  }
  return best;
}
}  // namespace

std::optional<std::vector<Held>> Timeline::place(const Wanted& wanted, Instant from,
                                                 Span span) const {
  if (!is_possible(wanted)) return std::nullopt;
  Rooms free = rooms(wanted, from, end_of(from, span));
  const auto together = static_cast<std::size_t>(wanted.together);
  std::vector<std::size_t> taken;
  const auto take_from = [&](std::size_t node, std::size_t chips) {
    auto& room = free[node];
    for (std::size_t i = 0; i < chips; ++i) taken.push_back(room[i].line);
    room.erase(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(chips));
  };
  const Groups groups = groups_of(wanted);
  for (auto left = static_cast<std::size_t>(groups.whole); left > 0;) {
    if (const std::size_t node = best_fit(free, left * together); node != none) {
      take_from(node, left * together);
      break;
    }
    const std::size_t node = roomiest(free, together);
    if (node == none) return std::nullopt;
    const std::size_t fitting = free[node].size() / together;
    take_from(node, fitting * together);
    left -= fitting;
  }
  if (groups.rest > 0) {
    const std::size_t node = best_fit(free, static_cast<std::size_t>(groups.rest));
    if (node == none) return std::nullopt;
    take_from(node, static_cast<std::size_t>(groups.rest));
  }
  std::sort(taken.begin(), taken.end());
  std::vector<Held> held;
  held.reserve(taken.size());
  for (const std::size_t line : taken) {
    held.push_back({pool_->nodes[lines_[line].node].id, lines_[line].chip, wanted.share});
  }
  return held;
}

// The intervals in which a chip can begin, as changes at the candidates.
void Timeline::find_changes(const Line& line, Search& search) {
  const auto& candidates = search.candidates;
  const auto index = [&](Instant at) {
    return static_cast<std::size_t>(std::lower_bound(candidates.begin(), candidates.end(), at) -
                                    candidates.begin());
  };
  const Span span = std::max(search.span, Span(1));
  auto step = std::upper_bound(line.steps.begin(), line.steps.end(), search.from,
                               [](Instant t, const Step& s) { return t < s.at; }) -
              1;
  std::optional<Instant> open;
  for (; step != line.steps.end(); ++step) {
    const bool enough = step->free() >= search.wanted.share;
    if (enough && !open) open = std::max(step->at, search.from);
    if (enough || !open) continue;
    if (step->at - *open >= span) {
      const std::size_t first = index(*open);
      const std::size_t past = index(step->at - span + Span(1));
      search.changes.push_back({first, line.node, 1});
      search.changes.push_back({past, line.node, -1});
    }
    open.reset();
  }
  if (open) search.changes.push_back({index(*open), line.node, 1});
}

std::optional<Instant> Timeline::first_fit(const Search& search) const {
  const std::size_t count = search.candidates.size();
  std::vector<std::size_t> begin(count + 2);  // changes by candidate; past the last: never
  for (const Change& change : search.changes) ++begin[change.at + 1];
  for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  std::vector<const Change*> sorted(search.changes.size());
  std::vector<std::size_t> next(begin.begin(), begin.end() - 1);
  for (const Change& change : search.changes) sorted[next[change.at]++] = &change;

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

std::optional<Timeline::Slot> Timeline::earliest(const Wanted& wanted, Span span,
                                                 Instant from) const {
  if (!fits_empty(*pool_, wanted)) return std::nullopt;
  if (auto held = place(wanted, from, span)) return Slot{from, std::move(*held)};
  Search search{wanted, span, from, {from}, {}};
  search.candidates.insert(search.candidates.end(),
                           std::upper_bound(rises_.begin(), rises_.end(), from), rises_.end());
  search.changes.reserve(lines_.size() * 4);
  for (const Line& line : lines_) find_changes(line, search);
  const std::optional<Instant> first = first_fit(search);
  if (!first) return std::nullopt;
  auto held = place(wanted, *first, span);
  assert(held);
  return Slot{*first, std::move(*held)};
}

int Timeline::free_chips(Instant from, Span span) const {
  const Instant until = end_of(from, span);
  int free = 0;
  for (const Line& line : lines_) {
    if (free_share(line, from, until) == whole_chip) ++free;
  }
  return free;
}

}  // namespace granary
