#pragma once
// A few kilobytes to learn from when no file is given.

#include <string_view>

namespace nano {

std::string_view built_in_text();

}  // namespace nano
