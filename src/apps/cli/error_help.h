#pragma once
// What each error code means, for `granary help G4002`. Codes are stable: none is ever reused.

#include <vector>

namespace granary::cli {

struct CodeHelp {
  int code;
  const char* title;
  const char* help;  // what to do, in a sentence or two
};

// In the order of the codes; every code of the tree is here, and a test says so.
const std::vector<CodeHelp>& code_helps();

}  // namespace granary::cli
