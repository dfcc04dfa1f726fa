#include "report/debts.h"

#include <algorithm>
#include <vector>

#include "report/uses.h"

namespace granary {

Money Debtor::left() const {
  Money sum;
  for (const auto& [creditor, debt] : debts) sum += debt.left();
  return sum;
}

void Debtor::use(const Creditor& creditor, Money amount) {
  Debt& debt = debts[creditor];
  debt.used += amount;
  if (debt.left() < Money{}) {
    advance -= debt.left();
    debt.settled = debt.used;
  }
  spread();
}

void Debtor::settle(Money amount) {
  advance += amount;
  spread();
}

// Shares the advance out among what is left to pay. A part of a cumulative share is never above
// what is left, because the advance is not above the sum.
void Debtor::spread() {
  const Money sum = left();
  const Money pays = std::min(advance, sum);
  if (pays == Money{}) return;
  std::vector<Money> weights;
  for (const auto& [creditor, debt] : debts) weights.push_back(debt.left());
  const std::vector<std::int64_t> parts = shared_out(pays.micros, weights);
  std::size_t i = 0;
  for (auto& [creditor, debt] : debts) debt.settled += Money{parts[i++]};
  advance -= pays;
}

}  // namespace granary
