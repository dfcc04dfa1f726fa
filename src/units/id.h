#pragma once
// Names that only fit their own kind: Id<Job> does not convert to Id<Pool>. Zero names nothing.

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "units/result.h"

namespace granary {

template <class Of>
struct Id {
  std::uint64_t value = 0;
  explicit operator bool() const { return value != 0; }
  friend constexpr bool operator==(Id, Id) = default;
  friend constexpr auto operator<=>(Id, Id) = default;
};

// What the ids that people meet are called. The types themselves live in their own modules.
struct Job;
struct Voucher;
struct Reservation;
struct Pool;
struct Node;
struct Account;
struct Hold;

template <class Of>
inline constexpr std::string_view id_prefix = "";  // no text form
template <>
inline constexpr std::string_view id_prefix<Job> = "j-";
template <>
inline constexpr std::string_view id_prefix<Voucher> = "v-";
template <>
inline constexpr std::string_view id_prefix<Reservation> = "r-";
template <>
inline constexpr std::string_view id_prefix<Hold> = "h-";

// "j-1061" for Id<Job>{1061}.
template <class Of>
std::string to_text(Id<Of> id) {
  static_assert(!id_prefix<Of>.empty(), "this id has no text form");
  return std::string(id_prefix<Of>) + std::to_string(id.value);
}

// The inverse of to_text; G1011 when the text is not such an id.
template <class Of>
Result<Id<Of>> parse_id(std::string_view text) {
  constexpr std::string_view prefix = id_prefix<Of>;
  static_assert(!prefix.empty(), "this id has no text form");
  std::uint64_t value = 0;
  if (text.starts_with(prefix)) {
    const char* const begin = text.data() + prefix.size();
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(begin, end, value);
    // One spelling only: neither zero nor a leading zero.
    if (error == std::errc{} && stop == end && *begin != '0') return Id<Of>{value};
  }
  return fail(Error::Kind::invalid, 1011,
              "\"" + std::string(text.substr(0, 40)) + "\" is not an id of the form " +
                  std::string(prefix) + "12.");
}

}  // namespace granary
