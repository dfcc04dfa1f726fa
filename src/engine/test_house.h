#pragma once
// For tests: a small house in virtual time. One site with four chips of `cpu`, one programme, and
// every law checked after every step.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/codec.h"
#include "engine/engine.h"
#include "engine/entry_laws.h"

namespace granary::testing {

using namespace std::chrono_literals;

inline const Instant t0 = parse_instant("2026-11-21T00:00:00Z").value();

inline std::vector<Document> house_documents(int nodes = 1, int chips_per_node = 4) {
  return {{"sources.toml", "[made-up]\nwhat = \"invented for tests\"\nread = true\n"},
          {"chips/cpu.toml",
           "id = \"cpu\"\nname = \"CPU core\"\nvendor = \"any\"\norigin = \"imported\"\n"
           "memory = { value = \"4 GiB\", standing = \"assumed\", source = \"made-up\" }\n"},
          {"sites/local.toml",
           "id = \"local\"\nname = \"Here\"\nrunner = \"local\"\nasset = \"CNY\"\n"
           "standing = \"assumed\"\nsource = \"made-up\"\n[[pools]]\nchip = \"cpu\"\nnodes = " +
               std::to_string(nodes) + "\nchips_per_node = " + std::to_string(chips_per_node) +
               "\nprice = \"1.20 CNY per chip-hour\"\nreplaceable = true\n"},
          {"programmes/city.toml",
           "id = \"city\"\nname = \"City\"\nissuer = \"city\"\n"
           "fund = \"1000000 CNY\"\npurposes = [\"pretrain\", \"finetune\", \"serve\", \"run\"]\n"
           "standing = \"assumed\"\nsource = \"made-up\"\n"}};
}

// Workers of most tests say nothing but what their test is about: nobody minds.
inline Limits patient() {
  Limits limits;
  limits.ask_every = limits.hold_lapse = 24h * 3650;
  return limits;
}

class House {
 public:
  explicit House(std::vector<Document> documents = house_documents(), Limits limits = patient(),
                 std::string policy = "backfill") {
    Configure configure;
    for (Document& d : documents) {
      const Hash hash = sha256(d.text);
      configure.documents.push_back({d.name, hash, std::move(d.text)});
    }
    configure.policy = std::move(policy);
    configure.limits = limits;
    const Answer answer = send(configure);
    EXPECT_TRUE(state.configuration) << (answer.refused ? answer.refused->what : "");
  }

  // Steps a keyed command; the answer it got. Checks purity, laws and that events alone rebuild it.
  Answer send(const Command& command, std::string key = {}) {
    if (key.empty()) key = "k" + std::to_string(++keys_);
    const Request request{key, body_hash(command), "test", command};
    if (auto first = first_answer(state, request)) return *first;
    run(request);
    return state.answers.at(key);
  }
  // A command without a key: a worker's report or the clock's tick.
  void report(const Command& command) { run({"", body_hash(command), "executor", command}); }

  // Ticks at every due instant up to and including `t`.
  void advance(Instant t) {
    while (const auto due = next_due(state, now)) {
      if (*due > t) break;
      now = *due;
      report(Tick{});
    }
    now = t;
  }

  const Job& job(std::uint64_t id) const { return state.jobs.at({id}); }
  Money left(std::uint64_t voucher) const {
    return state.books.accounts.at(state.books.vouchers.at({voucher}).account).available();
  }
  Money revenue() const {
    const Account* account = find_account(state.books, "REV:local");
    return account ? account->balance() : Money{};
  }

  void grant(const std::string& holder, std::int64_t units, Instant expires = t0 + 24h * 365) {
    const auto answer = send(GrantVoucher{{"city", holder, Money::units(units), {}, expires}});
    ASSERT_FALSE(answer.refused) << answer.refused->what;
  }

  JobRequest wants(const std::string& payer, int chips, Span span, int priority = 0) const {
    JobRequest r;
    r.payer = payer;
    r.purpose = "run";
    r.what = "test";
    r.priority = priority;
    Layout layout;
    layout.data = chips;
    r.choices = {{state.pool_ids.at("local/cpu"), {chips, 1, whole_chip}, layout, span}};
    r.recipe.argv = {"/bin/true"};
    return r;
  }

  State state;
  Instant now = t0;
  std::vector<Entry> entries;

 private:
  void run(const Request& request) {
    const State before = state;
    const auto pure = step(before, request, now);
    const auto events = step_onto(state, request, now);
    ASSERT_EQ(texts(pure), texts(events)) << "step and step_onto differ";
    State folded = before;
    for (const Event& event : events) evolve(folded, event);
    ASSERT_EQ(digest(folded), digest(state)) << "events alone do not rebuild the state";
    const auto good = audit(state);
    ASSERT_TRUE(good) << good.error().what;
    if (request.key.empty() && events.empty()) return;
    entries.push_back({entries.size() + 1, now, request, events, {}});
    const auto answered = check_answer(before, entries.back());
    ASSERT_TRUE(answered) << answered.error().what;
    const auto spent = use_.take(state, entries.back());
    ASSERT_TRUE(spent) << spent.error().what;
  }
  static std::vector<std::string> texts(const std::vector<Event>& events) {
    std::vector<std::string> all;
    for (const Event& event : events) all.push_back(encode(event));
    return all;
  }

  int keys_ = 0;
  VoucherUse use_;
};

}  // namespace granary::testing
