// The API against garbage: values beyond all bounds one by one, and a seeded storm of mutated
// requests over every route. GRANARY_SEED repeats a storm, GRANARY_STORM sets its length.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <limits>
#include <random>
#include <set>

#include "catalog/built_in.h"
#include "serve/test_core.h"

namespace granary {
namespace {

using namespace std::chrono_literals;
using testing::Answered;
using testing::Client;
using testing::job_body;
using testing::Json;
using testing::reservation_body;
using testing::TestCore;
using testing::voucher_body;
using testing::with;

using RoutesHostile = testing::RoutesTest;

// The documents that are compiled in: chips, models and pools of four sites.
class RoutesBuiltIn : public ::testing::Test {
 protected:
  TestCore core{built_in_documents()};
  Client client{core};
};

TEST_F(RoutesHostile, WhatIsBeyondAllBoundsIsRefusedAndBooksNothing) {
  grant();
  const auto vouchers = core.state.books.vouchers.size();
  const std::vector<std::tuple<std::string, Json, std::string>> cases{
      {"/v1/reservations", reservation_body("cpu x 2", "36501 d"), "G1013"},
      {"/v1/reservations", reservation_body("cpu x 2", "1" + std::string(400, '0') + " d"),
       "G1013"},
      {"/v1/reservations", reservation_body("cpu x 2", "1e308 d"), "G1013"},
      {"/v1/reservations", reservation_body("cpu x 2", "nan h"), "G1013"},
      {"/v1/reservations", reservation_body("cpu x 2", "-1 h"), "G1013"},
      {"/v1/reservations", reservation_body("cpu x 2", "0 s"), "G1041"},
      {"/v1/reservations", reservation_body("cpu x 2", "36500 d"), "G4002"},
      {"/v1/reservations", reservation_body("cpu x 2147483647"), "G4011"},
      {"/v1/reservations", reservation_body("cpu x 2147483648"), "G1010"},
      {"/v1/reservations", reservation_body("cpu x 99999999999"), "G1010"},
      {"/v1/reservations", reservation_body("cpu"), "G1010"},
      {"/v1/reservations", reservation_body("cpu x 1..4"), "G1010"},
      {"/v1/reservations", reservation_body("cpu x 0"), "G1010"},
      {"/v1/reservations", reservation_body("gpu x 1"), "G2002"},
      {"/v1/reservations", with(reservation_body(), "site", "moon"), "G2006"},
      {"/v1/reservations", with(reservation_body(), "from", "1970-01-01"), "G1041"},
      {"/v1/reservations", with(reservation_body(), "from", "9999-12-31T23:59:59Z"), "G1041"},
      {"/v1/reservations", with(reservation_body(), "from", "10000-01-01"), "G1012"},
      {"/v1/reservations", with(reservation_body(), "purpose", "party"), "G1006"},
      {"/v1/reservations", with(reservation_body(), "why", "a\x1b[2J"), "G1019"},
      {"/v1/vouchers", with(voucher_body, "expires", "10000-01-01"), "G1012"},
      {"/v1/vouchers", with(voucher_body, "expires", "9999-12-31T23:59-14:00"), "G1012"},
      {"/v1/vouchers", with(voucher_body, "expires", "1970-01-01"), "G4004"},
      {"/v1/vouchers", with(voucher_body, "amount", "9223372036854.775807"), "G4006"},
      {"/v1/vouchers", with(voucher_body, "amount", "9223372036854.775808"), "G1007"},
      {"/v1/vouchers", with(voucher_body, "amount", "NaN"), "G1007"},
      {"/v1/vouchers", with(voucher_body, "amount", "-1"), "G1008"},
      {"/v1/vouchers", with(voucher_body, "amount", "1e3"), "G1007"},
      {"/v1/vouchers", with(voucher_body, "to", "a\nb"), "G1019"},
      {"/v1/vouchers", with(voucher_body, "to", std::string(5'000, 'x')), "G1019"},
      {"/v1/vouchers", with(voucher_body, "programme", "cty"), "G2005"},
      {"/v1/vouchers", with(voucher_body, "purposes", Json(std::vector<int>(10'000, 1))), "G1001"},
      {"/v1/vouchers", with(voucher_body, "purposes", {"party"}), "G4005"},
      {"/v1/budgets", {{"tenant", "lab"}}, "G1001"},
      {"/v1/budgets", {{"tenant", "a\nb"}, {"amount", "1"}}, "G1019"},
      {"/v1/budgets", {{"tenant", ""}, {"amount", "1"}}, "G1019"},
      {"/v1/budgets", {{"tenant", "lab"}, {"amount", 5}}, "G1001"},
      {"/v1/budgets", {{"tenant", "lab"}, {"amount", "1e3"}}, "G1007"},
      {"/v1/budgets", {{"tenant", "lab"}, {"amount", "9223372036854.775807"}}, "G1111"},
      {"/v1/budgets", {{"tenant", "lab"}, {"amount", "1"}, {"lift", true}}, "G1001"},
      {"/v1/budgets", {{"tenant", "lab"}, {"lift", true}}, "G2110"},
      {"/v1/budgets", {{"tenant", "lab"}, {"amount", "1"}, {"per", "day"}}, "G1001"},
      {"/v1/budgets", {{"tenant", "lab"}, {"amount", "1"}, {"team", "a/b"}}, "G1110"},
      {"/v1/budgets", {{"tenant", "lab"}, {"amount", "1"}, {"asset", "hour"}}, "G1017"},
      {"/v1/credit", {{"tenant", "lab"}, {"amount", "-1"}}, "G1111"},
      {"/v1/credit", {{"tenant", std::string(65, 'x')}, {"amount", "1"}}, "G1019"},
      {"/v1/credit", {{"tenant", "lab"}, {"amount", "1"}, {"team", "vision"}}, "G1001"},
      {"/v1/jobs", with(job_body(), "team", "vision"), "G2110"},
      {"/v1/jobs", with(job_body(), "team", std::string(4'000, 'x')), "G2110"},
      {"/v1/reservations", with(reservation_body(), "team", "vision"), "G2110"},
      {"/v1/plans", {{"work", {{"kind", "serve"}}}, {"payer", "lab"}, {"team", "vision"}}, "G2110"},
      {"/v1/jobs", job_body("cpu x 99999999999"), "G1010"},
      {"/v1/jobs", job_body("cpu x 1..99999999999"), "G1010"},
      {"/v1/jobs", job_body("cpu x 5"), "G6001"},
      {"/v1/jobs", job_body("cpu x 4", "36500 d"), "G4002"},
      {"/v1/jobs", job_body("cpu x 4", "36501 d"), "G1013"},
      {"/v1/jobs", job_body("cpu x 4", "0 s"), "G1013"},
      {"/v1/jobs", with(job_body(), "time_limit", "0 s"), "G1013"},
      {"/v1/jobs", with(job_body(), "priority", 101), "G1003"},
      {"/v1/jobs", with(job_body(), "priority", std::numeric_limits<std::int64_t>::min()), "G1001"},
      {"/v1/jobs", with(job_body(), "priority", std::numeric_limits<std::uint64_t>::max()),
       "G1001"},
      {"/v1/jobs", with(job_body(), "inside", "r-18446744073709551615"), "G2007"},
      {"/v1/jobs", with(job_body(), "accept", std::vector<std::string>(10'000, "cpu")), "G1001"},
      {"/v1/jobs", with(job_body(), "accept", std::vector<std::string>(1'000, "cpu")), "G1009"}};
  for (const auto& [target, body, code] : cases) {
    const Answered answered = client.post(target, body);
    EXPECT_EQ(answered.code(), code) << body.dump().substr(0, 200) << "\n" << answered.json;
    EXPECT_NE(answered.status, 200);
  }
  for (const char* name : {"", "A=B", "GRANARY_DATA", "1A", "A B", "\u00e9", "A\n"}) {
    const Json run{{"argv", {"/bin/true"}}, {"environment", {{name, "x"}}}};
    EXPECT_EQ(client.post("/v1/jobs", with(job_body(), "run", run)).code(), "G1019") << name;
  }
  EXPECT_EQ(core.state.books.vouchers.size(), vouchers);
  EXPECT_TRUE(core.state.jobs.empty());
  EXPECT_TRUE(core.state.books.holds.empty());
}

TEST(RoutesLargeStock, ChipsTimesSpanBeyondWhatCanBeCountedAreRefusedNotRoundedDown) {
  TestCore core(testing::house_documents(1'000, 1'000));  // a million chips for a hundred years
  Client client(core);
  client.post("/v1/vouchers",
              with(with(voucher_body, "amount", "1000000"), "expires", "9999-01-01"));
  EXPECT_EQ(client.post("/v1/reservations", reservation_body("cpu x 1000000", "36500 d")).code(),
            "G1041");
  for (const bool patient : {false, true}) {
    const Json job = with(job_body("cpu x 1000000", "36500 d"), "wait_for_funds", patient);
    for (const char* target : {"/v1/jobs", "/v1/jobs?dry_run=1"}) {
      EXPECT_EQ(client.post(target, job).status, 400) << target;
    }
  }
  EXPECT_TRUE(core.state.books.holds.empty());
}

TEST_F(RoutesHostile, AKeyOfAMillionBytesIsRefusedAndNotRepeated) {
  const std::string big(1'000'000, 'x');
  for (const Json& body :
       {with(job_body(), big, 1), with(job_body(), "work", {{big, 1}}),
        with(job_body(), "accept", {big}), with(job_body(), "run", {{"environment", {{big, 1}}}}),
        with(job_body(), "run", {{"argv", {big}}}), with(job_body(), "purpose", big)}) {
    const Answered answered = client.post("/v1/jobs", body);
    EXPECT_EQ(answered.status, 400);
    EXPECT_LT(answered.detail().size(), 200u);
  }
  EXPECT_LT(client.get("/v1/" + big).detail().size(), 200u);
  EXPECT_LT(client.get("/v1/queue?" + big).detail().size(), 200u);
}

TEST(RoutesCheapStock, JobsOfHundredsOfYearsShowNoStartBeyondTheYear9999) {
  std::vector<Document> documents = testing::house_documents();
  for (Document& d : documents) {  // that somebody can pay for a hundred times a hundred years
    const std::size_t price = d.text.find("1.20 CNY");
    if (price != std::string::npos) d.text.replace(price, 4, "0.000001");
  }
  TestCore core(documents);
  Client client(core);
  client.post("/v1/vouchers", with(with(voucher_body, "amount", "1000"), "expires", "9999-01-01"));
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(client.post("/v1/jobs", job_body("cpu x 4", "36500 d")).status, 200);
  }
  EXPECT_EQ(client.get("/v1/jobs/j-2").json["start"], "2126-10-28T00:00:00Z");
  EXPECT_FALSE(client.get("/v1/jobs/j-100").json.contains("start"));
  EXPECT_EQ(client.get("/v1/jobs/j-100/explain").status, 200);
  EXPECT_EQ(client.get("/v1/queue").json["waiting"], 99);
}

TEST_F(RoutesBuiltIn, AMenuHasOptionsWithPricesAndStarts) {
  const Answered menu = client.post(
      "/v1/plans", {{"work", {{"kind", "pretrain"}, {"model", "glm-130b"}, {"tokens", "400B"}}},
                    {"payer", "lab"},
                    {"sort", "time"},
                    {"limit", 3}});
  ASSERT_EQ(menu.status, 200) << menu.json;
  EXPECT_EQ(menu.json["schema"], "granary.menu/1");
  // Every pool that can run it is shown, however small the limit.
  std::set<std::string> pools;
  for (const Json& option : menu.json["options"]) pools.insert(option["pool"]);
  ASSERT_GE(menu.json["options"].size(), 3u);
  EXPECT_EQ(menu.json["options"].size(), pools.size());
  const Json& first = menu.json["options"][0];
  for (const char* key : {"pool", "site", "chip", "chips", "layout", "weights", "duration_s",
                          "chip_hours", "price", "terms", "memory", "usable_bytes", "fundable",
                          "start", "start_reason", "rated_bytes", "memory_per_chip_bytes"}) {
    EXPECT_TRUE(first.contains(key)) << key;
  }
  EXPECT_EQ(first["fundable"], false);
  EXPECT_GT(menu.json["flop"].get<double>(), 3e23);
}

TEST_F(RoutesBuiltIn, AMenuRefusesWhatCannotBeAndNamesWhatIsMeant) {
  const Json work{{"kind", "pretrain"}, {"model", "glm-130b"}, {"tokens", "400B"}};
  const std::vector<std::tuple<Json, std::string>> cases{
      {{{"work", with(work, "model", "glm-13b")}}, "G2001"},
      {{{"work", with(work, "kind", "guess")}}, "G1001"},
      {{{"work", with(work, "tokns", "1")}}, "G1001"},
      {{{"work", with(work, "tokens", "nan")}}, "G1015"},
      {{{"work", with(work, "tokens", "1e308")}}, "G1015"},
      {{{"work", with(work, "batch", 99999999999)}}, "G1005"},
      {{{"work", with(work, "deadline", "1 s")}}, "G6001"},
      {{{"work", work}, {"accept", {"a800-sxm-80 x 99999999999"}}}, "G1010"},
      {{{"work", work}, {"sort", "luck"}}, "G1005"},
      {{{"work", work}, {"limit", 0}}, "G1005"},
      {{{"work", work}, {"limit", 101}}, "G1005"}};
  for (const auto& [body, code] : cases) {
    const Answered answered = client.post("/v1/plans", body);
    EXPECT_EQ(answered.code(), code) << body << "\n" << answered.json;
  }
}

// One storm over one core.
class Storm {
 public:
  Storm(TestCore& core, std::uint64_t seed, std::vector<std::pair<std::string, Json>> posts)
      : core_(core), random_(seed), posts_(std::move(posts)) {}

  void blow(int requests) {
    for (int i = 0; i < requests; ++i) {
      const HttpRequest request = any();
      const Answered answered = testing::checked(answer(request, core_));
      ASSERT_LT(answered.status, 500) << request.method << " " << request.target << "\n"
                                      << request.body << "\n"
                                      << answered.json;
      ASSERT_FALSE(::testing::Test::HasFailure()) << request.method << " " << request.target << "\n"
                                                  << request.body;
      ++answers[answered.status];
      if (below(20) == 0) core_.advance(core_.now + std::chrono::minutes(below(90)));
      const auto good = audit(core_.state);
      ASSERT_TRUE(good) << good.error().what << "\n" << request.body;
    }
  }

  std::map<int, int> answers;

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  template <class T>
  const T& one_of(const std::vector<T>& values) {
    return values[below(values.size())];
  }

  HttpRequest any() {
    static const std::vector<std::string> methods{"GET", "POST", "PUT", "", "get", "\xff"};
    static const std::vector<std::string> nouns{
        "/v1/jobs/j-1",        "/v1/jobs/j-2/explain",       "/v1/jobs/j-1/logs",
        "/v1/jobs/j-1/events", "/v1/jobs/j-3/cancel",        "/v1/queue",
        "/v1/stock",           "/v1/reservations",           "/v1/reservations/r-1/cancel",
        "/v1/vouchers",        "/v1/vouchers/v-1/statement", "/v1/ledger/verify",
        "/v1/journal",         "/v1/jobs/j-9/cancel",        "/livez"};
    static const std::vector<std::string> queries{"",
                                                  "",
                                                  "",
                                                  "?dry_run=1",
                                                  "?after=0&limit=2",
                                                  "?limit=99999999999999999999",
                                                  "?holder=lab",
                                                  "?stream=stderr&bytes=-1",
                                                  "?%00=%ff",
                                                  "?&&==&",
                                                  "?attempt=999999"};
    HttpRequest request{"GET", one_of(nouns), {}, "", "lab"};
    if (below(2) == 0) {
      const auto& [target, body] = one_of(posts_);
      request = {"POST", target, {}, mutated(body).dump(), "lab"};
    } else if (request.target.ends_with("/cancel")) {
      request.method = "POST";
      request.body = "{}";
    }
    if (below(2) == 0) request.target += one_of(queries);
    if (below(8) == 0) scramble(request.target);
    if (below(8) == 0) scramble(request.body);
    if (below(16) == 0) request.method = one_of(methods);
    if (below(16) != 0) {
      request.headers["idempotency-key"] = "s-" + std::to_string(below(100'000));
    }
    if (below(64) == 0) request.actor.clear();
    return request;
  }

  void scramble(std::string& text) {
    for (std::size_t n = 1 + below(3); n > 0 && !text.empty(); --n) {
      const std::size_t at = below(text.size());
      const char c = static_cast<char>(below(256));
      switch (below(3)) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1 + below(4));
      }
    }
  }

  Json odd() {
    static const std::vector<Json> values{nullptr,
                                          true,
                                          0,
                                          -1,
                                          1e308,
                                          std::numeric_limits<std::int64_t>::min(),
                                          std::numeric_limits<std::uint64_t>::max(),
                                          "",
                                          "nan",
                                          "1e308",
                                          "99999999999999999999",
                                          "36500 d",
                                          "1 ms",
                                          "0 s",
                                          "9999-12-31",
                                          "1970-01-01",
                                          "2026-11-21T00:00:00+14:00",
                                          "cpu x 4",
                                          "cpu x 1..",
                                          "cpu x 99999999999",
                                          "local/cpu x 3",
                                          "domestic x 2147483647",
                                          "a\nb",
                                          "\x1b[2J",
                                          std::string("\0", 1),
                                          "\u202e\u0000",
                                          "j-1",
                                          "r-1",
                                          "r-2",
                                          "lab",
                                          "none",
                                          "0.000001",
                                          "9223372036854.775807",
                                          "1T",
                                          "1e30B",
                                          "999999999T",
                                          "1000000/s",
                                          "0.0001/h",
                                          16'777'216,
                                          1'000'000,
                                          Json::array(),
                                          Json::object(),
                                          {{"a", {{"b", 1}}}},
                                          Json::array({"cpu x 1", "cpu x 2"}),
                                          std::vector<std::string>(300, "cpu x 1"),
                                          std::vector<int>(2'000, 7),
                                          std::string(5'000, 'x'),
                                          "\u00e9\u4e2d"};
    return one_of(values);
  }

  Json mutated(Json body) {
    for (std::size_t n = below(3); n > 0; --n) {
      Json* place = &body;
      if (body.contains("run") && body["run"].is_object() && below(4) == 0) place = &body["run"];
      if (body.contains("work") && body["work"].is_object() && below(2) == 0) place = &body["work"];
      if (place->empty()) continue;
      auto item = place->begin();
      std::advance(item, static_cast<std::ptrdiff_t>(below(place->size())));
      const std::string key = item.key();
      switch (below(6)) {
        case 0:
          place->erase(key);
          break;
        case 1:
          (*place)[key + "x"] = odd();
          break;
        case 2:
          if ((*place)[key].is_array()) (*place)[key].push_back(odd());
          break;
        default:
          (*place)[key] = odd();
      }
    }
    return body;
  }

  TestCore& core_;
  std::mt19937_64 random_;
  std::vector<std::pair<std::string, Json>> posts_;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Everything that was taken in can be read back and adds up to what is live.
void check_journal(TestCore& core) {
  for (const Entry& entry : core.kept) {
    const std::string text = encode(entry);
    const auto read = decode(text);
    ASSERT_TRUE(read) << read.error().what << "\n" << text;
    ASSERT_EQ(encode(*read), text);
  }
  const Answered verified = Client(core).get("/v1/ledger/verify");
  EXPECT_EQ(verified.json["balanced"], true) << verified.json;
}

TEST_F(RoutesHostile, AStormOfMutatedRequestsIsAnsweredInJsonAndNeverAFault) {
  const auto seed = from_environment("GRANARY_SEED", 20261121);
  std::cout << "GRANARY_SEED=" << seed << "\n";
  grant();
  Json job = with(with(with(job_body(), "time_limit", "3 h"), "priority", 1), "preemptible", true);
  job = with(with(with(job, "name", "n"), "purpose", "run"), "wait_for_funds", false);
  job["run"].update({{"environment", {{"A", "b"}}}, {"checkpoint_every", "5 min"}, {"data", "/d"}});
  Storm storm(
      core, seed,
      {{"/v1/jobs", job},
       {"/v1/jobs", with(job, "inside", "r-1")},
       {"/v1/vouchers", voucher_body},
       {"/v1/reservations", with(with(reservation_body(), "from", "2026-11-22"), "site", "local")},
       {"/v1/reservations", reservation_body()}});
  storm.blow(static_cast<int>(from_environment("GRANARY_STORM", 3'000)));
  EXPECT_GT(storm.answers[200], 100);
  check_journal(core);
}

TEST_F(RoutesBuiltIn, AStormOfMutatedPlansIsAnsweredInJsonAndNeverAFault) {
  const auto seed = from_environment("GRANARY_SEED", 20261121);
  std::cout << "GRANARY_SEED=" << seed << "\n";
  const Json train{{"kind", "pretrain"}, {"model", "glm-130b"}, {"tokens", "400B"},
                   {"sequence", 2048},   {"batch", 1024},       {"deadline", "400 d"}};
  const Json tune{{"kind", "finetune"}, {"model", "chatglm-6b"}, {"tokens", "20M"}, {"batch", 64}};
  const Json serve{{"kind", "serve"}, {"model", "chatglm-6b"}, {"rate", "50/s"},
                   {"prompt", 512},   {"output", 256},         {"p95-ttft", "800ms"},
                   {"for", "30 d"},   {"weights", "int4"}};
  const Json job{{"payer", "lab"}, {"accept", {"a800-sxm-80 x 64..128"}}, {"run", Json::object()}};
  Storm storm(core, seed,
              {{"/v1/plans", {{"work", train}, {"payer", "lab"}, {"sort", "time"}, {"limit", 12}}},
               {"/v1/plans", {{"work", tune}, {"accept", {"rtx4090 x 1..8"}}}},
               {"/v1/plans", {{"work", serve}}},
               {"/v1/jobs?dry_run=1", with(job, "work", train)},
               {"/v1/jobs", with(with(job, "work", serve), "accept", {"rtx4090 x 4"})},
               {"/v1/vouchers", with(voucher_body, "programme", "city-vouchers")}});
  storm.blow(static_cast<int>(from_environment("GRANARY_STORM", 600)));
  EXPECT_GT(storm.answers[200], 50);
  check_journal(core);
}

}  // namespace
}  // namespace granary
