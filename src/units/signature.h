#pragma once
// Ed25519 (RFC 8032): who issued what. A signature is a function of the secret key and the text, so
// signing needs no randomness; only making a key does, and that is done outside the pure modules.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "units/result.h"

namespace granary {

struct PublicKey {
  std::array<std::uint8_t, 32> bytes{};
  friend bool operator==(const PublicKey&, const PublicKey&) = default;
};
struct Signature {
  std::array<std::uint8_t, 64> bytes{};
  friend bool operator==(const Signature&, const Signature&) = default;
};
// The 32 bytes of which RFC 8032 makes both keys. Whoever has them can sign.
struct SigningSeed {
  std::array<std::uint8_t, 32> bytes{};
};

PublicKey public_key_of(const SigningSeed&);
Signature sign(const SigningSeed&, std::string_view text);
// Whether the owner of the key signed exactly this text. About 70 microseconds.
bool signed_by(const PublicKey&, const Signature&, std::string_view text);

// Lower-case hexadecimal digits, two a byte, and back (G1018).
std::string to_text(const PublicKey&);
std::string to_text(const Signature&);
std::string to_text(const SigningSeed&);
Result<PublicKey> parse_public_key(std::string_view);
Result<Signature> parse_signature(std::string_view);
Result<SigningSeed> parse_signing_seed(std::string_view);

}  // namespace granary
