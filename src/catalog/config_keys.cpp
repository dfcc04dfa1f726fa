#include "catalog/config_keys.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "catalog/printable.h"
#include "units/text.h"

namespace granary {
namespace {
constexpr std::size_t largest = 1 << 20;
constexpr int deepest = 16;

// Levels of brackets outside strings.
int depth_of(std::string_view json) {
  int depth = 0, most = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      most = std::max(most, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return most;
}

tl::unexpected<Error> not_a_config(std::string what) {
  return fail(Error::Kind::invalid, 1090, "config.json " + std::move(what),
              "name the config.json that lies beside the model's weights");
}

std::string joined(const Names& names) {
  std::string text;
  for (const char* name : names) text += std::string(text.empty() ? "" : " or ") + name;
  return text;
}
}  // namespace

struct ConfigKeys::Object {
  nlohmann::json json;
};

ConfigKeys::ConfigKeys(std::unique_ptr<Object> object) : object_(std::move(object)) {}
ConfigKeys::ConfigKeys(ConfigKeys&&) noexcept = default;
ConfigKeys::~ConfigKeys() = default;

Result<ConfigKeys> ConfigKeys::parse(std::string_view json) {
  if (json.size() > largest) return not_a_config("is longer than 1 MiB.");
  if (depth_of(json) > deepest) {
    return not_a_config(fmt::format("is nested deeper than {} levels.", deepest));
  }
  std::set<std::string> seen;
  std::string twice;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    if (depth != 1 || event != nlohmann::json::parse_event_t::key) return true;
    const auto key = value.get<std::string>();
    if (!seen.insert(key).second && twice.empty()) twice = printable(key, 60);
    return true;
  };
  nlohmann::json parsed = nlohmann::json::parse(json, watch, false);
  if (parsed.is_discarded()) return not_a_config("is not JSON.");
  if (!parsed.is_object()) return not_a_config("is JSON, but not an object.");
  auto object = std::make_unique<Object>();
  object->json = std::move(parsed);
  ConfigKeys keys(std::move(object));
  if (!twice.empty()) keys.refuse(1093, twice + " is given twice.", "keep one of the two");
  return keys;
}

bool ConfigKeys::has(const char* key) const {
  const auto found = object_->json.find(key);
  return found != object_->json.end() && !found->is_null();
}

bool ConfigKeys::any(const Names& names) const {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return has(name); });
}

std::string ConfigKeys::text(const char* key) const {
  const auto found = object_->json.find(key);
  if (found == object_->json.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

bool ConfigKeys::flag(const char* key) {
  const nlohmann::json& value = object_->json.at(key);
  if (value.is_boolean()) return value.get<bool>();
  refuse(1092, fmt::format("{} is neither true nor false.", key),
         fmt::format("write \"{}\": true", key));
  return false;
}

bool ConfigKeys::flag_or(const char* key, bool otherwise) {
  return has(key) ? flag(key) : otherwise;
}

int ConfigKeys::number(const char* key, int least, int most) {
  const nlohmann::json* value = &object_->json.at(key);
  if (value->is_array() && !value->empty()) {
    for (const nlohmann::json& each : *value) {
      if (each == value->front()) continue;
      refuse(1094, fmt::format("{} differs from layer to layer.", key),
             "write the model's document by hand: docs/CATALOG.md");
      return least;
    }
    value = &value->front();
  }
  const bool whole = value->is_number_integer();
  const bool fits =
      whole && (value->is_number_unsigned() ? value->get<std::uint64_t>() <= std::uint64_t(most)
                                            : value->get<std::int64_t>() <= most);
  if (fits && value->get<std::int64_t>() >= least) return value->get<int>();
  const std::string shown =
      printable(value->dump(-1, ' ', true, nlohmann::json::error_handler_t::replace), 40);
  refuse(1092,
         whole ? fmt::format("{} is {}, outside {} to {}.", key, shown, least, most)
               : fmt::format("{} is {}, not a whole number.", key, shown),
         fmt::format("correct \"{}\"", key));
  return least;
}

int ConfigKeys::whole(const Names& names, int least, int most) {
  const char* first = nullptr;
  int value = least;
  for (const char* name : names) {
    if (!has(name)) continue;
    const int found = number(name, least, most);
    if (first == nullptr) {
      first = name;
      value = found;
    } else if (found != value) {
      refuse(1093, fmt::format("{} is {}, {} is {}.", first, value, name, found),
             "they mean the same: correct one of the two");
    }
  }
  if (first == nullptr) {
    refuse(1091, fmt::format("{} is missing.", names.front()),
           fmt::format("add {}, a whole number", joined(names)));
  }
  return value;
}

int ConfigKeys::whole_or(const Names& names, int otherwise, int least, int most) {
  return any(names) ? whole(names, least, most) : otherwise;
}

int ConfigKeys::first_whole(const Names& names, int least, int most) {
  for (const char* name : names) {
    if (has(name)) return number(name, least, most);
  }
  return whole(names, least, most);
}

int ConfigKeys::length(const char* key) {
  if (!has(key)) return 0;
  const nlohmann::json& value = object_->json.at(key);
  if (value.is_array() && value.size() <= 10'000) return static_cast<int>(value.size());
  refuse(1092, fmt::format("{} is not a list of layers.", key), fmt::format("correct \"{}\"", key));
  return 0;
}

void ConfigKeys::refuse(int code, std::string what, std::string fix) {
  if (error_) return;
  error_ = Error{Error::Kind::invalid, code, "config.json: " + std::move(what), std::move(fix)};
}

std::string exact_count_text(double value) {
  std::string text = count_text(value);
  const auto back = parse_count(text);
  if (back && *back == value) return text;
  return fmt::format("{:.0f}", value);
}

}  // namespace granary
