#include <gtest/gtest.h>

#include <limits>

#include "serve/test_core.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::Answered;
using testing::Client;
using testing::job_body;
using testing::Json;
using testing::reservation_body;
using testing::t0;
using testing::TestCore;
using testing::voucher_body;
using testing::with;

using Routes = testing::RoutesTest;

TEST_F(Routes, LiveNeedsNoTokenAndEverythingElseDoes) {
  EXPECT_EQ(client.send({"GET", "/livez", {}, "", ""}).json["entry"], 1);
  for (const char* target : {"/v1/queue", "/v1/jobs/j-1", "/v1/nothing", "/"}) {
    const Answered answered = client.send({"GET", target, {}, "", ""});
    EXPECT_EQ(answered.status, 401) << target;
    EXPECT_EQ(answered.code(), "G8001");
  }
}

TEST_F(Routes, AnUnknownPathIs404AndAKnownPathWithAnotherMethodIs405) {
  for (const char* target : {"/v1/nothing", "", "/", "v1/queue", "xv1/queue", "/v1/queue/",
                             "/v1//queue", "/V1/queue", "/v1/jobs/j-1/explain/more", "/livez/"}) {
    EXPECT_EQ(client.get(target).status, 404) << target;
  }
  for (const char* method : {"PUT", "DELETE", "HEAD", "post", "", "\x01\xff"}) {
    const Answered answered = client.send({method, "/v1/jobs", {}, "", "lab"});
    EXPECT_EQ(answered.status, 405) << method;
    EXPECT_EQ(answered.code(), "G1052");
  }
  EXPECT_EQ(client.get("/v1/jobs").status, 405);
}

TEST_F(Routes, AnEscapedIdIsTheSameIdAndAnEscapedSlashIsNot) {
  grant();
  client.post("/v1/jobs", job_body());
  EXPECT_EQ(client.get("/v1/jobs/%6A%2d1").json["id"], "j-1");
  for (const char* id : {"j-1%2Fexplain", "%", "%4", "%zz", "j-01", "j-0", "j--1", "J-1", "j-1%00",
                         "j-18446744073709551616", "r-1", "", "%ff%fe"}) {
    const Answered answered = client.get(std::string("/v1/jobs/") + id);
    EXPECT_EQ(answered.code(), "G1011") << id;
  }
  EXPECT_EQ(client.get("/v1/jobs/j-18446744073709551615").code(), "G2008");
}

TEST_F(Routes, ABodyThatIsNoObjectOfJsonIsRefused) {
  const std::string deep(40, '[');
  for (const std::string& body :
       {std::string("{"), std::string("[]"), std::string("1"), std::string("null"),
        std::string("{\"payer\":\"\xff\"}"), std::string("{\"payer\":NaN}"),
        std::string("{\"priority\":1e999}"), std::string("{} {}"), "{\"a\":" + deep,
        "{\"a\":" + std::string(500'000, '['), std::string("{\"payer\":\"a\0b\"}", 15)}) {
    const Answered answered = client.post_text("/v1/jobs", body);
    EXPECT_EQ(answered.status, 400) << body.substr(0, 40);
    EXPECT_EQ(answered.code(), "G1050") << body.substr(0, 40);
  }
}

TEST_F(Routes, AWriteNeedsAKeyOfVisibleCharacters) {
  for (const std::string& key : {std::string(), std::string(65, 'k'), std::string("a b"),
                                 std::string("a\n"), std::string("\xc3\xa9")}) {
    const Answered answered = client.send(
        {"POST", "/v1/vouchers", {{"idempotency-key", key}}, voucher_body.dump(), "lab"});
    EXPECT_EQ(answered.code(), "G1051") << key;
  }
  EXPECT_EQ(client.send({"POST", "/v1/jobs/j-1/cancel", {}, "{}", "lab"}).code(), "G1051");
  EXPECT_EQ(core.head().sequence, 1u);
  EXPECT_EQ(client.post("/v1/vouchers", voucher_body, std::string(64, 'k')).status, 200);
}

TEST_F(Routes, ARepeatedKeyGivesTheFirstAnswerAndWithAnotherBody422) {
  const Answered first = client.post("/v1/vouchers", voucher_body, "once");
  const auto head = core.head().sequence;
  EXPECT_EQ(client.post("/v1/vouchers", voucher_body, "once").json, first.json);
  const Answered other = client.post("/v1/vouchers", with(voucher_body, "to", "uni"), "once");
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(other.code(), "G5002");
  EXPECT_EQ(core.head().sequence, head);

  const Json broke = with(job_body(), "payer", "nobody");
  const Answered refusal = client.post("/v1/jobs", broke, "refused");
  EXPECT_EQ(refusal.status, 403);
  client.post("/v1/vouchers", with(voucher_body, "to", "nobody"));
  EXPECT_EQ(client.post("/v1/jobs", broke, "refused").json, refusal.json);
}

TEST_F(Routes, AGrantThatIsAskedAgainLaterNamesTheEntryThatItIsIn) {
  for (int i = 0; i < 5; ++i) grant("1");
  const auto first = client.post("/v1/vouchers", voucher_body, "the-key");
  for (int i = 0; i < 70; ++i) grant("1");  // of the same instant
  core.advance(core.now + std::chrono::hours(1));
  for (int i = 0; i < 5; ++i) grant("1");
  EXPECT_EQ(first.json["entry"], 7);
  const auto again = client.post("/v1/vouchers", voucher_body, "the-key");
  EXPECT_EQ(again.json["id"], first.json["id"]);
  EXPECT_EQ(again.json["entry"], 7);
  const auto other = client.post("/v1/vouchers", voucher_body);
  EXPECT_EQ(other.json["entry"], core.head().sequence);
}

TEST_F(Routes, AReservationFromNowOnThatIsAskedAgainLaterIsTheSameReservation) {
  grant();
  core.now = t0 + 1ms;  // a clock that shows parts of a second
  const Answered first = client.post("/v1/reservations", reservation_body(), "once");
  ASSERT_EQ(first.status, 200) << first.json;
  EXPECT_EQ(first.json["from"], "2026-11-21T00:00:00.001Z");
  core.now = t0 + 10s;
  EXPECT_EQ(client.post("/v1/reservations", reservation_body(), "once").json["id"], "r-1");
  EXPECT_EQ(core.state.reservations.size(), 1u);
}

TEST_F(Routes, AReservationFromNowOnStandsThoughTheCoreStepsItLater) {
  grant();
  struct Late final : Core {
    explicit Late(TestCore& c) : core(c) {}
    Result<granary::Answer> submit(Request request) override {
      core.now += 400ms;
      return core.submit(std::move(request));
    }
    void read(const std::function<void(const State&, Instant)>& look) override { core.read(look); }
    Result<std::vector<Entry>> entries(std::uint64_t after, std::size_t limit) override {
      return core.entries(after, limit);
    }
    Journal::Head head() override { return core.head(); }
    Result<std::string> output(Id<Job> j, int a, const std::string& s, std::size_t n) override {
      return core.output(j, a, s, n);
    }
    TestCore& core;
  } late(core);
  Client slow(late);
  for (const auto part : {1ms, 499ms, 600ms, 999ms}) {
    core.now = std::chrono::ceil<std::chrono::seconds>(core.now) + part;
    EXPECT_EQ(slow.post("/v1/reservations", reservation_body("cpu x 1")).status, 200);
  }
}

TEST_F(Routes, AnUnknownKeyIsRefusedAndTheNearestIsNamed) {
  for (const auto& [target, body, near] : std::vector<std::tuple<std::string, Json, std::string>>{
           {"/v1/jobs", with(job_body(), "prioritty", 1), "priority"},
           {"/v1/jobs", with(job_body(), "run", {{"argvv", Json::array()}}), "argv"},
           {"/v1/vouchers", with(voucher_body, "amout", "1"), "amount"},
           {"/v1/reservations", with(reservation_body(), "sit", "local"), "site"},
           {"/v1/plans", {{"acept", Json::array()}}, "accept"},
           {"/v1/jobs?dryrun=1", job_body(), "dry_run"},
           {"/v1/jobs?dry-run=1", job_body(), "dry_run"}}) {
    const Answered answered = client.post(target, body);
    EXPECT_EQ(answered.code(), "G1001") << answered.json;
    EXPECT_NE(answered.detail().find("Did you mean " + near + "?"), std::string::npos)
        << answered.json;
  }
  EXPECT_EQ(client.post("/v1/jobs/j-1/cancel", {{"force", true}}).code(), "G1001");
  EXPECT_EQ(client.post("/v1/reservations/r-1/cancel", {{"force", true}}).code(), "G1001");
  EXPECT_EQ(client.get("/v1/queue?state=waiting").code(), "G1001");
  EXPECT_EQ(core.head().sequence, 1u);
}

TEST_F(Routes, AValueOfTheWrongTypeIsRefusedForEachKey) {
  const std::vector<Json> odd{
      nullptr, 1.5, 1e308, Json::array({1}), Json{{"a", Json::array()}}, Json::array({nullptr})};
  const std::vector<std::pair<std::string, Json>> all{
      {"/v1/jobs", with(with(with(job_body(), "name", "n"), "priority", 0), "service", false)},
      {"/v1/vouchers", voucher_body},
      {"/v1/reservations", with(reservation_body(), "site", "local")},
      {"/v1/plans", {{"work", Json::object()}, {"accept", Json::array()}, {"payer", "lab"}}}};
  for (const auto& [target, body] : all) {
    for (const auto& item : body.items()) {
      for (const Json& value : odd) {
        const Answered answered = client.post(target, with(body, item.key(), value));
        EXPECT_EQ(answered.code(), "G1001") << target << " " << item.key() << " " << value;
      }
    }
  }
  EXPECT_EQ(core.head().sequence, 1u);
}

TEST_F(Routes, ADryRunChangesNothing) {
  grant();
  client.post("/v1/jobs", job_body("cpu x 4", "30 min"));
  client.post("/v1/jobs", job_body("cpu x 4", "1 h"));
  const auto head = core.head().sequence;
  const Hash before = now_digest();
  const auto dry = [&](const std::string& target, const Json& body) {
    return client.send({"POST", target + "?dry_run=1", {}, body.dump(), "lab"});
  };
  const Answered job = dry("/v1/jobs", job_body());
  EXPECT_EQ(job.json["schema"], "granary.job_preview/1");
  EXPECT_EQ(job.json["options"][0]["price"]["amount"], "2.40");
  EXPECT_EQ(job.json["options"][0]["fundable"], true);
  EXPECT_EQ(job.json["vouchers"][0]["id"], "v-1");
  EXPECT_EQ(dry("/v1/vouchers", voucher_body).json["face"]["amount"], "1000.00");
  const Answered reservation =
      dry("/v1/reservations", with(reservation_body("cpu x 4"), "from", "2026-11-21T00:30:00Z"));
  EXPECT_EQ(reservation.json["price"]["amount"], "9.60") << reservation.json;
  EXPECT_EQ(reservation.json["delays"], Json({{{"by_s", 7200.0}, {"job", "j-2"}}}));
  EXPECT_EQ(core.head().sequence, head);
  EXPECT_EQ(now_digest(), before);
}

TEST_F(Routes, ADryRunRefusesWhatTheRealThingWouldAndIsNeverTakenForIt) {
  grant();
  const auto dry = [&](const std::string& target, const Json& body) {
    return client.send({"POST", target + "?dry_run=1", {}, body.dump(), "lab"});
  };
  for (const std::string& holder : {std::string(), std::string("a\nb"), std::string(65, 'x')}) {
    EXPECT_EQ(dry("/v1/vouchers", with(voucher_body, "to", holder)).code(), "G1019");
    EXPECT_EQ(dry("/v1/reservations", with(reservation_body(), "payer", holder)).code(), "G1019");
    EXPECT_EQ(dry("/v1/jobs", with(job_body(), "payer", holder)).code(), "G1019");
  }
  EXPECT_EQ(dry("/v1/jobs", with(job_body(), "payer", "nobody")).json["options"][0]["fundable"],
            false);
  EXPECT_EQ(dry("/v1/reservations", with(reservation_body(), "payer", "nobody")).status, 403);

  client.post("/v1/jobs", job_body());
  // A client's key of that name, and the ways to miswrite a dry run.
  EXPECT_EQ(client.post("/v1/vouchers", voucher_body, "dry-run").status, 200);
  EXPECT_EQ(dry("/v1/reservations", reservation_body()).status, 200);
  const auto head = core.head().sequence;
  for (const char* query : {"dry_run=0", "dry_run", "dry_run=true", "dry_run=1&dry_run=0",
                            "Dry_run=1", "a=1&dry_run=1"}) {
    EXPECT_EQ(client.post(std::string("/v1/jobs?") + query, job_body()).status, 400) << query;
  }
  std::string many = "/v1/vouchers?";
  for (int i = 0; i < 40; ++i) many += "a" + std::to_string(i) + "=1&";
  EXPECT_EQ(client.post(many + "dry_run=1", voucher_body).status, 400);
  EXPECT_EQ(dry("/v1/jobs/j-1/cancel", Json::object()).code(), "G1001");
  EXPECT_EQ(core.head().sequence, head);
  EXPECT_EQ(client.get("/v1/jobs/j-1").json["state"], "running");
}

TEST_F(Routes, AJobIsShownFromItsSubmissionToItsEnd) {
  grant();
  const Answered made = client.post("/v1/jobs", with(job_body(), "name", "tiny"));
  EXPECT_EQ(made.json["schema"], "granary.job/1");
  EXPECT_EQ(made.json["state"], "running");
  EXPECT_EQ(made.json["held"]["amount"], "2.40");
  EXPECT_EQ(made.json["nodes"].size(), 1u);
  core.report(WorkerRunning{{1}, 1, ""});
  core.now += 10min;
  core.report(WorkerProgress{{1}, 1, 1, 120, 64'000, 1.25, "c-120", core.now});
  const Answered shown = client.get("/v1/jobs/j-1");
  EXPECT_EQ(shown.json["progress"]["steps"], 120);
  EXPECT_EQ(shown.json["captured"]["amount"], "0.40");
  core.now += 10min;
  core.report(WorkerFinished{{1}, 1, 0, 0, core.now});
  EXPECT_EQ(client.get("/v1/jobs/j-1").json["state"], "finished");

  std::vector<std::string> kinds, texts;
  const Answered told = client.get("/v1/jobs/j-1/events");
  for (const Json& event : told.json["events"]) {
    kinds.push_back(event["kind"]);
    texts.push_back(event["text"]);
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"accepted", "hold", "started", "running", "progress",
                                             "capture", "capture", "release", "ended"}));
  EXPECT_EQ(texts[0], "/bin/true, payer lab");
  EXPECT_EQ(texts[2], "attempt 1 on 2 x local/cpu: fits: 4 were free at local/cpu");
  EXPECT_EQ(texts[4], "step 120, 64000 tokens, loss 1.2500, checkpoint c-120");
  EXPECT_EQ(texts[8], "attempt 1 finished: exit 0");
  EXPECT_EQ(client.get("/v1/jobs/j-9/events").code(), "G2008");
}

TEST_F(Routes, AWaitingJobIsExplainedQueuedAndCancelled) {
  grant();
  client.post("/v1/jobs", job_body("cpu x 3", "2 h"));
  EXPECT_EQ(client.post("/v1/jobs", job_body("cpu x 2")).json["start"], "2026-11-21T02:00:00Z");
  const Answered why = client.get("/v1/jobs/j-2/explain");
  EXPECT_EQ(why.json["code"], "chips_short");
  EXPECT_EQ(why.json["position"], 1);
  EXPECT_EQ(why.json["start"], "2026-11-21T02:00:00Z");
  EXPECT_EQ(why.json["blockers"][0]["free"], 1);
  EXPECT_EQ(why.json["sooner"].size(), 1u) << why.json;

  core.now += 5min;
  const Answered queue = client.get("/v1/queue");
  EXPECT_EQ(queue.json["jobs"].size(), 2u);
  EXPECT_EQ(queue.json["jobs"][0]["id"], "j-1");
  EXPECT_EQ(queue.json["jobs"][1]["position"], 1);
  EXPECT_EQ(queue.json["oldest_wait_s"], 300.0);
  EXPECT_EQ(queue.json["pools"][0]["busy"], 3);
  EXPECT_EQ(client.post("/v1/jobs/j-2/cancel", Json::object()).json["state"], "cancelled");
  EXPECT_EQ(client.post("/v1/jobs/j-2/cancel", Json::object()).status, 409);
  EXPECT_EQ(client.post("/v1/jobs/j-7/cancel", Json::object()).status, 404);
  EXPECT_EQ(client.get("/v1/jobs/j-7/explain").status, 404);
  const Answered stock = client.get("/v1/stock");
  EXPECT_EQ(stock.json["pools"][0]["price"]["amount"], "1.20");
  EXPECT_EQ(stock.json["pools"][0]["free"], 1);
}

TEST_F(Routes, TheLastBytesOfAnOutputAreGivenAndAQueryOutOfRangeIsRefused) {
  grant();
  client.post("/v1/jobs", job_body());
  core.outputs["j-1/1/stdout"] = "one\ntwo\xff\x1b\n";
  EXPECT_EQ(client.get("/v1/jobs/j-1/logs").json["text"], "one\ntwo\xef\xbf\xbd\x1b\n");
  EXPECT_EQ(client.get("/v1/jobs/j-1/logs?bytes=3&attempt=1").json["text"], "\xef\xbf\xbd\x1b\n");
  EXPECT_EQ(client.get("/v1/jobs/j-1/logs?bytes=0").json["text"], "");
  EXPECT_EQ(client.get("/v1/jobs/j-1/logs?stream=stderr").code(), "G2009");
  EXPECT_EQ(client.get("/v1/jobs/j-1/logs?attempt=2").code(), "G2009");
  EXPECT_EQ(client.get("/v1/jobs/j-2/logs").code(), "G2008");
  for (const char* query : {"bytes=1048577", "bytes=-1", "bytes=", "bytes=1e3", "bytes=0x10",
                            "bytes=99999999999999999999", "attempt=1000001", "attempt=%31%00",
                            "stream=..%2f..%2fetc", "stream="}) {
    EXPECT_EQ(client.get(std::string("/v1/jobs/j-1/logs?") + query).code(), "G1005") << query;
  }
}

TEST_F(Routes, AReservationIsMadePaidListedAndCancelled) {
  grant();
  const Answered made = client.post("/v1/reservations", reservation_body());
  EXPECT_EQ(made.json["id"], "r-1");
  EXPECT_EQ(made.json["price"]["amount"], "4.80");
  EXPECT_EQ(made.json["held"]["amount"], "4.80");
  EXPECT_EQ(made.json["until"], "2026-11-21T02:00:00Z");
  EXPECT_EQ(client.get("/v1/reservations").json["reservations"].size(), 1u);
  const Answered full = client.post("/v1/reservations", reservation_body("cpu x 3"));
  EXPECT_EQ(full.code(), "G4012");
  EXPECT_NE(full.detail().find("First window with 3 free: 2026-11-21T02:00:00Z"),
            std::string::npos);
  core.advance(t0 + 1h);
  EXPECT_EQ(client.post("/v1/reservations/r-1/cancel", Json::object()).json["open"], false);
  EXPECT_EQ(client.post("/v1/reservations/r-1/cancel", Json::object()).code(), "G5003");
  EXPECT_EQ(client.post("/v1/reservations/r-2/cancel", Json::object()).code(), "G2007");
}

TEST_F(Routes, AStatementsBalancesFollowFromItsLines) {
  EXPECT_EQ(client.post("/v1/vouchers", voucher_body).json["fund_left"]["amount"], "999000.00");
  EXPECT_EQ(client.get("/v1/vouchers?holder=lab").json["vouchers"].size(), 1u);
  EXPECT_EQ(client.get("/v1/vouchers?holder=no").json["vouchers"].size(), 0u);
  client.post("/v1/jobs", job_body("cpu x 4", "10 h"));
  core.report(WorkerRunning{{1}, 1, ""});
  core.advance(t0 + 90min);
  core.report(WorkerFinished{{1}, 1, 0, 0, core.now});
  const Answered statement = client.get("/v1/vouchers/v-1/statement");
  Money balance;
  std::vector<std::string> reasons;
  for (const Json& line : statement.json["lines"]) {
    reasons.push_back(line["reason"]);
    for (const auto& [side, sign] : {std::pair{"credit", 1}, std::pair{"debit", -1}}) {
      if (!line.contains(side)) continue;
      const Money amount = parse_money(line[side]["amount"].get<std::string>()).value();
      balance += sign > 0 ? amount : -amount;
    }
    EXPECT_EQ(line["balance"]["amount"], to_text(balance)) << line;
  }
  EXPECT_EQ(reasons, (std::vector<std::string>{"grant", "hold", "capture", "capture", "release"}));
  EXPECT_EQ(statement.json["voucher"]["balance"]["amount"], "992.80");
  EXPECT_EQ(to_text(balance), "992.80");  // 4 chips, 1.5 hours, 1.20 each
  EXPECT_EQ(statement.json["lines"][1]["held"]["amount"], "48.00");
  EXPECT_EQ(statement.json["books"]["sum"]["amount"], "0.00");
  EXPECT_EQ(client.get("/v1/vouchers/v-2/statement").code(), "G2011");
}

TEST_F(Routes, VerifyAgreesWithTheJournalAndSeesAnAlteredEntry) {
  grant();
  client.post("/v1/jobs", job_body());
  const Answered good = client.get("/v1/ledger/verify");
  EXPECT_EQ(good.json["entries"], 3);
  EXPECT_EQ(good.json["balanced"], true);
  EXPECT_EQ(good.json["chain_head"], to_text(core.head().chain));
  const auto kept = core.kept;
  std::get<GrantVoucher>(core.kept[1].request.command).grant.amount += Money::units(1);
  const Answered altered = client.get("/v1/ledger/verify");
  EXPECT_EQ(altered.code(), "G9002");
  EXPECT_NE(altered.detail().find("entry 2 was altered"), std::string::npos);
  core.kept = kept;
  core.kept.erase(core.kept.begin() + 1);
  EXPECT_EQ(client.get("/v1/ledger/verify").code(), "G9002");
  core.kept = kept;
  core.state.jobs.at({1}).attempt += 1;  // what is live is not what is written
  EXPECT_EQ(client.get("/v1/ledger/verify").code(), "G9004");
}

TEST_F(Routes, TheJournalIsReadInPagesAsItIsStored) {
  grant();
  client.post("/v1/jobs", job_body());
  Hash chain;
  std::uint64_t after = 0;
  for (int i = 1; i <= 3; ++i) {
    const Answered page = client.get("/v1/journal?limit=1&after=" + std::to_string(after));
    const Json& entry = page.json["entries"].at(0);
    chain = chained(chain, entry["entry"].dump());
    EXPECT_EQ(entry["chain"], to_text(chain));
    after = page.json["next"];
  }
  EXPECT_EQ(after, 3u);
  EXPECT_EQ(client.get("/v1/journal?after=3").json["next"], 3);
  EXPECT_EQ(client.get("/v1/journal?after=18446744073709551615").json["entries"].size(), 0u);
  for (const char* query : {"limit=5001", "after=-1", "after=18446744073709551616", "after=+1"}) {
    EXPECT_EQ(client.get(std::string("/v1/journal?") + query).code(), "G1005") << query;
  }
}

TEST_F(Routes, AFaultOfTheCoreIsNamedWithItsStatus) {
  for (const auto& [code, kind, status] : {std::tuple{7007, Error::Kind::unavailable, 503},
                                           {7002, Error::Kind::failed, 507},
                                           {7001, Error::Kind::failed, 500}}) {
    core.broken = Error{kind, code, "The journal has a fault.", ""};
    EXPECT_EQ(client.post("/v1/vouchers", voucher_body).status, status);
  }
}

}  // namespace
}  // namespace granary
