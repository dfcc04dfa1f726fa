#include "engine/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/test_house.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::House;
using testing::t0;

SigningSeed seed_of(std::uint8_t number) {
  SigningSeed seed;
  seed.bytes.fill(number);
  return seed;
}
const SigningSeed first = seed_of(1), second = seed_of(2), stranger = seed_of(3);

// A programme that grants by certificate only, with three keys: one is good in 2026 only, one is
// revoked in 2027.
std::vector<Document> documents() {
  auto all = testing::house_documents();
  all.back().text =
      "id = \"city\"\nname = \"City\"\nissuer = \"town\"\nfund = \"1000000 CNY\"\n"
      "standing = \"assumed\"\nsource = \"made-up\"\ncertified = true\n"
      "approval = { amount = \"5000 CNY\" }\n"
      "[[keys]]\nid = \"a\"\npublic = \"" +
      to_text(public_key_of(first)) + "\"\nfrom = \"2026-01-01\"\nuntil = \"2027-01-01\"\n" +
      "[[keys]]\nid = \"b\"\npublic = \"" + to_text(public_key_of(second)) +
      "\"\nrevoked = \"2027-01-01\"\n";
  return all;
}

Certificate grant_of(const std::string& serial, std::int64_t yuan = 1000) {
  Certificate certificate{"town", serial, "CNY", t0, {}};
  certificate.grant.programme = "city";
  certificate.grant.holder = "lab";
  certificate.grant.amount = Money::units(yuan);
  certificate.grant.expires = t0 + 24h * 300;
  certificate.grant.purposes = {"pretrain", "run"};
  certificate.grant.declared = {"sme"};
  return certificate;
}

SignedCertificate signed_as(const Certificate& certificate,
                            std::vector<std::pair<std::string, SigningSeed>> keys) {
  SignedCertificate made{*to_text(certificate), {}};
  for (const auto& [id, seed] : keys) {
    made.signatures.push_back({id, to_text(sign(seed, made.text))});
  }
  return made;
}
SignedCertificate good(const std::string& serial) {
  return signed_as(grant_of(serial), {{"a", first}});
}

class Certificates : public ::testing::Test {
 protected:
  // What the refusal says; nothing may have been posted.
  std::string refusal(const SignedCertificate& certificate) {
    const std::uint64_t legs = house.state.books.legs;
    const auto answer = house.send(RegisterCertificate{certificate});
    EXPECT_TRUE(answer.refused);
    EXPECT_EQ(house.state.books.legs, legs);
    return answer.refused ? answer.refused->what : "";
  }
  std::string registered(const SignedCertificate& certificate) {
    const auto answer = house.send(RegisterCertificate{certificate});
    EXPECT_FALSE(answer.refused) << answer.refused->what;
    return answer.made;
  }
  House house{documents()};
};

TEST_F(Certificates, BecomeAVoucherOfTheTermsThatWereSigned) {
  EXPECT_EQ(registered(good("17")), "v-1");
  const Voucher& voucher = house.state.books.vouchers.at({1});
  EXPECT_EQ(to_text(house.left(1)), "1000.00");
  EXPECT_EQ(voucher.holder, "lab");
  EXPECT_EQ(voucher.purposes, (std::vector<std::string>{"pretrain", "run"}));
  EXPECT_EQ(voucher.declared, (std::vector<std::string>{"sme"}));
  ASSERT_TRUE(voucher.certified);
  EXPECT_EQ(voucher.certified->issuer + "/" + voucher.certified->serial, "town/17");
  EXPECT_EQ(voucher.certified->contents, sha256(good("17").text));
}

TEST_F(Certificates, AreRegisteredOnce) {
  registered(good("17"));
  const std::uint64_t legs = house.state.books.legs;
  EXPECT_EQ(registered(good("17")), "v-1") << "the same one again is the same voucher";
  EXPECT_EQ(house.state.books.legs, legs);
  EXPECT_THAT(refusal(signed_as(grant_of("17", 2000), {{"a", first}})),
              HasSubstr("certificate 17 of town became v-1 already"));
  EXPECT_EQ(registered(good("18")), "v-2");
}

TEST_F(Certificates, SignedByNobodyOrAnotherAreRefused) {
  EXPECT_THAT(refusal(signed_as(grant_of("1"), {})), HasSubstr("has 0 signatures"));
  EXPECT_THAT(refusal(signed_as(grant_of("1"), {{"a", stranger}})),
              HasSubstr("has a signature by key a that is not of these contents"));
  EXPECT_THAT(refusal(signed_as(grant_of("1"), {{"c", stranger}})),
              HasSubstr("signed with key c, which city does not have"));
  EXPECT_THAT(refusal(signed_as(grant_of("1"), {{"a", first}, {"a", first}})),
              HasSubstr("with key a twice"));
  EXPECT_THAT(refusal(signed_as(grant_of("1"), {{"a", first}, {"b", stranger}})),
              HasSubstr("by key b that is not"))
      << "one good signature does not cover a bad one";
  auto foreign = grant_of("1");
  foreign.issuer = "elsewhere";
  EXPECT_THAT(refusal(signed_as(foreign, {{"a", first}})), HasSubstr("is foreign"));
  auto other = grant_of("1");
  other.asset = "USD";
  EXPECT_THAT(refusal(signed_as(other, {{"a", first}})), HasSubstr("counts in USD, and city in"));
  other = grant_of("1");
  other.grant.programme = "village";
  EXPECT_THAT(refusal(signed_as(other, {{"a", first}})), HasSubstr("no programme \"village\""));
}

TEST_F(Certificates, AnyAlteredByteIsNoticed) {
  const auto whole = good("9");
  for (std::size_t i = 0; i < whole.text.size(); ++i) {
    auto altered = whole;
    altered.text[i] = altered.text[i] == '1' ? '2' : '1';
    if (altered.text == whole.text) continue;
    refusal(altered);
  }
  EXPECT_TRUE(house.state.books.vouchers.empty());
}

TEST_F(Certificates, CountFromTheirDayWithKeysThatAreGoodThen) {
  auto later = grant_of("1");
  later.not_before = t0 + 1h;
  EXPECT_THAT(refusal(signed_as(later, {{"a", first}})), HasSubstr("not yet"));
  house.advance(t0 + 1h);
  registered(signed_as(later, {{"a", first}}));
  house.advance(*parse_instant("2027-01-01"));
  EXPECT_THAT(refusal(signed_as(grant_of("2"), {{"a", first}})),
              HasSubstr("key a, which is good from 2026-01-01T00:00:00Z until 2027-01-01"));
  EXPECT_THAT(refusal(signed_as(grant_of("2"), {{"b", second}})),
              HasSubstr("key b, which was revoked on 2027-01-01"));
  auto expired = grant_of("3");
  expired.grant.expires = t0 + 1h;
  House fresh{documents()};
  fresh.advance(t0 + 2h);
  const auto answer = fresh.send(RegisterCertificate{signed_as(expired, {{"a", first}})});
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->code, 4004);
}

TEST_F(Certificates, AreTheOnlyWayWhereAProgrammeSaysSo) {
  const auto answer = house.send(GrantVoucher{{"city", "lab", Money::units(10), {}, t0 + 24h}});
  ASSERT_TRUE(answer.refused);
  EXPECT_EQ(answer.refused->code, 4127);
  EXPECT_TRUE(house.state.books.vouchers.empty());
}

TEST_F(Certificates, ALargeGrantNeedsTwoWhoSign) {
  const auto large = grant_of("5", 5001);
  EXPECT_THAT(refusal(signed_as(large, {{"a", first}})), HasSubstr("only when somebody else"));
  registered(signed_as(large, {{"a", first}, {"b", second}}));
  EXPECT_EQ(house.state.books.vouchers.at({1}).approved_by, "key b");
}

TEST(CertificateText, HasOneForm) {
  const std::string text = *to_text(grant_of("17"));
  EXPECT_EQ(
      text,
      R"({"amount":"1000.00","asset":"CNY","declared":"sme","expires":"2027-09-17T00:00:00Z",)"
      R"("holder":"lab","issuer":"town","not_before":"2026-11-21T00:00:00Z",)"
      R"("programme":"city","purposes":"pretrain,run","serial":"17",)"
      R"("type":"granary-grant-v1"})");
  const auto back = parse_certificate(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(*to_text(*back), text);
  const auto with = [&](const std::string& old, const std::string& fresh) {
    std::string other = text;
    other.replace(other.find(old), old.size(), fresh);
    const auto read = parse_certificate(other);
    EXPECT_FALSE(read) << other;
    return read ? std::string() : read.error().what;
  };
  EXPECT_THAT(with("1000.00", "1000"), HasSubstr("canonical"));
  EXPECT_THAT(with("1000.00", "1e3"), HasSubstr("amount"));
  EXPECT_THAT(with("1000.00", "99999999999999999999"), HasSubstr("amount"));
  EXPECT_THAT(with("2027-09-17T00:00:00Z", "2027-09-17"), HasSubstr("canonical"));
  EXPECT_THAT(with("2027-09-17", "2027-19-17"), HasSubstr("date"));
  EXPECT_THAT(with("\"lab\"", "\"\""), HasSubstr("holder"));
  EXPECT_THAT(with("\"lab\"", "7"), HasSubstr("lacks the text \"holder\""));
  EXPECT_THAT(with("\"lab\"", "[[[[]]]]"), HasSubstr("not a JSON object of texts"));
  EXPECT_THAT(with("{", "{\"a\":\"b\","), HasSubstr("a key that is none"));
  EXPECT_THAT(with("v1", "v2"), HasSubstr("of the type \"granary-grant-v2\""));
  EXPECT_THAT(with(",\"serial\"", ", \"serial\""), HasSubstr("canonical"));
  EXPECT_FALSE(parse_certificate(std::string(5000, ' ')));
  EXPECT_FALSE(parse_certificate("{\"a\":\"\xff\"}"));
  auto comma = grant_of("1");
  comma.grant.declared = {"a,b"};
  EXPECT_FALSE(to_text(comma));
  comma = grant_of(std::string(65, '1'));
  EXPECT_FALSE(to_text(comma));
}

}  // namespace
}  // namespace granary
