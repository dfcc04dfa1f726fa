#pragma once
// Bytes as lower-case hexadecimal digits. Internal to units.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace granary {

std::string hexadecimal(std::span<const std::uint8_t> bytes);
// Whether the text is two lower-case digits for each byte; fills them then.
bool read_hexadecimal(std::string_view text, std::span<std::uint8_t> bytes);

}  // namespace granary
