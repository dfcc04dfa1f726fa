#pragma once
// Who should pay each micro-unit of a price, written a second time: each unit is somebody's own,
// and captures, releases and refunds move units. From each unit the first voucher that may pay goes
// on as far as all who share the price with it have money: to the end of the time in which nothing
// else changes, or to where the first of them has given its last. Shares, caps by the year and for
// ever, subsidies that run dry, several funders and cash. Shares no code and no type with the
// ledger. For tests only.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "ledger/books_oracle.h"

namespace oracle {

inline constexpr std::int64_t hour = 3'600'000;

struct Cap {
  std::string word;  // only for holders that declared it; empty: for everybody
  std::string not_for;
  Big amount = 0;
  bool by_year = true;
};

struct Giving {  // a programme
  std::string id;
  Big share = 10'000;  // in hundredths of a per cent
  bool subsidy = false, beside_subsidy = false;
  std::set<std::string> purposes;                    // of a subsidy; empty: any
  std::vector<std::pair<std::string, Big>> funders;  // with their weights
  std::vector<Cap> caps;
};

struct Granted {
  std::uint64_t id = 0;
  std::string programme, holder, word;
  std::set<std::string> purposes;
  std::int64_t expires = 0;
  std::vector<std::string> purses;  // accounts, one for each funder
};

// What an account has, of which nothing, a hold or a capture has taken its part.
struct Purse {
  Big free = 0, held = 0, spent = 0;
};

// One micro-unit of a price: the account that gives it, and the caps that count it.
struct Unit {
  std::string from;
  std::vector<std::string> caps;
};

struct Work {
  std::string holder, purpose;
  Big rate = 0, shares = 0;
  std::int64_t from = 0, until = 0;
  std::vector<Unit> units;
  std::size_t captured = 0;  // ever
  std::size_t paid = 0;      // now: less what was given back
  Big metered = 0;
  Big use(std::int64_t at) const { return shares * (std::min(std::max(at, from), until) - from); }
  Big price_at(std::int64_t at) const { return price(rate, use(at)); }
};

class Units {
 public:
  std::vector<Giving> programmes;
  std::vector<Granted> vouchers;
  std::map<std::string, Purse> accounts;
  std::vector<std::int64_t> new_years;  // ascending; the first year of them is `first_year`
  int first_year = 0;

  const Giving& programme(const std::string& id) const {
    return *std::find_if(programmes.begin(), programmes.end(),
                         [&](const Giving& one) { return one.id == id; });
  }

  // Units for more of the work, of which the part until `from` has its units: up to its price at
  // `until`, or as many as could be paid.
  struct Walked {
    std::vector<Unit> units;
    bool whole = false;
  };
  Walked walk(const Work& work, std::int64_t from) const {
    Walked walked;
    std::map<std::string, Big> left;
    for (const auto& [name, account] : accounts) left[name] = account.free;
    const std::vector<const Granted*> order = in_order(work, from, left);
    Regime last;
    Big n = static_cast<Big>(work.units.size()), base = n;
    while (n < work.price_at(work.until)) {
      const Big end = unchanged_until(work, order, n);
      bool paid = false;
      for (std::size_t i = 0; i <= order.size() && !paid; ++i) {
        const auto regime = regime_of(work, i < order.size() ? order[i] : nullptr, n, left);
        if (!regime) continue;
        const Big begin = *regime == last ? base : n;
        const Big upto = begin + reach(work, *regime, n - begin, end - begin, left);
        if (upto <= n) continue;
        paid = true;
        last = *regime;
        base = begin;
        for (; n < upto; ++n) {
          walked.units.push_back(unit_of(work, *regime, n - base));
          --left[walked.units.back().from];
          for (const std::string& cap : walked.units.back().caps) --left[cap];
        }
      }
      if (!paid) return walked;
    }
    walked.whole = true;
    return walked;
  }

  void hold(Work& work, const std::vector<Unit>& more) {
    for (const Unit& unit : more) {
      for (const std::string& cap : unit.caps) {
        if (accounts.count(cap) == 0) accounts[cap].free = cap_of(cap);
      }
      move(unit, &Purse::free, &Purse::held);
      work.units.push_back(unit);
    }
  }
  // How many, and how many of the price could not.
  std::pair<Big, Big> capture(Work& work, Big use) {
    if (use <= work.metered) return {0, 0};
    const auto all = static_cast<Big>(work.units.size());
    const Big due = price(work.rate, use), upto = std::min(due, all);
    const auto before = static_cast<Big>(work.paid);
    while (static_cast<Big>(work.paid) < upto) {
      move(work.units[work.paid++], &Purse::held, &Purse::spent);
    }
    work.captured = work.paid;
    work.metered = due > all ? std::min(use, World::bought(work.rate, all)) : use;
    return {upto - before, due - upto};
  }
  Big release(Work& work) {
    const auto open = static_cast<Big>(work.units.size() - work.captured);
    for (std::size_t i = work.captured; i < work.units.size(); ++i) {
      move(work.units[i], &Purse::held, &Purse::free);
    }
    work.units.resize(work.captured);
    return open;
  }
  Big refund(Work& work, Big kept) {
    if (kept >= work.metered) return 0;
    const Big due = price(work.rate, kept);
    Big back = 0;
    while (static_cast<Big>(work.paid) > due) {
      move(work.units[--work.paid], &Purse::spent, &Purse::free);
      ++back;
    }
    work.metered = kept;
    return back;
  }
  void expire(std::int64_t now) {
    for (const Granted& voucher : vouchers) {
      if (voucher.expires > now) continue;
      for (const std::string& purse : voucher.purses) accounts[purse].free = 0;
    }
  }

 private:
  // Who shares a price between them; without a voucher, the subsidy and cash.
  struct Regime {
    const Granted* voucher = nullptr;
    std::string subsidy;
    std::vector<std::string> caps;
    bool any = false;
    friend bool operator==(const Regime&, const Regime&) = default;
  };

  void move(const Unit& unit, Big Purse::*from, Big Purse::*to) {
    const auto one = [&](const std::string& name) {
      --(accounts[name].*from);
      ++(accounts[name].*to);
    };
    one(unit.from);
    for (const std::string& cap : unit.caps) one(cap);
  }

  int year_of(const Work& work, Big n) const {
    int year = first_year;
    for (const std::int64_t next : new_years) {
      if (next > work.from && n < work.price_at(next)) return year;
      if (next >= work.until) return year;
      ++year;
    }
    return year;
  }

  std::vector<std::string> caps_of(const Granted& voucher, int year) const {
    std::vector<std::string> caps;
    bool by_year = false, ever = false;
    for (const Cap& cap : programme(voucher.programme).caps) {
      bool& counted = cap.by_year ? by_year : ever;
      const bool for_it = (cap.word.empty() || cap.word == voucher.word) &&
                          (cap.not_for.empty() || cap.not_for != voucher.word);
      if (!for_it || counted) continue;
      counted = true;
      caps.push_back("CAP:" + voucher.programme + (cap.word.empty() ? "" : ":" + cap.word) + "/" +
                     voucher.holder + "/" + (cap.by_year ? std::to_string(year) : "ever"));
    }
    return caps;
  }
  Big cap_of(const std::string& name) const {
    for (const Giving& one : programmes) {
      for (const Cap& cap : one.caps) {
        const std::string head = "CAP:" + one.id + (cap.word.empty() ? "" : ":" + cap.word) + "/";
        const bool by_year = name.find("/ever") == std::string::npos;
        if (name.rfind(head, 0) == 0 && by_year == cap.by_year) return cap.amount;
      }
    }
    return 0;
  }

  std::string subsidy_for(const Work& work, const std::map<std::string, Big>& left) const {
    const Giving* best = nullptr;
    for (const Giving& one : programmes) {
      if (!one.subsidy || (!one.purposes.empty() && one.purposes.count(work.purpose) == 0))
        continue;
      const auto money = left.find("SUBS:" + one.id);
      if (money == left.end() || money->second <= 0) continue;
      if (best == nullptr || one.share > best->share ||
          (one.share == best->share && one.id < best->id)) {
        best = &one;
      }
    }
    return best == nullptr ? "" : best->id;
  }

  // Vouchers that can pay for any of it, soonest to expire first.
  std::vector<const Granted*> in_order(const Work& work, std::int64_t from,
                                       std::map<std::string, Big>& left) const {
    std::vector<const Granted*> order;
    for (const Granted& voucher : vouchers) {
      if (voucher.holder != work.holder || voucher.expires <= from || is_dry(voucher, left))
        continue;
      if (!voucher.purposes.empty() && voucher.purposes.count(work.purpose) == 0) continue;
      order.push_back(&voucher);
    }
    std::sort(order.begin(), order.end(), [](const Granted* a, const Granted* b) {
      const auto width = [](const Granted* v) {
        return v->purposes.empty() ? 99 : v->purposes.size();
      };
      return std::tuple(a->expires, width(a), a->id) < std::tuple(b->expires, width(b), b->id);
    });
    return order;
  }
  static bool is_dry(const Granted& voucher, std::map<std::string, Big>& left) {
    return std::any_of(voucher.purses.begin(), voucher.purses.end(),
                       [&](const std::string& purse) { return left[purse] <= 0; });
  }

  // The price at which a voucher expires or, where a cap counts, a year ends.
  Big unchanged_until(const Work& work, const std::vector<const Granted*>& order, Big n) const {
    Big end = work.price_at(work.until);
    const auto cut = [&](std::int64_t at) {
      if (at > work.from && at < work.until && work.price_at(at) > n) {
        end = std::min(end, work.price_at(at));
      }
    };
    bool capped = false;
    for (const Granted* voucher : order) {
      cut(voucher->expires);
      capped = capped || !programme(voucher->programme).caps.empty();
    }
    for (const std::int64_t year : new_years) {
      if (capped) cut(year);
    }
    return end;
  }

  // Nothing when that voucher pays nothing of the unit after n.
  std::optional<Regime> regime_of(const Work& work, const Granted* voucher, Big n,
                                  std::map<std::string, Big>& left) const {
    Regime regime{voucher, {}, {}, true};
    if (voucher != nullptr) {
      if (n >= work.price_at(voucher->expires) || is_dry(*voucher, left)) return std::nullopt;
      regime.caps = caps_of(*voucher, year_of(work, n));
      for (const std::string& cap : regime.caps) {
        if (left.try_emplace(cap, cap_of(cap)).first->second <= 0) return std::nullopt;
      }
    }
    if (voucher == nullptr || programme(voucher->programme).beside_subsidy) {
      regime.subsidy = subsidy_for(work, left);
    }
    return regime;
  }

  // How far those who share get, counted from where they began together `x` units ago.
  Big reach(const Work& work, const Regime& regime, Big x, Big most_units,
            std::map<std::string, Big>& left) const {
    std::map<std::string, std::vector<Big>> given;  // by account, of each number of units
    std::vector<std::string> names;
    if (!regime.subsidy.empty()) names.push_back("SUBS:" + regime.subsidy);
    if (regime.voucher != nullptr) {
      names.insert(names.end(), regime.voucher->purses.begin(), regime.voucher->purses.end());
      names.insert(names.end(), regime.caps.begin(), regime.caps.end());
    }
    names.push_back("CASH:" + work.holder);
    for (const std::string& name : names) given[name].push_back(0);
    for (Big i = 0; i < most_units; ++i) {
      const Unit unit = unit_of(work, regime, i);
      for (auto& [name, sums] : given) {
        const bool its =
            unit.from == name || std::count(unit.caps.begin(), unit.caps.end(), name) != 0;
        sums.push_back(sums.back() + (its ? 1 : 0));
      }
    }
    Big length = most_units;
    for (const std::string& name : names) {
      const auto& sums = given[name];
      const auto of = [&](Big units) { return sums[static_cast<std::size_t>(units)]; };
      const Big has = left[name] + of(x);
      if (of(length) <= has) continue;
      if (name.rfind("CASH:", 0) == 0) {
        while (of(length) > has) --length;
      } else {
        while (length > 0 && of(length - 1) >= has) --length;
      }
    }
    return length;
  }

  // Who of the regime pays the unit from x to x + 1: whoever's part of x + 1 is more than of x.
  Unit unit_of(const Work& work, const Regime& regime, Big x) const {
    const Granted* const voucher = regime.voucher;
    const auto grows = [&](const auto& part) { return part(x + 1) > part(x); };
    const auto of_subsidy = [&](Big p) -> Big {
      return regime.subsidy.empty() ? Big{0} : p * programme(regime.subsidy).share / 10'000;
    };
    if (grows(of_subsidy)) return {"SUBS:" + regime.subsidy, {}};
    if (voucher == nullptr) return {"CASH:" + work.holder, {}};
    const Giving& giving = programme(voucher->programme);
    const auto of_voucher = [&](Big p) -> Big {
      return (p - of_subsidy(p)) * giving.share / 10'000;
    };
    if (!grows(of_voucher)) return {"CASH:" + work.holder, {}};
    // Each funder its weight of what those before it leave, the last all of that.
    for (std::size_t i = 0; i + 1 < voucher->purses.size(); ++i) {
      const auto of_funder = [&](Big p) {
        Big rest = of_voucher(p), weights = 0, part = 0;
        for (const auto& [name, weight] : giving.funders) weights += weight;
        for (std::size_t j = 0; j <= i; ++j) {
          part = rest * giving.funders[j].second / weights;
          rest -= part;
          weights -= giving.funders[j].second;
        }
        return part;
      };
      if (grows(of_funder)) return {voucher->purses[i], regime.caps};
    }
    return {voucher->purses.back(), regime.caps};
  }
};

}  // namespace oracle
