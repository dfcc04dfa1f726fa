#include "serve/verification.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/certificate.h"
#include "serve/routes/routes.h"

namespace granary {
namespace {

using nlohmann::json;
constexpr std::size_t most_named = 20;  // orphans

json told(const State& state, const OpenHold& open, Instant since) {
  const Account& from = state.books.accounts.at(open.hold.debit);
  json one{{"hold", to_text(open.hold.id)},
           {"owner", open.hold.owner},
           {"account", from.name},
           {"amount", routes::money(open.hold.open(), from.asset)},
           {"since", to_text(since)}};
  if (open.claim) one["claim_until"] = to_text(open.claim->until);
  if (open.lapses) one["lapses"] = to_text(*open.lapses);
  return one;
}

// A voucher that an entry granted by certificate is what was signed, by keys that were good then.
// Counts it.
Result<void> check_certificate(const State& before, const Entry& entry, std::uint64_t& checked) {
  const auto* const command = std::get_if<RegisterCertificate>(&entry.request.command);
  const auto granted =
      std::find_if(entry.events.begin(), entry.events.end(),
                   [](const Event& event) { return std::holds_alternative<Granted>(event); });
  if (command == nullptr || granted == entry.events.end() || !before.configuration) return {};
  const Voucher& voucher = std::get<Granted>(*granted).voucher;
  const auto certificate = parse_certificate(command->certificate.text);
  const auto signed_grant = certificate
                                ? certified_grant(before.configuration->programmes,
                                                  command->certificate, *certificate, entry.at)
                                : Result<CertifiedGrant>(fail(certificate.error()));
  const bool same = signed_grant && signed_grant->grant.amount == voucher.face &&
                    signed_grant->grant.holder == voucher.holder &&
                    signed_grant->grant.expires == voucher.expires &&
                    signed_grant->certified == voucher.certified;
  if (!same) {
    return fail(Error::Kind::failed, 9040,
                "Entry " + std::to_string(entry.sequence) + " granted " + to_text(voucher.id) +
                    " by a certificate that does not say so" +
                    (signed_grant ? "." : ": " + signed_grant.error().what));
  }
  ++checked;
  return {};
}

}  // namespace

void Verification::take(const Entry& entry) {
  if (wrong_) return;
  auto good = check_certificate(state_, entry, certificates_);
  if (good) good = check_answer(state_, entry);
  if (good) good = fold(state_, entry);
  if (good) good = use_.take(state_, entry);
  if (!good) {
    wrong_ = good.error();
    return;
  }
  for (const Event& event : entry.events) {
    const auto* posted = std::get_if<Posted>(&event);
    if (posted == nullptr) continue;
    for (const Leg& leg : posted->transfer.legs) {
      if (leg.kind == LegKind::hold) {
        opened_[leg.hold] = entry.at;
      } else if (leg.kind != LegKind::post && state_.books.holds.count(leg.hold) == 0) {
        opened_.erase(leg.hold);
      }
    }
  }
  head_ = {entry.sequence, entry.chain};
  last_ = entry.at;
}

json Verification::holds(Instant now) const {
  json orphans = json::array();
  std::uint64_t orphaned = 0, overdue = 0;
  std::optional<OpenHold> oldest;
  const auto since = [&](const OpenHold& open) { return opened_.at(open.hold.id); };
  for (const OpenHold& open : open_holds(state_)) {
    if (!oldest || since(open) < since(*oldest)) oldest = open;
    if (open.claim && open.claim->until < now) ++overdue;
    if (open.claim) continue;
    ++orphaned;
    if (orphans.size() < most_named) orphans.push_back(told(state_, open, since(open)));
  }
  json all{{"open", state_.books.holds.size()},
           {"overdue", overdue},
           {"orphans", orphaned},
           {"orphaned", orphans}};
  if (oldest) {
    all["oldest"] = told(state_, *oldest, since(*oldest));
    const double age = std::chrono::duration<double>(now - since(*oldest)).count();
    all["oldest"]["age_s"] = std::max(0.0, age);
  }
  return all;
}

Result<json> Verification::answer(Instant now) const {
  if (wrong_) return fail(*wrong_);
  if (auto good = audit(state_.books); !good) return fail(good.error());
  Wide sum = 0;  // of what is pending: nothing, or audit() has said so
  std::string asset = "CNY";
  for (const auto& [id, account] : state_.books.accounts) {
    sum += account.debits_pending.micros;
    sum -= account.credits_pending.micros;
    asset = account.asset;
  }
  const Money pending{static_cast<std::int64_t>(sum)};
  const Money posted = state_.books.sum_posted_debits - state_.books.sum_posted_credits;
  const json held = holds(now);
  const bool balanced = posted == Money{} && pending == Money{} && held["orphans"] == 0;
  return json{{"schema", "granary.verification/1"},
              {"entries", head_.sequence},
              {"legs", state_.books.legs},
              {"accounts", state_.books.accounts.size()},
              {"open_holds", state_.books.holds.size()},
              {"holds", held},
              {"certificates", certificates_},
              {"sum", routes::money(posted, asset)},
              {"imbalance", routes::money(posted + pending, asset)},
              {"chain_head", to_text(head_.chain)},
              {"state_digest", to_text(digest(state_))},
              {"balanced", balanced}};
}

}  // namespace granary
