#include <algorithm>
#include <cassert>
#include <utility>

#include "stock/packing.h"
#include "stock/shape.h"
#include "stock/stock.h"

namespace granary {
namespace {
constexpr int unclaimed = -1;

bool is_job(const Claim& claim) { return std::holds_alternative<Id<Job>>(claim.owner); }

// A reservation has what its claims give it.
NodeSteps::Taken always(const std::optional<Id<Reservation>>& within) {
  return {within ? whole_chip : 0, 0};
}

void add_to(GroupCounts& sum, const GroupCounts& more, int times = 1) {
  for (std::size_t size = 0; size < sum.size(); ++size) sum[size] += times * more[size];
}

// What flips together is counted once: most claims take all their chips over the same time.
void count_flips(const std::vector<NodeSteps::Flip>& flips, FreeCounts& counts) {
  for (std::size_t i = 0; i < flips.size();) {
    const auto& [from, until, before, now] = flips[i];
    GroupCounts by{};
    for (; i < flips.size() && flips[i].from == from && flips[i].until == until; ++i) {
      add_to(by, groups_among(flips[i].now));
      add_to(by, groups_among(flips[i].before), -1);
    }
    counts.add(from, until, by);
  }
}

// Nodes of a pool have consecutive ids; others are looked for.
std::optional<std::size_t> find_node(const Pool& pool, Id<Node> id) {
  if (pool.nodes.empty()) return std::nullopt;
  const std::uint64_t guess = id.value - pool.nodes.front().id.value;
  if (guess < pool.nodes.size() && pool.nodes[guess].id == id) return guess;
  const auto found = std::find_if(pool.nodes.begin(), pool.nodes.end(),
                                  [&](const Node& node) { return node.id == id; });
  if (found == pool.nodes.end()) return std::nullopt;
  return static_cast<std::size_t>(found - pool.nodes.begin());
}

GroupCounts always_free(const Pool& pool, const std::optional<Id<Reservation>>& within) {
  GroupCounts sum{};
  if (within) return sum;
  for (const Node& node : pool.nodes) add_to(sum, groups_among(node.chips));
  return sum;
}

}  // namespace

Timeline::Timeline(const Pool& pool, std::optional<Id<Reservation>> within)
    : pool_(&pool),
      within_(within),
      own_(pool.nodes.size(), unclaimed),
      counts_(always_free(pool, within)) {}

Timeline::Timeline(const Pool& pool, const std::vector<Claim>& claims, Instant now,
                   std::optional<Id<Reservation>> within)
    : Timeline(pool, within) {
  for (const Claim& claim : claims) {
    if (is_job(claim) && claim.until <= now) {
      Claim late = claim;
      late.until = now + allowed_overrun;
      add(late);
    } else {
      add(claim);
    }
  }
}

Timeline Timeline::over(const Timeline& base) {
  Timeline timeline(*base.pool_, base.within_);
  timeline.base_ = &base;
  timeline.counts_ = base.counts_;
  return timeline;
}

Timeline Timeline::within(Id<Reservation> reservation) const {
  Timeline timeline(*pool_, reservation);
  for (const Timeline* at = this; at; at = at->base_) {
    for (const auto& [owner, claim] : at->claims_) {
      bool gone = false;
      for (const Timeline* above = this; above != at; above = above->base_) {
        gone = gone || above->removed_.count(owner) != 0;
      }
      if (!gone) timeline.add(claim);
    }
  }
  return timeline;
}

void Timeline::add(const Claim& claim) {
  if (claim.pool != pool_->id || claim.from >= claim.until) return;
  claims_.emplace(claim.owner, claim);
  if (is_job(claim)) ends_.emplace(claim.until, claim.owner);
  count(claim, 1);
}

void Timeline::remove(const Owner& owner) {
  for (const Claim* claim : claims_of(owner)) {
    count(*claim, -1);
    ends_.erase({claim->until, owner});
  }
  if (base_) removed_.insert(owner);
  const auto [first, last] = claims_.equal_range(owner);
  claims_.erase(first, last);
}

std::vector<const Claim*> Timeline::claims_of(const Owner& owner) const {
  std::vector<const Claim*> claims;
  for (const Timeline* at = this; at; at = at->base_) {
    const auto [first, last] = at->claims_.equal_range(owner);
    for (auto claim = first; claim != last; ++claim) claims.push_back(&claim->second);
    if (at->removed_.count(owner) != 0) break;
  }
  return claims;
}

void Timeline::prolong(const Claim& late, Instant until) {
  Claim more = late;
  more.from = late.until;
  more.until = until;
  add(more);
}

std::vector<const Claim*> Timeline::late(Instant now) const {
  std::vector<const Claim*> late;
  for (const auto& [until, owner] : ends_) {
    if (until > now) break;
    const auto [first, last] = claims_.equal_range(owner);
    for (auto claim = first; claim != last; ++claim) {
      if (claim->second.until == until) late.push_back(&claim->second);
    }
  }
  return late;
}

const NodeSteps* Timeline::steps_of(std::size_t node) const {
  for (const Timeline* at = this; at; at = at->base_) {
    if (at->own_[node] != unclaimed) return &at->steps_[static_cast<std::size_t>(at->own_[node])];
  }
  return nullptr;
}

NodeSteps& Timeline::own_steps_of(std::size_t node) {
  if (own_[node] == unclaimed) {
    const NodeSteps* const steps = steps_of(node);
    steps_.push_back(steps ? *steps : NodeSteps(pool_->nodes[node].chips, always(within_)));
    own_[node] = static_cast<int>(steps_.size()) - 1;
  }
  return steps_[static_cast<std::size_t>(own_[node])];
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
  // The chips of a reservation go when it ends.
  const bool given = claimed < 0;
  const bool bounded = claim.until != Instant::max();
  if (sign > 0) {
    counts_.mark(claim.from, !given);
    if (bounded) counts_.mark(claim.until, given);
  }
  std::vector<NodeSteps::Flip> flips;
  for (const Held& held : claim.held) {
    const auto node = find_node(*pool_, held.node);
    if (!node) continue;  // no longer in the stock
    if (held.chip < 0 || held.chip >= pool_->nodes[*node].chips) continue;
    const int share = sign * held.share;
    own_steps_of(*node).take(held.chip, claim.from, claim.until, {claimed * share, used * share},
                             flips);
  }
  count_flips(flips, counts_);
  if (sign < 0) {
    counts_.unmark(claim.from, !given);
    if (bounded) counts_.unmark(claim.until, given);
  }
}

// Chips of a node of which that share is free.
int Timeline::count_free(std::size_t node, int share, Instant from, Instant until) const {
  const int chips = pool_->nodes[node].chips;
  const NodeSteps* const steps = steps_of(node);
  if (!steps) return within_ ? 0 : chips;
  if (share == whole_chip) return steps->count_free(from, until);
  int count = 0;
  for (int chip = 0; chip < chips; ++chip) {
    if (steps->free_share(chip, from, until) >= share) ++count;
  }
  return count;
}

bool Timeline::fits(const Wanted& wanted, Instant from, Span span) const {
  if (!is_possible(wanted)) return false;
  const Instant until = end_of(from, span);
  if (wanted.share == whole_chip && !counts_.enough(least_of(wanted), from, until)) return false;
  Room room(wanted);
  for (std::size_t node = 0; node < own_.size(); ++node) {
    room.add(count_free(node, wanted.share, from, until));
    if (room.suffices()) return true;
  }
  return false;
}

Rooms Timeline::whole_rooms(Instant from, Instant until) const {
  Rooms rooms;
  rooms.taken.resize(own_.size());
  rooms.free.reserve(own_.size());
  for (std::size_t node = 0; node < own_.size(); ++node) {
    rooms.free.push_back(count_free(node, whole_chip, from, until));
  }
  return rooms;
}

Rooms Timeline::part_rooms(int share, Instant from, Instant until) const {
  Rooms rooms;
  rooms.taken.resize(own_.size());
  for (std::size_t node = 0; node < own_.size(); ++node) {
    const NodeSteps* const steps = steps_of(node);
    const std::size_t begin = rooms.parts.size();
    rooms.begin.push_back(begin);
    for (int chip = 0; chip < pool_->nodes[node].chips; ++chip) {
      const int free = steps ? steps->free_share(chip, from, until) : always(within_).free();
      if (free >= share) rooms.parts.push_back({free, chip});
    }
    rooms.free.push_back(static_cast<int>(rooms.parts.size() - begin));
    std::stable_sort(rooms.parts.begin() + static_cast<std::ptrdiff_t>(begin), rooms.parts.end(),
                     [](const Rooms::Part& a, const Rooms::Part& b) { return a.share < b.share; });
  }
  return rooms;
}

std::optional<std::vector<Held>> Timeline::place(const Wanted& wanted, Instant from,
                                                 Span span) const {
  if (!is_possible(wanted)) return std::nullopt;
  const Instant until = end_of(from, span);
  const bool whole = wanted.share == whole_chip;
  if (whole && !counts_.enough(least_of(wanted), from, until)) return std::nullopt;
  Rooms rooms = whole ? whole_rooms(from, until) : part_rooms(wanted.share, from, until);
  if (!pack(rooms, wanted)) return std::nullopt;
  std::vector<Held> held;
  held.reserve(static_cast<std::size_t>(wanted.chips));
  std::vector<int> chips;
  for (std::size_t node = 0; node < own_.size(); ++node) {
    const int taken = rooms.taken[node];
    if (taken == 0) continue;
    chips.clear();
    const NodeSteps* const steps = steps_of(node);
    if (!whole) {
      for (int i = 0; i < taken; ++i) {
        chips.push_back(rooms.parts[rooms.begin[node] + static_cast<std::size_t>(i)].chip);
      }
      std::sort(chips.begin(), chips.end());
    } else if (steps) {
      steps->list_free(from, until, taken, chips);
    } else {
      for (int chip = 0; chip < taken; ++chip) chips.push_back(chip);
    }
    for (const int chip : chips) held.push_back({pool_->nodes[node].id, chip, wanted.share});
  }
  return held;
}

int Timeline::free_chips(Instant from, Span span) const {
  const Instant until = end_of(from, span);
  if (const auto lasting = counts_.lasting(from, until)) return *lasting;
  int free = 0;
  for (std::size_t node = 0; node < own_.size(); ++node) {
    free += count_free(node, whole_chip, from, until);
  }
  return free;
}

bool operator==(const Timeline& a, const Timeline& b) {
  if (a.pool_->id != b.pool_->id || a.within_ != b.within_ || a.own_.size() != b.own_.size() ||
      a.counts_ != b.counts_) {
    return false;
  }
  for (std::size_t node = 0; node < a.own_.size(); ++node) {
    const NodeSteps idle(a.pool_->nodes[node].chips, always(a.within_));
    const NodeSteps* const of_a = a.steps_of(node);
    const NodeSteps* const of_b = b.steps_of(node);
    if ((of_a ? *of_a : idle) != (of_b ? *of_b : idle)) return false;
  }
  return true;
}

}  // namespace granary
