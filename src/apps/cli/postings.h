#pragma once
// How postings of an account and the state of the books are printed.

#include "apps/cli/session.h"

namespace granary::cli {

// "1,204" of a number in an answer.
std::string counted(const Json& object, const char* key);

// What may stand in a query as it is.
std::string escaped(const std::string& text);

// A line for each posting of a granary.statement/1 or granary.account_statement/1, then the books.
// `with`: also the account on the other side.
void print_postings(Session&, const Json& statement, bool with);
void print_books(Session&, const Json& books);

// "9c41...e2", enough to compare by eye.
std::string shortened(const std::string& hash);

}  // namespace granary::cli
