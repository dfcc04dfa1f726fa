#pragma once
// Who may call: bearer tokens "gr_<id>_<secret>" of 256 random bits. The file keeps their keyed
// BLAKE2b-256, so it does not give a token away.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "units/result.h"

namespace granary {

class TokenList {
 public:
  // Reads the file, or makes one without tokens. G8002 when it is not a file of tokens, G7020 when
  // it cannot be read or written.
  static Result<TokenList> open(const std::string& path);

  // A new token of that actor, durable on return. Its text is nowhere else: show it once.
  Result<std::string> create(const std::string& actor);

  // The actor, or nothing. Takes the same time wherever a secret differs.
  std::optional<std::string> check(std::string_view token) const;

  bool empty() const { return kept_.empty(); }

 private:
  using Key = std::array<std::uint8_t, 32>;
  struct Kept {
    Key hash{};
    std::string actor;
  };

  explicit TokenList(std::string path) : path_(std::move(path)) {}
  Key hash_of(std::string_view token) const;
  Result<void> write() const;

  std::string path_;
  Key key_{};
  std::map<std::string, Kept, std::less<>> kept_;  // by id
};

}  // namespace granary
