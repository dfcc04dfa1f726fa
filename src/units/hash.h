#pragma once
// SHA-256: body hashes of requests, content hashes of documents, the chain of entries.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "units/result.h"

namespace granary {

struct Hash {
  std::array<std::uint8_t, 32> bytes{};
  friend bool operator==(const Hash&, const Hash&) = default;
  friend auto operator<=>(const Hash&, const Hash&) = default;
};

Hash sha256(std::string_view);
// SHA-256 of the previous link followed by the bytes: one link of a chain.
Hash chained(const Hash& previous, std::string_view bytes);

// 64 lower-case hexadecimal digits, and back (G1018).
std::string to_text(const Hash&);
Result<Hash> parse_hash(std::string_view);

}  // namespace granary
