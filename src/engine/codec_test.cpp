#include "engine/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "engine/codec_cursor.h"

namespace granary {
namespace {
using testing::HasSubstr;

// Fills any struct through fields(): every member gets some value of its type.
class Filler {
 public:
  explicit Filler(std::uint64_t seed) : random_(seed) {}

  template <class T>
  void operator()(std::string_view, T& x) {
    fill(x);
  }
  void version(std::string_view) {}

  template <class T>
  requires std::integral<T>
  void fill(T& x) {
    // All magnitudes alike: a shift leaves 1 to 64 bits.
    x = static_cast<T>(static_cast<std::int64_t>(random_()) >> random_() % 64);
  }
  void fill(bool& x) { x = random_() % 2 == 0; }
  void fill(double& x) {
    const std::array<double, 6> some{0, -0.0, 2.34567, 1e-7, 1e22, 1.0 / 3};
    x = some[random_() % some.size()];
    if (random_() % 4 == 0) x = std::ldexp(static_cast<double>(random_()), int(random_() % 200));
  }
  void fill(std::string& x) {
    static const std::vector<std::string> parts{"lab", "pretrain",     " ",  "/",     "\"",
                                                "\\",  "\n",           "\t", "\x01",  "\x7f",
                                                "é",   "\xe6\x99\xba", "😀",  "j-12/2"};
    x.clear();
    for (std::size_t n = random_() % 5; n > 0; --n) x += parts[random_() % parts.size()];
  }
  void fill(Hash& x) {
    for (auto& byte : x.bytes) byte = static_cast<std::uint8_t>(random_());
  }
  void fill(Span& x) { x = Span(some<std::int64_t>()); }
  void fill(Instant& x) { x = Instant(Span(some<std::int64_t>())); }
  void fill(Money& x) { fill(x.micros); }
  void fill(Rate& x) { fill(x.per_chip_hour); }
  void fill(ChipTime& x) { fill(x.share_millis); }
  template <class Of>
  void fill(Id<Of>& x) {
    fill(x.value);
  }
  template <class E>
  requires std::is_enum_v<E>
  void fill(E& x) { x = names_of<E>[random_() % names_of<E>.size()].value; }
  template <class T>
  void fill(std::optional<T>& x) {
    x.reset();
    if (random_() % 2 == 0) fill(x.emplace());
  }
  template <class T>
  void fill(std::vector<T>& list) {
    list.resize(random_() % 4);
    for (T& x : list) fill(x);
  }
  void fill(std::map<std::string, std::string>& map) {
    map.clear();
    for (std::size_t n = random_() % 4; n > 0; --n) map[some<std::string>()] = some<std::string>();
  }
  template <class... T>
  void fill(std::variant<T...>& x) {
    alternative(x, random_() % sizeof...(T));
  }
  template <class... T>
  void alternative(std::variant<T...>& x, std::size_t index) {
    std::size_t i = 0;
    (..., (i++ == index ? fill(x.template emplace<T>()) : void()));
  }
  template <class T>
  requires requires(Filler& f, T& t) { fields(f, t); }
  void fill(T& x) { fields(*this, x); }
  template <class T>
  void unless(std::string_view, T& x, const T&) {
    fill(x);
  }
  template <class T>
  T some() {
    T x{};
    fill(x);
    return x;
  }

 private:
  std::mt19937_64 random_;
};

// An entry with that command and that event.
Entry entry_with(Filler& filler, std::size_t command, std::size_t event) {
  Entry entry;
  filler.fill(entry);
  filler.alternative(entry.request.command, command);
  filler.alternative(entry.events.emplace_back(), event);
  return entry;
}
constexpr std::size_t commands = std::variant_size_v<Command>;
constexpr std::size_t events = std::variant_size_v<Event>;

// --- every member is written ---

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
struct Anything {
  template <class T>
  requires(!is_optional<T>) operator T() const;
};
template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), Anything{})...}; };
}
// How many members an aggregate has.
template <class T, std::size_t N = 40>
constexpr std::size_t members() {
  if constexpr (N == 0 || takes<T>(std::make_index_sequence<N>())) {
    return N;
  } else {
    return members<T, N - 1>();
  }
}

// Counts the members that fields() walks, and looks into each.
struct Counter {
  std::size_t count = 0;
  template <class T>
  void operator()(std::string_view, T& x) {
    ++count;
    look_into(x);
  }
  template <class T>
  void unless(std::string_view key, T& x, const T&) {
    (*this)(key, x);
  }
  void version(std::string_view) {}

  template <class T>
  static void look_into(T&) {}
  template <class T>
  static void look_into(std::optional<T>& x) {
    look_into(x.emplace());
  }
  template <class T>
  static void look_into(std::vector<T>& x) {
    look_into(x.emplace_back());
  }
  template <class... T>
  static void look_into(std::variant<T...>& x) {
    (..., look_into(x.template emplace<T>()));
  }
  template <class T>
  requires(requires(Counter& c, T& t) { fields(c, t); }) static void look_into(T& x) {
    Counter counter;
    fields(counter, x);
    const std::size_t kept_beside = std::same_as<T, Entry> ? 1 : 0;  // its chain
    const std::size_t as_two = std::same_as<T, Line> ? 1 : 0;        // what was agreed
    EXPECT_EQ(counter.count + kept_beside, members<T>() + as_two) << typeid(T).name();
  }
};

TEST(Codec, EveryMemberOfEveryStructIsWritten) {
  static_assert(members<Held>() == 3 && members<Claim>() == 6 && members<Tick>() == 0);
  Entry entry;
  Counter::look_into(entry);
}

// --- round trips ---

TEST(Codec, WhatIsDecodedEncodesToTheSameBytesForEveryCommandAndEvent) {
  constexpr std::uint64_t seed = 20261121;
  SCOPED_TRACE("seed " + std::to_string(seed));
  Filler filler(seed);
  for (std::size_t i = 0; i < 20 * commands * events; ++i) {
    const Entry entry = entry_with(filler, i % commands, i % events);
    const std::string bytes = encode(entry);
    const auto decoded = decode(bytes);
    ASSERT_TRUE(decoded) << decoded.error().what << "\n" << bytes;
    ASSERT_EQ(encode(*decoded), bytes);
    ASSERT_EQ(decoded->sequence, entry.sequence);
    ASSERT_EQ(decoded->at, entry.at);
    ASSERT_EQ(decoded->request.key, entry.request.key);
    ASSERT_EQ(decoded->request.body, entry.request.body);
    ASSERT_EQ(decoded->events.size(), entry.events.size());
  }
}

TEST(Codec, EveryCanonicalTextIsReadWithoutATreeOfIt) {
  Filler filler(20261122);
  for (std::size_t i = 0; i < 20 * commands * events; ++i) {
    const std::string bytes = encode(entry_with(filler, i % commands, i % events));
    Entry entry;
    ASSERT_TRUE(Cursor(bytes).read(entry)) << bytes;
    ASSERT_EQ(encode(entry), bytes);
    for (const std::size_t cut : {bytes.size() - 1, bytes.size() / 2, std::size_t{1}}) {
      Entry part;
      ASSERT_FALSE(Cursor(std::string_view(bytes).substr(0, cut)).read(part)) << bytes;
    }
  }
}

TEST(Codec, BytesAreJsonWithSortedKeysAndNoSpaces) {
  Filler filler(7);
  for (std::size_t i = 0; i < 2 * commands * events; ++i) {
    const std::string bytes = encode(entry_with(filler, i % commands, i % events));
    ASSERT_EQ(nlohmann::json::parse(bytes).dump(), bytes);
  }
}

Started typical_start() {
  Started started;
  started.job = {1061};
  started.attempt = 2;
  started.choice = 1;
  started.claim.owner = Id<Job>{1061};
  started.claim.pool = {3};
  started.claim.held = {{{17}, 0}, {{17}, 1, 500}};
  started.claim.until = Instant(std::chrono::hours(9));
  started.because = Fits{.pool = {3}, .free = 40};
  return started;
}

TEST(Codec, AStartReadsLikeThis) {
  EXPECT_EQ(encode(Event(typical_start())),
            R"({"attempt":2,"because":{"free":40,"kind":"fits","pool":3},"choice":1,)"
            R"("claim":{"from":0,"held":[{"chip":0,"node":17,"share":1000},)"
            R"({"chip":1,"node":17,"share":500}],"owner":{"id":1061,"kind":"job"},"pool":3,)"
            R"("until":32400000},"job":1061,"kind":"started","not_before":0})");
}

TEST(Codec, AnEntryWithoutEventsReadsLikeThis) {
  Entry entry;
  entry.sequence = 7;
  entry.at = Instant(Span(1));
  entry.request.actor = "clock";
  entry.request.command = Tick{};
  EXPECT_EQ(encode(entry), R"({"at":1,"events":[],"request":{"actor":"clock","body":")" +
                               std::string(64, '0') +
                               R"(","command":{"kind":"tick"},"key":""},"sequence":7,"v":1})");
}

TEST(Codec, BodiesAreTheSameExactlyWhenTheirCommandsAre) {
  EXPECT_EQ(body_hash(Cancel{{5}}), body_hash(Cancel{{5}}));
  EXPECT_NE(body_hash(Cancel{{5}}), body_hash(Cancel{{6}}));
  EXPECT_EQ(body_hash(Cancel{{5}}), sha256(R"({"job":5,"kind":"cancel"})"));
}

TEST(Codec, ALossThatIsNotANumberIsReadBackAsNotANumber) {
  WorkerProgress progress;
  progress.loss = std::nan("");
  Entry entry;
  entry.request.command = progress;
  const auto decoded = decode(encode(entry));
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_TRUE(std::isnan(std::get<WorkerProgress>(decoded->request.command).loss));
}

TEST(Codec, ATextThatIsNotUtf8IsWrittenWithReplacementCharacters) {
  Entry entry;
  entry.request.key = "a\xff";
  const auto decoded = decode(encode(entry));
  ASSERT_TRUE(decoded) << decoded.error().what;
  EXPECT_EQ(decoded->request.key, "a\xef\xbf\xbd");
}

// --- refusals ---

std::string refusal(const std::string& from, const std::string& to) {
  Entry entry;
  entry.sequence = 12;
  entry.events = {typical_start()};
  entry.request.command.emplace<WorkerProgress>().loss = 2.5;
  std::string bytes = encode(entry);
  const std::size_t at = bytes.find(from);
  if (at == std::string::npos) return "not in " + bytes;
  bytes.replace(at, from.size(), to);
  const auto decoded = decode(bytes);
  if (decoded) return "accepted";
  EXPECT_EQ(decoded.error().code, 9002);
  EXPECT_EQ(decoded.error().kind, Error::Kind::failed);
  return decoded.error().what;
}

TEST(Codec, ARefusalNamesTheEntryThePathAndTheFault) {
  const std::string which = "entry 12 cannot be read: ";
  EXPECT_EQ(refusal(R"("share":500)", R"("share":"500")"),
            which + "events[0].claim.held[1].share: is not a whole number.");
  EXPECT_EQ(refusal(R"("share":500)", R"("share":5000000000)"),
            which + "events[0].claim.held[1].share: is out of range.");
  EXPECT_EQ(refusal(R"("pool":3,"until")", R"("pool":-3,"until")"),
            which + "events[0].claim.pool: is out of range.");
  EXPECT_EQ(refusal(R"("kind":"fits")", R"("kind":"luck")"),
            which + "events[0].because: has the unknown kind \"luck\".");
  EXPECT_EQ(refusal(R"("kind":"started",)", ""),
            which + "events[0]: is not an object with a kind.");
  EXPECT_EQ(refusal(R"("choice":1,)", ""), which + "events[0]: lacks the key \"choice\".");
  EXPECT_EQ(refusal(R"("choice":1,)", R"("choice":1,"chosen":1,)"),
            which + "events[0]: has the unknown key \"chosen\".");
  EXPECT_EQ(refusal(R"("choice":1,)", R"("choice":1.0,)"),
            which + "events[0].choice: is not a whole number.");
  EXPECT_EQ(refusal(R"("held":[)", R"("held":[7,)"),
            which + "events[0].claim.held[0]: is not an object.");
  EXPECT_EQ(refusal(R"("body":"0)", R"("body":"g)"),
            which + "request.body: is not a hash of 64 hexadecimal digits.");
  EXPECT_EQ(refusal(R"("loss":2.5)", R"("loss":true)"),
            which + "request.command.loss: is not a number.");
  EXPECT_EQ(refusal(R"("v":1)", R"("v":2)"),
            which + "has an encoding that this program does not know.");
}

TEST(Codec, OnlyTheCanonicalTextOfAnEntryIsAccepted) {
  const std::string not_canonical =
      "entry 12 cannot be read: its text is not in the canonical form.";
  EXPECT_EQ(refusal(R"("loss":2.5)", R"("loss":2.50)"), not_canonical);
  EXPECT_EQ(refusal(R"("loss":2.5)", R"("loss": 2.5)"), not_canonical);
  EXPECT_EQ(refusal(R"("choice":1,)", R"("choice":1,"choice":1,)"), not_canonical);
  EXPECT_EQ(refusal(R"({"at":0,)", R"({"v":1,"at":0,)"), not_canonical);
}

TEST(Codec, NumbersBeyondSixtyFourBitsAndHalfTextsAreRefused) {
  EXPECT_THAT(refusal(R"("choice":1,)", R"("choice":18446744073709551616,)"),
              HasSubstr("choice: is not a whole number"));
  EXPECT_THAT(refusal(R"("loss":2.5)", R"("loss":1e999)"), HasSubstr("not JSON"));
  EXPECT_THAT(refusal(R"("key":"")", "\"key\":\"\xff\""), HasSubstr("not JSON"));
  for (const std::string bytes : {"", "{", "[]", "null", "7", "{}", "\"", "{\"sequence\":-1}"}) {
    const auto decoded = decode(bytes);
    ASSERT_FALSE(decoded) << bytes;
    EXPECT_EQ(decoded.error().code, 9002);
  }
}

TEST(Codec, DepthAndSizeHaveABound) {
  const auto deep = decode(std::string(100'000, '['));
  ASSERT_FALSE(deep);
  EXPECT_THAT(deep.error().what, HasSubstr("nested too deeply"));
  const auto large = decode(std::string((std::size_t{64} << 20) + 1, ' '));
  ASSERT_FALSE(large);
  EXPECT_THAT(large.error().what, HasSubstr("67108865 bytes of at most 67108864"));
}

// --- golden ---

std::string golden_path() {
  const char* source = std::getenv("GRANARY_SOURCE");  // set by ctest
  return std::string(source ? source : ".") + "/src/engine/golden/entries-v1.jsonl";
}

void write_golden() {
  Filler filler(1);
  std::ofstream file(golden_path());
  for (std::size_t i = 0; i < std::max(commands, events); ++i) {
    Entry entry = entry_with(filler, i % commands, i % events);
    entry.events.erase(entry.events.begin(), entry.events.end() - 1);
    entry.sequence = i + 1;
    file << encode(entry) << "\n";
  }
}

std::vector<std::string> golden_lines() {
  if (const char* update = std::getenv("UPDATE_GOLDEN"); update && *update == '1') write_golden();
  std::vector<std::string> lines;
  std::ifstream file(golden_path());
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(Codec, EntriesOfVersion1AreReadAsTheyWereWritten) {
  std::set<std::size_t> commands_seen, events_seen;
  for (const std::string& line : golden_lines()) {
    const auto entry = decode(line);
    ASSERT_TRUE(entry) << entry.error().what;
    EXPECT_EQ(encode(*entry), line);
    commands_seen.insert(entry->request.command.index());
    for (const Event& event : entry->events) events_seen.insert(event.index());
  }
  EXPECT_EQ(commands_seen.size(), commands) << golden_path();
  EXPECT_EQ(events_seen.size(), events) << golden_path();
}

TEST(Codec, GarbageIsRefusedAndWhatPassesIsCanonical) {
  constexpr std::uint64_t seed = 42;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::string> lines = golden_lines();
  ASSERT_FALSE(lines.empty());
  const std::string likely = "{}[]\",:0123456789-+.eE\\untrflase \x80\xff";
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = lines[random() % lines.size()];
    for (std::size_t n = 1 + random() % 4; n > 0 && !bytes.empty(); --n) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = likely[random() % likely.size()];
          break;
        case 1:
          bytes.erase(at, 1 + random() % 20);
          break;
        case 2:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 40));
          break;
        default:
          bytes.resize(at);
      }
    }
    const auto decoded = decode(bytes);
    if (!decoded) {
      ++refused;
      ASSERT_EQ(decoded.error().code, 9002);
    } else {
      ASSERT_EQ(encode(*decoded), bytes);
    }
  }
  EXPECT_GT(refused, 15'000U);
}
}  // namespace
}  // namespace granary
