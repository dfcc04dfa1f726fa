// The journal read again for a report.
#include <nlohmann/json.hpp>

#include "serve/routes/report.h"

namespace granary::routes {

Result<Period> period_of(const Call& call) {
  const auto given = [&](const char* key) {
    const auto found = call.query.find(key);
    return found == call.query.end() ? std::string() : found->second;
  };
  const std::string month = given("month"), from = given("from"), until = given("until");
  if (!month.empty()) {
    if (from.empty() && until.empty()) return parse_month(month);
    return fail(Error::Kind::invalid, 1116,
                "a report is about a month or from .. until .., not both.");
  }
  const auto begin = from.empty() ? Result<Instant>(Instant{}) : parse_instant(from);
  if (!begin) return fail(begin.error());
  const auto end = parse_instant(until.empty() ? "9999-12-31" : until);
  if (!end) return fail(end.error());
  return period_between(*begin, *end);
}

Result<Read> each_entry(const Call& call, Instant until,
                        const std::function<bool(const State&, const Event&, const Entry&)>& event,
                        const std::function<void(const State&, const Entry&)>& entry) {
  constexpr std::size_t page = 200;
  Read read;
  const std::uint64_t head = call.core.head().sequence;
  while (read.entries < head) {
    const auto entries = call.core.entries(read.entries, page);
    if (!entries) return fail(entries.error());
    if (entries->empty()) break;
    for (const Entry& one : *entries) {
      read.complete = one.at >= until;
      if (read.complete || one.sequence > head) return read;
      for (const Event& what : one.events) {
        if (std::holds_alternative<Answered>(what) || std::holds_alternative<Refused>(what)) {
          continue;  // answers to keys would only take memory
        }
        if (!event(read.state, what, one)) return read;
        evolve(read.state, what);
      }
      if (entry) entry(read.state, one);
      read.last = one.at;
      read.entries = one.sequence;
      read.chain = one.chain;
    }
  }
  return read;
}

Json heading_of(const Call& call, const Read& read, const char* schema) {
  Json json{{"schema", schema},
            {"complete", read.complete},
            {"as_of", to_text(read.last)},
            {"entries", read.entries},
            {"chain_head", to_text(read.chain)}};
  for (const char* const key : {"month", "from", "until"}) {
    const auto given = call.query.find(key);
    if (given != call.query.end()) json[key] = given->second;
  }
  return json;
}

}  // namespace granary::routes
