#pragma once
// The links of the chain, as every journal checks them. Internal to store.

#include <string>
#include <string_view>
#include <vector>

#include "engine/ports.h"

namespace granary {

// An entry as it is kept.
struct Link {
  std::uint64_t sequence = 0;
  std::string bytes;
  Hash chain;
};

// The links of entries that are to follow `head`. Nothing is kept unless all of them are right: a
// sequence that does not go on from the last is G9004, a chain that does not match the bytes G9005,
// an entry of more than max_entry_bytes G9006; all bugs of the caller.
inline constexpr std::size_t max_entry_bytes = std::size_t{64} << 20;
Result<std::vector<Link>> links_after(const Journal::Head& head, std::span<const Entry>);

// The chain as it is stored: 32 bytes.
std::string_view view_of(const Hash&);

// Decodes the link that must follow `head` and moves `head` on to it; G9002 names the entry that
// was altered, moved or removed.
struct Kept {
  std::uint64_t sequence = 0;
  std::string_view bytes, chain;
};
Result<Entry> entry_after(Journal::Head& head, const Kept&);

}  // namespace granary
