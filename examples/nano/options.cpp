#include "nano/options.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace nano {

Environment environment(std::span<const char* const> names) {
  Environment all;
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') all[name] = value;
  }
  return all;
}

Result<std::uint64_t> parse_whole(const std::string& name, const std::string& text, Bounds bounds) {
  std::uint64_t value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last || value < bounds.least || value > bounds.most) {
    return fail(name + " must be a whole number from " + std::to_string(bounds.least) + " to " +
                std::to_string(bounds.most) + ", not \"" + text + "\"");
  }
  return value;
}

Result<double> parse_number(const std::string& name, const std::string& text) {
  double value = 0.0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc{} || end != last || !std::isfinite(value)) {
    return fail(name + " must be a number, not \"" + text + "\"");
  }
  return value;
}

Result<Flags> Flags::read(std::span<const std::string> arguments, std::span<const Known> known) {
  Flags flags;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals);
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const Known& flag) { return flag.name == name; });
    if (found == known.end()) return fail("there is no flag \"" + name + "\"; --help lists them");
    if (flags.has(name)) return fail(name + " is given twice");
    std::string value;
    if (found->is_switch) {
      if (equals != std::string::npos) return fail(name + " takes no value");
    } else if (equals != std::string::npos) {
      value = argument.substr(equals + 1);
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return fail(name + " needs a value");
    }
    flags.given_[name] = value;
  }
  return flags;
}

std::string Flags::text(const std::string& name, const std::string& otherwise) const {
  const auto found = given_.find(name);
  return found == given_.end() ? otherwise : found->second;
}

Result<std::uint64_t> Flags::whole(const std::string& name, std::uint64_t otherwise,
                                   Bounds bounds) const {
  const auto found = given_.find(name);
  if (found == given_.end()) return otherwise;
  return parse_whole(name, found->second, bounds);
}

Result<double> Flags::number(const std::string& name, double otherwise) const {
  const auto found = given_.find(name);
  if (found == given_.end()) return otherwise;
  return parse_number(name, found->second);
}

}  // namespace nano
