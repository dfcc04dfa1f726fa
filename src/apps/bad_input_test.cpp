// What people, files, issuers, programs and clocks may say wrongly: each is refused with one
// sentence and its code, and nothing is posted. One table, told to a daemon's loop over HTTP's
// routes, with a voucher that is partly held and a job that runs.
#include <gmock/gmock.h>

#include <atomic>

#include "serve/loop.h"
#include "serve/test_core.h"
#include "serve/verification.h"
#include "store/memory_journal.h"

namespace granary::testing {
namespace {

using ::testing::HasSubstr;

// People set clocks.
class AnyClock final : public Clock {
 public:
  Instant now() const override { return Instant(Span(millis_.load())); }
  void set(Instant at) { millis_ = at.time_since_epoch().count(); }

 private:
  std::atomic<Span::rep> millis_{t0.time_since_epoch().count()};
};

class SilentExecutor final : public Executor {
 public:
  Result<void> launch(const Launch&) override { return {}; }
  Result<void> stop(Id<Job>, int) override { return {}; }
  Result<std::vector<Observed>> observe(const std::vector<Known>&) override {
    return std::vector<Observed>{};
  }
};

SigningSeed seed_of(std::uint8_t number) {
  SigningSeed seed;
  seed.bytes.fill(number);
  return seed;
}

std::vector<Document> documents(const std::string& more_of_the_programme = "") {
  auto all = house_documents();
  all.back().text += more_of_the_programme + "[[keys]]\nid = \"a\"\npublic = \"" +
                     to_text(public_key_of(seed_of(1))) + "\"\nuntil = \"2027-06-01\"\n";
  return all;
}

Json certificate(const std::string& amount, const std::string& not_before,
                 const std::string& expires, std::uint8_t key, const std::string& issuer = "city") {
  Json grant{{"amount", amount},
             {"asset", "CNY"},
             {"declared", ""},
             {"expires", expires},
             {"holder", "lab"},
             {"issuer", issuer},
             {"not_before", not_before},
             {"programme", "city"},
             {"purposes", "run"},
             {"serial", "17"},
             {"type", "granary-grant-v1"}};
  const Json signature{{"key", "a"}, {"signature", to_text(sign(seed_of(key), grant.dump()))}};
  return {{"schema", "granary.certificate/1"},
          {"grant", grant},
          {"signatures", Json::array({signature})}};
}

// What became of an input: the code and the sentence; no code where nothing was to be answered.
struct Said {
  std::string code, sentence;
};

class Desk {
 public:
  Desk() {
    Loop::Options options;
    options.manual = true;
    auto opened = Loop::open({*journal, executor, clock}, std::move(options));
    EXPECT_TRUE(opened);
    loop = std::move(*opened);
    client = std::make_unique<Client>(*loop);
    EXPECT_EQ(configure(documents()).code, "");
    Json voucher = voucher_body;
    voucher["expires"] = "9999-01-01";
    EXPECT_EQ(client->post("/v1/vouchers", voucher, "the-key").status, 200);
    EXPECT_EQ(client->post("/v1/jobs", job_body()).status, 200);
    loop->quiesce();
  }

  Said post(const std::string& target, const Json& body, const std::string& key = "") {
    const Answered answered = client->post(target, body, key);
    return {answered.status == 200 ? "" : answered.code(), answered.detail()};
  }
  Said configure(const std::vector<Document>& all) {
    Configure command;
    for (const Document& d : all) command.documents.push_back({d.name, sha256(d.text), d.text});
    const auto answer = loop->submit(
        {"configure " + std::to_string(++configured_), body_hash(command), "ops", command});
    if (!answer || !answer->refused) return {};
    return {"G" + std::to_string(answer->refused->code), answer->refused->what};
  }
  // A capture of the hold that is open, by so much more than is open.
  Said captured(Money more) {
    Said said;
    loop->read([&](const State& state, Instant) {
      const Hold& hold = state.books.holds.begin()->second;
      const Transfer transfer{
          Reason::capture,
          {{LegKind::capture, hold.debit, hold.credit, hold.open() + more, hold.id}},
          hold.owner,
          ""};
      const auto admitted = admit(state.books, transfer);
      if (!admitted) said = {"G" + std::to_string(admitted.error().code), admitted.error().what};
    });
    return said;
  }
  Said at(Instant when, const Command& command) {
    const Instant before = clock.now();
    clock.set(when);
    const auto done = loop->submit({"", body_hash(command), "clock", command});
    clock.set(before);
    return done ? Said{} : Said{"G" + std::to_string(done.error().code), done.error().what};
  }

  // Of all accounts, holds and vouchers.
  Hash books() {
    State only;
    loop->read([&](const State& state, Instant) { only.books = state.books; });
    return digest(only);
  }
  std::vector<Entry> entries() { return loop->entries(0, 1'000).value(); }

  AnyClock clock;
  SilentExecutor executor;
  std::unique_ptr<Journal> journal = memory_journal();
  std::unique_ptr<Loop> loop;
  std::unique_ptr<Client> client;

 private:
  int configured_ = 0;
};

struct Row {
  const char* what;
  std::function<Said(Desk&)> said;
  const char* code;        // empty: it is no request, and is not answered
  const char* names = "";  // the sentence has it
};

Json with_amount(Json body, const std::string& amount) {
  body["amount"] = amount;
  return body;
}

const Json top_up{{"kind", "top-up"}, {"party", "lab"}, {"amount", "1"}, {"asset", "CNY"}};
const Json budget{{"tenant", "lab"}, {"per", "month"}, {"amount", "1"}, {"asset", "CNY"}};
const Json credit{{"tenant", "lab"}, {"amount", "1"}, {"asset", "CNY"}};

Row amount_of(const char* what, const char* target, const Json& body, const std::string& amount,
              const char* code, const char* names) {
  return {what, [=](Desk& d) { return d.post(target, with_amount(body, amount)); }, code, names};
}
Row programme(const char* what, const char* text, const char* code, const char* names) {
  return {what, [=](Desk& d) { return d.configure(documents(text)); }, code, names};
}
Row signed_grant(const char* what, Json body, const char* code, const char* names) {
  return {what, [=](Desk& d) { return d.post("/v1/certificates", body); }, code, names};
}

const std::string from = "2026-11-21T00:00:00Z", until = "2027-06-30T00:00:00Z";

std::vector<Row> table() {
  Json altered = certificate("100.00", from, until, 1);
  altered["grant"]["amount"] = "900.00";
  return {
      // Over-long and negative amounts.
      amount_of("500 digits", "/v1/vouchers", voucher_body, std::string(500, '9'), "G1007",
                "decimals"),
      amount_of("one above 64 bits", "/v1/vouchers", voucher_body, "9223372036854.775808", "G1007",
                ""),
      amount_of("more than the fund", "/v1/vouchers", voucher_body, "9223372036854.775807", "G4006",
                "9,223,372,036,854.775807"),
      amount_of("a seventh decimal", "/v1/vouchers", voucher_body, "1.0000001", "G1007",
                "1.0000001"),
      amount_of("an exponent", "/v1/vouchers", voucher_body, "1e3", "G1007", "1e3"),
      amount_of("a negative grant", "/v1/vouchers", voucher_body, "-1", "G1008", "-1.00"),
      amount_of("nothing granted", "/v1/vouchers", voucher_body, "0", "G1008", "0.00"),
      amount_of("a negative payment", "/v1/payments", top_up, "-5", "G1008", "-5.00"),
      amount_of("a third of a hundredth", "/v1/payments", top_up, "0.003", "G1008", "0.003"),
      amount_of("a negative budget", "/v1/budgets", budget, "-1", "G1111", "-1.00"),
      amount_of("a negative credit line", "/v1/credit", credit, "-1", "G1111", "-1.00"),
      amount_of("a negative decision", "/v1/vouchers/v-1/reimburse", Json::object(), "-1", "G4025",
                "-1.00"),
      amount_of("a negative exchange", "/v1/vouchers/v-1/exchange", {{"into", "city"}}, "-1",
                "G1008", "-1.00"),
      // A programme's file that contradicts itself.
      programme("a key twice", "fund = \"7 CNY\"\n", "G1020", "programmes/city.toml:"),
      programme("a share above all", "share = \"130 %\"\n", "G1026", "share"),
      programme("ends before it begins", "from = \"2027-01-01\"\nuntil = \"2026-01-01\"\n", "G1028",
                "until"),
      programme("a subsidy in tranches", "kind = \"subsidy\"\ntranches = [\"50 %\", \"50 %\"]\n",
                "G1028", "tranches"),
      programme("tranches of 90 %", "tranches = [\"50 %\", \"40 %\"]\n", "G1028", "tranches"),
      programme("one funder alone", "[[funders]]\nissuer = \"city\"\nweight = 1\n", "G1105",
                "funders"),
      programme("a purpose that is none", "declare = [3]\n", "G1026", "declare"),
      // An expired, altered or foreign certificate.
      signed_grant("for a time that is over",
                   certificate("100.00", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", 1),
                   "G4004", "2026-02-01"),
      signed_grant("not yet", certificate("100.00", "2027-01-01T00:00:00Z", until, 1), "G4125",
                   "2027-01-01"),
      signed_grant("signed with another key", certificate("100.00", from, until, 2), "G4125", "a"),
      signed_grant("of another issuer", certificate("100.00", from, until, 1, "town"), "G4125",
                   "town"),
      signed_grant("with another amount", altered, "G4125", ""),
      signed_grant("for a negative amount", certificate("-100.00", from, until, 1), "G1008",
                   "-100.00"),
      // A key with other contents.
      {"a grant under the key of another",
       [](Desk& d) { return d.post("/v1/vouchers", with_amount(voucher_body, "7"), "the-key"); },
       "G5002", "the-key"},
      {"a payment under the key of a grant",
       [](Desk& d) { return d.post("/v1/payments", top_up, "the-key"); }, "G5002", "the-key"},
      // A capture above its hold.
      {"a micro-unit above the hold", [](Desk& d) { return d.captured(Money{1}); }, "G4003",
       "the capture wants 2.400001"},
      // A clock that jumps.
      {"the clock goes back by ten years", [](Desk& d) { return d.at(t0 - 24h * 3650, Tick{}); },
       "", ""},
      {"a worker's clock is a year ahead",
       [](Desk& d) {
         return d.at(t0, WorkerProgress{{1}, 1, 1, 5, 640, 1.5, "c5", t0 + 24h * 365});
       },
       "", ""},
      {"and another's is a year behind",
       [](Desk& d) {
         return d.at(t0, WorkerProgress{{1}, 1, 2, 6, 640, 1.5, "c6", t0 - 24h * 365});
       },
       "", ""},
      // Time stays there: after a week the keys of before are new ones.
      {"with a key that has ended",
       [](Desk& d) {
         d.clock.set(parse_instant("2027-06-15T00:00:00Z").value());
         const Said said = d.post("/v1/certificates", certificate("100.00", from, until, 1));
         d.clock.set(t0);
         return said;
       },
       "G4125", "2027-06-01"},
  };
}

TEST(BadInput, IsRefusedWithOneSentenceAndItsCodeAndPostsNothing) {
  Desk desk;
  for (const Row& row : table()) {
    SCOPED_TRACE(row.what);
    const Hash books = desk.books();
    const std::size_t entries = desk.entries().size();
    const Said said = row.said(desk);
    EXPECT_EQ(said.code, row.code) << said.sentence;
    EXPECT_THAT(said.sentence, HasSubstr(row.names));
    EXPECT_EQ(said.sentence.find('\n'), std::string::npos);
    EXPECT_EQ(said.sentence.empty(), said.code.empty());
    EXPECT_LT(said.sentence.size(), 400U);
    EXPECT_EQ(desk.books(), books) << "something was posted";
    const std::vector<Entry> all = desk.entries();
    for (std::size_t i = entries; i < all.size(); ++i) {
      for (const Event& event : all[i].events) {
        EXPECT_TRUE(std::holds_alternative<Refused>(event) ||
                    std::holds_alternative<Progressed>(event) ||
                    std::holds_alternative<LineOpen>(event))
            << encode(event);
      }
    }
  }
  Verification verification;
  for (const Entry& entry : desk.entries()) verification.take(entry);
  EXPECT_TRUE(verification.answer(t0));
}

}  // namespace
}  // namespace granary::testing
