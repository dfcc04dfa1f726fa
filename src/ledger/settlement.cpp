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

// Lines come from a journal too: what it says out of range counts as the nearest that there is.
std::size_t layer_of(const Line& line, std::size_t hold) {
  if (hold >= line.layers.size() || line.shares.empty()) return 0;
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::max(0, line.layers[hold])), 0,
                                 line.shares.size() - 1);
}

// What each hold has paid of the price when it has paid its part: no more than `most` of each.
std::vector<Money> parts_of(const Line& line, Money price, const std::vector<Money>& most) {
  std::vector<Layer> layers;
  for (const int share : line.shares) layers.push_back({std::clamp(share, 0, whole_share), {}});
  if (layers.empty()) layers.push_back({});
  for (std::size_t i = 0; i < most.size(); ++i) {
    Money& sum = layers[layer_of(line, i)].most;
    sum = checked_add(sum, most[i]).value_or(Money{std::numeric_limits<std::int64_t>::max()});
  }
  std::vector<Money> left = split(price, layers), parts;
  for (std::size_t i = 0; i < most.size(); ++i) {
    Money& here = left[layer_of(line, i)];
    parts.push_back(std::min(here, most[i]));
    here -= parts.back();
  }
  return parts;
}

Result<std::vector<Payer>> payers_of(const Books& books, const std::vector<Draw>& draws) {
  std::vector<Payer> payers;
  for (const Draw& draw : draws) {
    const auto voucher = books.vouchers.find(draw.voucher);
    if (voucher == books.vouchers.end()) {
      return fail(
          Error::Kind::bug, 9001,
          fmt::format("a draw on voucher {}, which was never granted", to_text(draw.voucher)));
    }
    payers.push_back({voucher->second.account, draw.amount});
  }
  return payers;
}

Result<Placed> hold_more(const Books& books, const std::vector<Payer>& payers, Line line,
                         const std::string& asset, const std::string& memo) {
  Placed placed{{}, std::move(line)};
  if (payers.empty()) return placed;
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
  for (const Payer& payer : payers) {
    const Id<Hold> hold{next++};
    posting.legs.push_back({LegKind::hold, payer.account, credit, payer.amount, hold});
    placed.line.holds.push_back(hold);
    placed.line.sources.push_back(payer.account);
    placed.line.captured.push_back(Money{});
    if (!placed.line.shares.empty()) placed.line.layers.push_back(payer.layer);
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
  const auto payers = payers_of(books, draws);
  if (!payers) return fail(payers.error());
  return place_hold(books, *payers, std::move(line), asset, memo);
}

Result<Placed> place_hold(const Books& books, const std::vector<Payer>& payers, Line line,
                          const std::string& asset, const std::string& memo) {
  assert(line.holds.empty() && line.sources.empty() && line.captured.empty());
  return hold_more(books, payers, std::move(line), asset, memo);
}

Result<Placed> extend_hold(const Books& books, const std::vector<Draw>& draws, Line line,
                           const std::string& asset, const std::string& memo) {
  const auto payers = payers_of(books, draws);
  if (!payers) return fail(payers.error());
  return extend_hold(books, *payers, std::move(line), asset, memo);
}

Result<Placed> extend_hold(const Books& books, const std::vector<Payer>& payers, Line line,
                           const std::string& asset, const std::string& memo) {
  return hold_more(books, payers, std::move(line), asset, memo);
}

Captured capture(const Books& books, Line line, ChipTime used, const std::string& memo) {
  Captured out{{}, std::move(line), {}, {}};
  Line& paid = out.line;
  if (used <= paid.metered) return out;  // a late report of use that is already paid for
  const Wide before = captured_of(paid);
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
    out.amount += part;
  }
  const Wide due = std::max<Wide>(0, whole.micros - captured_of(paid));
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
  const std::vector<Money> parts = parts_of(paid, price(paid.rate, kept), paid.captured);
  Posting posting{Reason::refund, {}, paid.owner, memo};
  for (std::size_t i = paid.captured.size(); i > 0 && revenue != nullptr; --i) {
    Money& captured = paid.captured[i - 1];
    const Money part = captured - parts[i - 1];
    if (part == Money{}) continue;
    posting.legs.push_back({LegKind::post, revenue->id, paid.sources[i - 1], part, {}});
    captured -= part;
    out.amount += part;
  }
  paid.metered = kept;
  append(out.events, std::move(posting));
  return out;
}

}  // namespace granary
