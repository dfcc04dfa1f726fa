#include "ledger/funding.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "ledger/budgets.h"
#include "ledger/holder_caps.h"
#include "ledger/posting.h"
#include "ledger/split.h"

namespace granary {
namespace {
constexpr Money most_money{std::numeric_limits<std::int64_t>::max()};

std::string owed_name(const Bill& bill) { return "OWED:" + bill.holder + "/" + bill.asset; }

template <class T>
bool asks(const std::vector<T>& some, const T& one) {
  return !some.empty() && std::find(some.begin(), some.end(), one) == some.end();
}

int chips_of(const Bill& bill) {
  return static_cast<int>(std::min<std::int64_t>((bill.shares + 999) / 1000, 1'000'000'000));
}

// Who asks for a share: what the voucher's holder declared, and since when they have had vouchers
// of its programme.
struct Asker {
  std::vector<std::string> declared = {};
  Instant since{};
};
Asker asker_of(const Books& books, const Voucher& voucher) {
  for (const Id<Voucher> id : books.held_by.at(voucher.holder)) {
    const Voucher& first = books.vouchers.at(id);
    if (first.programme == voucher.programme) return {voucher.declared, first.granted};
  }
  return {voucher.declared, voucher.granted};
}

bool matches(const When& when, const Bill& bill, Instant at, const Asker& asker) {
  const int chips = chips_of(bill);
  if ((when.at_least != 0 && chips < when.at_least) ||
      (when.at_most != 0 && chips > when.at_most)) {
    return false;
  }
  if (asks(when.purposes, bill.purpose) || asks(when.chips, bill.chip) ||
      asks(when.sites, bill.site) || (when.origin && *when.origin != bill.origin) ||
      (when.from != Instant{} && at < when.from) || (when.until != Instant{} && at >= when.until)) {
    return false;
  }
  if (when.months != 0 && at >= months_after(asker.since, when.months)) return false;
  return when.holders.empty() || declared_one(asker.declared, when.holders);
}

// The share that a programme pays of that use; 0 when none of its rates is for it, or when
// something of it is not known any more.
int share_of(const Programme& programme, const Bill& bill, Instant at, const Asker& asker) {
  if (!programme.unknown.empty()) return 0;
  if (programme.shares.empty()) return whole_share;
  for (const ShareRule& rule : programme.shares) {
    if (matches(rule.when, bill, at, asker)) return rule.share;
  }
  return 0;
}

// The price of a chip-hour in the programme's own unit; nothing when no row is for that use.
std::optional<Rate> unit_price_of(const Programme& programme, const Bill& bill,
                                  const Asker& asker) {
  for (const UnitPrice& price : programme.prices) {
    if (matches(price.when, bill, bill.from, asker)) return price.rate;
  }
  return std::nullopt;
}

bool needs_approval(const Approval& approval, const Bill& bill) {
  const Wide use =
      static_cast<Wide>(bill.shares) * (bill.until - bill.from).count() + bill.before.share_millis;
  return (approval.chips != 0 && chips_of(bill) > approval.chips) ||
         (approval.chip_hours != 0 && use > static_cast<Wide>(approval.chip_hours) * 3'600'000'000);
}

// The largest x in [0, end] with f(x) <= most, for an f that never falls.
template <class F>
Money largest(Money end, F f, Money most) {
  if (f(end) <= most) return end;
  std::int64_t low = 0, high = end.micros;  // f(low) <= most < f(high)
  while (high - low > 1) {
    const std::int64_t middle = low + (high - low) / 2;
    (f(Money{middle}) <= most ? low : high) = middle;
  }
  return Money{low};
}
// The smallest x in [0, end] with f(x) >= least, or end.
template <class F>
Money smallest(Money end, F f, Money least) {
  if (least <= Money{}) return Money{};
  if (f(end) <= least) return end;
  const Money below = largest(end, f, least - Money{1});
  return below == end ? end : below + Money{1};
}

// One voucher of the holder as this bill sees it.
struct Source {
  VoucherView view;
  const Voucher* voucher = nullptr;
  const Programme* programme = nullptr;
  Asker asker;
  std::vector<Purse> purses;
  // Why it did not pay from the first on; it may later, when a cap or a rate is another.
  std::optional<ExcludedBecause> passed_over;
};

std::size_t width(const VoucherView& view) {
  return view.purposes.empty() ? std::numeric_limits<std::size_t>::max() : view.purposes.size();
}
bool drawn_before(const Source& a, const Source& b) {
  if (a.view.expires != b.view.expires) return a.view.expires < b.view.expires;
  if (width(a.view) != width(b.view)) return width(a.view) < width(b.view);
  return a.view.voucher < b.view.voucher;
}

class Walk {
 public:
  Walk(const Books& books, const Programmes& programmes, const Bill& bill)
      : books_(books), programmes_(programmes), bill_(bill), caps_(books) {
    look_at_vouchers();
    look_at_subsidies();
    if (const Account* cash = find_account(books, "CASH:" + bill.holder);
        cash != nullptr && cash->asset == bill.asset) {
      cash_ = cash->id;
      left_[*cash_] = cash->spendable();
    }
    const Account* const owed = bill.on_account ? find_account(books, owed_name(bill)) : nullptr;
    if (owed != nullptr) left_[owed_.emplace(owed->id)] = most_money;
  }

  // From left to right as far as it goes; true when all of it is covered.
  bool run() {
    const std::vector<Instant> cuts = boundaries();
    for (std::size_t i = 0; i < cuts.size(); ++i) {
      const Money end = price_at(i + 1 < cuts.size() ? cuts[i + 1] : bill_.until);
      while (position_ < end) {
        look_at_budgets(cuts[i]);
        if (!stretch(cuts[i], end)) {
          note_budget(cuts[i]);
          return false;
        }
      }
    }
    return true;
  }

  Money covered() const { return position_ - start_; }

  // Payers in the order of their use within subsidy, vouchers, limits and cash.
  Funding funding() const {
    Funding made;
    made.asset = bill_.asset;
    made.rate = bill_.rate;
    made.unit = bill_.unit.value_or("");
    std::map<Id<Account>, Id<Account>> ids;
    for (const Taken& taken : taken_) ids[taken.account] = taken.account;
    made.openings = caps_.openings(ids);
    std::map<Id<Account>, int> place;
    for (const int rank : {0, 1, 2, 3, 4}) {
      for (const Taken& taken : taken_) {
        if (taken.rank != rank) continue;
        place[taken.account] = static_cast<int>(made.payers.size());
        made.payers.push_back({ids.at(taken.account), taken.amount});
      }
    }
    for (const Piece& piece : pieces_) made.stretches.push_back(stretch_of(piece, place));
    if (plain(made)) made.stretches.clear();
    return made;
  }

  Shortfall shortfall() const {
    Shortfall lacking;
    lacking.holder = bill_.holder;
    lacking.purpose = bill_.purpose;
    lacking.chip = bill_.chip;
    lacking.site = bill_.site;
    lacking.needed = price_at(bill_.until) - start_;
    lacking.have = covered();
    lacking.until = bill_.until;
    for (const Source& source : all_) {
      lacking.vouchers.push_back(source.view);
      VoucherView& view = lacking.vouchers.back();
      if (!view.excluded && !taken_from(source)) view.excluded = source.passed_over;
    }
    std::sort(lacking.vouchers.begin(), lacking.vouchers.end(),
              [](const VoucherView& a, const VoucherView& b) { return a.voucher < b.voucher; });
    if (cash_) {
      const Account& cash = books_.accounts.at(*cash_);
      lacking.cash = cash.spendable();
      lacking.credit = cash.credit_line > Money{};
    }
    lacking.budget = budget_;
    return lacking;
  }

 private:
  // What one account gives to one stretch: its rank in the order of payers (subsidy, voucher, its
  // caps, cash, budgets) and its part; of several funders of that part its place among them. A
  // budget gives to each part that is the holder's.
  struct Giver {
    Id<Account> account;
    int rank = 0;
    std::size_t part = 0;
    std::optional<std::size_t> place = std::nullopt;
    friend bool operator==(const Giver&, const Giver&) = default;
  };
  // A stretch while it is built.
  struct Piece {
    Money from, upto;
    std::vector<Share> shares;
    std::vector<Giver> givers;
    std::vector<int> weights = {};  // of the voucher's funders, if it has several
  };
  static Money given_by(const Giver& giver, const Piece& piece, const std::vector<Money>& parts) {
    const Money part = parts[giver.part];
    return giver.place ? divide(part, piece.weights)[*giver.place] : part;
  }
  struct Taken {
    Id<Account> account;
    int rank = 0;
    Money amount;
  };

  bool taken_from(const Source& source) const {
    return std::any_of(taken_.begin(), taken_.end(), [&](const Taken& taken) {
      return std::any_of(source.purses.begin(), source.purses.end(),
                         [&](const Purse& purse) { return purse.account == taken.account; });
    });
  }

  Money price_at(Instant t) const {
    const Span span = std::clamp(t, bill_.from, bill_.until) - bill_.from;
    const auto use = static_cast<Wide>(bill_.shares) * span.count() + bill_.before.share_millis;
    if (use > std::numeric_limits<std::int64_t>::max()) return most_money;
    return price_of(bill_.rate, {static_cast<std::int64_t>(use)}).value_or(most_money);
  }

  std::optional<ExcludedBecause> exclusion(const Source& source, const Account& account) const {
    const Voucher& voucher = *source.voucher;
    if (voucher.closed || voucher.expires <= bill_.from) return ExcludedBecause::expired;
    if (source.programme != nullptr && source.programme->basis == Programme::Basis::end &&
        voucher.expires < bill_.until) {
      return ExcludedBecause::ends_too_late;
    }
    if (asks(voucher.purposes, bill_.purpose)) return ExcludedBecause::purpose;
    if (account.asset != bill_.asset) {
      const bool unit = source.programme != nullptr && !source.programme->prices.empty();
      return unit ? ExcludedBecause::unit_short : ExcludedBecause::asset;
    }
    // Vouchers of one unit at different prices do not pay for one claim together.
    if (bill_.unit && !bill_.unit->empty() &&
        (source.programme == nullptr ||
         unit_price_of(*source.programme, bill_, source.asker) != bill_.rate)) {
      return ExcludedBecause::unit_short;
    }
    if (source.programme != nullptr && asks(source.programme->sites, bill_.site)) {
      return ExcludedBecause::site;
    }
    if (source.programme != nullptr && voucher.approved_by.empty() &&
        needs_approval(source.programme->approval, bill_)) {
      return ExcludedBecause::unapproved;
    }
    if (share_at(source, bill_.from) == 0 && !later_share(source)) return ExcludedBecause::no_share;
    if (dry(source)) return ExcludedBecause::empty;
    return std::nullopt;
  }

  int share_at(const Source& source, Instant at) const {
    if (source.programme == nullptr) return whole_share;
    return share_of(*source.programme, bill_, at, source.asker);
  }
  // Whether one of its purses is empty: none pays for another.
  bool dry(const Source& source) const {
    return std::any_of(source.purses.begin(), source.purses.end(),
                       [&](const Purse& purse) { return left_.at(purse.account) <= Money{}; });
  }
  // Whether a dated rate begins while the claim runs.
  bool later_share(const Source& source) const {
    if (source.programme == nullptr) return false;
    for (const ShareRule& rule : source.programme->shares) {
      if (rule.when.from > bill_.from && rule.when.from < bill_.until &&
          share_at(source, rule.when.from) > 0) {
        return true;
      }
    }
    return false;
  }

  void look_at_vouchers() {
    const auto held = books_.held_by.find(bill_.holder);
    if (held == books_.held_by.end()) return;
    for (const Id<Voucher> id : held->second) {
      Source source;
      source.voucher = &books_.vouchers.at(id);
      const auto programme = programmes_.find(source.voucher->programme);
      if (programme != programmes_.end()) source.programme = &programme->second;
      const Account& account = books_.accounts.at(source.voucher->account);
      source.asker = asker_of(books_, *source.voucher);
      source.purses = purses_of(*source.voucher);
      source.view.voucher = id;
      for (const Purse& purse : source.purses) {
        const Account& one = books_.accounts.at(purse.account);
        source.view.left += one.available();
        source.view.held += one.debits_pending;
        left_[purse.account] = one.available();
      }
      source.view.expires = source.voucher->expires;
      source.view.purposes = source.voucher->purposes;
      source.view.programme = source.voucher->programme;
      source.view.share = share_at(source, bill_.from);
      source.view.excluded = exclusion(source, account);
      source.view.asset = account.asset;
      if (source.view.excluded == ExcludedBecause::unit_short) {
        Bill in_unit = bill_;
        const auto rate = unit_price_of(*source.programme, bill_, source.asker);
        in_unit.rate = rate.value_or(Rate{});
        if (rate) source.view.unit_needed = price_of(in_unit);
      }
      if (source.programme != nullptr) {
        for (const Id<Account> cap : caps_.of(*source.programme, *source.voucher, bill_.from)) {
          source.view.cap_left =
              std::min(source.view.cap_left.value_or(most_money), caps_.left(cap));
        }
      }
      all_.push_back(std::move(source));
    }
    std::sort(all_.begin(), all_.end(), drawn_before);
  }

  void look_at_subsidies() {
    for (const auto& [id, programme] : programmes_) {
      if (programme.kind != Programme::Kind::subsidy || !programme.unknown.empty()) continue;
      const Account* const account = find_account(books_, "SUBS:" + id);
      if (account == nullptr || account->asset != bill_.asset) continue;
      if (asks(programme.sites, bill_.site) || asks(programme.purposes, bill_.purpose)) continue;
      subsidies_.push_back({&programme, account->id});
      left_[account->id] = account->available();
    }
  }

  // Instants at which who pays how much may change.
  std::vector<Instant> boundaries() const {
    std::set<Instant> cuts{bill_.from};
    const auto cut = [&](Instant at) {
      if (at > bill_.from && at < bill_.until) cuts.insert(at);
    };
    const auto rows = [&](const Programme& programme, Instant since) {
      for (const ShareRule& rule : programme.shares) {
        cut(rule.when.from), cut(rule.when.until);
        if (rule.when.months != 0) cut(months_after(since, rule.when.months));
      }
    };
    bool yearly = false;
    for (const Source& source : all_) {
      if (source.view.excluded) continue;
      cut(source.voucher->expires);
      if (source.programme == nullptr) continue;
      rows(*source.programme, source.asker.since);
      yearly = yearly || !source.programme->caps.empty();
    }
    for (const Subsidy& subsidy : subsidies_) rows(*subsidy.programme, {});
    for (Instant month = start_of_next_month(bill_.from); monthly() && month < bill_.until;
         month = start_of_next_month(month)) {
      cut(month);
    }
    for (Instant year = start_of_next_year(bill_.from); yearly && year < bill_.until;
         year = start_of_next_year(year)) {
      cut(year);
    }
    return {cuts.begin(), cuts.end()};
  }

  bool in_money() const { return !bill_.unit || bill_.unit->empty(); }

  // Whether a budget of the holder or its team counts by the month.
  bool monthly() const {
    const auto has = [&](const std::string& team) {
      return books_.budgets.count({bill_.holder, team, bill_.asset, Budget::Per::month}) != 0;
    };
    return in_money() && (has({}) || (!bill_.team.empty() && has(bill_.team)));
  }

  void look_at_budgets(Instant at) {
    if (!in_money() || books_.budgets.empty()) return;
    budgets_ = caps_.of(bill_.holder, bill_.team, bill_.asset, at);
    for (const Id<Account> id : budgets_) left_.try_emplace(id, caps_.left(id));
  }
  // Whether the holder may give nothing more at present: a budget is used up, or the team that is
  // named has none in that currency.
  bool spent() const {
    return unbudgeted() || std::any_of(budgets_.begin(), budgets_.end(),
                                       [&](Id<Account> id) { return left_.at(id) <= Money{}; });
  }
  bool unbudgeted() const {
    if (bill_.team.empty() || !in_money()) return false;
    return std::none_of(budgets_.begin(), budgets_.end(),
                        [&](Id<Account> id) { return caps_.budget(id).team == bill_.team; });
  }
  void note_budget(Instant at) {
    for (const Id<Account> id : budgets_) {
      if (left_.at(id) <= Money{}) budget_ = caps_.budget(id);
    }
    if (!unbudgeted()) return;
    budget_ = budget_at(books_, {bill_.holder, bill_.team, bill_.asset, Budget::Per::month}, at);
  }

  // The subsidy with the largest share of this use that has money; of equals the first by id.
  std::optional<Giver> subsidy_at(Instant at, int& share) const {
    std::optional<Giver> best;
    share = 0;
    for (const Subsidy& subsidy : subsidies_) {
      const int rate = share_of(*subsidy.programme, bill_, at, {});
      if (rate > share && left_.at(subsidy.account) > Money{}) {
        share = rate;
        best = Giver{subsidy.account, 0, 0};
      }
    }
    return best;
  }

  // Covers some more, by the first voucher in draw order that can, else without one.
  bool stretch(Instant at, Money end) {
    for (Source& source : all_) {
      if (spent()) break;
      if (source.view.excluded || source.voucher->expires <= at) continue;
      const int share = share_at(source, at);
      if (share == 0 || dry(source)) continue;
      std::vector<Giver> givers;
      for (const Purse& purse : source.purses) givers.push_back({purse.account, 1});
      if (source.programme != nullptr) {
        for (const Id<Account> cap : caps_.of(*source.programme, *source.voucher, at)) {
          left_.try_emplace(cap, caps_.left(cap));
          givers.push_back({cap, 2, 0});
        }
      }
      const bool capped = std::any_of(givers.begin(), givers.end(), [&](const Giver& giver) {
        return giver.rank == 2 && left_.at(giver.account) <= Money{};
      });
      if (capped) {
        if (position_ == start_) source.passed_over = ExcludedBecause::capped;
        continue;
      }
      if (cover(at, end, &source, share, givers, own_cash())) return true;
      if (owed_ && cover(at, end, &source, share, givers, owed_)) return true;
      if (position_ == start_) source.passed_over = ExcludedBecause::needs_cash;
    }
    return cover(at, end, nullptr, 0, {}, own_cash()) ||
           (owed_ && cover(at, end, nullptr, 0, {}, owed_));
  }

  std::optional<Id<Account>> own_cash() const { return unbudgeted() ? std::nullopt : cash_; }

  // A stretch from here, at most to `end`, with that voucher's share, the rest from `rest`; false
  // if nothing of it can be paid.
  bool cover(Instant at, Money end, const Source* source, int share, std::vector<Giver> givers,
             std::optional<Id<Account>> rest) {
    const Programme* const programme = source == nullptr ? nullptr : source->programme;
    const bool stacks = share == 0 || (programme != nullptr && programme->with_subsidy);
    const bool paid_back = programme != nullptr && programme->mode == Programme::Mode::reimburse;
    Piece piece;
    int subsidised = 0;
    if (stacks) {
      if (const auto subsidy = subsidy_at(at, subsidised)) {
        piece.shares.push_back({subsidised});
        piece.givers.push_back(*subsidy);
      }
    }
    std::vector<std::size_t> own;  // parts that the holder gives
    if (share > 0) {
      if (!paid_back) own.push_back(piece.shares.size());
      const bool several = source->purses.size() > 1;
      for (std::size_t i = 0; i < givers.size(); ++i) {
        givers[i].part = piece.shares.size();
        if (several && givers[i].rank == 1) givers[i].place = i;
      }
      for (const Purse& purse : source->purses) {
        if (several) piece.weights.push_back(purse.weight);
      }
      piece.shares.push_back({share, paid_back});
      piece.givers.insert(piece.givers.end(), givers.begin(), givers.end());
    }
    const bool whole = !piece.shares.empty() && piece.shares.back().share == whole_share &&
                       !piece.shares.back().beside;
    if (!whole) {
      piece.shares.push_back({whole_share});
      // What is owed is beyond every budget.
      if (rest && rest != owed_) own.push_back(piece.shares.size() - 1);
      if (rest) piece.givers.push_back({*rest, 3, piece.shares.size() - 1});
    }
    for (const Id<Account> budget : budgets_) {
      for (const std::size_t part : own) piece.givers.push_back({budget, 4, part});
    }
    piece.from = position_;
    // Rounded once over all of what the same sources pay in the same shares.
    const bool again = !pieces_.empty() && same_givers(pieces_.back(), piece);
    if (again) {
      piece.from = pieces_.back().from;
      take(pieces_.back(), -1);
    }
    const Money length = longest(piece, end - piece.from);
    if (again) take(pieces_.back(), 1);
    if (piece.from + length <= position_) return false;
    if (again) {
      take(pieces_.back(), -1);
      pieces_.pop_back();
    }
    piece.upto = position_ = piece.from + length;
    take(piece, 1);
    pieces_.push_back(std::move(piece));
    return true;
  }

  // Whether the same sources pay in the same shares.
  static bool same_givers(const Piece& a, const Piece& b) {
    const bool shares = std::equal(
        a.shares.begin(), a.shares.end(), b.shares.begin(), b.shares.end(),
        [](const Share& x, const Share& y) { return x.share == y.share && x.beside == y.beside; });
    return shares && a.givers == b.givers && a.weights == b.weights;
  }

  // As far as every source reaches: to where the subsidy or the voucher is just empty, and no
  // further than cash covers.
  Money longest(const Piece& piece, Money end) const {
    Money length = end;
    for (std::size_t i = 0; i < piece.shares.size(); ++i) {
      bool given = false;
      for (const Giver& giver : piece.givers) {
        if (giver.part != i || giver.rank == 4) continue;
        given = true;
        const auto part = [&](Money x) { return given_by(giver, piece, split(x, piece.shares)); };
        const Money left = left_.at(giver.account);
        const Money reach =
            giver.rank == 3 ? largest(length, part, left) : smallest(length, part, left);
        length = std::min(length, reach);
      }
      const auto whole = [&](Money x) { return split(x, piece.shares)[i]; };
      if (!given) length = std::min(length, largest(length, whole, Money{}));
    }
    for (const Id<Account> budget : budgets_) {
      const auto counted = [&](Money x) {
        const std::vector<Money> parts = split(x, piece.shares);
        Money sum;
        for (const Giver& giver : piece.givers) {
          if (giver.account == budget) sum += parts[giver.part];
        }
        return sum;
      };
      length = std::min(length, largest(length, counted, left_.at(budget)));
    }
    return length;
  }

  // Adds the piece to what is taken, or takes it back.
  void take(const Piece& piece, int sign) {
    const std::vector<Money> parts = split(piece.upto - piece.from, piece.shares);
    for (const Giver& giver : piece.givers) {
      const Money given = given_by(giver, piece, parts);
      const Money part = sign > 0 ? given : -given;
      left_.at(giver.account) -= part;
      auto taken = std::find_if(taken_.begin(), taken_.end(),
                                [&](const Taken& one) { return one.account == giver.account; });
      if (taken == taken_.end()) {
        taken_.push_back({giver.account, giver.rank, {}});
        taken = taken_.end() - 1;
      }
      taken->amount += part;
    }
    taken_.erase(std::remove_if(taken_.begin(), taken_.end(),
                                [](const Taken& one) { return one.amount == Money{}; }),
                 taken_.end());
  }

  static bool taken_of(const Part& part) {
    return std::any_of(part.holds.begin(), part.holds.end(), [](int hold) { return hold >= 0; });
  }

  static Stretch stretch_of(const Piece& piece, const std::map<Id<Account>, int>& place) {
    Stretch stretch;
    stretch.upto = piece.upto;
    for (std::size_t i = 0; i < piece.shares.size(); ++i) {
      Part part{{}, piece.shares[i].share, piece.shares[i].beside};
      for (const Giver& giver : piece.givers) {
        if (giver.part != i) continue;
        if (giver.place) part.weights = piece.weights;
        const auto found = place.find(giver.account);
        // Limits go with the money of a part; where nothing of it is taken they count nothing.
        const bool limit = giver.rank == 2 || giver.rank == 4;
        if (found != place.end() && (!limit || taken_of(part))) {
          part.holds.push_back(found->second);
        } else if (giver.place) {
          part.holds.push_back(-1);
        }
      }
      stretch.parts.push_back(std::move(part));
    }
    return stretch;
  }

  // Whether each payer pays the whole, one after the other: what a line without stretches means.
  bool plain(const Funding& funding) const {
    for (std::size_t i = 0; i < funding.stretches.size(); ++i) {
      const std::vector<Part>& parts = funding.stretches[i].parts;
      if (parts.size() != 1 || parts[0].beside || !parts[0].weights.empty() ||
          parts[0].holds != std::vector<int>{static_cast<int>(i)}) {
        return false;
      }
    }
    return funding.stretches.size() == funding.payers.size();
  }

  struct Subsidy {
    const Programme* programme = nullptr;
    Id<Account> account;
  };

  const Books& books_;
  const Programmes& programmes_;
  const Bill& bill_;
  HolderCaps caps_;
  std::vector<Source> all_;  // in draw order
  std::vector<Subsidy> subsidies_;
  std::optional<Id<Account>> cash_, owed_;
  std::vector<Id<Account>> budgets_;  // of the stretch that is being covered
  std::optional<BudgetView> budget_;  // that ended the walk
  std::map<Id<Account>, Money> left_;
  Money start_ = price_at(bill_.from), position_ = start_;
  std::vector<Piece> pieces_;
  std::vector<Taken> taken_;
};
}  // namespace

std::optional<Money> price_of(const Bill& bill) {
  const auto use =
      static_cast<Wide>(bill.shares) * (bill.until - bill.from).count() + bill.before.share_millis;
  if (use > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  const auto until = price_of(bill.rate, {static_cast<std::int64_t>(use)});
  const auto from = price_of(bill.rate, bill.before);
  if (!until || !from) return std::nullopt;
  return *until - *from;
}

namespace {
// The bill as each unit of the holder's vouchers would have it, by the first voucher of each.
std::vector<Bill> in_kind(const Books& books, const Programmes& programmes, const Bill& bill) {
  std::vector<Bill> bills;
  const auto held = books.held_by.find(bill.holder);
  if (bill.unit || held == books.held_by.end()) return bills;
  for (const Id<Voucher> id : held->second) {
    const Voucher& voucher = books.vouchers.at(id);
    const auto programme = programmes.find(voucher.programme);
    if (voucher.closed || programme == programmes.end()) continue;
    if (!programme->second.unknown.empty()) continue;
    const auto rate = unit_price_of(programme->second, bill, asker_of(books, voucher));
    if (!rate) continue;
    Bill one = bill;
    one.asset = one.unit.emplace(programme->second.asset);
    one.rate = *rate;
    const bool known = std::any_of(bills.begin(), bills.end(), [&](const Bill& other) {
      return other.unit == one.unit && other.rate == one.rate;
    });
    if (!known) bills.push_back(std::move(one));
  }
  return bills;
}
}  // namespace

tl::expected<Funding, Shortfall> fund(const Books& books, const Programmes& programmes,
                                      const Bill& bill) {
  for (const Bill& one : in_kind(books, programmes, bill)) {
    Walk walk(books, programmes, one);
    if (walk.run()) return walk.funding();
  }
  Walk walk(books, programmes, bill);
  if (!walk.run()) return tl::unexpected<Shortfall>(walk.shortfall());
  return walk.funding();
}

std::vector<BooksEvent> open_owed(const Books& books, const Bill& bill) {
  std::vector<BooksEvent> events;
  opened(books, events, owed_name(bill), AccountClass::owed, bill.asset);
  return events;
}

Money affordable(const Books& books, const Programmes& programmes, const Bill& bill) {
  Walk walk(books, programmes, bill);
  walk.run();
  return walk.covered();
}

}  // namespace granary
