#include "cost/cost.h"

namespace granary {

Seconds sum(const std::vector<Term>& terms) {
  Seconds total;
  for (const Term& term : terms) total += term.amount;
  return total;
}

}  // namespace granary
