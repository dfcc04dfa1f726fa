#pragma once
// A menu as a picture: time against price, one mark for each option with its band.

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "units/result.h"

namespace granary::cli {

// A whole SVG file of a granary.menu/1: no script, no font or picture from elsewhere, colours for
// light and dark. Pools differ in shape and colour; the frontier of what is shown is a stepped line
// and labelled as far as there is room; every mark names its option to a pointer or a screen
// reader. For services the time is the 95th percentile of the first token. The same menu gives the
// same bytes. G7011 when no option has a time and a price.
Result<std::string> plot_of(const nlohmann::json& menu);

// Replaces a file that is there. G7015 for a folder and for what cannot be written.
Result<void> write_plot(const std::filesystem::path&, const std::string& svg);

}  // namespace granary::cli
