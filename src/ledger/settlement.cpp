#include "ledger/settlement.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "ledger/admission.h"
#include "ledger/posting.h"

namespace granary {
namespace {
// A price that does not fit is more than any hold: what is due is bounded by what is open.
Money price(Rate rate, ChipTime use) {
  return price_of(rate, use).value_or(Money{std::numeric_limits<std::int64_t>::max()});
}

Wide captured_of(const Line& line) {
  Wide sum = 0;
  for (const Money part : line.captured) sum += part.micros;
  return sum;
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

Result<Placed> hold_more(const Books& books, const std::vector<Draw>& draws, Line line,
                         const std::string& asset, const std::string& memo) {
  Placed placed{{}, std::move(line)};
  if (draws.empty()) return placed;
  Admission admission(books);
  Id<Account> credit;
  if (const Account* known = find_account(books, "REV:" + placed.line.site)) {
    credit = known->id;
  } else {
    Account revenue;
    revenue.id = credit = Id<Account>{books.next_account};
    revenue.name = "REV:" + placed.line.site;
    revenue.kind = AccountClass::revenue;
    revenue.asset = asset;
    admission.open(revenue);
    placed.events.push_back(Opened{std::move(revenue)});
  }
  Posting posting{Reason::hold, {}, placed.line.owner, memo};
  std::uint64_t next = books.next_hold;
  for (const Draw& draw : draws) {
    const auto voucher = books.vouchers.find(draw.voucher);
    if (voucher == books.vouchers.end()) {
      return fail(
          Error::Kind::bug, 9001,
          fmt::format("a draw on voucher {}, which was never granted", to_text(draw.voucher)));
    }
    const Id<Hold> hold{next++};
    posting.legs.push_back({LegKind::hold, voucher->second.account, credit, draw.amount, hold});
    placed.line.holds.push_back(hold);
    placed.line.sources.push_back(voucher->second.account);
    placed.line.captured.push_back(Money{});
  }
  append(placed.events, std::move(posting));
  for (const BooksEvent& event : placed.events) {
    const Posted* const posted = std::get_if<Posted>(&event);
    if (posted == nullptr) continue;
    if (auto admitted = admission.add(posted->transfer); !admitted) return fail(admitted.error());
  }
  return placed;
}
}  // namespace

Result<Placed> place_hold(const Books& books, const std::vector<Draw>& draws, Line line,
                          const std::string& asset, const std::string& memo) {
  assert(line.holds.empty() && line.sources.empty() && line.captured.empty());
  return hold_more(books, draws, std::move(line), asset, memo);
}

Result<Placed> extend_hold(const Books& books, const std::vector<Draw>& draws, Line line,
                           const std::string& asset, const std::string& memo) {
  return hold_more(books, draws, std::move(line), asset, memo);
}

Captured capture(const Books& books, Line line, ChipTime used, const std::string& memo) {
  Captured out{{}, std::move(line), {}, {}};
  Line& paid = out.line;
  if (used <= paid.metered) return out;  // a late report of use that is already paid for
  const Wide before = captured_of(paid);
  Wide due = std::max<Wide>(0, price(paid.rate, used).micros - before);
  Posting posting{Reason::capture, {}, paid.owner, memo};
  for (std::size_t i = 0; i < paid.holds.size() && due > 0; ++i) {
    const auto found = books.holds.find(paid.holds[i]);
    if (found == books.holds.end()) continue;
    const Hold& hold = found->second;
    const Money part{static_cast<std::int64_t>(std::min<Wide>(due, hold.open().micros))};
    posting.legs.push_back({LegKind::capture, hold.debit, hold.credit, part, hold.id});
    paid.captured[i] += part;
    out.amount += part;
    due -= part.micros;
  }
  out.short_by = Money{static_cast<std::int64_t>(due)};
  paid.metered = due == 0 ? used : paid_use(paid.rate, before + out.amount.micros);
  append(out.events, std::move(posting));
  return out;
}

Released release(const Books& books, const Line& line, const std::string& memo) {
  Released out;
  Posting posting{Reason::release, {}, line.owner, memo};
  for (const Id<Hold> id : line.holds) {
    const auto found = books.holds.find(id);
    if (found == books.holds.end()) continue;
    const Hold& hold = found->second;
    posting.legs.push_back({LegKind::release, hold.debit, hold.credit, hold.open(), id});
    out.amount += hold.open();
  }
  append(out.events, std::move(posting));
  return out;
}

Refunded refund(const Books& books, Line line, ChipTime kept, const std::string& memo) {
  Refunded out{{}, std::move(line), {}};
  Line& paid = out.line;
  kept = std::max(kept, ChipTime{});
  if (kept >= paid.metered) return out;
  const Account* const revenue = find_account(books, "REV:" + paid.site);
  // What was captured beyond the price of what is kept: also right when a capture fell short.
  Wide back = captured_of(paid) - price(paid.rate, kept).micros;
  Posting posting{Reason::refund, {}, paid.owner, memo};
  for (std::size_t i = paid.captured.size(); i > 0 && back > 0 && revenue != nullptr; --i) {
    Money& captured = paid.captured[i - 1];
    const Money part{static_cast<std::int64_t>(std::min<Wide>(back, captured.micros))};
    if (part == Money{}) continue;
    posting.legs.push_back({LegKind::post, revenue->id, paid.sources[i - 1], part, {}});
    captured -= part;
    out.amount += part;
    back -= part.micros;
  }
  paid.metered = kept;
  append(out.events, std::move(posting));
  return out;
}

}  // namespace granary
