// Quotes over HTTP.

#include <gtest/gtest.h>

#include "serve/test_core.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::Answered;
using testing::job_body;
using testing::Json;
using testing::with;

struct QuoteRoutes : testing::RoutesTest {
  Json job(const std::string& quote) const {
    return {{"quote", quote}, {"run", {{"argv", {"work"}}}}};
  }
  // The same stock at another price of a cpu.
  void reprice(const std::string& price) {
    Configure configure;
    for (Document d : testing::house_documents()) {
      const std::string old = "\"1.20 CNY";
      const std::size_t at = d.text.find(old);
      if (at != std::string::npos) d.text.replace(at, old.size(), "\"" + price + " CNY");
      configure.documents.push_back({d.name, sha256(d.text), d.text});
    }
    const auto made = core.submit({"configure " + price, body_hash(configure), "test", configure});
    ASSERT_TRUE(made && !made->refused);
  }
};

TEST_F(QuoteRoutes, AQuotedPriceIsHeldAndTheJobNamesItsQuote) {
  grant();
  const Answered made = client.post("/v1/quotes", {{"job", job_body("cpu x 2", "1 h")}});
  ASSERT_EQ(made.status, 200) << made.json;
  EXPECT_EQ(made.json["schema"], "granary.quote/1");
  EXPECT_EQ(made.json["id"], "q-1");
  EXPECT_EQ(made.json["until"], "2026-11-21T00:30:00Z");
  EXPECT_EQ(made.json["options"][0]["price"]["amount"], "2.40");
  reprice("9.00");
  EXPECT_EQ(client.get("/v1/quotes/q-1").json["options"], made.json["options"]);
  const Answered taken = client.post("/v1/jobs", job("q-1#1"));
  ASSERT_EQ(taken.status, 200) << taken.json;
  EXPECT_EQ(taken.json["quote"], "q-1#1");
  EXPECT_EQ(taken.json["payer"], "lab");
  EXPECT_EQ(taken.json["held"]["amount"], "2.40");
  EXPECT_EQ(client.get("/v1/quotes/q-1").json["job"], taken.json["id"]);
  EXPECT_EQ(client.get("/v1/quotes/q-1").json["open"], false);
}

TEST_F(QuoteRoutes, TheSameKeyGivesTheSameQuoteAndAnotherBodyAConflict) {
  const Json body{{"job", job_body("cpu x 2", "1 h")}};
  const Answered first = client.post("/v1/quotes", body, "key-1");
  core.now += 10min;
  const Answered again = client.post("/v1/quotes", body, "key-1");
  EXPECT_EQ(again.json["id"], first.json["id"]);
  EXPECT_EQ(again.json["until"], first.json["until"]);
  const Answered other = client.post("/v1/quotes", {{"job", job_body("cpu x 1", "1 h")}}, "key-1");
  EXPECT_EQ(other.code(), "G5002");
  EXPECT_EQ(core.state.quotes.size(), 1u);
}

TEST_F(QuoteRoutes, AfterItsTimeItIsAConflictWithANewQuoteAmongTheFixes) {
  grant();
  client.post("/v1/quotes", {{"job", job_body("cpu x 2", "1 h")}});
  core.advance(core.now + 42min);
  const Answered late = client.post("/v1/jobs", job("q-1#1"), "late");
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.code(), "G5001");
  EXPECT_EQ(late.detail(), "q-1 expired 12 min ago; the price is still 2.40 CNY.");
  EXPECT_EQ(late.json["fixes"], Json({"granary submit --quote q-2#1"}));
  EXPECT_EQ(client.post("/v1/jobs", job("q-1#1"), "late").json, late.json);
  const Answered fresh = client.get("/v1/quotes/q-2");
  EXPECT_EQ(fresh.json["instead_of"], "q-1#1");
  EXPECT_EQ(client.post("/v1/jobs", job("q-2#1")).status, 200);
}

TEST_F(QuoteRoutes, ADryRunOfAQuotedJobShowsItsPriceAndUsesNothingUp) {
  grant();
  client.post("/v1/quotes", {{"job", job_body("cpu x 2", "1 h")}});
  reprice("9.00");
  const auto dry = [&](const Json& body) {
    return client.send({"POST", "/v1/jobs?dry_run=1", {}, body.dump(), "lab"});
  };
  const Answered shown = dry(job("q-1#1"));
  ASSERT_EQ(shown.status, 200) << shown.json;
  EXPECT_EQ(shown.json["options"][0]["price"]["amount"], "2.40");
  EXPECT_EQ(shown.json["payer"], "lab");
  EXPECT_EQ(client.get("/v1/quotes/q-1").json["open"], true);
  EXPECT_EQ(dry(with(job("q-1#1"), "payer", "uni")).code(), "G4101");
  EXPECT_EQ(dry(job("q-1#7")).code(), "G2100");
  core.advance(core.now + 30min);
  EXPECT_EQ(dry(job("q-1#1")).code(), "G5001");
  EXPECT_EQ(core.state.quotes.size(), 1u);
}

TEST_F(QuoteRoutes, WhatCannotBeQuotedIsRefused) {
  const auto refused = [&](const Json& body) { return client.post("/v1/quotes", body).code(); };
  const Json asked = job_body("cpu x 2", "1 h");
  EXPECT_NE(refused({}), "");
  EXPECT_EQ(refused({{"job", 1}}), "G1001");
  EXPECT_EQ(refused({{"job", asked}, {"payer", "lab"}}), "G1001");
  EXPECT_EQ(refused({{"job", with(asked, "quote", "q-1#1")}}), "G1100");
  EXPECT_EQ(refused({{"job", with(asked, "inside", "r-1")}}), "G1100");
  EXPECT_EQ(refused({{"job", with(asked, "payer", "")}}), "G1019");
  EXPECT_EQ(refused({{"work", {{"kind", "pretrain"}}}, {"payer", "lab"}, {"sorted", "x"}}),
            "G1001");
  EXPECT_EQ(client.get("/v1/quotes/q-1").code(), "G2100");
  EXPECT_EQ(client.get("/v1/quotes/j-1").code(), "G1011");
  EXPECT_EQ(client.get("/v1/quotes").status, 405);
  // A job that takes a quote and asks for other work.
  client.post("/v1/quotes", {{"job", asked}});
  grant();
  for (const Json& other : {job_body("cpu x 1", "1 h"), job_body("cpu x 2", "2 h"),
                            with(asked, "purpose", "serve"), with(asked, "service", true)}) {
    EXPECT_EQ(client.post("/v1/jobs", with(other, "quote", "q-1#1")).code(), "G1100") << other;
  }
  EXPECT_EQ(client.post("/v1/jobs", with(job("q-1#1"), "inside", "r-1")).code(), "G1100");
  EXPECT_EQ(client.post("/v1/jobs", with(job("q-1#1"), "purpose", "run")).code(), "G1100");
  EXPECT_EQ(client.post("/v1/jobs", job("q-1")).code(), "G1101");
  EXPECT_TRUE(core.state.jobs.empty());
  EXPECT_EQ(client.post("/v1/jobs", with(asked, "quote", "q-1#1")).status, 200);
}

}  // namespace
}  // namespace granary
