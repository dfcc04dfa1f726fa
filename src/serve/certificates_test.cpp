// Certificates over the API: what is registered, and what an auditor finds when the whole journal
// was written again by somebody who runs the daemon but has no key of the issuer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "serve/test_core.h"

namespace granary {
namespace {
using testing::Answered;
using testing::Client;
using ::testing::HasSubstr;
using testing::Json;
using testing::TestCore;

SigningSeed seed() {
  SigningSeed made;
  made.bytes.fill(1);
  return made;
}

std::vector<Document> documents() {
  auto all = testing::house_documents();
  all.back().text += "certified = true\n[[keys]]\nid = \"a\"\npublic = \"" +
                     to_text(public_key_of(seed())) + "\"\n";
  return all;
}

Json certificate(const std::string& amount = "100.00") {
  Json grant{{"amount", amount},
             {"asset", "CNY"},
             {"declared", ""},
             {"expires", "2027-06-30T00:00:00Z"},
             {"holder", "lab"},
             {"issuer", "city"},
             {"not_before", "2026-11-21T00:00:00Z"},
             {"programme", "city"},
             {"purposes", "run"},
             {"serial", "17"},
             {"type", "granary-grant-v1"}};
  const Json signature{{"key", "a"}, {"signature", to_text(sign(seed(), grant.dump()))}};
  return {{"schema", "granary.certificate/1"},
          {"grant", grant},
          {"signatures", Json::array({signature})}};
}

struct Desk : ::testing::Test {
  TestCore core{documents()};
  Client client{core};
};

TEST_F(Desk, ACertificateOverTheApiBecomesAVoucherThatNamesIt) {
  const Answered made = client.post("/v1/certificates", certificate());
  ASSERT_EQ(made.status, 200) << made.detail();
  EXPECT_EQ(made.json["id"], "v-1");
  EXPECT_EQ(made.json["certificate"]["serial"], "17");
  EXPECT_EQ(made.json["certificate"]["keys"], Json::array({"a"}));
  EXPECT_EQ(client.post("/v1/certificates", certificate()).json["id"], "v-1");
  EXPECT_EQ(client.get("/v1/vouchers").json["vouchers"].size(), 1u);
  EXPECT_EQ(client.get("/v1/ledger/verify").json["certificates"], 1);
}

TEST_F(Desk, WhatIsNoCertificateIsRefusedAndPostsNothing) {
  const std::uint64_t legs = core.state.books.legs;
  for (const Json& bad :
       {Json::object(), Json{{"grant", 7}, {"signatures", Json::array()}},
        Json{{"grant", Json::object()}, {"signatures", 7}},
        Json{{"grant", Json::object()}, {"signatures", Json::array({7})}},
        Json{{"grant", {{"amount", Json::array()}}}, {"signatures", Json::array()}}}) {
    EXPECT_EQ(client.post("/v1/certificates", bad).code(), "G1120") << bad.dump();
  }
  Json more = certificate();
  more["grant"]["more"] = "x";
  EXPECT_EQ(client.post("/v1/certificates", more).code(), "G1120");
  Json unknown = certificate();
  unknown["signatures"][0]["by"] = "me";
  EXPECT_EQ(client.post("/v1/certificates", unknown).code(), "G1001");
  Json altered = certificate();
  altered["grant"]["amount"] = "900.00";
  EXPECT_EQ(client.post("/v1/certificates", altered).code(), "G4125");
  EXPECT_EQ(core.state.books.legs, legs);
}

TEST_F(Desk, VerifyFindsAVoucherThatTheIssuerDidNotSignThoughEveryChainIsRight) {
  ASSERT_EQ(client.post("/v1/certificates", certificate()).status, 200);
  auto& command = std::get<RegisterCertificate>(core.kept.back().request.command);
  command.certificate.signatures[0].signature[0] ^= 1;
  core.kept.back().chain = chained(core.kept[core.kept.size() - 2].chain, encode(core.kept.back()));
  const Answered found = client.get("/v1/ledger/verify");
  EXPECT_EQ(found.code(), "G9040");
  EXPECT_THAT(found.detail(), HasSubstr("granted v-1 by a certificate that does not say so"));
}

}  // namespace
}  // namespace granary
