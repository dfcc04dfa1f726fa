#pragma once
// What the books should do, written a second time: names instead of ids, 128-bit sums, copies
// instead of checks in advance. Shares no code and no type with the ledger. For tests only.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace oracle {

__extension__ typedef __int128 Big;
inline constexpr Big most = 9'223'372'036'854'775'807;

struct Account {
  std::string asset;
  bool floor = true;
  Big held_out = 0, out = 0, held_in = 0, in = 0;
  Big line = 0;  // how far it may go below zero
  Big free() const { return in - out - held_out; }
};

struct Hold {
  std::string from, to;
  Big amount = 0, captured = 0, released = 0;
  Big open() const { return amount - captured - released; }
};

struct Voucher {
  std::string programme, holder;
  std::set<std::string> purposes;  // empty: any
  std::int64_t expires = 0;
  bool closed = false;
  std::vector<Big> promised;  // what the next tranches are, soonest first
};

enum class Kind { post, hold, capture, release };

struct Leg {
  Kind kind = Kind::post;
  std::string from, to;
  Big amount = 0;
  std::uint64_t hold = 0;
};

struct Programme {
  std::string issuer, asset;
  std::set<std::string> purposes;
  std::vector<Big> tranches;  // in hundredths of a per cent; empty: all at once
  Big appropriated = 0;
};

// One attempt: what every hold has given and got back.
struct Line {
  std::string site;
  Big rate = 0;
  std::vector<std::uint64_t> holds;
  std::vector<std::string> sources;
  std::vector<Big> taken, returned;
  Big used = 0;      // reported
  Big paid_use = 0;  // paid for
  bool short_of = false;
  Big net() const {
    Big sum = 0;
    for (std::size_t i = 0; i < taken.size(); ++i) sum += taken[i] - returned[i];
    return sum;
  }
};

inline std::string voucher_account(std::uint64_t id) { return "V:v-" + std::to_string(id); }

// Half up to a millionth: whole part, then the rest doubled against the hour.
inline Big price(Big rate, Big use) {
  const Big hour = Big{3600} * 1000 * 1000;
  const Big product = rate * use;
  const Big rounded = product / hour + (2 * (product % hour) >= hour ? 1 : 0);
  return std::min(rounded, most);
}

struct World {
  std::map<std::string, Account> accounts;
  std::map<std::uint64_t, Hold> holds;  // also settled ones
  std::map<std::uint64_t, Voucher> vouchers;
  std::map<std::string, Programme> programmes;
  std::uint64_t next_hold = 1;

  void open(const std::string& name, const std::string& asset) {
    accounts.try_emplace(
        name, Account{asset, name.rfind("CITY:", 0) != 0 && name.rfind("BANK:", 0) != 0});
  }

  // All legs or none: 0, or the code of the refusal.
  int transfer(const std::vector<Leg>& legs) {
    World after = *this;
    const int code = legs.empty() || legs.size() > 64 ? 9001 : after.run(legs);
    if (code == 0) *this = std::move(after);
    return code;
  }

  // Any number of legs, as an entry that posts them 64 at a time.
  int run(const std::vector<Leg>& legs) {
    for (const Leg& leg : legs) {
      if (const int code = one(leg)) return code;
    }
    return 0;
  }

  int one(const Leg& leg) {
    if (leg.amount <= 0 || leg.from == leg.to) return 9001;
    if (!accounts.count(leg.from) || !accounts.count(leg.to)) return 9001;
    Account& from = accounts[leg.from];
    Account& to = accounts[leg.to];
    if (from.asset != to.asset) return 9001;
    if (leg.kind == Kind::post) {
      if (leg.hold != 0) return 9001;
      from.out += leg.amount;
      to.in += leg.amount;
      return limits(from, to);
    }
    if (leg.kind == Kind::hold) {
      if (leg.hold != next_hold) return 9001;
      if (is_closed(leg.from)) return 4001;
      holds[next_hold++] = Hold{leg.from, leg.to, leg.amount};
      from.held_out += leg.amount;
      to.held_in += leg.amount;
      return limits(from, to);
    }
    if (!holds.count(leg.hold)) return 9001;
    Hold& hold = holds[leg.hold];
    const bool settled = hold.open() == 0;
    if (!settled && (hold.from != leg.from || hold.to != leg.to)) return 9001;
    if (leg.amount > hold.open()) return 4003;
    from.held_out -= leg.amount;
    to.held_in -= leg.amount;
    if (leg.kind == Kind::release) {
      hold.released += leg.amount;
      return 0;
    }
    hold.captured += leg.amount;
    from.out += leg.amount;
    to.in += leg.amount;
    return limits(from, to);
  }

  int limits(const Account& from, const Account& to) const {
    if (from.floor && from.free() + from.line < 0) return 4001;
    if (from.out + from.held_out > most || to.in + to.held_in > most) return 4007;
    Big all = 0;
    for (const auto& [name, account] : accounts) all += account.out;
    return all > most ? 4007 : 0;
  }

  bool is_closed(const std::string& name) const {
    for (const auto& [id, voucher] : vouchers) {
      if (voucher_account(id) == name) return voucher.closed;
    }
    return false;
  }

  int appropriate(const std::string& id, Big fund) {
    World after = *this;
    Programme& programme = after.programmes.at(id);
    after.open("FUND:" + id, programme.asset);
    after.open("CITY:" + programme.issuer, programme.asset);
    after.open("EXPIRED:" + id, programme.asset);
    const Big growth = fund - programme.appropriated;
    if (growth > 0) {
      if (const int code =
              after.one({Kind::post, "CITY:" + programme.issuer, "FUND:" + id, growth})) {
        return code;
      }
      programme.appropriated = fund;
    }
    *this = std::move(after);
    return 0;
  }

  int grant(const std::string& id, const std::string& holder, Big amount,
            const std::set<std::string>& purposes, std::int64_t expires, std::int64_t now) {
    if (!programmes.count(id)) return 2005;
    const Programme& programme = programmes.at(id);
    if (amount <= 0) return 1008;
    if (expires <= now) return 4004;
    static const std::set<std::string> any{"pretrain", "finetune", "serve", "run"};
    const auto& allowed = programme.purposes.empty() ? any : programme.purposes;
    for (const std::string& purpose : purposes) {
      if (!allowed.count(purpose)) return 4005;
    }
    const std::string fund = "FUND:" + id;
    if (!accounts.count(fund) || accounts.at(fund).free() < amount) return 4006;
    World after = *this;
    const std::uint64_t voucher = after.vouchers.size() + 1;
    after.open(voucher_account(voucher), programme.asset);
    // Each tranche is what its share and those before it come to, rounded down, less those before.
    std::vector<Big> parts{amount};
    if (!programme.tranches.empty()) {
      parts.clear();
      Big points = 0, before = 0;
      for (const Big share : programme.tranches) {
        points += share;
        parts.push_back(amount * points / 10'000 - before);
        before += parts.back();
      }
    }
    const Big later = amount - parts.front();
    if (parts.front() > 0) {
      const Leg leg{Kind::post, fund, voucher_account(voucher), parts.front()};
      if (const int code = after.one(leg)) return code;
    }
    if (later > 0) {
      after.open(promise(voucher), programme.asset);
      if (const int code = after.one({Kind::post, fund, promise(voucher), later})) return code;
    }
    parts.erase(parts.begin());
    after.vouchers[voucher] = {id,      holder, purposes.empty() ? programme.purposes : purposes,
                               expires, false,  later > 0 ? parts : std::vector<Big>{}};
    *this = std::move(after);
    return 0;
  }

  static std::string promise(std::uint64_t id) { return "PROMISE:v-" + std::to_string(id); }

  int release(std::uint64_t id) {
    if (!vouchers.count(id)) return 2011;
    if (vouchers[id].closed || !accounts.count(promise(id)) || accounts[promise(id)].free() <= 0) {
      return 4025;
    }
    World after = *this;
    std::vector<Big>& promised = after.vouchers[id].promised;
    const Big next = promised.size() > 1 ? promised.front() : after.accounts[promise(id)].free();
    if (!promised.empty()) promised.erase(promised.begin());
    if (next > 0) {
      if (const int code = after.one({Kind::post, promise(id), voucher_account(id), next})) {
        return code;
      }
    }
    *this = std::move(after);
    return 0;
  }

  int expire(std::uint64_t id, std::int64_t now) {
    if (!vouchers.count(id) || now < vouchers[id].expires) return 0;
    World after = *this;
    if (accounts.count(promise(id)) && after.accounts[promise(id)].free() > 0) {
      const Big never = after.accounts[promise(id)].free();
      const Leg leg{Kind::post, promise(id), "FUND:" + vouchers[id].programme, never};
      if (const int code = after.one(leg)) return code;
    }
    const Account& account = after.accounts[voucher_account(id)];
    if (account.free() > 0) {
      const std::string expired = "EXPIRED:" + vouchers[id].programme;
      if (const int code = after.one({Kind::post, voucher_account(id), expired, account.free()})) {
        return code;
      }
    }
    if (account.held_out == 0) after.vouchers[id].closed = true;
    *this = std::move(after);
    return 0;
  }

  int pay(bool in, const std::string& tenant, Big amount, const std::string& asset) {
    const std::string cash = "CASH:" + tenant, bank = "BANK:" + asset;
    if (amount <= 0 || amount % 10'000 != 0) return 1008;
    const auto known = accounts.find(cash);
    if (known == accounts.end() && !in) return 2018;
    if (known != accounts.end() && known->second.asset != asset) return 4024;
    if (!in && amount > known->second.free()) return 4024;  // credit is not paid out
    World after = *this;
    after.open(cash, asset);
    after.open(bank, asset);
    if (const int code = after.one({Kind::post, in ? bank : cash, in ? cash : bank, amount})) {
      return code;
    }
    *this = std::move(after);
    return 0;
  }

  int credit(const std::string& tenant, Big line, const std::string& asset) {
    if (line < 0 || line > Big{1'000'000'000'000} * 1'000'000) return 1111;
    const std::string cash = "CASH:" + tenant;
    if (accounts.count(cash) && accounts.at(cash).asset != asset) return 4112;
    if (accounts.count(cash) && accounts.at(cash).free() + line < 0) return 4110;
    open(cash, asset);
    accounts.at(cash).line = line;
    return 0;
  }

  // Why not: 'x' expired, 'p' purpose, 'a' asset, 'e' empty, ' ' usable.
  struct Wanted {
    std::string holder, purpose, asset;
    Big rate = 0, shares = 0, before = 0;
    std::int64_t from = 0, until = 0;
    Big upto(std::int64_t instant) const {  // of the price, from where it begins
      const Big use = before + shares * (std::min(std::max(instant, from), until) - from);
      return (use > most ? most : price(rate, use)) - price(rate, before);
    }
  };
  char excluded(std::uint64_t id, const Wanted& wanted) const {
    const Voucher& voucher = vouchers.at(id);
    const Account& account = accounts.at(voucher_account(id));
    if (voucher.closed || wanted.from >= voucher.expires) return 'x';
    if (!voucher.purposes.empty() && !voucher.purposes.count(wanted.purpose)) return 'p';
    if (account.asset != wanted.asset) return 'a';
    return account.free() <= 0 ? 'e' : ' ';
  }
  // Each in order, what it has, but for use before its expiry only; cash and credit for the rest.
  using Draws = std::vector<std::pair<std::string, Big>>;
  Draws payers(const Wanted& wanted) const {
    Draws all;
    std::set<std::uint64_t> used;
    Big sum = 0;
    for (;;) {
      std::uint64_t best = 0;
      for (const auto& [id, voucher] : vouchers) {
        if (used.count(id) || voucher.holder != wanted.holder || excluded(id, wanted) != ' ') {
          continue;
        }
        if (best == 0 || before(voucher, vouchers.at(best))) best = id;
      }
      if (best == 0) break;
      used.insert(best);
      const Big part = std::min(accounts.at(voucher_account(best)).free(),
                                wanted.upto(vouchers.at(best).expires) - sum);
      if (part <= 0) continue;
      all.emplace_back(voucher_account(best), part);
      sum += part;
    }
    const auto cash = accounts.find("CASH:" + wanted.holder);
    if (cash == accounts.end() || cash->second.asset != wanted.asset) return all;
    const Big part =
        std::min(cash->second.free() + cash->second.line, wanted.upto(wanted.until) - sum);
    if (part > 0) all.emplace_back(cash->first, part);
    return all;
  }
  static Big total(const Draws& payers) {
    Big sum = 0;
    for (const auto& [name, part] : payers) sum += part;
    return sum;
  }
  static bool before(const Voucher& a, const Voucher& b) {
    const auto breadth = [](const Voucher& v) {
      return v.purposes.empty() ? 99U : v.purposes.size();
    };
    return a.expires < b.expires || (a.expires == b.expires && breadth(a) < breadth(b));
  }

  int place(Line& line, const Draws& draws, const std::string& asset) {
    if (draws.empty()) return 0;
    World after = *this;
    Line longer = line;
    after.open("REV:" + line.site, asset);
    for (const auto& [source, amount] : draws) {
      longer.holds.push_back(after.next_hold);
      longer.sources.push_back(source);
      longer.taken.push_back(0);
      longer.returned.push_back(0);
      const Leg leg{Kind::hold, source, "REV:" + line.site, amount, after.next_hold};
      if (const int code = after.one(leg)) return code;
    }
    *this = std::move(after);
    line = std::move(longer);
    return 0;
  }

  struct Taken {
    int code = 0;
    Big amount = 0, short_by = 0;
  };
  Taken capture(Line& line, Big used) {
    if (used <= line.paid_use) return {};
    World after = *this;
    Line longer = line;
    longer.used = used;
    Big due = std::max<Big>(0, price(line.rate, used) - line.net());
    Taken taken;
    for (std::size_t i = 0; i < line.holds.size(); ++i) {
      const Hold hold = after.holds.at(line.holds[i]);
      const Big part = std::min(due, hold.open());
      if (part == 0) continue;
      if (const int code = after.one({Kind::capture, hold.from, hold.to, part, line.holds[i]})) {
        return {code};
      }
      longer.taken[i] += part;
      taken.amount += part;
      due -= part;
    }
    taken.short_by = due;
    longer.short_of = due > 0;
    longer.paid_use = due > 0 ? bought(line.rate, longer.net()) : used;
    *this = std::move(after);
    line = std::move(longer);
    return taken;
  }
  // The most use whose price is not above the money, by halving.
  static Big bought(Big rate, Big money) {
    Big low = 0, high = most;
    while (low < high) {
      const Big middle = (low + high + 1) / 2;
      (price(rate, middle) <= money ? low : high) =
          price(rate, middle) <= money ? middle : middle - 1;
    }
    return low;
  }

  Big release(const Line& line) {
    Big sum = 0;
    for (const std::uint64_t id : line.holds) {
      const Hold hold = holds.at(id);
      if (hold.open() == 0) continue;
      sum += hold.open();
      one({Kind::release, hold.from, hold.to, hold.open(), id});
    }
    return sum;
  }

  Taken refund(Line& line, Big kept) {
    kept = std::max<Big>(0, kept);
    if (kept >= line.paid_use) return {};
    World after = *this;
    Line shorter = line;
    Taken given;
    for (std::size_t i = line.holds.size(); i-- > 0;) {
      const Big back =
          std::min(shorter.net() - price(line.rate, kept), shorter.taken[i] - shorter.returned[i]);
      if (back <= 0) continue;
      if (const int code = after.one({Kind::post, "REV:" + line.site, line.sources[i], back})) {
        return {code};
      }
      shorter.returned[i] += back;
      given.amount += back;
    }
    shorter.paid_use = kept;
    shorter.used = kept;
    shorter.short_of = false;
    *this = std::move(after);
    line = std::move(shorter);
    return given;
  }
};

}  // namespace oracle
