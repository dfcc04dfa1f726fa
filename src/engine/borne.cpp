// Who bears what a tenant need not pay: the site of a program that failed, by its own terms; the
// programme of whoever preempted, by the programme's.

#include "ledger/borne.h"

#include <algorithm>

#include "engine/stepper.h"

namespace granary {

// How much of an attempt whose program failed then is free: once a day (UTC) for each tenant of a
// site that says so.
Span Stepper::free_of(const Job& job, Instant at, Span used) const {
  const Pool* const pool = find_pool(configuration().pools, job.claim->pool);
  if (pool == nullptr || s_.lines.count(owner_of(job)) == 0) return Span(0);
  const auto site = configuration().catalog.sites.find(pool->site);
  if (site == configuration().catalog.sites.end()) return Span(0);
  const auto last = s_.failed_free.find({pool->site, job.request.payer});
  if (last != s_.failed_free.end() && at < last->second + std::chrono::days(1)) return Span(0);
  return std::min(site->second.free_if_failed, used);
}

// The programme of the first voucher that pays, or would pay now, for the job on that pool.
const Programme* Stepper::programme_of(const Job& preemptor, Id<Pool> pool) const {
  std::vector<Id<Account>> payers;
  if (const auto line = s_.lines.find(owner_of(preemptor)); preemptor.claim) {
    if (line != s_.lines.end()) payers = line->second.sources;
  } else if (preemptor.state == JobState::waiting) {
    for (const Choice& choice : preemptor.request.choices) {
      if (choice.pool != pool) continue;
      const auto bill = bill_of(s_, preemptor.request, choice,
                                {begin_of(s_, preemptor.request, now_),
                                 remaining(preemptor, choice), preemptor.done_ppb});
      if (!bill) continue;
      const auto funding = fund(s_.books, configuration().programmes, *bill);
      if (!funding) continue;
      for (const Payer& payer : funding->payers) payers.push_back(payer.account);
      break;
    }
  }
  for (const Id<Account> payer : payers) {
    for (const auto& [id, voucher] : s_.books.vouchers) {
      if (voucher.holder != preemptor.request.payer) continue;
      const std::vector<Purse> purses = purses_of(voucher);
      const bool its = std::any_of(purses.begin(), purses.end(),
                                   [&](const Purse& purse) { return purse.account == payer; });
      if (!its) continue;
      const auto found = configuration().programmes.find(voucher.programme);
      return found == configuration().programmes.end() ? nullptr : &found->second;
    }
  }
  return nullptr;
}

// What is said of it after how the victim ended; nothing when the site bears it.
std::string Stepper::charge_preemptor(const Job& victim, Money given_back) {
  if (given_back == Money{} || !victim.stopped_for) return {};
  const auto preemptor = s_.jobs.find(*victim.stopped_for);
  const Pool* const pool = find_pool(configuration().pools, victim.claim->pool);
  if (preemptor == s_.jobs.end() || pool == nullptr) return {};
  const Programme* const programme = programme_of(preemptor->second, pool->id);
  if (programme == nullptr || !programme->bears_preemption) return {};
  const Borne borne = bear(s_.books, *programme, pool->site, given_back, owner_of(victim),
                           to_text(preemptor->first) + " of " + preemptor->second.request.payer +
                               " preempted " + owner_of(victim));
  emit(borne.events);
  if (borne.amount == Money{}) return {};
  return ", " + to_grouped_text(borne.amount) + " borne by " + programme->id;
}

}  // namespace granary
