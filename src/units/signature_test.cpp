#include "units/signature.h"

#include <gtest/gtest.h>

namespace granary {
namespace {

// RFC 8032, section 7.1: test 1 signs nothing, test 2 one byte.
struct Vector {
  const char *seed, *key, *signature;
  std::string text;
};
const Vector vectors[] = {{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                           "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                           "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821"
                           "590a33bacc61e39701cf9b4"
                           "6bd25bf5f0595bbe24655141438e7a100b",
                           ""},
                          {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                           "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                           "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e"
                           "43e15996e458f3613d0f11d"
                           "8c387b2eaeb4302aeeb00d291612bb0c00",
                           "\x72"}};

TEST(Ed25519, GivesThePublishedVectors) {
  for (const Vector& v : vectors) {
    const auto seed = parse_signing_seed(v.seed);
    ASSERT_TRUE(seed);
    EXPECT_EQ(to_text(public_key_of(*seed)), v.key);
    EXPECT_EQ(to_text(sign(*seed, v.text)), v.signature);
    EXPECT_TRUE(signed_by(*parse_public_key(v.key), *parse_signature(v.signature), v.text));
  }
}

TEST(Ed25519, AnotherTextKeyOrBitIsNotWhatWasSigned) {
  const auto seed = *parse_signing_seed(vectors[0].seed);
  const PublicKey key = public_key_of(seed);
  const std::string text = "240000.00 to lab";
  const Signature signature = sign(seed, text);
  EXPECT_TRUE(signed_by(key, signature, text));
  EXPECT_FALSE(signed_by(key, signature, "240000.01 to lab"));
  EXPECT_FALSE(signed_by(key, signature, text + " "));
  EXPECT_FALSE(signed_by(*parse_public_key(vectors[1].key), signature, text));
  EXPECT_FALSE(signed_by(PublicKey{}, signature, text));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Signature other = signature;
    other.bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
    EXPECT_FALSE(signed_by(key, other, text)) << "bit " << bit;
  }
}

TEST(SignatureText, OnlyWholeLowerCaseDigitsAreRead) {
  const std::string good = vectors[0].signature;
  EXPECT_TRUE(parse_signature(good));
  for (std::string bad : {std::string(), good.substr(1), good + "00", "G" + good.substr(1),
                          "E" + good.substr(1), " " + good}) {
    const auto refused = parse_signature(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, 1018);
  }
  const std::string secret = "not-to-be-shown";
  const auto refused = parse_signing_seed(secret);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what.find(secret), std::string::npos) << "a secret is never repeated";
}

}  // namespace
}  // namespace granary
