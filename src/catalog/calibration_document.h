#pragma once
// calibrations/<id>.toml -> Catalog. Of the module: parse_catalog calls it.

#include "catalog/catalog.h"
#include "catalog/reader.h"
#include "catalog/toml_tree.h"

namespace granary {

// After the chips, because a calibration is of a chip or of a family of chips. A document may
// describe the sources that only it has, under [sources].
void read_calibration(Reading&, const TomlNode& root, Catalog& into);

}  // namespace granary
