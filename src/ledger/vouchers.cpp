#include "ledger/vouchers.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "ledger/grant_rules.h"
#include "ledger/posting.h"
#include "ledger/split.h"

namespace granary {
namespace {
std::string promise_name(Id<Voucher> id, const std::string& suffix) {
  return "PROMISE:" + to_text(id) + suffix;
}

// What the first `count` tranches are together.
Money tranche_of(const Programme& programme, Money face, int count) {
  if (programme.tranches.empty()) return face;
  Wide points = 0;
  for (std::size_t i = 0; i < programme.tranches.size() && static_cast<int>(i) < count; ++i) {
    points += programme.tranches[i];
  }
  return Money{static_cast<std::int64_t>(face.micros * points / whole_share)};
}

template <class Parts>
std::vector<int> weights_of(const Parts& parts) {
  std::vector<int> weights;
  for (const auto& part : parts) weights.push_back(part.weight);
  return weights;
}

// What each part of the fund gives to the grant; G4006 for one that has run dry, G1106 for a grant
// of which a funder would give nothing.
Result<std::vector<Money>> given(const Books& books, const Programme& programme,
                                 const std::vector<FundPart>& parts, const Grant& grant) {
  const std::vector<Money> shares = divide(grant.amount, weights_of(parts));
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (shares[i] == Money{}) {
      return fail(Error::Kind::invalid, 1106,
                  fmt::format("a grant of {}, of which {} would give nothing.",
                              to_grouped_text(grant.amount), parts[i].issuer),
                  "grant more");
    }
    const Account* const fund = find_account(books, "FUND:" + programme.id + parts[i].suffix);
    const Money has = fund == nullptr ? Money{} : fund->available();
    if (has >= shares[i]) continue;
    const std::string whose = parts[i].suffix.empty() ? "" : " from " + parts[i].issuer;
    return fail(
        Error::Kind::refused, 4006,
        fmt::format("programme {} has {} left to grant{}, the grant needs {} (short by {}).",
                    programme.id, to_grouped_text(has), whose, to_grouped_text(shares[i]),
                    to_grouped_text(shares[i] - has)));
  }
  return shares;
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

// What is approved or not of what is due on each purse: its weight, as far as it is final there.
std::vector<Money> decided(const std::vector<Purse>& purses, const std::vector<Money>& most,
                           Money amount) {
  std::vector<Money> parts = divide(amount, weights_of(purses));
  Money later;
  for (const Money one : most) later += one;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    later -= most[i];
    parts[i] = std::min(most[i], std::max(parts[i], amount - later));
    amount -= parts[i];
  }
  return parts;
}

// What becomes of what expired of one purse; nothing when it stays where it is.
const Account* heir_of(const Books& books, const Programme* programme, const Purse& purse) {
  if (programme == nullptr || programme->lapse == Programme::Lapse::kept) return nullptr;
  if (programme->lapse == Programme::Lapse::fund) {
    return find_account(books, "FUND:" + programme->id + purse.suffix);
  }
  const std::string issuer = purse.suffix.empty() ? programme->issuer : purse.suffix.substr(1);
  return find_account(books, "CITY:" + issuer);
}

// One purse of a voucher that has expired.
void expire(const Books& books, const Programme* programme, const Voucher& voucher,
            const Purse& purse, std::vector<BooksEvent>& events) {
  const std::string id = to_text(voucher.id);
  const auto account = books.accounts.find(purse.account);
  const Account* const expired = find_account(books, "EXPIRED:" + voucher.programme + purse.suffix);
  assert(account != books.accounts.end() && expired != nullptr);
  const Account* const promise = find_account(books, promise_name(voucher.id, purse.suffix));
  const Account* const fund = find_account(books, "FUND:" + voucher.programme + purse.suffix);
  if (promise != nullptr && fund != nullptr && promise->available() > Money{}) {
    append(events, {Reason::lapse,
                    {{LegKind::post, promise->id, fund->id, promise->available(), {}}},
                    {},
                    "never released to " + id});
  }
  const Money left = account->second.available();
  if (left <= Money{}) return;
  append(events, {Reason::expire,
                  {{LegKind::post, purse.account, expired->id, left, {}}},
                  {},
                  "expired " + id});
  if (const Account* const heir = heir_of(books, programme, purse)) {
    append(events,
           {Reason::lapse, {{LegKind::post, expired->id, heir->id, left, {}}}, {}, "lapsed " + id});
  }
}
}  // namespace

void evolve(Books& books, const BooksEvent& event) {
  std::visit([&books](const auto& one) { evolve(books, one); }, event);
}

std::vector<BooksEvent> appropriate(const Books& books, const Programme& programme,
                                    Money appropriated, std::size_t part) {
  std::vector<BooksEvent> events;
  if (!programme.unknown.empty()) return events;
  const FundPart from = fund_parts(programme).at(part);
  const std::string name = programme.id + from.suffix;
  const bool subsidy = programme.kind == Programme::Kind::subsidy;
  const Id<Account> fund =
      opened(books, events, (subsidy ? "SUBS:" : "FUND:") + name,
             subsidy ? AccountClass::subsidy : AccountClass::fund, programme.asset)
          .id;
  const Id<Account> source =
      opened(books, events, "CITY:" + from.issuer, AccountClass::source, programme.asset).id;
  if (!subsidy) {
    opened(books, events, "EXPIRED:" + name, AccountClass::expired, programme.asset);
  }
  if (from.fund > appropriated) {
    append(events, {Reason::appropriate,
                    {{LegKind::post, source, fund, from.fund - appropriated, {}}},
                    {},
                    "fund of " + name});
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
  if (auto may = may_grant(books, programmes, programme, grant, now); !may) {
    return fail(may.error());
  }
  auto purposes = narrowed(programme, grant.purposes);
  if (!purposes) return fail(purposes.error());
  const std::vector<FundPart> parts = fund_parts(programme);
  const auto shares = given(books, programme, parts, grant);
  if (!shares) return fail(shares.error());
  if (auto may = may_register(books, programme, certified); !may) return fail(may.error());
  std::vector<BooksEvent> events;
  Voucher voucher = voucher_of(grant, Id<Voucher>{books.next_voucher}, std::move(*purposes), now);
  voucher.certified = certified;
  const std::string id = to_text(voucher.id);
  Transfer transfer{Reason::grant, {}, {}, "grant " + programme.id + " to " + grant.holder};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string& suffix = parts[i].suffix;
    const Account& fund = *find_account(books, "FUND:" + programme.id + suffix);
    const Id<Account> account =
        opened(books, events, "V:" + id + suffix, AccountClass::voucher, fund.asset).id;
    if (i == 0) voucher.account = account;
    if (parts.size() > 1) voucher.purses.push_back({account, suffix, parts[i].weight});
    const Money first = tranche_of(programme, (*shares)[i], 1);
    if (first > Money{}) {
      transfer.legs.push_back({LegKind::post, fund.id, account, first, {}});
    }
    if (first == (*shares)[i]) continue;
    const Id<Account> promise =
        opened(books, events, promise_name(voucher.id, suffix), AccountClass::fund, fund.asset).id;
    transfer.legs.push_back({LegKind::post, fund.id, promise, (*shares)[i] - first, {}});
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
  const auto programme = programmes.find(voucher.programme);
  const int next = voucher.tranches + 1;
  const std::vector<Purse> purses = purses_of(voucher);
  const std::vector<Money> faces = divide(voucher.face, weights_of(purses));
  Posting posting{Reason::tranche, {}, {}, fmt::format("tranche {} of {}", next, to_text(id))};
  bool promised = false;
  for (std::size_t i = 0; i < purses.size() && programme != programmes.end(); ++i) {
    const Account* const promise = find_account(books, promise_name(id, purses[i].suffix));
    if (voucher.closed || promise == nullptr || promise->available() <= Money{}) continue;
    promised = true;
    // The last one, or one that the programme no longer counts, is all that is left.
    const Money planned = tranche_of(programme->second, faces[i], next) -
                          tranche_of(programme->second, faces[i], next - 1);
    const bool last = next >= static_cast<int>(programme->second.tranches.size());
    const Money amount = last ? promise->available() : std::min(planned, promise->available());
    if (amount == Money{}) continue;
    posting.legs.push_back({LegKind::post, promise->id, purses[i].account, amount, {}});
  }
  if (!promised) {
    return fail(Error::Kind::refused, 4025,
                fmt::format("nothing more is promised to {}.", to_text(id)));
  }
  std::vector<BooksEvent> events{TrancheReleased{id}};
  append(events, std::move(posting));
  return events;
}

Result<std::vector<BooksEvent>> decide(const Books& books, const Reimbursement& decision,
                                       const std::map<std::string, Money>& not_final) {
  const auto found = books.vouchers.find(decision.voucher);
  if (found == books.vouchers.end()) return fail(unknown_voucher(decision.voucher));
  const std::string id = to_text(decision.voucher);
  const std::vector<Purse> purses = purses_of(found->second);
  std::vector<const Account*> due;
  std::vector<Money> most;
  Money all;
  for (const Purse& purse : purses) {
    due.push_back(find_account(books, "DUE:" + id + purse.suffix));
    const auto open = not_final.find("DUE:" + id + purse.suffix);
    most.push_back(due.back() == nullptr ? Money{} : due.back()->available());
    if (open != not_final.end()) most.back() = std::max(Money{}, most.back() - open->second);
    all += most.back();
  }
  if (decision.amount <= Money{} || decision.amount > all) {
    return fail(
        Error::Kind::refused, 4025,
        fmt::format("{} are due on {}; {} cannot be {}.", to_grouped_text(all), id,
                    to_grouped_text(decision.amount), decision.approved ? "approved" : "refused"));
  }
  const std::vector<Money> parts = decided(purses, most, decision.amount);
  std::vector<BooksEvent> events;
  Posting posting{decision.approved ? Reason::reimburse : Reason::refund,
                  {},
                  {},
                  (decision.approved ? "approved " : "not approved ") + id};
  for (std::size_t i = 0; i < purses.size(); ++i) {
    if (parts[i] == Money{}) continue;
    Id<Account> to = purses[i].account;
    if (decision.approved) {
      const Account cash =
          opened(books, events, "CASH:" + found->second.holder, AccountClass::cash, due[i]->asset);
      if (cash.asset != due[i]->asset) {
        return fail(
            Error::Kind::refused, 4024,
            fmt::format("{} counts in {}, not in {}.", cash.name, cash.asset, due[i]->asset));
      }
      to = cash.id;
    }
    posting.legs.push_back({LegKind::post, due[i]->id, to, parts[i], {}});
  }
  append(events, std::move(posting));
  return events;
}

std::vector<BooksEvent> expire(const Books& books, const Programmes& programmes, Id<Voucher> id,
                               Instant now) {
  std::vector<BooksEvent> events;
  const auto found = books.vouchers.find(id);
  if (found == books.vouchers.end() || now < found->second.expires) return events;
  const Voucher& voucher = found->second;
  const auto programme = programmes.find(voucher.programme);
  bool held = false;
  for (const Purse& purse : purses_of(voucher)) {
    expire(books, programme == programmes.end() ? nullptr : &programme->second, voucher, purse,
           events);
    held = held || books.accounts.at(purse.account).debits_pending > Money{};
  }
  if (!voucher.closed && !held) events.push_back(Closed{id});
  return events;
}

}  // namespace granary
