#pragma once
// Text from outside as a message may repeat it.

#include <string>
#include <string_view>

namespace granary {

// At most `longest` bytes on one line of valid UTF-8: control characters and bytes that are no
// UTF-8 become '?', and no character is cut in half.
std::string printable(std::string_view, std::size_t longest = 60);

}  // namespace granary
