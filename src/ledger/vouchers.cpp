#include "ledger/vouchers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "ledger/posting.h"
#include "units/text.h"

namespace granary {
namespace {
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

std::string promise_name(Id<Voucher> id) { return "PROMISE:" + to_text(id); }

// What the first `count` tranches are together.
Money tranche_of(const Programme& programme, Money face, int count) {
  if (programme.tranches.empty()) return face;
  Wide points = 0;
  for (std::size_t i = 0; i < programme.tranches.size() && static_cast<int>(i) < count; ++i) {
    points += programme.tranches[i];
  }
  return Money{static_cast<std::int64_t>(face.micros * points / whole_share)};
}

Error unknown_voucher(Id<Voucher> id) {
  return {Error::Kind::not_found, 2011, "No voucher " + to_text(id) + ".", "granary voucher list"};
}

// What the programme itself says about grants: G4023.
Result<void> may_grant(const Programme& programme, const Grant& grant, Instant now) {
  const auto refuse = [&](const std::string& why, std::string fix) {
    return fail(Error::Kind::refused, 4023, fmt::format("programme {} {}", programme.id, why),
                std::move(fix));
  };
  if (programme.kind == Programme::Kind::subsidy) {
    return refuse("is a subsidy: it pays a share of bills and grants no vouchers.",
                  "name a programme of kind vouchers");
  }
  if (!programme.unknown.empty()) {
    return refuse(fmt::format("is incomplete: {} {} unknown.", joined(programme.unknown),
                              programme.unknown.size() == 1 ? "is" : "are"),
                  "find it out, write it into the programme's file and load the file");
  }
  const Money bound = programme.approval.amount;
  if (bound > Money{} && grant.amount > bound && grant.approved_by.empty()) {
    return refuse(
        fmt::format("grants more than {} only when somebody else agrees.", to_grouped_text(bound)),
        "--approved-by NAME, once they have");
  }
  if (programme.from != Instant{} && now < programme.from) {
    return refuse(
        fmt::format("grants from {}, and it is {} now.", to_text(programme.from), to_text(now)),
        "wait until then");
  }
  if (programme.until != Instant{} && now >= programme.until) {
    return refuse(
        fmt::format("granted until {}, and it is {} now.", to_text(programme.until), to_text(now)),
        "name another programme");
  }
  if (!programme.holders.empty() && !declared_one(grant.declared, programme.holders)) {
    return refuse(fmt::format("is for holders that declare {}; {} declared {}.",
                              joined(programme.holders, " or "), grant.holder,
                              grant.declared.empty() ? "nothing" : joined(grant.declared)),
                  fmt::format("--declare {}, if that is so", programme.holders.front()));
  }
  for (const std::string& word : programme.declare) {
    if (declared_one(grant.declared, {word})) continue;
    return refuse(fmt::format("asks every holder to declare {}.", word),
                  fmt::format("--declare {}, once the holder has", word));
  }
  if (programme.months > 0) {
    const auto day = std::chrono::floor<std::chrono::days>(now);
    auto last = std::chrono::year_month_day(day) + std::chrono::months(programme.months);
    if (!last.ok()) last = last.year() / last.month() / std::chrono::last;
    const Instant latest = Instant(std::chrono::sys_days(last)) + (now - Instant(day));
    if (grant.expires > latest) {
      return refuse(fmt::format("lets a voucher last {} month{}, to {}; it would expire on {}.",
                                programme.months, programme.months == 1 ? "" : "s", to_text(latest),
                                to_text(grant.expires)),
                    "let it expire earlier");
    }
  }
  return {};
}

// A certificate becomes one voucher, once; some programmes grant in no other way.
Result<void> may_register(const Books& books, const Programme& programme,
                          const std::optional<Certified>& certified) {
  if (!certified) {
    if (!programme.certified) return {};
    return fail(Error::Kind::refused, 4127,
                fmt::format("programme {} grants by certificate only.", programme.id),
                "granary voucher register FILE, with a certificate that its issuer has signed");
  }
  const auto& [issuer, serial, keys, contents] = *certified;
  const auto before = books.registered.find({issuer, serial});
  if (before == books.registered.end()) return {};
  return fail(Error::Kind::refused, 4126,
              fmt::format("certificate {} of {} became {} already.", serial, issuer,
                          to_text(before->second)),
              "a new grant needs a certificate with a serial of its own");
}

Error unknown_programme(const Programmes& programmes, const std::string& id) {
  std::vector<std::string> known;
  for (const auto& [name, programme] : programmes) known.push_back(name);
  const std::string meant = nearest(id, known);
  return {Error::Kind::not_found,
          2005,
          fmt::format("no programme \"{}\" ({} programmes).{}", id, known.size(),
                      meant.empty() ? "" : " Did you mean " + meant + "?"),
          {}};
}

}  // namespace

void evolve(Books& books, const BooksEvent& event) {
  std::visit([&books](const auto& one) { evolve(books, one); }, event);
}

std::vector<BooksEvent> appropriate(const Books& books, const Programme& programme,
                                    Money appropriated) {
  std::vector<BooksEvent> events;
  if (!programme.unknown.empty()) return events;
  const bool subsidy = programme.kind == Programme::Kind::subsidy;
  const Id<Account> fund =
      opened(books, events, (subsidy ? "SUBS:" : "FUND:") + programme.id,
             subsidy ? AccountClass::subsidy : AccountClass::fund, programme.asset)
          .id;
  const Id<Account> source =
      opened(books, events, "CITY:" + programme.issuer, AccountClass::source, programme.asset).id;
  if (!subsidy) {
    opened(books, events, "EXPIRED:" + programme.id, AccountClass::expired, programme.asset);
  }
  if (programme.fund > appropriated) {
    const Money growth = programme.fund - appropriated;
    append(events, {Reason::appropriate,
                    {{LegKind::post, source, fund, growth, {}}},
                    {},
                    "fund of " + programme.id});
  }
  return events;
}

Result<std::vector<BooksEvent>> grant(const Books& books, const Programmes& programmes,
                                      const Grant& grant, Instant now,
                                      const std::optional<Certified>& certified) {
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
  if (auto may = may_grant(programme, grant, now); !may) return fail(may.error());
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
  if (auto may = may_register(books, programme, certified); !may) return fail(may.error());
  std::vector<BooksEvent> events;
  Voucher voucher;
  voucher.id = Id<Voucher>{books.next_voucher};
  voucher.account =
      opened(books, events, "V:" + to_text(voucher.id), AccountClass::voucher, fund->asset).id;
  voucher.programme = programme.id;
  voucher.holder = grant.holder;
  voucher.face = grant.amount;
  voucher.granted = now;
  voucher.expires = grant.expires;
  voucher.purposes = std::move(*purposes);
  voucher.declared = grant.declared;
  voucher.approved_by = grant.approved_by;
  voucher.certified = certified;
  const Money first = tranche_of(programme, grant.amount, 1);
  Transfer transfer{Reason::grant, {}, {}, "grant " + programme.id + " to " + grant.holder};
  if (first > Money{}) {
    transfer.legs.push_back({LegKind::post, fund->id, voucher.account, first, {}});
  }
  if (first < grant.amount) {
    const Id<Account> promise =
        opened(books, events, promise_name(voucher.id), AccountClass::fund, fund->asset).id;
    transfer.legs.push_back({LegKind::post, fund->id, promise, grant.amount - first, {}});
  }
  events.push_back(Granted{std::move(voucher)});
  events.push_back(Posted{std::move(transfer)});
  if (auto admitted = admit(books, events); !admitted) return fail(admitted.error());
  return events;
}

Result<std::vector<BooksEvent>> release_tranche(const Books& books, const Programmes& programmes,
                                                Id<Voucher> id) {
  const auto found = books.vouchers.find(id);
  if (found == books.vouchers.end()) return fail(unknown_voucher(id));
  const Voucher& voucher = found->second;
  const Account* const promise = find_account(books, promise_name(id));
  const auto programme = programmes.find(voucher.programme);
  const int next = voucher.tranches + 1;
  if (voucher.closed || promise == nullptr || promise->available() <= Money{} ||
      programme == programmes.end()) {
    return fail(Error::Kind::refused, 4025,
                fmt::format("nothing more is promised to {}.", to_text(id)));
  }
  // The last one, or one that the programme no longer counts, is all that is left.
  const Money planned = tranche_of(programme->second, voucher.face, next) -
                        tranche_of(programme->second, voucher.face, next - 1);
  const bool last = next >= static_cast<int>(programme->second.tranches.size());
  const Money amount = last ? promise->available() : std::min(planned, promise->available());
  std::vector<BooksEvent> events{TrancheReleased{id}};
  if (amount > Money{}) {
    append(events, {Reason::tranche,
                    {{LegKind::post, promise->id, voucher.account, amount, {}}},
                    {},
                    fmt::format("tranche {} of {}", next, to_text(id))});
  }
  return events;
}

Result<std::vector<BooksEvent>> decide(const Books& books, const Reimbursement& decision) {
  const auto found = books.vouchers.find(decision.voucher);
  if (found == books.vouchers.end()) return fail(unknown_voucher(decision.voucher));
  const std::string id = to_text(decision.voucher);
  const Account* const due = find_account(books, "DUE:" + id);
  const Money most = due == nullptr ? Money{} : due->available();
  if (decision.amount <= Money{} || decision.amount > most) {
    return fail(
        Error::Kind::refused, 4025,
        fmt::format("{} are due on {}; {} cannot be {}.", to_grouped_text(most), id,
                    to_grouped_text(decision.amount), decision.approved ? "approved" : "refused"));
  }
  std::vector<BooksEvent> events;
  Id<Account> to = found->second.account;
  if (decision.approved) {
    const Account cash =
        opened(books, events, "CASH:" + found->second.holder, AccountClass::cash, due->asset);
    if (cash.asset != due->asset) {
      return fail(Error::Kind::refused, 4024,
                  fmt::format("{} counts in {}, not in {}.", cash.name, cash.asset, due->asset));
    }
    to = cash.id;
  }
  append(events, {decision.approved ? Reason::reimburse : Reason::refund,
                  {{LegKind::post, due->id, to, decision.amount, {}}},
                  {},
                  (decision.approved ? "approved " : "not approved ") + id});
  return events;
}

std::vector<BooksEvent> expire(const Books& books, const Programmes& programmes, Id<Voucher> id,
                               Instant now) {
  std::vector<BooksEvent> events;
  const auto found = books.vouchers.find(id);
  if (found == books.vouchers.end() || now < found->second.expires) return events;
  const Voucher& voucher = found->second;
  const auto account = books.accounts.find(voucher.account);
  const Account* const expired = find_account(books, "EXPIRED:" + voucher.programme);
  assert(account != books.accounts.end() && expired != nullptr);
  const Account* const promise = find_account(books, promise_name(id));
  const Account* const fund = find_account(books, "FUND:" + voucher.programme);
  if (promise != nullptr && fund != nullptr && promise->available() > Money{}) {
    append(events, {Reason::lapse,
                    {{LegKind::post, promise->id, fund->id, promise->available(), {}}},
                    {},
                    "never released to " + to_text(id)});
  }
  const Money left = account->second.available();
  if (left > Money{}) {
    append(events, {Reason::expire,
                    {{LegKind::post, voucher.account, expired->id, left, {}}},
                    {},
                    "expired " + to_text(id)});
    const auto programme = programmes.find(voucher.programme);
    const auto lapse =
        programme == programmes.end() ? Programme::Lapse::kept : programme->second.lapse;
    const Account* const heir = lapse == Programme::Lapse::kept ? nullptr
                                : lapse == Programme::Lapse::fund
                                    ? find_account(books, "FUND:" + voucher.programme)
                                    : find_account(books, "CITY:" + programme->second.issuer);
    if (heir != nullptr) {
      append(events, {Reason::lapse,
                      {{LegKind::post, expired->id, heir->id, left, {}}},
                      {},
                      "lapsed " + to_text(id)});
    }
  }
  if (!voucher.closed && account->second.debits_pending == Money{}) events.push_back(Closed{id});
  return events;
}

}  // namespace granary
