#include "store/links.h"

#include <fmt/core.h>

#include "engine/codec.h"

namespace granary {
namespace {
tl::unexpected<Error> altered(std::uint64_t sequence, const std::string& how) {
  return fail(Error::Kind::failed, 9002, fmt::format("entry {} was altered: {}.", sequence, how),
              "Restore the journal from a copy; entries before this one are good.");
}
}  // namespace

Result<std::vector<Link>> links_after(const Journal::Head& head, std::span<const Entry> entries) {
  std::vector<Link> links;
  links.reserve(entries.size());
  Journal::Head last = head;
  for (const Entry& entry : entries) {
    if (entry.sequence != last.sequence + 1) {
      return fail(Error::Kind::bug, 9004,
                  fmt::format("entry {} was appended after entry {}; the next one is {}.",
                              entry.sequence, last.sequence, last.sequence + 1));
    }
    Link link{entry.sequence, encode(entry), entry.chain};
    if (chained(last.chain, link.bytes) != entry.chain) {
      return fail(Error::Kind::bug, 9005,
                  fmt::format("the chain of entry {} is not that of its bytes.", entry.sequence));
    }
    if (link.bytes.size() > max_entry_bytes) {
      return fail(Error::Kind::bug, 9006,
                  fmt::format("entry {} has {} bytes; at most {} can be read back.", entry.sequence,
                              link.bytes.size(), max_entry_bytes));
    }
    last = {entry.sequence, entry.chain};
    links.push_back(std::move(link));
  }
  return links;
}

std::string_view view_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.bytes.data()), hash.bytes.size()};
}

Result<Entry> entry_after(Journal::Head& head, const Kept& kept) {
  const std::uint64_t expected = head.sequence + 1;
  if (kept.sequence != expected) return altered(expected, "it is missing");
  const Hash chain = chained(head.chain, kept.bytes);
  if (kept.chain != view_of(chain)) {
    return altered(expected, "its bytes do not give its chain");
  }
  auto entry = decode(kept.bytes);
  if (!entry) return entry;
  if (entry->sequence != expected) {
    return altered(expected, fmt::format("its bytes are those of entry {}", entry->sequence));
  }
  entry->chain = chain;
  head = {expected, chain};
  return entry;
}

}  // namespace granary
