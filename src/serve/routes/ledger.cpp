#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/codec.h"
#include "serve/routes/routes.h"

namespace granary::routes {
namespace {

constexpr std::size_t page = 200;               // entries read at once
constexpr std::size_t most_answer = 8'000'000;  // bytes of entries in one answer
constexpr int most_looks = 20;

struct Live {
  Hash digest;
  std::uint64_t entries = 0;
};

// The live state and the head that belongs to it: looks until nothing came between.
Result<Live> look_between_entries(Core& core) {
  Journal::Head head = core.head();
  for (int i = 0; i < most_looks; ++i) {
    Live live{{}, head.sequence};
    core.read([&](const State& state, Instant) { live.digest = digest(state); });
    head = core.head();
    if (head.sequence == live.entries) return live;
  }
  return fail(Error::Kind::unavailable, 7007,
              "The journal grows faster than its state can be compared; try again.");
}

}  // namespace

// A voucher that an entry granted by certificate is what was signed, by keys that were good then.
// Counts it.
Result<void> check_certificate(const State& before, const Entry& entry, std::uint64_t& checked) {
  const auto* const command = std::get_if<RegisterCertificate>(&entry.request.command);
  const auto granted =
      std::find_if(entry.events.begin(), entry.events.end(),
                   [](const Event& event) { return std::holds_alternative<Granted>(event); });
  if (command == nullptr || granted == entry.events.end()) return {};
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

// Recomputes everything from the first entry and compares with what is live.
Result<Json> verify_ledger(const Call& call) {
  State state;
  Hash chain;
  std::uint64_t last = 0, certificates = 0;
  const auto live = look_between_entries(call.core);
  if (!live) return fail(live.error());
  while (last < live->entries) {
    const auto entries = call.core.entries(last, page);
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& entry : *entries) {
      if (entry.sequence > live->entries) break;
      chain = chained(chain, encode(entry));
      if (chain != entry.chain || entry.sequence != last + 1) {
        return fail(Error::Kind::failed, 9002,
                    "Entry " + std::to_string(entry.sequence) +
                        " was altered: its chain does not match its bytes.");
      }
      if (auto good = check_certificate(state, entry, certificates); !good) {
        return fail(good.error());
      }
      for (const Event& event : entry.events) evolve(state, event);
      last = entry.sequence;
    }
  }
  if (auto good = audit(state); !good) return fail(good.error());
  if (digest(state) != live->digest) {
    return fail(
        Error::Kind::failed, 9004,
        "The live state is not what the journal folds to at entry " + std::to_string(last) + ".",
        "restart the daemon and report this as a fault of ours");
  }
  Money pending;
  std::string asset = "CNY";
  for (const auto& [id, account] : state.books.accounts) {
    pending += account.debits_pending - account.credits_pending;
    asset = account.asset;
  }
  const Money posted = state.books.sum_posted_debits - state.books.sum_posted_credits;
  return Json{{"schema", "granary.verification/1"},
              {"entries", last},
              {"legs", state.books.legs},
              {"accounts", state.books.accounts.size()},
              {"open_holds", state.books.holds.size()},
              {"certificates", certificates},
              {"sum", money(posted, asset)},
              {"imbalance", money(posted + pending, asset)},
              {"chain_head", to_text(chain)},
              {"state_digest", to_text(digest(state))},
              {"balanced", posted == Money{} && pending == Money{}}};
}

Result<Json> get_journal(const Call& call) {
  const auto after = query_number(call, "after", 0, UINT64_MAX);
  const auto limit = query_number(call, "limit", 500, 5'000);
  if (!after) return fail(after.error());
  if (!limit) return fail(limit.error());
  Json all = Json::array();
  std::uint64_t next = *after;
  std::size_t bytes = 0;
  while (all.size() < *limit && bytes < most_answer) {
    const auto entries = call.core.entries(next, std::min(page, *limit - all.size()));
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& entry : *entries) {
      const std::string text = encode(entry);
      all.push_back({{"entry", Json::parse(text)}, {"chain", to_text(entry.chain)}});
      next = entry.sequence;
      bytes += text.size();
      if (bytes >= most_answer) break;
    }
  }
  return Json{{"schema", "granary.journal/1"}, {"entries", all}, {"next", next}};
}

}  // namespace granary::routes
