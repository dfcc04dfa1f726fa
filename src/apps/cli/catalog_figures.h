#pragma once
// The facts of the catalogue as rows: each figure with its value, standing and source.

#include <string>
#include <vector>

#include "apps/cli/session.h"
#include "catalog/catalog.h"

namespace granary::cli {

struct Figure {
  std::string name, value, standing, source;
};

std::vector<Figure> figures_of(const Chip&);
std::vector<Figure> figures_of(const Model&);
std::vector<Figure> figures_of(const Site&);

// "312 TFLOPS bf16": the rate a trainer gets; "-" when none is known.
std::string dense_of(const Chip&);
std::string text_of(BytesPerSecond);
// "7 of 18": how many of the figures are recalled or assumed.
std::string unread_of(const std::vector<Figure>&);

// The catalogue that is compiled in.
Result<Catalog> built_in();

// Verbs of the files beside this one.
std::vector<Verb> catalog_rule_verbs();
std::vector<Verb> catalog_add_verbs();

}  // namespace granary::cli
