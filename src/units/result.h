#pragma once
// What the world may do wrong is a value: Result<T>. What only a bug may do is an assert.

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace granary {

struct Error {
  // What a client can do about it. The exit code of the CLI and the HTTP status are functions of
  // the kind, each written once (exit_code here, http_status in serve).
  enum class Kind {
    failed,           // it was tried and did not work
    invalid,          // the input is not well formed
    not_found,        // a name that nothing has
    refused,          // well formed, but a voucher, quota, rule or role says no
    conflict,         // something changed or was used before
    infeasible,       // nothing on the stock can do it
    unavailable,      // the other side does not answer; a retry is safe
    unauthenticated,  // who are you?
    bug,              // never the user's fault
  };

  Kind kind = Kind::failed;
  int code = 0;      // G1234: stable, never reused; the first digit groups them
  std::string what;  // one sentence: the thing, the value, the limit
  std::string fix;   // what to do about it; may be empty

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error::Kind kind, int code, std::string what,
                                  std::string fix = {}) {
  return tl::unexpected<Error>(Error{kind, code, std::move(what), std::move(fix)});
}
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

// Exit status of the CLI: 1 failed or bug, 2 usage, 3 not found, 4 refused, 5 conflict,
// 6 infeasible, 7 unavailable, 8 not authenticated.
int exit_code(Error::Kind);

// "refused", "not_found", ...: the name in JSON, and back. Unknown names are `failed`.
std::string to_text(Error::Kind);
Error::Kind parse_error_kind(const std::string& name);

}  // namespace granary
