#include "units/hash.h"

#include <sodium/crypto_hash_sha256.h>

#include "units/hexadecimal.h"

namespace granary {
namespace {
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

std::string to_text(const Hash& hash) { return hexadecimal(hash.bytes); }

Result<Hash> parse_hash(std::string_view text) {
  Hash hash;
  if (read_hexadecimal(text, hash.bytes)) return hash;
  return fail(Error::Kind::invalid, 1018,
              "\"" + std::string(text.substr(0, 70)) + "\" is not 64 hexadecimal digits.");
}

}  // namespace granary
