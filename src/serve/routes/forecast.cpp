// When vouchers end: from the state, and from what the journal says was spent lately.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/voucher_end.h"
#include "serve/routes/routes.h"

namespace granary::routes {
namespace {
constexpr std::size_t page = 500;                // entries read at once
constexpr std::uint64_t most_entries = 200'000;  // of the last days; then fewer days are counted

void count(std::map<Id<Account>, Money>& spent, const Transfer& transfer) {
  for (const Leg& leg : transfer.legs) {
    if (leg.kind == LegKind::capture) spent[leg.debit] += leg.amount;
    if (leg.kind == LegKind::post && transfer.reason == Reason::refund) {
      spent[leg.credit] -= leg.amount;
    }
  }
}
}  // namespace

Result<SpentLately> spent_lately(const Call& call) {
  SpentLately lately_spent;
  const auto looked = look(call.core, [&](const State&, Instant now) -> Result<Json> {
    lately_spent.since = now - last_days;
    return Json();
  });
  if (!looked) return fail(looked.error());
  const std::uint64_t head = call.core.head().sequence;
  const auto first = last_before(call.core, lately_spent.since);
  if (!first) return fail(first.error());
  std::uint64_t last = *first;
  const bool cut = head - std::min(head, last) > most_entries;
  if (cut) last = head - most_entries;
  bool dated = !cut;
  while (last < head) {
    const auto entries = call.core.entries(last, page);
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& entry : *entries) {
      if (!std::exchange(dated, true)) lately_spent.since = entry.at;
      for (const Event& event : entry.events) {
        if (const auto* posted = std::get_if<Posted>(&event)) {
          count(lately_spent.by_account, posted->transfer);
        }
      }
      last = entry.sequence;
    }
  }
  return lately_spent;
}

void add_end(Json& json, const State& state, const Voucher& voucher, const SpentLately& spent,
             Instant now) {
  Money amount;
  for (const Purse& purse : purses_of(voucher)) {
    const auto of = spent.by_account.find(purse.account);
    if (of != spent.by_account.end()) amount += of->second;
  }
  const auto end = voucher_end(state, voucher, {amount, spent.since}, now);
  if (!end) return;
  const std::string& asset = state.books.accounts.at(voucher.account).asset;
  const bool dry = end->how == VoucherEnd::How::dry;
  Json ends{{"how", dry ? "dry" : "expires"}, {"per_day", money(end->per_day, asset)}};
  put(ends, "at", end->at);
  if (!dry) ends["lapses"] = money(end->lapses, asset);
  ends["by"] = end->by == VoucherEnd::By::holds    ? "holds"
               : end->by == VoucherEnd::By::lately ? "last_7_days"
                                                   : "nothing";
  ends["method"] =
      "the faster of what running work and reservations hold, spent evenly, and of what was "
      "captured in the last 7 days";
  json["ends"] = std::move(ends);
}

}  // namespace granary::routes
