#include "ledger/grant_rules.h"

#include <fmt/core.h>

#include <algorithm>

#include "ledger/posting.h"
#include "units/text.h"

namespace granary {
namespace {
// The open voucher, or that of the contract, that was registered first in the programme's group.
const Voucher* registered(const Books& books, const Programmes& programmes,
                          const Programme& programme, const Grant& grant) {
  const bool by_contract = programme.exclusive.per == Exclusive::Per::contract;
  const auto& index = by_contract ? books.by_contract : books.held_by;
  const auto found = index.find(by_contract ? grant.contract : grant.holder);
  if (found == index.end()) return nullptr;
  for (const Id<Voucher> id : found->second) {
    const Voucher& voucher = books.vouchers.at(id);
    const auto of = programmes.find(voucher.programme);
    if (of == programmes.end() || of->second.exclusive.group != programme.exclusive.group) continue;
    if (by_contract || !voucher.closed) return &voucher;
  }
  return nullptr;
}

// The register of programmes that exclude each other: G4106 for who is in it, G4107 for a contract
// that is not named.
Result<void> may_register(const Books& books, const Programmes& programmes,
                          const Programme& programme, const Grant& grant) {
  if (programme.exclusive.group.empty()) return {};
  const bool by_contract = programme.exclusive.per == Exclusive::Per::contract;
  if (by_contract && grant.contract.empty()) {
    return fail(Error::Kind::refused, 4107,
                fmt::format("programme {} pays for a contract once, and the grant names none.",
                            programme.id),
                "--contract ID, as the parties number it");
  }
  const Voucher* const first = registered(books, programmes, programme, grant);
  if (first == nullptr) return {};
  return fail(
      Error::Kind::refused, 4106,
      fmt::format("{} has {} of {} since {}; {} lets a {} have one only.",
                  by_contract ? "contract " + grant.contract : grant.holder, to_text(first->id),
                  first->programme, to_text(first->granted), programme.exclusive.group,
                  by_contract ? "contract" : "holder"),
      by_contract ? "name another contract" : "wait until " + to_text(first->id) + " has ended");
}
}  // namespace

Error unknown_voucher(Id<Voucher> id) {
  return {Error::Kind::not_found, 2011, "No voucher " + to_text(id) + ".", "granary voucher list"};
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

Result<void> may_grant(const Books& books, const Programmes& programmes, const Programme& programme,
                       const Grant& grant, Instant now) {
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
  if (programme.months > 0 && grant.expires > months_after(now, programme.months)) {
    return refuse(fmt::format("lets a voucher last {} month{}, to {}; it would expire on {}.",
                              programme.months, programme.months == 1 ? "" : "s",
                              to_text(months_after(now, programme.months)), to_text(grant.expires)),
                  "let it expire earlier");
  }
  return may_register(books, programmes, programme, grant);
}

Voucher voucher_of(const Grant& grant, Id<Voucher> id, std::vector<std::string> purposes,
                   Instant now) {
  Voucher voucher;
  voucher.id = id;
  voucher.programme = grant.programme;
  voucher.holder = grant.holder;
  voucher.face = grant.amount;
  voucher.granted = now;
  voucher.expires = grant.expires;
  voucher.purposes = std::move(purposes);
  voucher.declared = grant.declared;
  voucher.approved_by = grant.approved_by;
  voucher.contract = grant.contract;
  return voucher;
}

}  // namespace granary
