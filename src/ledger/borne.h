#pragma once
// Who bears what a site has given back: the site, unless the programme whose job preempted the
// other says that its fund does.

#include <string>
#include <vector>

#include "ledger/vouchers.h"

namespace granary {

struct Borne {
  std::vector<BooksEvent> events;
  Money amount;
};

// FUND:<programme> pays the site that much, each funder its part, as far as each fund goes; nothing
// where it counts in another unit than the site. `owner` is the attempt whose money was given back.
Borne bear(const Books&, const Programme&, const std::string& site, Money amount,
           const std::string& owner, const std::string& memo);

}  // namespace granary
