#include <nlohmann/json.hpp>

#include "engine/codec.h"
#include "serve/routes/routes.h"
#include "serve/verification.h"

namespace granary::routes {
namespace {

constexpr std::size_t page = 200;               // entries read at once
constexpr std::size_t most_answer = 8'000'000;  // bytes of entries in one answer
constexpr int most_looks = 20;

struct Live {
  Hash digest;
  std::uint64_t entries = 0;
  Instant now{};
};

// The live state and the head that belongs to it: looks until nothing came between.
Result<Live> look_between_entries(Core& core) {
  Journal::Head head = core.head();
  for (int i = 0; i < most_looks; ++i) {
    Live live{{}, head.sequence, {}};
    core.read([&](const State& state, Instant now) {
      live.digest = digest(state);
      live.now = now;
    });
    head = core.head();
    if (head.sequence == live.entries) return live;
  }
  return fail(Error::Kind::unavailable, 7007,
              "The journal grows faster than its state can be compared; try again.");
}

}  // namespace

// Recomputes everything from the first entry and compares with what is live.
Result<Json> verify_ledger(const Call& call) {
  const auto live = look_between_entries(call.core);
  if (!live) return fail(live.error());
  Verification verification;
  const auto read = call.core.read_all([&](const Entry& entry) {
    if (entry.sequence <= live->entries) verification.take(entry);
  });
  if (!read) return fail(read.error());
  auto answer = verification.answer(live->now);
  if (!answer) return answer;
  if (digest(verification.state()) == live->digest) return answer;
  return fail(Error::Kind::failed, 9004,
              "The live state is not what the journal folds to at entry " +
                  std::to_string(verification.entries()) + ".",
              "restart the daemon and report this as a fault of ours");
}

Result<Json> get_journal(const Call& call) {
  const auto after = query_number(call, "after", 0, UINT64_MAX);
  const auto limit = query_number(call, "limit", 500, 5'000);
  if (!after) return fail(after.error());
  if (!limit) return fail(limit.error());
  Json all = Json::array();
  std::uint64_t next = *after;
  std::size_t bytes = 0;
  while (all.size() < *limit && bytes < most_answer) {
    const auto entries = call.core.entries(next, std::min(page, *limit - all.size()));
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& entry : *entries) {
      const std::string text = encode(entry);
      all.push_back({{"entry", Json::parse(text)}, {"chain", to_text(entry.chain)}});
      next = entry.sequence;
      bytes += text.size();
      if (bytes >= most_answer) break;
    }
  }
  return Json{{"schema", "granary.journal/1"}, {"entries", all}, {"next", next}};
}

}  // namespace granary::routes
