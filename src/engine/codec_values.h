#pragma once
// Whole numbers behind the types with units, as the journal writes them. Part of codec.cpp.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/engine.h"

namespace granary {

// Whether JSON writes the text as it is, between quotes.
inline bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c == 0x7f || c == '"' || c == '\\') return false;
  }
  return true;
}
// As JSON writes what is not so plain, and numbers that are not whole: in codec.cpp.
std::string json_text(std::string_view);
std::string json_text(double);

template <class T>
inline constexpr bool is_id = false;
template <class Of>
inline constexpr bool is_id<Id<Of>> = true;

template <class T>
concept Whole = std::integral<T> && !std::same_as<T, bool>;
template <class T>
concept Number = Whole<T> || std::same_as<T, Span> || std::same_as<T, Instant> ||
    std::same_as<T, Money> || std::same_as<T, Rate> || std::same_as<T, ChipTime> || is_id<T>;

// The one whole number that a type with a unit is: the place it is kept in.
template <Whole T>
T whole(const T& x) {
  return x;
}
inline std::int64_t whole(const Span& x) { return x.count(); }
inline std::int64_t whole(const Instant& x) { return x.time_since_epoch().count(); }
inline std::int64_t whole(const Money& x) { return x.micros; }
inline std::int64_t whole(const Rate& x) { return x.per_chip_hour.micros; }
inline std::int64_t whole(const ChipTime& x) { return x.share_millis; }
template <class Of>
std::uint64_t whole(const Id<Of>& x) {
  return x.value;
}

template <Whole T>
inline void set_whole(T& x, T n) {
  x = n;
}
inline void set_whole(Span& x, std::int64_t n) { x = Span(n); }
inline void set_whole(Instant& x, std::int64_t n) { x = Instant(Span(n)); }
inline void set_whole(Money& x, std::int64_t n) { x.micros = n; }
inline void set_whole(Rate& x, std::int64_t n) { x.per_chip_hour.micros = n; }
inline void set_whole(ChipTime& x, std::int64_t n) { x.share_millis = n; }
template <class Of>
inline void set_whole(Id<Of>& x, std::uint64_t n) {
  x.value = n;
}

}  // namespace granary
