#pragma once
// For tests: a timeline that keeps nothing but its claims and looks at all of them for each answer.
// It says which chips are given, not only how many, so that decisions stay the same to the chip.

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "stock/stock.h"

namespace granary::test {

struct PlainTimeline {
  const Pool& pool;
  std::optional<Id<Reservation>> within;
  std::vector<Claim> claims;

  using Shares = std::vector<std::vector<int>>;  // by node, chip
  Shares shares(int each) const {
    Shares all;
    for (const Node& node : pool.nodes)
      all.emplace_back(static_cast<std::size_t>(node.chips), each);
    return all;
  }

  Shares free_at(Instant at) const {
    Shares claimed = shares(within ? whole_chip : 0), used = shares(0);
    for (const Claim& claim : claims) {
      if (claim.pool != pool.id || at < claim.from || at >= claim.until) continue;
      const bool gives = within && claim.owner == Owner(*within);
      for (const Held& held : claim.held) {
        const auto node = static_cast<std::size_t>(held.node.value - pool.nodes.front().id.value);
        const auto chip = static_cast<std::size_t>(held.chip);
        if (std::holds_alternative<Id<Job>>(claim.owner)) used[node][chip] += held.share;
        if (gives) claimed[node][chip] -= held.share;
        if (within ? !gives && claim.inside == within : !claim.inside) {
          claimed[node][chip] += held.share;
        }
      }
    }
    Shares free = shares(whole_chip);
    for (std::size_t node = 0; node < free.size(); ++node) {
      for (std::size_t chip = 0; chip < free[node].size(); ++chip) {
        const int taken = std::max(claimed[node][chip], used[node][chip]);
        free[node][chip] = std::clamp(whole_chip - taken, 0, whole_chip);
      }
    }
    return free;
  }

  std::set<Instant> instants(Instant from, Instant until) const {
    std::set<Instant> all = {from};
    for (const Claim& claim : claims) {
      for (const Instant at : {claim.from, claim.until}) {
        if (at > from && at < until) all.insert(at);
      }
    }
    return all;
  }

  // What is free of each chip for all of [from, from + span).
  Shares free(Instant from, Span span) const {
    Shares least = shares(whole_chip);
    for (const Instant at : instants(from, from + span)) {
      const Shares then = free_at(at);
      for (std::size_t node = 0; node < least.size(); ++node) {
        for (std::size_t chip = 0; chip < least[node].size(); ++chip) {
          least[node][chip] = std::min(least[node][chip], then[node][chip]);
        }
      }
    }
    return least;
  }

  int free_chips(Instant from, Span span) const {
    int count = 0;
    for (const auto& chips : free(from, span)) {
      count += static_cast<int>(std::count(chips.begin(), chips.end(), whole_chip));
    }
    return count;
  }

  using Room =
      std::vector<std::pair<int, int>>;  // free share and chip, in the order they are taken

  // The node that keeps least of the shares of the chips it gives, then of its chips; or none.
  static Room* best_fit(std::vector<Room>& rooms, int chips) {
    Room* best = nullptr;
    const auto left = [&](const Room& room) {
      int shares = 0;
      for (int i = 0; i < chips; ++i) shares += room[static_cast<std::size_t>(i)].first;
      return std::pair(shares, room.size());
    };
    for (Room& room : rooms) {
      if (static_cast<int>(room.size()) < chips) continue;
      if (!best || left(room) < left(*best)) best = &room;
    }
    return best;
  }

  std::optional<std::vector<Held>> place(const Wanted& wanted, Instant from, Span span) const {
    std::vector<Room> rooms;
    for (const auto& chips : free(from, span)) {
      Room& room = rooms.emplace_back();
      for (std::size_t chip = 0; chip < chips.size(); ++chip) {
        if (chips[chip] >= wanted.share) room.emplace_back(chips[chip], static_cast<int>(chip));
      }
      std::sort(room.begin(), room.end());
    }
    std::set<std::pair<std::size_t, int>> taken;
    const auto take = [&](Room& room, int chips) {
      const auto node = static_cast<std::size_t>(&room - rooms.data());
      for (int i = 0; i < chips; ++i) taken.emplace(node, room[static_cast<std::size_t>(i)].second);
      room.erase(room.begin(), room.begin() + chips);
    };
    for (int left = wanted.chips / wanted.together; left > 0;) {
      if (Room* const room = best_fit(rooms, left * wanted.together)) {
        take(*room, left * wanted.together);
        break;
      }
      Room* most = nullptr;  // takes most groups, and has the fewest chips to spare
      const auto groups = [&](const Room& r) {
        return static_cast<int>(r.size()) / wanted.together;
      };
      for (Room& room : rooms) {
        if (!most ||
            std::tuple(-groups(room), room.size()) < std::tuple(-groups(*most), most->size()))
          most = &room;
      }
      if (!most || groups(*most) == 0) return std::nullopt;
      left -= groups(*most);
      take(*most, groups(*most) * wanted.together);
    }
    if (const int rest = wanted.chips % wanted.together; rest > 0) {
      Room* const room = best_fit(rooms, rest);
      if (!room) return std::nullopt;
      take(*room, rest);
    }
    std::vector<Held> held;
    for (const auto& [node, chip] : taken)
      held.push_back({pool.nodes[node].id, chip, wanted.share});
    return held;
  }

  std::optional<Timeline::Slot> earliest(const Wanted& wanted, Span span, Instant from) const {
    for (const Instant at : instants(from, Instant::max())) {
      if (auto held = place(wanted, at, span)) return Timeline::Slot{at, std::move(*held)};
    }
    return std::nullopt;
  }
};

}  // namespace granary::test
