#pragma once
// Legs as events, in transfers of at most 64. Internal to ledger.

#include <string>
#include <vector>

#include "ledger/vouchers.h"

namespace granary {

struct Posting {
  Reason reason = Reason::grant;
  std::vector<Leg> legs;
  std::string owner, memo;
};

// Appends one Posted for each 64 legs; none when there are no legs.
void append(std::vector<BooksEvent>&, Posting);

}  // namespace granary
