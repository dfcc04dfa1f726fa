#pragma once
// Price promises: a menu as it was offered to one payer, with a time until which `submit` honours
// it. A quote is for one job; after its time it is refused (G5001), and never is another price
// charged.

#include <map>
#include <string>
#include <vector>

#include "engine/job.h"
#include "engine/limits.h"

namespace granary {

struct PricedChoice {
  Choice choice;    // with its firm price
  Instant start{};  // when it could have begun, an estimate
  Money price;      // of all of it
};

struct Quote {
  Id<Quote> id;
  std::string payer, purpose, what;
  bool service = false;
  Instant made{}, until{};  // honoured before `until`
  std::vector<PricedChoice> options;
  // The option of an expired quote that it was made for, when somebody still wanted that one.
  std::optional<QuotedOption> instead_of;
  std::optional<Id<Job>> taken_by;
};

using Quotes = std::map<Id<Quote>, Quote>;

// Whether it may still be submitted.
bool is_open(const Quote&, Instant now);

// The open quotes, of that payer or of all.
int open_quotes(const Quotes&, Instant now, const std::string* payer = nullptr);

// Drops what is of no use to anybody at that instant: quotes that ended longer ago than they are
// kept, then the oldest ended ones beyond the number that is kept.
void drop_old(Quotes&, const Limits&, Instant now);

// The option, or why it cannot be submitted by that payer (empty: any) now: G2100 no such one,
// G4101 another's, G4102 taken. Whether it has expired is for the caller.
Result<const PricedChoice*> find_option(const Quotes&, const QuotedOption&,
                                        const std::string& payer);

}  // namespace granary
