// A journal that somebody wrote by hand, with every chain right: it is refused with the first entry
// that does not follow from those before it, and never taken at its word.
#include "serve/verification.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "ledger/books_chance.h"
#include "serve/test_core.h"

namespace granary::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A day with a voucher, cash, a budget, a quote, a reservation with a job inside, a job that is
// preempted, one that is extended, one that is cancelled while it waits, and an expiry.
class Day {
 public:
  Day() {
    ask(GrantVoucher{{"city", "lab", Money::units(40), {}, t0 + 6h}});
    ask(GrantVoucher{{"city", "lab", Money::units(500), {"run"}, t0 + 24h * 365}});
    ask(MoveMoney{{Reason::top_up, "lab", Money::units(100), "CNY"}});
    ask(SetCreditLine{{"lab", "CNY", Money::units(10)}});
    ask(SetBudget{{"lab", "", "CNY", Budget::Per::month, Money::units(600)}});
    ask(ReserveChips{"lab", "run", "needed", pool(), 1, t0 + 1h, 2h});
    submit(2, 90min, 0);
    submit(1, 30min, 0);
    run_until(t0 + 40min);
    say(WorkerProgress{{1}, 1, 1, 5, 640, 1.5, "c5", core.now});
    say(WorkerFinished{{2}, 1, 0, 0, core.now});
    submit(3, 1h, 50);
    run_until(t0 + 60min);
    say(WorkerFinished{{1}, 1, 0, 15, core.now});
    submit(4, 1h, -50);
    ask(Cancel{{4}});
    JobRequest inside = wanted(1, 20min, 0);
    inside.inside = Id<Reservation>{1};
    ask(Submit{inside});
    run_until(t0 + 150min);
    for (std::uint64_t id = 1; id <= 5; ++id) {
      const auto job = core.state.jobs.find({id});
      if (job == core.state.jobs.end() || !job->second.claim) continue;
      say(WorkerFinished{{id}, job->second.attempt, 0, 0, core.now});
    }
    run_until(t0 + 7h);
    submit(1, 10h, 0);  // its hold is open at the end
    run_until(t0 + 8h);
  }

  TestCore core{house_documents(), patient()};

 private:
  Id<Pool> pool() const { return core.state.pool_ids.at("local/cpu"); }
  void ask(const Command& command) {
    const auto answer =
        core.submit({"k" + std::to_string(++keys_), body_hash(command), "ops", command});
    ASSERT_TRUE(answer && !answer->refused) << answer->refused->what;
  }
  void say(const Command& command) {
    (void)core.submit({"", body_hash(command), "executor", command});
  }
  JobRequest wanted(int chips, Span span, int priority) const {
    JobRequest r;
    r.payer = "lab";
    r.purpose = "run";
    r.what = "test";
    r.priority = priority;
    r.preemptible = true;
    Layout layout;
    layout.data = chips;
    r.choices = {{pool(), {chips, 1, whole_chip}, layout, span}};
    r.recipe.argv = {"/bin/true"};
    return r;
  }
  void submit(int chips, Span span, int priority) { ask(Submit{wanted(chips, span, priority)}); }
  void run_until(Instant t) {
    for (const auto& [id, job] : std::map<Id<Job>, Job>(core.state.jobs)) {
      if (job.claim && !job.confirmed) say(WorkerRunning{id, job.attempt, ""});
    }
    while (const auto due = next_due(core.state, core.now)) {
      if (*due > t) break;
      core.now = *due;
      say(Tick{});
    }
    core.now = t;
  }
  int keys_ = 0;
};

const std::vector<Entry>& day() {
  static const std::vector<Entry> entries = Day().core.kept;
  return entries;
}

// The chain of a forger: right for whatever the entries say.
std::vector<Entry> chained_again(std::vector<Entry> entries) {
  Hash chain;
  std::uint64_t sequence = 0;
  for (Entry& entry : entries) {
    entry.sequence = ++sequence;
    entry.chain = chain = chained(chain, encode(entry));
  }
  return entries;
}

// The code and sentence of what is wrong; "good".
std::string told(const std::vector<Entry>& entries) {
  Verification verification;
  for (const Entry& entry : chained_again(entries)) verification.take(entry);
  const auto answer = verification.answer(verification.last());
  return answer ? "good" : "G" + std::to_string(answer.error().code) + ": " + answer.error().what;
}

// The day, and at its end an entry with that event.
std::string with(Event event) {
  std::vector<Entry> entries = day();
  Entry forged;
  forged.at = entries.back().at;
  forged.request = {"", body_hash(Tick{}), "clock", Tick{}};
  forged.events = {std::move(event)};
  entries.push_back(std::move(forged));
  return told(entries);
}
Event leg(LegKind kind, std::uint64_t from, std::uint64_t to, Money amount, std::uint64_t hold) {
  return Posted{{Reason::capture, {{kind, {from}, {to}, amount, {hold}}}, "j-1/1", ""}};
}

TEST(AForgedJournal, IsNotTheDayAsItWas) { EXPECT_EQ(told(day()), "good"); }

TEST(AForgedJournal, IsNamedByTheFirstEntryThatDoesNotFollow) {
  const std::string start = "G9041: Entry " + std::to_string(day().size() + 1) +
                            " does not follow from those before it: ";
  const auto& by_name = Day().core.state.books.by_name;
  const std::uint64_t voucher = by_name.at("V:v-2").value, site = by_name.at("REV:local").value;
  const Money one = Money::units(1);
  EXPECT_EQ(with(leg(LegKind::capture, voucher, site, one, 99)),
            start + "hold h-99 was never opened.");
  EXPECT_THAT(with(leg(LegKind::capture, voucher, site, one, 1)),
              StartsWith(start + "hold h-1 of V:v-2 has 0.00 open, the capture wants 1.00"));
  EXPECT_THAT(with(leg(LegKind::post, voucher, site, Money::units(5'000), 0)),
              StartsWith(start + "V:v-2 has "));
  EXPECT_THAT(with(leg(LegKind::post, 77, site, one, 0)),
              StartsWith(start + "a leg names account 77, which is not open"));
  EXPECT_THAT(with(Closed{{9}}), StartsWith(start + "there is no v-9"));
  EXPECT_THAT(with(Closed{{2}}), StartsWith(start + "it closes v-2, of which money is held"));
  EXPECT_THAT(with(Ended{{1}, 1, Outcome::finished, t0, 0, 0, "", {}}),
              StartsWith(start + "j-1 does not run in attempt 1"));
  EXPECT_THAT(with(Waits{{88}, {}}), StartsWith(start + "j-88 does not wait"));
  EXPECT_THAT(with(LineClosed{"j-77/1"}), StartsWith(start + "the line of j-77/1 is not open"));
  EXPECT_THAT(with(ReservationEnded{{1}, t0}), StartsWith(start + "r-1 is not open"));
  EXPECT_THAT(with(Configured{{}, "no such policy", {}}),
              StartsWith(start + "its configuration is refused: "));
  EXPECT_THAT(with(Refused{"", body_hash(Tick{}), {}, Instant::max()}),
              StartsWith(start + "it is answered at no"));
}

TEST(AForgedJournal, ThatPaysAgainUnderAnOldKeyIsNamed) {
  std::vector<Entry> entries = day();
  const Entry paid = entries[3];  // the top-up
  ASSERT_TRUE(std::holds_alternative<MoveMoney>(paid.request.command));
  entries.push_back(paid);
  std::erase_if(entries.back().events,
                [](const Event& e) { return std::holds_alternative<Opened>(e); });
  EXPECT_EQ(told(entries), "G9041: Entry " + std::to_string(entries.size()) +
                               " answers once more the request key \"k3\".");
}

TEST(AForgedJournal, WithoutItsStockIsNamed) {
  std::vector<Entry> entries = day();
  entries.erase(entries.begin());
  EXPECT_EQ(told(entries),
            "G9041: Entry 1 does not follow from those before it: there is no stock yet.");
}

// --- whatever somebody writes ---

using Json = nlohmann::json;

// All numbers and texts within.
void collect(Json& json, std::vector<Json*>& leaves) {
  if (json.is_structured()) {
    for (Json& one : json) collect(one, leaves);
  } else {
    leaves.push_back(&json);
  }
}

void spoil_number(Json& number, Chance& chance) {
  const auto value = number.get<std::int64_t>();
  const std::vector<std::int64_t> others{
      value + 1, value - 1, -value,
      0,         1,         value / 2,
      INT64_MAX, INT64_MIN, value < INT32_MAX && value > -INT32_MAX ? value * 1'000 : value};
  number = chance.of(others);
}

// An entry with something else in it; nothing when it cannot be read any more, as chance has it.
std::optional<Entry> spoiled(const Entry& entry, Chance& chance) {
  Json json = Json::parse(encode(entry));
  Json& events = json["events"];
  const auto any = [&] {
    return static_cast<std::size_t>(chance.below(static_cast<std::int64_t>(events.size())));
  };
  const auto dice = chance.below(100);
  if (dice < 15 && !events.empty()) {
    events.erase(any());
  } else if (dice < 25 && !events.empty()) {
    events.push_back(events[any()]);
  } else if (dice < 35 && !events.empty()) {
    std::swap(events[any()], events[any()]);
  } else {
    std::vector<Json*> leaves;
    collect(events, leaves);
    if (leaves.empty()) return std::nullopt;
    Json& leaf = *chance.of(leaves);
    if (leaf.is_number_integer() && leaf.is_number_unsigned() &&
        leaf.get<std::uint64_t>() > INT64_MAX) {
      leaf = 1;
    } else if (leaf.is_number_integer()) {
      spoil_number(leaf, chance);
    } else if (leaf.is_string()) {
      leaf = chance.of<std::string>({"", "j-1/1", "r-1", "V:v-1", "lab", "CNY", "capture", "hold"});
    } else if (leaf.is_boolean()) {
      leaf = !leaf.get<bool>();
    }
  }
  auto read = decode(json.dump());
  if (!read) return std::nullopt;
  return *read;
}

// Every forgery is refused by name or makes books that are sound: no assertion, nothing read that
// is not there. GRANARY_FORGERIES and GRANARY_SEED make it longer.
TEST(AForgedJournal, OfAnyKindEndsInASentence) {
  const char* const many = std::getenv("GRANARY_FORGERIES");
  const char* const given = std::getenv("GRANARY_SEED");
  const std::uint64_t first = given ? std::strtoull(given, nullptr, 10) : 1;
  std::map<std::string, int> said;
  for (std::uint64_t seed = first; seed < first + (many ? std::strtoull(many, nullptr, 10) : 1'500);
       ++seed) {
    SCOPED_TRACE("GRANARY_SEED=" + std::to_string(seed));
    Chance chance(seed);
    std::vector<Entry> entries = day();
    for (auto times = chance.below(2) + 1; times > 0; --times) {
      const auto at =
          static_cast<std::size_t>(chance.below(static_cast<std::int64_t>(entries.size())));
      const auto dice = chance.below(100);
      if (dice < 5) {
        entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(at));
      } else if (dice < 10) {
        std::swap(entries[at], entries[chance.next() % entries.size()]);
      } else if (const auto other = spoiled(entries[at], chance)) {
        entries[at] = *other;
      }
    }
    const std::string text = told(entries);
    ++said[text.substr(0, 5)];
    EXPECT_THAT(text, ::testing::AnyOf("good", StartsWith("G90")));
  }
  EXPECT_GT(said["G9041"], 300);
}

}  // namespace
}  // namespace granary::testing
