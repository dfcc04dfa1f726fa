#pragma once
// Reading the keys of one config.json strictly: a value that is there must be what it should be,
// and names of one thing must agree. Only the first error is kept.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "units/result.h"

namespace granary {

using Names = std::vector<const char*>;  // of one thing, in the order of preference

class ConfigKeys {
 public:
  // G1090 when it is not one JSON object of at most 1 MiB and 16 levels.
  static Result<ConfigKeys> parse(std::string_view json);
  ConfigKeys(ConfigKeys&&) noexcept;
  ~ConfigKeys();

  // Whether a key is there and not null.
  bool has(const char* key) const;
  bool any(const Names&) const;
  // Text, or "" when it is missing or not text.
  std::string text(const char* key) const;
  // True or false (G1092).
  bool flag(const char* key);
  bool flag_or(const char* key, bool otherwise);
  // A whole number within limits, or a list of equal ones, one a layer; of several names that are
  // there all must agree (G1093). G1091 when none is there. `least` after an error.
  int whole(const Names&, int least, int most);
  int whole_or(const Names&, int otherwise, int least, int most);
  // The same of the first name that is there; the others may differ.
  int first_whole(const Names&, int least, int most);
  // Of a list; 0 when it is missing (G1092 when it is something else).
  int length(const char* key);

  // Keeps the first.
  void refuse(int code, std::string what, std::string fix);
  const std::optional<Error>& error() const { return error_; }

 private:
  struct Object;
  explicit ConfigKeys(std::unique_ptr<Object>);
  int number(const char* key, int least, int most);

  std::unique_ptr<Object> object_;
  std::optional<Error> error_;
};

// Digits that parse_count reads back as the same number: "671B", "6243584000".
std::string exact_count_text(double);

}  // namespace granary
