#pragma once
// Grant certificates: what an issuer grants, signed away from the daemon, so that who runs the
// daemon cannot grant in its name. A certificate is registered once and becomes a voucher; it is
// not money itself, and a copy of it is worth nothing.
//
// The text that is signed is canonical JSON, keys ascending, no spaces, every value a text:
//   {"amount":"240000.00","asset":"CNY","declared":"sme,start-up","expires":"2027-06-30T00:00:00Z",
//    "holder":"lab","issuer":"city","not_before":"2026-11-21T00:00:00Z","programme":"city-2026",
//    "purposes":"pretrain,serve","serial":"17","type":"granary-grant-v1"}
// One text means one certificate: what is not written exactly so is refused (G1120).

#include <string>
#include <string_view>
#include <vector>

#include "ledger/programmes.h"
#include "ledger/vouchers.h"

namespace granary {

struct Certificate {
  std::string issuer, serial;  // together they name it
  std::string asset;           // of the programme; the amount counts in it
  Instant not_before{};        // it cannot be registered earlier
  Grant grant;
};

// By which of the programme's keys, and what: 128 hexadecimal digits.
struct KeySignature {
  std::string key, signature;
  friend bool operator==(const KeySignature&, const KeySignature&) = default;
};
struct SignedCertificate {
  std::string text;  // canonical
  std::vector<KeySignature> signatures;
};

// Names, words and texts of at most so many bytes; words hold no comma.
inline constexpr std::size_t longest_certificate = 4'096;
inline constexpr std::size_t most_signatures = 4;

// The text that is signed. G1120 when a name or word in it is empty, too long, or not one line.
Result<std::string> to_text(const Certificate&);
// Only exactly what to_text() makes is read. G1120 says what is wrong.
Result<Certificate> parse_certificate(std::string_view text);

// Whether the certificate is the programme's issuer's, may be registered by now, and every
// signature on it is of a key that is good now: what the voucher will say of it. G2005 for the
// programme; G4125 names the signature, key or date that is wrong. One signature is needed, two
// make an approved grant (approved_by): the second key has agreed.
struct CertifiedGrant {
  Grant grant;
  Certified certified;
};
Result<CertifiedGrant> certified_grant(const Programmes&, const SignedCertificate&,
                                       const Certificate&, Instant now);

}  // namespace granary
