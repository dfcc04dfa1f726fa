#pragma once
// One programme's file, read by itself: what files say of each other is checked by
// parse_programmes(). Internal to ledger.

#include <string>
#include <vector>

#include "ledger/programmes.h"

namespace granary {

struct ProgrammeFile {
  Programme programme;
  std::string document;
  std::vector<std::string> gives;  // the unit that each of its rates of exchange takes
};
Result<ProgrammeFile> read_programme(const Document&, const Catalog&);

}  // namespace granary
