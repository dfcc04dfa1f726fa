#include "ledger/exchange.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "ledger/grant_rules.h"
#include "ledger/posting.h"

namespace granary {
namespace {
tl::unexpected<Error> refuse(int code, std::string what, std::string fix) {
  return fail(Error::Kind::refused, code, std::move(what), std::move(fix));
}

// What is got, and what of the amount that takes; nothing when it is too little or does not fit.
struct Swap {
  Money taken, got;
};
std::optional<Swap> swap_of(Money amount, Money give, Money get) {
  const Wide got = static_cast<Wide>(amount.micros) * get.micros / give.micros;
  if (got == 0 || got > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  const Wide taken = (got * give.micros + get.micros - 1) / get.micros;
  return Swap{Money{static_cast<std::int64_t>(taken)}, Money{static_cast<std::int64_t>(got)}};
}

// G4109 unless that much can be taken from it now.
Result<void> check_giver(const Books& books, const Voucher& voucher, Money amount, Instant now) {
  const std::string id = to_text(voucher.id);
  if (voucher.closed || voucher.expires <= now) {
    return refuse(4109, fmt::format("{} expired on {}.", id, to_text(voucher.expires)),
                  "exchange before the expiry");
  }
  const Money left = books.accounts.at(voucher.account).available();
  if (amount <= left) return {};
  return refuse(4109,
                fmt::format("{} has {} left; {} cannot be exchanged.", id, to_grouped_text(left),
                            to_grouped_text(amount)),
                "exchange no more than is left");
}

Result<ExchangeRate> rate_of(const Programme& programme, const std::string& from, Instant now) {
  const ExchangeRate* best = nullptr;
  const ExchangeRate* next = nullptr;
  for (const ExchangeRate& rate : programme.exchange) {
    if (rate.programme != from) continue;
    if (rate.from > now) {
      if (next == nullptr || rate.from < next->from) next = &rate;
    } else if (best == nullptr || rate.from > best->from) {
      best = &rate;
    }
  }
  if (best != nullptr) return *best;
  return refuse(4108,
                fmt::format("programme {} has no rate for vouchers of {} on {}.", programme.id,
                            from, to_text(now)),
                next == nullptr ? "granary voucher programmes --json names its rates"
                                : "wait until " + to_text(next->from));
}

// The legs of it; `from` and `to` are programmes.
void post_swap(const Books& books, std::vector<BooksEvent>& events, const Swap& swap,
               const Voucher& giver, const Account& got, const std::string& getter,
               const std::string& memo) {
  const Account& given = books.accounts.at(giver.account);
  const std::string from = "XCHG:" + giver.programme + "/" + getter;
  const std::string to = "XCHG:" + getter + "/" + giver.programme;
  const Id<Account> in = opened(books, events, from, AccountClass::source, given.asset).id;
  const Id<Account> out = opened(books, events, to, AccountClass::source, got.asset).id;
  append(events, {Reason::exchange,
                  {{LegKind::post, given.id, in, swap.taken, {}},
                   {LegKind::post, out, got.id, swap.got, {}}},
                  {},
                  memo});
}

tl::unexpected<Error> no_swap(const Exchange& wanted, const std::string& into) {
  return refuse(4109,
                fmt::format("{} of {} cannot be exchanged: of {} it is less than a millionth, or "
                            "more than can be counted.",
                            to_grouped_text(wanted.amount), to_text(wanted.voucher), into),
                "exchange another amount");
}

// What the voucher may be spent on and its new programme pays for too; G4005 for nothing.
Result<std::vector<std::string>> common(const Voucher& voucher, const Programme& programme) {
  std::vector<std::string> purposes;
  for (const std::string& purpose : voucher.purposes) {
    const auto& allowed = programme.purposes;
    if (allowed.empty() || std::find(allowed.begin(), allowed.end(), purpose) != allowed.end()) {
      purposes.push_back(purpose);
    }
  }
  if (purposes.empty() && !voucher.purposes.empty()) return narrowed(programme, voucher.purposes);
  return narrowed(programme, purposes);
}

Result<std::vector<BooksEvent>> there(const Books& books, const Programmes& programmes,
                                      const Voucher& voucher, const Exchange& wanted, Instant now) {
  const auto found = programmes.find(wanted.into);
  if (found == programmes.end()) return fail(unknown_programme(programmes, wanted.into));
  const Programme& programme = found->second;
  const auto rate = rate_of(programme, voucher.programme, now);
  if (!rate) return fail(rate.error());
  const auto swap = swap_of(wanted.amount, rate->give, rate->get);
  if (!swap) return no_swap(wanted, programme.id);
  auto purposes = common(voucher, programme);
  if (!purposes) return fail(purposes.error());
  Grant grant{programme.id,    voucher.holder,   swap->got,           *purposes,
              voucher.expires, voucher.declared, voucher.approved_by, voucher.contract};
  if (programme.months > 0) {
    grant.expires = std::min(grant.expires, months_after(now, programme.months));
  }
  if (auto may = may_grant(books, programmes, programme, grant, now); !may) {
    return fail(may.error());
  }
  std::vector<BooksEvent> events;
  Voucher made = voucher_of(grant, Id<Voucher>{books.next_voucher}, std::move(*purposes), now);
  made.exchanged = Exchanged{voucher.id, rate->give, rate->get};
  const Account account =
      opened(books, events, "V:" + to_text(made.id), AccountClass::voucher, programme.asset);
  made.account = account.id;
  const std::string memo = to_text(voucher.id) + " to " + to_text(made.id);
  events.push_back(Granted{std::move(made)});
  post_swap(books, events, *swap, voucher, account, programme.id, memo);
  return events;
}

Result<std::vector<BooksEvent>> back(const Books& books, const Voucher& voucher,
                                     const Exchange& wanted, Instant now) {
  if (!voucher.exchanged) {
    return refuse(4109, fmt::format("{} came from no exchange.", to_text(voucher.id)),
                  "name a programme with --into");
  }
  const Voucher& original = books.vouchers.at(voucher.exchanged->from);
  if (original.closed || original.expires <= now) {
    return refuse(4109,
                  fmt::format("{}, from which {} came, expired on {}.", to_text(original.id),
                              to_text(voucher.id), to_text(original.expires)),
                  "spend it where it is");
  }
  const auto swap = swap_of(wanted.amount, voucher.exchanged->get, voucher.exchanged->give);
  if (!swap) return no_swap(wanted, original.programme);
  std::vector<BooksEvent> events;
  post_swap(books, events, *swap, voucher, books.accounts.at(original.account), original.programme,
            to_text(voucher.id) + " back to " + to_text(original.id));
  return events;
}
}  // namespace

Result<std::vector<BooksEvent>> exchange(const Books& books, const Programmes& programmes,
                                         const Exchange& wanted, Instant now) {
  const auto found = books.vouchers.find(wanted.voucher);
  if (found == books.vouchers.end()) return fail(unknown_voucher(wanted.voucher));
  const Voucher& voucher = found->second;
  if (wanted.amount <= Money{}) {
    return fail(Error::Kind::invalid, 1008,
                fmt::format("an exchange of {}: an amount must be more than zero.",
                            to_grouped_text(wanted.amount)));
  }
  if (auto can = check_giver(books, voucher, wanted.amount, now); !can) return fail(can.error());
  auto events = wanted.into.empty() ? back(books, voucher, wanted, now)
                                    : there(books, programmes, voucher, wanted, now);
  if (!events) return events;
  if (auto admitted = admit(books, *events); !admitted) return fail(admitted.error());
  return events;
}

}  // namespace granary
