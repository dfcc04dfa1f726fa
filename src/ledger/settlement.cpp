#include "ledger/settlement.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "ledger/posting.h"
#include "ledger/split.h"

namespace granary {
namespace {
// A price that does not fit is more than any hold: what is due is bounded by what is open.
Money price(const Agreed& agreed, ChipTime use) {
  return price_of(agreed, use).value_or(Money{std::numeric_limits<std::int64_t>::max()});
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
    if (price <= from) break;
    const Money covered = std::min(price, stretch.upto) - from;
    std::vector<Share> shares;
    for (const Part& part : stretch.parts) shares.push_back({part.share, part.beside});
    const std::vector<Money> each = split(covered, shares);
    for (std::size_t i = 0; i < stretch.parts.size(); ++i) {
      const Part& part = stretch.parts[i];
      const std::vector<Money> funders = divide(each[i], part.weights);
      for (std::size_t j = 0; j < part.holds.size(); ++j) {
        if (part.holds[j] < 0) continue;
        parts.at(static_cast<std::size_t>(part.holds[j])) +=
            j < funders.size() ? funders[j] : each[i];
      }
    }
    from = stretch.upto;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = std::min(parts[i], most[i]);
  return parts;
}

// What each hold of a line is: of the price, or beside it as what becomes due or as a limit.
enum class Role { price, due, limit };
std::vector<Role> roles_of(const Line& line, std::size_t holds) {
  std::vector<Role> roles(holds, Role::price);
  for (const Stretch& stretch : line.stretches) {
    for (const Part& part : stretch.parts) {
      const std::size_t money = std::max<std::size_t>(1, part.weights.size());
      for (std::size_t i = 0; i < part.holds.size(); ++i) {
        if (part.holds[i] < 0) continue;
        roles.at(static_cast<std::size_t>(part.holds[i])) = i >= money    ? Role::limit
                                                            : part.beside ? Role::due
                                                                          : Role::price;
      }
    }
  }
  return roles;
}
std::vector<Role> roles_of(const Line& line) { return roles_of(line, line.holds.size()); }

// The account that a hold of that role on this account moves to, and its class.
std::pair<std::string, AccountClass> target_of(const Line& line, Role role,
                                               const std::string& source) {
  const std::string whose = source.substr(source.find(':'));
  // CAPUSED:x of CAP:x, BUDGETUSED:x of BUDGET:x.
  if (role == Role::limit) {
    return {source.substr(0, source.find(':')) + "USED" + whose, AccountClass::limit};
  }
  if (role == Role::due) return {"DUE" + whose, AccountClass::due};
  if (line.unit.empty()) return {"REV:" + line.site, AccountClass::revenue};
  return {"USED:" + line.site + "/" + line.unit, AccountClass::revenue};
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
      for (int& hold : part.holds) {
        if (hold >= 0) hold += first;
      }
    }
    line.stretches.push_back(std::move(stretch));
  }
}

Result<Account> account_of(const Books& books, const std::vector<BooksEvent>& openings,
                           Id<Account> id) {
  const auto known = books.accounts.find(id);
  if (known != books.accounts.end()) return known->second;
  for (const BooksEvent& event : openings) {
    const auto* const fresh = std::get_if<Opened>(&event);
    if (fresh != nullptr && fresh->account.id == id) return fresh->account;
  }
  return fail(Error::Kind::bug, 9001,
              fmt::format("a payment from account {}, which was never opened", id.value));
}
}  // namespace

Money paid_by(const Line& line) {
  const std::vector<Role> roles = roles_of(line);
  Money sum = line.paid;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (roles[i] == Role::price) sum += line.captured[i];
  }
  return sum;
}

Money refundable(const Books& books, const Line& line, const std::string& account) {
  const std::vector<Role> roles = roles_of(line);
  Money sum;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const std::string& source = books.accounts.at(line.sources[i]).name;
    if (target_of(line, roles[i], source).first == account) sum += line.captured[i];
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
  Placed placed{{}, std::move(line)};
  Line& more = placed.line;
  more.rate = funding.rate;  // also when nothing is to be paid, so far
  if (funding.payers.empty()) return placed;
  more.unit = funding.unit;
  append_stretches(books, funding, more);
  const std::size_t first = more.holds.size();
  const std::vector<Role> roles = roles_of(more, first + funding.payers.size());
  placed.events = funding.openings;
  Posting posting{Reason::hold, {}, more.owner, memo};
  std::uint64_t next = books.next_hold;
  for (const Payer& payer : funding.payers) {
    const auto source = account_of(books, funding.openings, payer.account);
    if (!source) return fail(source.error());
    const auto [name, kind] = target_of(more, roles[more.holds.size()], source->name);
    const Id<Account> target = opened(books, placed.events, name, kind, funding.asset).id;
    const Id<Hold> hold{next++};
    posting.legs.push_back({LegKind::hold, payer.account, target, payer.amount, hold});
    more.holds.push_back(hold);
    more.sources.push_back(payer.account);
    more.captured.push_back(Money{});
  }
  append(placed.events, std::move(posting));
  if (auto admitted = admit(books, placed.events); !admitted) return fail(admitted.error());
  return placed;
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
  const std::vector<Role> roles = roles_of(paid);
  Posting posting{Reason::capture, {}, paid.owner, memo};
  for (std::size_t i = 0; i < paid.holds.size(); ++i) {
    const Money part = parts[i] - paid.captured[i];
    if (part <= Money{}) continue;
    const Hold& hold = books.holds.at(paid.holds[i]);
    posting.legs.push_back({LegKind::capture, hold.debit, hold.credit, part, hold.id});
    paid.captured[i] += part;
    if (roles[i] == Role::price) out.amount += part;
  }
  const Money due = std::max(Money{}, whole - (before + out.amount));
  out.short_by = due;
  paid.metered = due == Money{} ? used : use_for(paid.rate, before + out.amount, used);
  append(out.events, std::move(posting));
  return out;
}

Line compacted(const Books& books, Line line) {
  for ([[maybe_unused]] const Id<Hold> hold : line.holds) {
    assert(books.holds.count(hold) == 0 && "what is open must not be forgotten");
  }
  line.paid = paid_by(line);
  line.holds.clear();
  line.sources.clear();
  line.captured.clear();
  // What is paid of the price; the parts of what follows begin there.
  line.stretches = {{price(line.rate, line.metered), {}}};
  return line;
}

Released release(const Books& books, const Line& line, const std::string& memo) {
  Released out;
  Posting posting{Reason::release, {}, line.owner, memo};
  const std::vector<Role> roles = roles_of(line);
  for (std::size_t i = 0; i < line.holds.size(); ++i) {
    const Id<Hold> id = line.holds[i];
    const auto found = books.holds.find(id);
    if (found == books.holds.end()) continue;
    const Hold& hold = found->second;
    posting.legs.push_back({LegKind::release, hold.debit, hold.credit, hold.open(), id});
    if (roles[i] == Role::price) out.amount += hold.open();
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
  const std::vector<Role> roles = roles_of(paid);
  Posting posting{Reason::refund, {}, paid.owner, memo};
  for (std::size_t i = paid.captured.size(); i > 0; --i) {
    Money& captured = paid.captured[i - 1];
    const Money part = captured - parts[i - 1];
    if (part == Money{}) continue;
    const Account& source = books.accounts.at(paid.sources[i - 1]);
    const Account* const target =
        find_account(books, target_of(paid, roles[i - 1], source.name).first);
    assert(target != nullptr && "what was captured went there");
    posting.legs.push_back({LegKind::post, target->id, source.id, part, {}});
    captured -= part;
    if (roles[i - 1] == Role::price) out.amount += part;
  }
  paid.metered = kept;
  append(out.events, std::move(posting));
  return out;
}

}  // namespace granary
