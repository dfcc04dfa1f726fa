#include "ledger/vouchers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <limits>

#include "ledger/admission.h"
#include "ledger/posting.h"
#include "units/text.h"

namespace granary {
namespace {
struct Opening {
  std::string name;
  AccountClass kind = AccountClass::fund;
  std::string asset;
};

// The account of that name; when it is missing, it is opened as the next one after the events.
Id<Account> account_of(const Books& books, std::vector<BooksEvent>& events, Opening opening) {
  if (const Account* known = find_account(books, opening.name)) return known->id;
  Account account;
  account.id = Id<Account>{books.next_account + events.size()};  // so far only Opened
  account.name = std::move(opening.name);
  account.kind = opening.kind;
  account.asset = std::move(opening.asset);
  const Id<Account> id = account.id;
  events.push_back(Opened{std::move(account)});
  return id;
}

bool includes(const std::vector<std::string>& purposes, const std::string& purpose) {
  return purposes.empty() || std::find(purposes.begin(), purposes.end(), purpose) != purposes.end();
}

// In the order of known_purposes(), each once; G4005 for one that the programme does not pay for.
Result<std::vector<std::string>> narrowed(const Programme& programme,
                                          const std::vector<std::string>& wanted) {
  const std::vector<std::string>& allowed =
      programme.purposes.empty() ? known_purposes() : programme.purposes;
  for (const std::string& purpose : wanted) {
    if (std::find(allowed.begin(), allowed.end(), purpose) != allowed.end()) continue;
    std::string list;
    for (const std::string& known : allowed) list += (list.empty() ? "" : ", ") + known;
    return fail(Error::Kind::refused, 4005,
                fmt::format("programme {} does not pay for \"{}\"; its purposes are {}.",
                            programme.id, purpose, list));
  }
  if (wanted.empty()) return programme.purposes;
  std::vector<std::string> purposes;
  for (const std::string& known : known_purposes()) {
    if (std::find(wanted.begin(), wanted.end(), known) != wanted.end()) purposes.push_back(known);
  }
  return purposes;
}

Error unknown_programme(const std::map<std::string, Programme>& programmes, const std::string& id) {
  std::vector<std::string> known;
  for (const auto& [name, programme] : programmes) known.push_back(name);
  const std::string meant = nearest(id, known);
  return {Error::Kind::not_found,
          2005,
          fmt::format("no programme \"{}\" ({} programmes).{}", id, known.size(),
                      meant.empty() ? "" : " Did you mean " + meant + "?"),
          {}};
}

std::optional<ExcludedBecause> exclusion(const Voucher& voucher, const Account& account,
                                         const Payment& payment) {
  if (voucher.closed) return ExcludedBecause::expired;
  if (voucher.expires < payment.until) return ExcludedBecause::ends_too_late;
  if (!includes(voucher.purposes, payment.purpose)) return ExcludedBecause::purpose;
  if (account.asset != payment.asset) return ExcludedBecause::asset;
  if (account.available() <= Money{}) return ExcludedBecause::empty;
  return std::nullopt;
}

// Every voucher of the holder as this payment sees it, by id.
std::vector<VoucherView> views(const Books& books, const Payment& payment) {
  std::vector<VoucherView> views;
  for (const auto& [id, voucher] : books.vouchers) {
    if (voucher.holder != payment.holder) continue;
    const auto account = books.accounts.find(voucher.account);
    assert(account != books.accounts.end());
    VoucherView view;
    view.voucher = id;
    view.left = account->second.available();
    view.held = account->second.debits_pending;
    view.excluded = exclusion(voucher, account->second, payment);
    view.expires = voucher.expires;
    view.purposes = voucher.purposes;
    views.push_back(std::move(view));
  }
  return views;
}

// How many purposes a voucher has; any purpose is wider than all that are named.
std::size_t width(const VoucherView& view) {
  return view.purposes.empty() ? std::numeric_limits<std::size_t>::max() : view.purposes.size();
}

bool drawn_before(const VoucherView& a, const VoucherView& b) {
  if (a.expires != b.expires) return a.expires < b.expires;
  if (width(a) != width(b)) return width(a) < width(b);
  return a.voucher < b.voucher;
}
}  // namespace

void append(std::vector<BooksEvent>& events, Posting posting) {
  for (std::size_t from = 0; from < posting.legs.size(); from += max_legs) {
    const std::size_t to = std::min(posting.legs.size(), from + max_legs);
    Transfer transfer;
    transfer.reason = posting.reason;
    transfer.legs.assign(posting.legs.begin() + static_cast<std::ptrdiff_t>(from),
                         posting.legs.begin() + static_cast<std::ptrdiff_t>(to));
    transfer.owner = posting.owner;
    transfer.memo = posting.memo;
    events.push_back(Posted{std::move(transfer)});
  }
}

void evolve(Books& books, const BooksEvent& event) {
  std::visit([&books](const auto& one) { evolve(books, one); }, event);
}

std::vector<BooksEvent> appropriate(const Books& books, const Programme& programme,
                                    Money appropriated) {
  std::vector<BooksEvent> events;
  const Id<Account> fund =
      account_of(books, events, {"FUND:" + programme.id, AccountClass::fund, programme.asset});
  const Id<Account> source = account_of(
      books, events, {"CITY:" + programme.issuer, AccountClass::source, programme.asset});
  account_of(books, events, {"EXPIRED:" + programme.id, AccountClass::expired, programme.asset});
  if (programme.fund > appropriated) {
    const Money growth = programme.fund - appropriated;
    append(events, {Reason::appropriate,
                    {{LegKind::post, source, fund, growth, {}}},
                    {},
                    "fund of " + programme.id});
  }
  return events;
}

Result<std::vector<BooksEvent>> grant(const Books& books,
                                      const std::map<std::string, Programme>& programmes,
                                      const Grant& grant, Instant now) {
  const auto found = programmes.find(grant.programme);
  if (found == programmes.end()) return fail(unknown_programme(programmes, grant.programme));
  const Programme& programme = found->second;
  if (grant.amount <= Money{}) {
    return fail(Error::Kind::invalid, 1008,
                fmt::format("a grant of {} to {}: an amount must be more than zero.",
                            to_grouped_text(grant.amount), grant.holder));
  }
  if (grant.expires <= now) {
    return fail(Error::Kind::refused, 4004,
                fmt::format("the voucher would expire on {}, and it is {} now.",
                            to_text(grant.expires), to_text(now)));
  }
  auto purposes = narrowed(programme, grant.purposes);
  if (!purposes) return fail(purposes.error());
  const Account* const fund = find_account(books, "FUND:" + programme.id);
  const Money has = fund == nullptr ? Money{} : fund->available();
  if (has < grant.amount) {
    return fail(Error::Kind::refused, 4006,
                fmt::format("programme {} has {} left to grant, the grant needs {} (short by {}).",
                            programme.id, to_grouped_text(has), to_grouped_text(grant.amount),
                            to_grouped_text(grant.amount - has)));
  }
  std::vector<BooksEvent> events;
  Voucher voucher;
  voucher.id = Id<Voucher>{books.next_voucher};
  voucher.account =
      account_of(books, events, {"V:" + to_text(voucher.id), AccountClass::voucher, fund->asset});
  voucher.programme = programme.id;
  voucher.holder = grant.holder;
  voucher.face = grant.amount;
  voucher.granted = now;
  voucher.expires = grant.expires;
  voucher.purposes = std::move(*purposes);
  Transfer transfer{Reason::grant,
                    {{LegKind::post, fund->id, voucher.account, grant.amount, {}}},
                    {},
                    "grant " + programme.id + " to " + grant.holder};
  Admission admission(books);
  admission.open(std::get<Opened>(events.front()).account);
  if (auto admitted = admission.add(transfer); !admitted) return fail(admitted.error());
  events.push_back(Granted{std::move(voucher)});
  events.push_back(Posted{std::move(transfer)});
  return events;
}

std::vector<BooksEvent> expire(const Books& books, Id<Voucher> id, Instant now) {
  std::vector<BooksEvent> events;
  const auto found = books.vouchers.find(id);
  if (found == books.vouchers.end() || now < found->second.expires) return events;
  const Voucher& voucher = found->second;
  const auto account = books.accounts.find(voucher.account);
  const Account* const expired = find_account(books, "EXPIRED:" + voucher.programme);
  assert(account != books.accounts.end() && expired != nullptr);
  const Money left = account->second.available();
  if (left > Money{}) {
    append(events, {Reason::expire,
                    {{LegKind::post, voucher.account, expired->id, left, {}}},
                    {},
                    "expired " + to_text(id)});
  }
  if (!voucher.closed && account->second.debits_pending == Money{}) events.push_back(Closed{id});
  return events;
}

tl::expected<std::vector<Draw>, Shortfall> draw(const Books& books, const Payment& payment) {
  std::vector<VoucherView> all = views(books, payment);
  std::vector<VoucherView> usable;
  std::copy_if(all.begin(), all.end(), std::back_inserter(usable),
               [](const VoucherView& view) { return !view.excluded; });
  std::sort(usable.begin(), usable.end(), drawn_before);
  std::vector<Draw> draws;
  Money needed = payment.amount;
  for (const VoucherView& view : usable) {
    if (needed <= Money{}) break;
    const Money amount = std::min(view.left, needed);
    draws.push_back({view.voucher, amount});
    needed -= amount;
  }
  if (needed <= Money{}) return draws;
  return tl::unexpected<Shortfall>(Shortfall{payment.holder, payment.purpose, payment.amount,
                                             payment.amount - needed, payment.until,
                                             std::move(all)});
}

Money spendable(const Books& books, const Payment& payment) {
  Money sum;
  for (const VoucherView& view : views(books, payment)) {
    if (view.excluded) continue;
    // Vouchers of several issuers may exceed what one amount can say; as much as it can then.
    sum = checked_add(sum, view.left).value_or(Money{std::numeric_limits<std::int64_t>::max()});
  }
  return sum;
}

}  // namespace granary
