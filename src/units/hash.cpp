#include "units/hash.h"

#include <sodium/crypto_hash_sha256.h>

namespace granary {
namespace {
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
}  // namespace

Hash sha256(std::string_view text) {
  Hash hash;
  crypto_hash_sha256(hash.bytes.data(), bytes_of(text), text.size());
  return hash;
}

Hash chained(const Hash& previous, std::string_view text) {
  Hash hash;
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  crypto_hash_sha256_update(&state, previous.bytes.data(), previous.bytes.size());
  crypto_hash_sha256_update(&state, bytes_of(text), text.size());
  crypto_hash_sha256_final(&state, hash.bytes.data());
  return hash;
}

std::string to_text(const Hash& hash) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(64);
  for (const std::uint8_t byte : hash.bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

Result<Hash> parse_hash(std::string_view text) {
  Hash hash;
  bool good = text.size() == 64;
  for (std::size_t i = 0; good && i < 32; ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    good = high >= 0 && low >= 0;
    if (good) hash.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (good) return hash;
  return fail(Error::Kind::invalid, 1018,
              "\"" + std::string(text.substr(0, 70)) + "\" is not 64 hexadecimal digits.");
}

}  // namespace granary
