#pragma once
// Flags and environment as values, so that only the two main functions look at the process.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "nano/result.h"

namespace nano {

// Of the process's environment, what a program asked for; a variable that is set to nothing counts
// as not set.
using Environment = std::map<std::string, std::string>;
Environment environment(std::span<const char* const> names);

struct Bounds {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};
// A whole decimal number within bounds; the error names what was given for `name`.
Result<std::uint64_t> parse_whole(const std::string& name, const std::string& text, Bounds);
// A finite decimal number.
Result<double> parse_number(const std::string& name, const std::string& text);

// Flags as given: "--steps 10" or "--steps=10"; a switch has no value.
class Flags {
 public:
  struct Known {
    std::string name;
    bool is_switch = false;
  };
  // Fails on a flag that is not known, given twice or without its value, and on anything else.
  static Result<Flags> read(std::span<const std::string> arguments, std::span<const Known>);

  bool has(const std::string& name) const { return given_.count(name) != 0; }
  // The value; `otherwise` if it was not given.
  std::string text(const std::string& name, const std::string& otherwise) const;
  Result<std::uint64_t> whole(const std::string& name, std::uint64_t otherwise, Bounds) const;
  Result<double> number(const std::string& name, double otherwise) const;

 private:
  std::map<std::string, std::string> given_;
};

}  // namespace nano
