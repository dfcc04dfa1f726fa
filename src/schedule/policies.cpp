#include "schedule/schedule.h"
#include "units/text.h"

namespace granary {

const std::vector<PolicyEntry>& policies() {
  static const std::vector<PolicyEntry> table = {
      {"fifo", fifo, "strict order; nobody passes one who waits for the same pool"},
      {"backfill", backfill, "small jobs may pass where that delays nobody who holds a place"},
  };
  return table;
}

Result<Policy> find_policy(const std::string& name) {
  std::vector<std::string> known;
  std::string list;
  for (const PolicyEntry& entry : policies()) {
    if (entry.name == name) return entry.policy;
    known.push_back(entry.name);
    list += (list.empty() ? "" : ", ") + entry.name;
  }
  std::string what = "no policy \"" + name + "\". Known: " + list + ".";
  const std::string meant = nearest(name, known);
  if (!meant.empty()) what += " Did you mean " + meant + "?";
  return fail(Error::Kind::not_found, 2003, what);
}

}  // namespace granary
