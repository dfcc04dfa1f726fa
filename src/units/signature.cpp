#include "units/signature.h"

#include <fmt/core.h>
#include <sodium/crypto_sign_ed25519.h>
#include <sodium/utils.h>

#include "units/hexadecimal.h"

namespace granary {
namespace {
const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Both keys as libsodium wants them; the secret one is wiped when it goes.
struct Pair {
  explicit Pair(const SigningSeed& seed) {
    crypto_sign_ed25519_seed_keypair(open.bytes.data(), secret.data(), seed.bytes.data());
  }
  ~Pair() { sodium_memzero(secret.data(), secret.size()); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  PublicKey open;
  std::array<unsigned char, crypto_sign_ed25519_SECRETKEYBYTES> secret{};
};

template <class T>
Result<T> parse(std::string_view text, const char* what) {
  T value;
  if (read_hexadecimal(text, value.bytes)) return value;
  return fail(
      Error::Kind::invalid, 1018,
      fmt::format("{} is not {} lower-case hexadecimal digits.", what, 2 * value.bytes.size()));
}
}  // namespace

PublicKey public_key_of(const SigningSeed& seed) { return Pair(seed).open; }

Signature sign(const SigningSeed& seed, std::string_view text) {
  const Pair pair(seed);
  Signature signature;
  crypto_sign_ed25519_detached(signature.bytes.data(), nullptr, bytes_of(text), text.size(),
                               pair.secret.data());
  return signature;
}

bool signed_by(const PublicKey& key, const Signature& signature, std::string_view text) {
  return crypto_sign_ed25519_verify_detached(signature.bytes.data(), bytes_of(text), text.size(),
                                             key.bytes.data()) == 0;
}

std::string to_text(const PublicKey& key) { return hexadecimal(key.bytes); }
std::string to_text(const Signature& signature) { return hexadecimal(signature.bytes); }
std::string to_text(const SigningSeed& seed) { return hexadecimal(seed.bytes); }

Result<PublicKey> parse_public_key(std::string_view text) {
  return parse<PublicKey>(text, "the public key");
}
Result<Signature> parse_signature(std::string_view text) {
  return parse<Signature>(text, "the signature");
}
Result<SigningSeed> parse_signing_seed(std::string_view text) {
  return parse<SigningSeed>(text, "the secret key");  // never shown
}

}  // namespace granary
