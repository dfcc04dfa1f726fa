#pragma once
// What the proposers of ledger share: legs as events, accounts that have to be opened, the check of
// a whole proposal, and words as people read them. Internal to ledger.

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

// The account of that name, in the books or opened by the events; when it is missing, it is opened
// by one more event.
Account opened(const Books&, std::vector<BooksEvent>&, const std::string& name, AccountClass,
               const std::string& asset);

// Each event in order, as the books would take it.
Result<void> admit(const Books&, const std::vector<BooksEvent>&);

// Whether the holder declared one of the words.
bool declared_one(const std::vector<std::string>& declared, const std::vector<std::string>& words);

// "a, b and c".
std::string joined(const std::vector<std::string>& words, const char* last = " and ");

}  // namespace granary
