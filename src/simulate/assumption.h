#pragma once
// What nobody has found out about a programme, assumed for a simulation: it fills in figures that
// the programme's file calls unknown, and never changes one that is known.

#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"

namespace granary {

struct Assumption {
  std::string programme;
  std::string key;    // "months"; of the rows of a list "caps.per"
  std::string value;  // as the file would have it, quotes left out or not; "none": no such rule
};

// "cn-henan-2023.months=12", "cn-henan-2023.sites=none". G1108 for what is written otherwise.
Result<Assumption> parse_assumption(std::string_view);

// The same documents with the programmes' unknown figures as assumed. G2105 when no document is of
// that programme, G1108 for a figure that is not unknown there. That the documents still can be
// read is not looked at.
Result<std::vector<Document>> assume(std::vector<Document>, const std::vector<Assumption>&);

}  // namespace granary
