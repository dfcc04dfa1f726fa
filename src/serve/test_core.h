#pragma once
// For tests: the engine behind the HTTP API, in this process, with a clock that stands still until
// it is set. Whole answers are checked as they pass: JSON with a schema, or a problem with a code.

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/codec.h"
#include "engine/test_house.h"
#include "serve/api.h"

namespace granary::testing {

using Json = nlohmann::json;

class TestCore final : public Core {
 public:
  explicit TestCore(std::vector<Document> documents = house_documents(), Limits limits = {}) {
    Configure configure;
    for (Document& d : documents) {
      const Hash hash = sha256(d.text);
      configure.documents.push_back({d.name, hash, std::move(d.text)});
    }
    configure.limits = limits;
    const auto made = submit({"configure 1", body_hash(configure), "test", configure});
    EXPECT_TRUE(made && !made->refused) << (made && made->refused ? made->refused->what : "");
  }

  Result<Answer> submit(Request request) override {
    if (broken) return fail(*broken);
    if (const auto first = first_answer(state, request)) return *first;
    Entry entry{kept.size() + 1, now, request, step_onto(state, request, now), {}};
    entry.chain = chained(head().chain, encode(entry));
    kept.push_back(std::move(entry));
    return request.key.empty() ? Answer{} : state.answers.at(request.key);
  }
  void read(const std::function<void(const State&, Instant)>& look) override { look(state, now); }
  Result<std::vector<Entry>> entries(std::uint64_t after, std::size_t limit) override {
    const std::size_t from = std::min<std::size_t>(after, kept.size());
    const std::size_t to = from + std::min(limit, kept.size() - from);
    return std::vector<Entry>(kept.begin() + static_cast<std::ptrdiff_t>(from),
                              kept.begin() + static_cast<std::ptrdiff_t>(to));
  }
  Journal::Head head() override {
    return kept.empty() ? Journal::Head{} : Journal::Head{kept.back().sequence, kept.back().chain};
  }
  Result<std::string> output(Id<Job> job, int attempt, const std::string& stream,
                             std::size_t last_bytes) override {
    const auto found = outputs.find(to_text(job) + "/" + std::to_string(attempt) + "/" + stream);
    if (found == outputs.end()) {
      return fail(Error::Kind::not_found, 2009, to_text(job) + " has no " + stream + ".");
    }
    const std::string& text = found->second;
    return text.substr(text.size() - std::min(last_bytes, text.size()));
  }

  // A worker's report, or the clock's tick.
  void report(const Command& command) {
    ASSERT_TRUE(submit({"", body_hash(command), "executor", command}));
  }
  // Ticks at every due instant up to and including `t`.
  void advance(Instant t) {
    while (const auto due = next_due(state, now)) {
      if (*due > t) break;
      now = *due;
      report(Tick{});
    }
    now = t;
  }

  State state;
  Instant now = t0;
  std::vector<Entry> kept;
  std::map<std::string, std::string> outputs;  // "j-1/1/stdout"
  std::optional<Error> broken;                 // what every submit answers
};

// One answer, read: its status and its JSON.
struct Answered {
  int status = 0;
  Json json;
  std::string code() const { return json.value("code", ""); }
  std::string detail() const { return json.value("detail", ""); }
};

inline bool has_null(const Json& json) {
  return json.is_null() ||
         (json.is_structured() &&
          std::any_of(json.begin(), json.end(), [](const Json& item) { return has_null(item); }));
}

// What every answer must be, whatever was asked.
inline Answered checked(const HttpResponse& response) {
  Answered answered{response.status, Json::parse(response.body, nullptr, false)};
  EXPECT_TRUE(answered.json.is_object()) << response.body;
  if (!answered.json.is_object()) return answered;
  if (response.status == 200) {
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_TRUE(answered.json["schema"].is_string()) << response.body;
    EXPECT_FALSE(has_null(answered.json)) << response.body;
  } else {
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(answered.json["status"], response.status);
    EXPECT_EQ(answered.code().size(), 5u) << response.body;
    EXPECT_EQ(answered.json["type"], "/help/" + answered.code());
    EXPECT_FALSE(answered.detail().empty());
    EXPECT_TRUE(answered.json["fixes"].is_array());
  }
  return answered;
}

// A client with a token: writes get a new key each unless one is given.
class Client {
 public:
  explicit Client(Core& core) : core_(core) {}

  Answered get(const std::string& target) { return send({"GET", target, {}, "", "lab"}); }
  Answered post(const std::string& target, const Json& body, std::string key = {}) {
    return post_text(target, body.dump(), std::move(key));
  }
  Answered post_text(const std::string& target, const std::string& body, std::string key = {}) {
    if (key.empty()) key = "key-" + std::to_string(++keys);
    return send({"POST", target, {{"idempotency-key", key}}, body, "lab"});
  }
  Answered send(const HttpRequest& request) { return checked(answer(request, core_)); }

 private:
  Core& core_;
  static inline int keys = 0;  // two clients never share one
};

// Bodies of the house's routes.
inline const Json voucher_body{{"to", "lab"},
                               {"amount", "1000"},
                               {"programme", "city"},
                               {"purposes", {"run"}},
                               {"expires", "2027-06-30"}};

inline Json job_body(const std::string& accept = "cpu x 2", const std::string& expected = "1 h") {
  return {{"payer", "lab"},
          {"accept", {accept}},
          {"expected", expected},
          {"run", {{"argv", {"/bin/true"}}}}};
}

inline Json reservation_body(const std::string& chips = "cpu x 2",
                             const std::string& length = "2 h") {
  return {{"chips", chips}, {"for", length}, {"payer", "lab"}, {"why", "internal use"}};
}

inline Json with(Json body, const std::string& key, Json value) {
  body[key] = std::move(value);
  return body;
}

// A house with its API and one client.
class RoutesTest : public ::testing::Test {
 protected:
  void grant(const std::string& amount = "100000") {
    EXPECT_EQ(client.post("/v1/vouchers", with(voucher_body, "amount", amount)).status, 200);
  }
  Hash now_digest() const { return digest(core.state); }

  TestCore core;
  Client client{core};
};

}  // namespace granary::testing
