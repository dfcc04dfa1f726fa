#pragma once
// The text of entries: canonical JSON (keys sorted, no spaces, shortest round-trip numbers),
// versioned. Commands and events are stored, so encodings matter twice; golden tests pin each
// version, and decoders of old ones stay.

#include <string>
#include <string_view>

#include "engine/engine.h"

namespace granary {

inline constexpr int encoding_version = 1;

// All of the entry but its chain: {"at":..,"events":[..],"request":{..},"sequence":..,"v":1}.
std::string encode(const Entry&);
// Strict: an unknown kind, a missing or extra key, a value out of range is G9002.
Result<Entry> decode(std::string_view);

std::string encode(const Command&);
std::string encode(const Event&);

// SHA-256 of encode(command): what "the same body" means.
Hash body_hash(const Command&);

}  // namespace granary
