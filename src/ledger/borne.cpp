#include "ledger/borne.h"

#include <algorithm>

#include "ledger/posting.h"
#include "ledger/split.h"

namespace granary {

Borne bear(const Books& books, const Programme& programme, const std::string& site, Money amount,
           const std::string& owner, const std::string& memo) {
  Borne borne;
  const Account* const earned = find_account(books, "REV:" + site);
  if (earned == nullptr || earned->asset != programme.asset || amount <= Money{}) return borne;
  const std::vector<FundPart> funders = fund_parts(programme);
  std::vector<int> weights;
  for (const FundPart& funder : funders) weights.push_back(funder.weight);
  const std::vector<Money> parts = divide(amount, weights);
  Posting posting{Reason::preemption, {}, owner, memo};
  for (std::size_t i = 0; i < funders.size(); ++i) {
    const Account* const fund = find_account(books, "FUND:" + programme.id + funders[i].suffix);
    if (fund == nullptr) continue;
    const Money part = std::min(parts[i], fund->available());
    if (part <= Money{}) continue;
    posting.legs.push_back({LegKind::post, fund->id, earned->id, part, {}});
    borne.amount += part;
  }
  append(borne.events, std::move(posting));
  return borne;
}

}  // namespace granary
