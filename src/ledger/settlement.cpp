#include "ledger/settlement.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "ledger/admission.h"
#include "ledger/posting.h"
#include "ledger/split.h"

namespace granary {
namespace {
// A price that does not fit is more than any hold: what is due is bounded by what is open.
Money price(Rate rate, ChipTime use) {
  return price_of(rate, use).value_or(Money{std::numeric_limits<std::int64_t>::max()});
}

// The most use that `paid` covers: the largest u with P(u) <= paid, P of price_of(). From
// floor((2 r u + D) / 2D) <= c follows u < (2 D c + D) / 2r.
ChipTime paid_use(Rate rate, Wide paid) {
  constexpr Wide hour = 3'600'000'000;
  const Wide twice = 2 * static_cast<Wide>(rate.per_chip_hour.micros);
  const Wide use = (2 * hour * paid + hour + twice - 1) / twice - 1;
  constexpr Wide most = std::numeric_limits<std::int64_t>::max();
  return {static_cast<std::int64_t>(std::min(use, most))};
}

// What each hold has paid of the price when it has paid its part.
std::vector<Money> parts_of(const Line& line, Money price, const std::vector<Money>& most) {
  std::vector<Money> parts(line.holds.size());
  if (line.stretches.empty()) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      parts[i] = std::min(price, most[i]);
      price -= parts[i];
    }
    return parts;
  }
  Money from;
  for (const Stretch& stretch : line.stretches) {
    const Money covered = std::min(price, stretch.upto) - from;
    if (covered <= Money{}) break;
    std::vector<Share> shares;
    for (const Part& part : stretch.parts) shares.push_back({part.share, part.beside});
    const std::vector<Money> each = split(covered, shares);
    for (std::size_t i = 0; i < stretch.parts.size(); ++i) {
      for (const int hold : stretch.parts[i].holds)
        parts.at(static_cast<std::size_t>(hold)) += each[i];
    }
    from = stretch.upto;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = std::min(parts[i], most[i]);
  return parts;
}

// Whether a hold is beside the price: a limit, or what becomes due to the payer.
bool beside(const Line& line, std::size_t hold) {
  for (const Stretch& stretch : line.stretches) {
    for (const Part& part : stretch.parts) {
      for (std::size_t i = 0; i < part.holds.size(); ++i) {
        if (part.holds[i] == static_cast<int>(hold)) return part.beside || i > 0;
      }
    }
  }
  return false;
}

struct Target {
  std::string name;
  AccountClass kind = AccountClass::revenue;
};
// The account that a hold of the line on this one moves to.
Target target_of(const Account& account, const Line& line, std::size_t hold) {
  if (account.kind == AccountClass::limit) {
    return {"CAPUSED" + account.name.substr(account.name.find(':')), AccountClass::limit};
  }
  if (beside(line, hold)) return {"DUE" + account.name.substr(1), AccountClass::due};
  if (!line.unit.empty()) return {"USED:" + line.site + "/" + line.unit};
  return {"REV:" + line.site};
}

// The stretches that a line without any stands for: one for each of its holds.
std::vector<Stretch> spelled_out(const Books& books, const Line& line) {
  std::vector<Stretch> stretches;
  Money upto;
  for (std::size_t i = 0; i < line.holds.size(); ++i) {
    const auto open = books.holds.find(line.holds[i]);
    upto += line.captured[i] + (open == books.holds.end() ? Money{} : open->second.open());
    stretches.push_back({upto, {Part{{static_cast<int>(i)}, whole_share}}});
  }
  return stretches;
}

// The stretches of a funding as the line counts its holds.
void append_stretches(const Books& books, const Funding& funding, Line& line) {
  if (line.stretches.empty() && funding.stretches.empty()) return;
  if (line.stretches.empty()) line.stretches = spelled_out(books, line);
  const int first = static_cast<int>(line.holds.size());
  Money upto = line.stretches.empty() ? Money{} : line.stretches.back().upto;
  for (std::size_t i = 0; i < funding.payers.size() && funding.stretches.empty(); ++i) {
    upto += funding.payers[i].amount;
    line.stretches.push_back({upto, {Part{{first + static_cast<int>(i)}, whole_share}}});
  }
  for (Stretch stretch : funding.stretches) {
    for (Part& part : stretch.parts) {
      for (int& hold : part.holds) hold += first;
    }
    line.stretches.push_back(std::move(stretch));
  }
}

// Opens what is missing and proposes the legs, all checked against the books in order.
class Placing {
 public:
  Placing(const Books& books, Line line)
      : books_(books), admission_(books), placed_{{}, std::move(line)} {}

  Result<Placed> run(const Funding& funding, const std::string& memo) {
    placed_.line.unit = funding.unit;
    placed_.line.rate = funding.rate;
    append_stretches(books_, funding, placed_.line);
    for (const BooksEvent& event : funding.openings) {
      if (auto added = add(event); !added) return fail(added.error());
    }
    Posting posting{Reason::hold, {}, placed_.line.owner, memo};
    std::uint64_t next = books_.next_hold;
    for (const Payer& payer : funding.payers) {
      const auto source = account_of(payer.account);
      if (!source) return fail(source.error());
      const auto target =
          account_for(target_of(*source, placed_.line, placed_.line.holds.size()), funding.asset);
      if (!target) return fail(target.error());
      const Id<Hold> hold{next++};
      posting.legs.push_back({LegKind::hold, payer.account, *target, payer.amount, hold});
      placed_.line.holds.push_back(hold);
      placed_.line.sources.push_back(payer.account);
      placed_.line.captured.push_back(Money{});
    }
    std::vector<BooksEvent> posted;
    append(posted, std::move(posting));
    for (const BooksEvent& event : posted) {
      if (auto added = add(event); !added) return fail(added.error());
    }
    return std::move(placed_);
  }

 private:
  Result<void> add(const BooksEvent& event) {
    placed_.events.push_back(event);
    if (const auto* opened = std::get_if<Opened>(&event)) {
      opened_.push_back(opened->account);
      admission_.open(opened->account);
    } else if (const auto* posted = std::get_if<Posted>(&event)) {
      return admission_.add(posted->transfer);
    }
    return {};
  }

  Result<Account> account_of(Id<Account> id) const {
    const auto known = books_.accounts.find(id);
    if (known != books_.accounts.end()) return known->second;
    for (const Account& account : opened_) {
      if (account.id == id) return account;
    }
    return fail(Error::Kind::bug, 9001,
                fmt::format("a payment from account {}, which was never opened", id.value));
  }

  Result<Id<Account>> account_for(const Target& target, const std::string& asset) {
    if (const Account* known = find_account(books_, target.name)) return known->id;
    for (const Account& account : opened_) {
      if (account.name == target.name) return account.id;
    }
    Account revenue;
    revenue.id = Id<Account>{books_.next_account + opened_.size()};
    revenue.name = target.name;
    revenue.kind = target.kind;
    revenue.asset = asset;
    if (auto added = add(Opened{revenue}); !added) return fail(added.error());
    return revenue.id;
  }

  const Books& books_;
  Admission admission_;
  Placed placed_;
  std::vector<Account> opened_;
};
}  // namespace

Money paid_by(const Line& line) {
  Money sum;
  for (std::size_t i = 0; i < line.captured.size(); ++i) {
    if (!beside(line, i)) sum += line.captured[i];
  }
  return sum;
}

Result<Placed> place_hold(const Books& books, const Funding& funding, Line line,
                          const std::string& memo) {
  assert(line.holds.empty() && line.sources.empty() && line.captured.empty());
  return extend_hold(books, funding, std::move(line), memo);
}

Result<Placed> extend_hold(const Books& books, const Funding& funding, Line line,
                           const std::string& memo) {
  if (funding.payers.empty()) return Placed{{}, std::move(line)};
  return Placing(books, std::move(line)).run(funding, memo);
}

Captured capture(const Books& books, Line line, ChipTime used, const std::string& memo) {
  Captured out{{}, std::move(line), {}, {}};
  Line& paid = out.line;
  if (used <= paid.metered) return out;  // a late report of use that is already paid for
  const Money before = paid_by(paid);
  const Money whole = price(paid.rate, used);
  std::vector<Money> most = paid.captured;
  for (std::size_t i = 0; i < paid.holds.size(); ++i) {
    const auto found = books.holds.find(paid.holds[i]);
    if (found != books.holds.end()) most[i] += found->second.open();
  }
  const std::vector<Money> parts = parts_of(paid, whole, most);
  Posting posting{Reason::capture, {}, paid.owner, memo};
  for (std::size_t i = 0; i < paid.holds.size(); ++i) {
    const Money part = parts[i] - paid.captured[i];
    if (part <= Money{}) continue;
    const Hold& hold = books.holds.at(paid.holds[i]);
    posting.legs.push_back({LegKind::capture, hold.debit, hold.credit, part, hold.id});
    paid.captured[i] += part;
    if (!beside(paid, i)) out.amount += part;
  }
  const Money due = std::max(Money{}, whole - (before + out.amount));
  out.short_by = due;
  paid.metered = due == Money{} ? used : paid_use(paid.rate, (before + out.amount).micros);
  append(out.events, std::move(posting));
  return out;
}

Released release(const Books& books, const Line& line, const std::string& memo) {
  Released out;
  Posting posting{Reason::release, {}, line.owner, memo};
  for (std::size_t i = 0; i < line.holds.size(); ++i) {
    const Id<Hold> id = line.holds[i];
    const auto found = books.holds.find(id);
    if (found == books.holds.end()) continue;
    const Hold& hold = found->second;
    posting.legs.push_back({LegKind::release, hold.debit, hold.credit, hold.open(), id});
    if (!beside(line, i)) out.amount += hold.open();
  }
  append(out.events, std::move(posting));
  return out;
}

Refunded refund(const Books& books, Line line, ChipTime kept, const std::string& memo) {
  Refunded out{{}, std::move(line), {}};
  Line& paid = out.line;
  kept = std::max(kept, ChipTime{});
  if (kept >= paid.metered) return out;
  // What was captured beyond the price of what is kept: also right when a capture fell short.
  const std::vector<Money> parts = parts_of(paid, price(paid.rate, kept), paid.captured);
  Posting posting{Reason::refund, {}, paid.owner, memo};
  for (std::size_t i = paid.captured.size(); i > 0; --i) {
    Money& captured = paid.captured[i - 1];
    const Money part = captured - parts[i - 1];
    if (part == Money{}) continue;
    const Account& source = books.accounts.at(paid.sources[i - 1]);
    const Account* const target = find_account(books, target_of(source, paid, i - 1).name);
    assert(target != nullptr && "what was captured went there");
    posting.legs.push_back({LegKind::post, target->id, source.id, part, {}});
    captured -= part;
    if (!beside(paid, i - 1)) out.amount += part;
  }
  paid.metered = kept;
  append(out.events, std::move(posting));
  return out;
}

}  // namespace granary
